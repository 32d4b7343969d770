//! A disk that fails at the n-th call, for every n: what was acknowledged stays, what failed was
//! never acknowledged, and the writer either goes on as before or has stopped for good
//! (`durability.md` W1 to W5, F2, F3).
//!
//! After each run the shard is opened again without a reboot, as after a failed sync or a killed
//! process, and written on. Only then come the power cuts: bytes that live in the page cache alone
//! must not have become the ground that later acknowledgements stand on.

use std::collections::BTreeSet;
use std::time::Instant;

use countersign::store::{
    Appended, ManualClock, MeteringLogShard, StoreError, WriterOptions, recover_shard,
};
use countersign_core::settlement::BatchRules;
use countersign_tests::crash::{CrashState, Crashes, Tally};
use countersign_tests::fault::{Call, Fault, FaultDisk, On, Plan};
use countersign_tests::journal::JournalDisk;
use countersign_tests::shard::{
    certificate, number_of, operation, options, process_key, revocation,
};

use crate::history::{Log, check_state, directory};
use crate::mounts::say;

type Disks = FaultDisk<JournalDisk>;

/// What a run does, one after the other.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// Appends so many entries, and waits for the last.
    Append(u32),
    Flush,
    Certify,
    Rotate,
    Reopen,
}

const STEPS: [Step; 14] = [
    Step::Append(1),
    Step::Append(3),
    Step::Flush,
    Step::Append(12),
    Step::Certify,
    Step::Append(10),
    Step::Reopen,
    Step::Append(2),
    Step::Rotate,
    Step::Append(12),
    Step::Append(10),
    Step::Append(1),
    Step::Reopen,
    Step::Append(2),
];

struct Run {
    disk: Disks,
    options: WriterOptions,
    shard: Option<MeteringLogShard>,
    is_created: bool,
    /// Acknowledged entries.
    acknowledged: Vec<(u64, String)>,
    /// Entries that were taken back, and by that must not be there.
    undone: BTreeSet<String>,
    /// Their tickets, which keep saying so.
    undone_tickets: Vec<Appended>,
    next: u32,
    poisoned: u64,
}

impl Run {
    fn new(disk: Disks, prefill: bool) -> Self {
        let batch = BatchRules { max_records: 12, max_age_ms: 1_000_000 };
        let options = WriterOptions { prefill, batch, group_commit: 4, ..options(disk.clone()) };
        Self {
            disk,
            options,
            shard: None,
            is_created: false,
            acknowledged: Vec::new(),
            undone: BTreeSet::new(),
            undone_tickets: Vec::new(),
            next: 0,
            poisoned: 0,
        }
    }

    /// The shard, created or opened if need be; `None` while the disk does not let us.
    fn shard(&mut self) -> Option<MeteringLogShard> {
        if let Some(shard) = &self.shard {
            return Some(shard.clone());
        }
        let opened = if self.is_created {
            self.open()
        } else {
            let (certificate, key) = (certificate(0), process_key(0));
            MeteringLogShard::create(directory(), &certificate, key, &self.options)
        };
        match opened {
            Ok(shard) => {
                if !self.is_created {
                    self.disk.inner().mark(2);
                }
                self.is_created = true;
                self.shard = Some(shard);
            }
            Err(error) => assert!(matches!(error, StoreError::Io { .. }), "{error}"),
        }
        self.shard.clone()
    }

    fn open(&self) -> Result<MeteringLogShard, StoreError> {
        // An operator would look for the active key; so do we.
        let (shard, _) = MeteringLogShard::open(directory(), None, &self.options)?;
        let active = shard.status().active.unwrap().public_key;
        shard.close()?;
        let key = Some(process_key(number_of(&active)));
        Ok(MeteringLogShard::open(directory(), key, &self.options)?.0)
    }

    fn acknowledge(&mut self, entries: Vec<(u64, String)>) {
        self.acknowledged.extend(entries);
        if let Some((seq, _)) = self.acknowledged.last() {
            self.disk.inner().mark(seq + 1);
        }
    }

