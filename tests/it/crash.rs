//! Power cuts at every operation of real runs of the writer: nothing acknowledged is lost, and
//! nothing is there that was not appended (`durability.md` A1 to A3, F1 to F3, W6).
//!
//! `CRASH_STATES` sets how many different states are recovered, `CRASH_SEED` where the samples of
//! the first half start; the second half starts at the time of day, which is printed as well.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use countersign::store::{Appended, MeteringLogShard, StoreError, WriterOptions};
use countersign_core::settlement::BatchRules;
use countersign_tests::crash::{Crashes, Tally};
use countersign_tests::journal::{Journal, JournalDisk};
use countersign_tests::rng::Rng;
use countersign_tests::shard::{
    SEGMENT_SIZE, certificate, operation, options, process_key, revocation,
};

use crate::history::{Log, check_goes_on, check_state, directory};
use crate::mounts::say;

/// A run in the making.
struct History {
    disk: JournalDisk,
    options: WriterOptions,
    shard: MeteringLogShard,
    /// Number of the active key.
    key: u8,
    tickets: Vec<(String, Appended)>,
    op_ids: Vec<(u64, String)>,
    /// Records acknowledged.
    acknowledged: u64,
    /// The mistake of acknowledging what is only accepted.
    is_hasty: bool,
}

impl History {
    fn create(disk: &JournalDisk, options: WriterOptions, is_hasty: bool) -> Self {
        let certificate = certificate(0);
        let shard =
            MeteringLogShard::create(directory(), &certificate, process_key(0), &options).unwrap();
        disk.mark(2);
        let disk = disk.clone();
        let (tickets, op_ids) = (Vec::new(), Vec::new());
        Self { disk, options, shard, key: 0, tickets, op_ids, acknowledged: 2, is_hasty }
    }

    fn acknowledge(&mut self, records: u64) {
        if records > self.acknowledged {
            self.acknowledged = records;
            self.disk.mark(records);
        }
    }

    /// What the writer itself calls durable is a promise as well.
    fn acknowledge_durable(&mut self) {
        let durable = self.shard.status().durable.unwrap();
        self.acknowledge(durable.0 + 1);
    }

    fn append(&mut self, rng: &mut Rng) {
        let padding = "p".repeat(usize::try_from(rng.below(90)).unwrap());
        let op_id = format!("{}-{padding}", self.op_ids.len());
        let appended = self.shard.append(&operation(&op_id)).unwrap();
        assert!(!appended.is_duplicate);
        if self.is_hasty {
            self.acknowledge(appended.seq.0 + 1);
        }
        self.op_ids.push((appended.seq.0, op_id.clone()));
        self.tickets.push((op_id, appended));
    }

    fn wait_for_one(&mut self, rng: &mut Rng) {
        let Some(last) = self.tickets.len().checked_sub(1) else { return };
        let (_, ticket) =
            self.tickets.swap_remove(last - usize::try_from(rng.below(3)).unwrap().min(last));
        self.shard.wait(&ticket).unwrap();
        self.acknowledge(ticket.seq.0 + 1);
        self.acknowledge_durable();
    }

    fn repeat_one(&mut self, rng: &mut Rng) {
        let Some(index) = rng.below(self.op_ids.len() as u64 + 1).checked_sub(1) else { return };
        let (seq, op_id) = self.op_ids[usize::try_from(index).unwrap()].clone();
        let again = self.shard.append(&operation(&op_id)).unwrap();
        assert_eq!((again.seq.0, again.is_duplicate), (seq, true));
        let other = countersign_core::chain::Operation { amount: 6, ..operation(&op_id) };
        let refused = self.shard.append(&other);
        assert!(matches!(refused, Err(StoreError::DuplicateOpId { .. })), "{refused:?}");
        if rng.chance(1, 2) {
            self.shard.wait(&again).unwrap();
            self.acknowledge(seq + 1);
        }
    }

    fn reopen(&mut self) {
        self.shard.close().unwrap();
        if let Some((seq, _)) = self.op_ids.last() {
            self.acknowledge(seq + 1);
        }
        self.acknowledge_durable();
        let key = Some(process_key(self.key));
        let (shard, result) = MeteringLogShard::open(directory(), key, &self.options).unwrap();
        assert!(!result.was_truncated && result.unused_bytes == 0);
        assert_eq!(result.record_count, self.acknowledged);
        self.shard = shard;
    }