    fn step(&mut self, step: Step) {
        let Some(shard) = self.shard() else { return };
        let outcome = match step {
            Step::Append(count) => self.append(&shard, count),
            Step::Flush => shard.flush(),
            Step::Certify => {
                let active = number_of(&shard.status().active.unwrap().public_key);
                shard.certify(&certificate(active), process_key(active))
            }
            Step::Rotate => {
                let active = number_of(&shard.status().active.unwrap().public_key);
                let (certificate, revocation) = (certificate(active + 1), revocation(active));
                shard.rotate(&certificate, process_key(active + 1), &revocation)
            }
            Step::Reopen => {
                self.shard = None;
                shard.close()
            }
        };
        match outcome {
            Ok(()) => {}
            Err(StoreError::AppendUndone(_)) => self.check_undone(&shard),
            Err(StoreError::Poisoned(_)) => self.check_poisoned(&shard),
            // What closing could not tidy up.
            Err(StoreError::Io { .. }) if matches!(step, Step::Reopen) => {}
            // The log could not be read for the table of operations: nothing is appended until it
            // is opened anew.
            Err(StoreError::Io { .. }) if matches!(step, Step::Append(_)) => {
                self.shard = None;
                shard.close().unwrap();
            }
            // Nor could the open batch window, and so nothing was changed.
            Err(StoreError::Io { .. }) if matches!(step, Step::Certify | Step::Rotate) => {
                self.check_undone(&shard);
            }
            Err(error) => panic!("{step:?}: {error}"),
        }
    }

    fn append(&mut self, shard: &MeteringLogShard, count: u32) -> Result<(), StoreError> {
        let mut accepted: Vec<(String, Appended)> = Vec::new();
        let mut failed = None;
        for _ in 0..count {
            // Half of the time what was taken back is tried again.
            let again = self.undone.first().filter(|_| self.next.is_multiple_of(2)).cloned();
            let op_id = again.unwrap_or_else(|| format!("{}-{}", self.next, "p".repeat(60)));
            self.next += 1;
            match shard.append(&operation(&op_id)) {
                Ok(appended) => {
                    assert!(!appended.is_duplicate, "{op_id} was taken back and is known");
                    self.undone.remove(&op_id);
                    accepted.push((op_id, appended));
                }
                Err(error) => {
                    failed = Some(error);
                    break;
                }
            }
        }
        let result = match (failed, accepted.last()) {
            (Some(error), _) => Err(error),
            (None, Some((_, last))) => shard.wait(last),
            (None, None) => Ok(()),
        };
        let mut acknowledged = Vec::new();
        for (op_id, ticket) in accepted {
            // One was waited for; what came before it has met its fate as well.
            let fate = shard.poll(&ticket).unwrap_or_else(|| shard.wait(&ticket));
            match fate {
                Ok(()) => acknowledged.push((ticket.seq.0, op_id)),
                Err(StoreError::AppendUndone(_)) => {
                    self.undone.insert(op_id);
                    self.undone_tickets.push(ticket);
                }
                Err(StoreError::Poisoned(_)) => {}
                Err(error) => panic!("{error}"),
            }
        }
        self.acknowledge(acknowledged);
        result
    }

    /// The log is as before, and the writer goes on from there.
    fn check_undone(&mut self, shard: &MeteringLogShard) {
        let status = shard.status();
        assert_eq!(status.accepted, status.durable);
        for ticket in &self.undone_tickets {
            assert!(matches!(shard.poll(ticket), Some(Err(StoreError::AppendUndone(_)))));
        }
        let log = Log::read(&self.disk.inner().clone());
        assert_eq!(log.records.len() as u64, status.durable.unwrap().0 + 1);
    }

    /// Every later call fails in the same way, and nothing is written any more.
    fn check_poisoned(&mut self, shard: &MeteringLogShard) {
        self.poisoned += 1;
        let before = self.disk.inner().position();
        let is_poisoned = |result: Result<(), StoreError>| {
            assert!(matches!(result, Err(StoreError::Poisoned(_))), "{result:?}");
        };
        is_poisoned(shard.append(&operation("after the poison")).map(drop));
        is_poisoned(shard.append(&operation("after the poison")).map(drop));
        is_poisoned(shard.flush());
        is_poisoned(shard.certify(&certificate(0), process_key(0)));
        if self.shard.is_some() {
            is_poisoned(shard.close());
        }
        self.shard = None;
        let journal = self.disk.inner().journal();
        let unlocks = |op: &countersign_tests::journal::Op| {
            matches!(op, countersign_tests::journal::Op::Unlock { .. })
        };
        let written: Vec<_> = journal.ops()[before..].iter().filter(|op| !unlocks(op)).collect();
        assert!(written.is_empty(), "a poisoned writer went on: {written:?}");
    }
}

/// Runs the steps under `plans`, then opens the shard on the healed disk without a reboot and writes
/// on. The disk, the log and the operation before the first fault; nothing of these if there was no
/// shard to open. And how many faults there were.
fn run_through(prefill: bool, plans: &[Plan]) -> (Option<(JournalDisk, Log, usize)>, u64) {
    let disk = FaultDisk::new(JournalDisk::new());
    plans.iter().for_each(|plan| disk.arm(*plan));
    let mut run = Run::new(disk.clone(), prefill);
    // Power cuts before the first fault are those of every other run.
    let mut first_cut = 0;
    for step in STEPS {
        if disk.fired() == 0 {
            first_cut = disk.inner().position();
        }
        run.step(step);
    }
    let fired = disk.fired();
    let is_killed = plans.iter().any(|plan| format!("{plan:?}").contains("Freeze"));
    disk.disarm();
    if let Some(shard) = run.shard.take() {
        let closed = shard.close();
        assert!(fired > 0 || closed.is_ok(), "{closed:?}");
    }
    if !run.is_created && is_killed {
        // Nothing was promised; what is left is a shard, or says that it is none.
        match MeteringLogShard::open(directory(), Some(process_key(0)), &run.options) {
            Ok((shard, _)) => shard.close().unwrap(),
            Err(StoreError::NotAShard { .. }) => {}
            Err(error) => panic!("{error}"),
        }
        return (None, fired);
    }
    run.step(Step::Append(3));
    run.step(Step::Append(12));
    assert!(run.shard.is_some(), "the disk is well again");
    run.step(Step::Reopen);
    let log = Log::read(disk.inner());
    let op_ids = log.op_ids();
    for entry in &run.acknowledged {
        assert!(op_ids.contains(entry), "{entry:?} was acknowledged");
    }
    for (seq, op_id) in &op_ids {
        assert!(!run.undone.contains(op_id), "{op_id} was taken back and is record {seq}");
    }
    let first_cut = if fired == 0 { 0 } else { first_cut };
    (Some((disk.inner().clone(), log, first_cut)), fired)
}

/// Runs through it all, and cuts the power at every moment of it.
fn survive(prefill: bool, plans: &[Plan]) -> (u64, Tally) {
    let (ran, fired) = run_through(prefill, plans);
    let Some((disk, log, first_cut)) = ran else { return (fired, Tally::default()) };
    let journal = disk.journal();
    let cuts = Crashes::of(&journal).between(first_cut, journal.ops().len());
    let tally = cuts.samples(3).exhaustive_bits(3).for_each(2, |state| {
        if state.acknowledged.is_some() {
            check_state(state, &log);
        } else {
            check_unpromised(state);
        }
    });
    (fired, tally)
}

/// A creation that failed, and perhaps another, has promised nothing; but damage is not what it
/// left.
fn check_unpromised(state: &CrashState) {
    let clock = ManualClock::new(0, 0);
    match recover_shard(&state.image.to_disk(), directory(), &clock, false) {
        Ok(_) | Err(StoreError::NotAShard { .. }) => {}
        Err(error) => panic!("{error}"),
    }
}