    fn step(&mut self, rng: &mut Rng) {
        match rng.below(100) {
            0..55 => self.append(rng),
            55..75 => self.wait_for_one(rng),
            75..83 => {
                self.shard.flush().unwrap();
                if let Some((seq, _)) = self.op_ids.last() {
                    self.acknowledge(seq + 1);
                }
                self.acknowledge_durable();
            }
            83..88 => self.repeat_one(rng),
            88..90 => {
                self.shard.certify(&certificate(self.key), process_key(self.key)).unwrap();
                self.acknowledge_durable();
            }
            90..93 => {
                let (old, new) = (self.key, self.key + 1);
                let (certificate, revocation) = (certificate(new), revocation(old));
                self.shard.rotate(&certificate, process_key(new), &revocation).unwrap();
                self.key = new;
                self.acknowledge_durable();
            }
            93..96 => self.reopen(),
            96..98 => {
                drop(self.shard.settle().unwrap());
                self.acknowledge_durable();
            }
            _ => std::thread::yield_now(),
        }
    }
}

/// Runs a random history; its journal, and the log it wrote.
fn run(seed: u64, is_hasty: bool) -> (Journal, Log) {
    let mut rng = Rng::new(seed);
    let disk = JournalDisk::new();
    let options = WriterOptions {
        group_commit: [1, 2, 3, 5, 64][usize::try_from(rng.below(5)).unwrap()],
        prefill: rng.chance(1, 2),
        batch: BatchRules {
            max_records: [8, 50, 10_000][usize::try_from(rng.below(3)).unwrap()],
            max_age_ms: 1_000_000,
        },
        settle_on_close: rng.chance(1, 3),
        flush_interval: Duration::from_millis([1, 3_600_000][usize::from(rng.chance(3, 4))]),
        ..options(disk.clone())
    };
    let mut history = History::create(&disk, options, is_hasty);
    for _ in 0..40 + rng.below(80) {
        history.step(&mut rng);
    }
    if rng.chance(3, 4) {
        history.reopen();
    }
    history.shard.flush().unwrap();
    for (_, ticket) in &history.tickets {
        assert!(history.shard.poll(ticket).unwrap().is_ok());
    }
    let op_ids = history.op_ids;
    history.shard.close().unwrap();
    let log = Log::read(&disk);
    assert!(log.segments.iter().all(|segment| segment.len() as u64 <= SEGMENT_SIZE));
    assert_eq!(log.op_ids(), op_ids, "the log holds what was appended, where it was");
    (disk.journal(), log)
}

/// Recovers the states of random histories until there are `wanted` of them.
fn recover_states(first_seed: u64, wanted: u64) -> Tally {
    let start = Instant::now();
    let mut total = Tally::default();
    let (mut histories, went_on) = (0, AtomicU64::new(0));
    let checked = AtomicU64::new(0);
    while total.distinct < wanted {
        let seed = first_seed.wrapping_add(histories);
        let (journal, log) = run(seed, false);
        let announce = Announce { seed };
        total += Crashes::of(&journal).seed(seed).samples(200).exhaustive_bits(8).for_each(
            std::thread::available_parallelism().map_or(1, usize::from),
            |state| {
                let recovered = check_state(state, &log);
                if checked.fetch_add(1, Ordering::Relaxed).is_multiple_of(400)
                    && let Some((disk, result)) = recovered
                {
                    check_goes_on(&disk, &result);
                    went_on.fetch_add(1, Ordering::Relaxed);
                }
            },
        );
        drop(announce);
        histories += 1;
    }
    let rate = u128::from(total.distinct) * 1_000 / start.elapsed().as_millis().max(1);
    say(&format!(
        "crash states: seed {first_seed}: {histories} histories, {} states drawn, {} different ones recovered, \
         {rate} per second; {} of them written on and reopened",
        total.drawn,
        total.distinct,
        went_on.into_inner(),
    ));
    total
}

/// Names the history that broke.
struct Announce {
    seed: u64,
}

impl Drop for Announce {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("history of seed {}: CRASH_SEED={} tries it first", self.seed, self.seed);
        }
    }
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
}

#[test]
fn no_power_cut_loses_what_was_acknowledged_or_invents_anything() {
    let wanted = number("CRASH_STATES", 1_000_000);
    let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros();
    let mut total = recover_states(number("CRASH_SEED", 1), wanted.div_ceil(2));
    total += recover_states(u64::try_from(time).unwrap(), wanted / 2);
    assert!(total.distinct >= wanted);
}

#[test]
fn a_writer_that_acknowledges_what_it_only_accepted_is_caught() {
    let caught = (0..20).find(|seed| {
        let (journal, log) = run(*seed, true);
        let caught = AtomicU64::new(0);
        Crashes::of(&journal).samples(4).exhaustive_bits(2).for_each(1, |state| {
            // The same check, made to count instead of panicking.
            let disk = state.image.to_disk();
            let clock = countersign::store::ManualClock::new(0, 0);
            let found = countersign::store::recover_shard(&disk, directory(), &clock, true);
            let found = found.map_or(0, |result| result.record_count);
            let is_short = state.acknowledged.is_some_and(|acknowledged| found < acknowledged);
            caught.fetch_add(u64::from(is_short), Ordering::Relaxed);
        });
        assert!(!log.records.is_empty());
        caught.into_inner() > 0
    });
    assert!(caught.is_some());
}