/// Lets the n-th of the calls fail, for every n, until a run meets no fault.
fn fail_each(prefill: bool, on: On, fault: Fault, is_lasting: bool) {
    let start = Instant::now();
    let (mut runs, mut unharmed, mut states) = (0, 0, Tally::default());
    // The thread that prepares segments makes its calls when it likes, so one run without a fault
    // may be chance.
    while unharmed < 1 + u32::from(prefill) {
        runs += 1;
        let plan = if is_lasting { Plan::from(runs, on, fault) } else { Plan::at(runs, on, fault) };
        let announce = Announce(format!("prefill {prefill}, {plan:?}"));
        let (fired, tally) = survive(prefill, &[plan]);
        drop(announce);
        states += tally;
        unharmed = if fired == 0 { unharmed + 1 } else { 0 };
    }
    say(&format!(
        "faults: {on:?}, {fault:?}, prefill {prefill}, lasting {is_lasting}: {} runs with a fault, {} power \
         cuts, {:?}",
        runs - u64::from(unharmed),
        states.distinct,
        start.elapsed()
    ));
    assert!(runs > 1);
}

struct Announce(String);

impl Drop for Announce {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.0);
        }
    }
}

#[test]
fn each_failing_write_is_taken_back() {
    for prefill in [false, true] {
        for fault in [Fault::IO, Fault::NO_SPACE, Fault::Short(1), Fault::Short(300)] {
            fail_each(prefill, On::Kind(Call::Write), fault, false);
        }
    }
}

#[test]
fn each_failing_sync_is_final() {
    for prefill in [false, true] {
        for fault in [Fault::IO, Fault::NO_SPACE, Fault::LosePages] {
            fail_each(prefill, On::Kind(Call::Sync), fault, false);
        }
        fail_each(prefill, On::Kind(Call::SyncDir), Fault::IO, false);
    }
}

#[test]
fn each_failing_change_of_names_and_lengths_is_survived() {
    for prefill in [false, true] {
        for call in [Call::Create, Call::CreateDir, Call::Rename, Call::Unlink, Call::SetLen] {
            if call != Call::SetLen || prefill {
                fail_each(prefill, On::Kind(call), Fault::IO, false);
            }
        }
        fail_each(prefill, On::Kind(Call::Create), Fault::NO_SPACE, false);
    }
}

#[test]
fn any_call_at_all_may_fail() {
    // Without power cuts: those around calls that change anything are tried by the other tests.
    for prefill in [false, true] {
        let mut unharmed = 0;
        for call in 1.. {
            let _announce = Announce(format!("prefill {prefill}, call {call}"));
            let (_, fired) = run_through(prefill, &[Plan::at(call, On::Any, Fault::IO)]);
            unharmed = if fired == 0 { unharmed + 1 } else { 0 };
            if unharmed == 2 {
                assert!(call > 200, "{call}");
                break;
            }
        }
    }
}

#[test]
fn a_killed_process_leaves_nothing_that_a_later_power_cut_could_take() {
    for prefill in [false, true] {
        fail_each(prefill, On::Changing, Fault::Freeze, false);
    }
}

#[test]
fn a_full_disk_is_survived_until_there_is_space_again() {
    for prefill in [false, true] {
        fail_each(prefill, On::Growing, Fault::NO_SPACE, true);
    }
}

#[test]
fn a_write_that_stops_short_and_then_fails_is_taken_back() {
    for prefill in [false, true] {
        for write in 1..60 {
            let _announce = Announce(format!("prefill {prefill}, write {write}"));
            let on = On::Kind(Call::Write);
            let short = Plan::at(write, on, Fault::Short(200));
            survive(prefill, &[short, Plan::at(write + 1, on, Fault::NO_SPACE)]);
            // Taking it back fails too: poison.
            let stuck = Plan::at(1, On::Kind(Call::SetLen), Fault::IO);
            survive(false, &[short, Plan::at(write + 1, on, Fault::NO_SPACE), stuck]);
        }
    }
}
