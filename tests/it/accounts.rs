//! The accounts beside a log are those that follow from it, whatever happened to their files.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use countersign::accounts::{AccountsError, AccountsKeeper, ShardAccounts};
use countersign::store::disk::RealDisk;
use countersign::store::{ManualClock, MeteringLogShard, ShardPaths, ShardReader, WriterOptions};
use countersign_core::Seq;
use countersign_core::chain::{Operation, ResolutionRecord};
use countersign_core::dispute::{Account, MemoryAccounts, apply_record};
use countersign_core::keys::{ShardId, create_process_key_action};
use countersign_core::settlement::BatchRules;
use countersign_tests::shard::{SHARD_ID, START_MS, certificate, operator, options, process_key};

type Row = ([u8; 32], String, Account);

/// Numbers that look random and are the same every time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

struct Place {
    _directory: tempfile::TempDir,
    path: PathBuf,
    options: WriterOptions,
    next: u64,
    numbers: Numbers,
}

impl Place {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("shard");
        let clock = Arc::new(ManualClock::new(START_MS * 1_000, 1));
        let batch = BatchRules::ON_DEMAND;
        let options = WriterOptions {
            batch,
            clock,
            group_commit: 64,
            max_segment_size: 65_536,
            ..options(RealDisk)
        };
        MeteringLogShard::create(&path, &certificate(0), process_key(0), &options)
            .unwrap()
            .close()
            .unwrap();
        Self { _directory: directory, path, options, next: 0, numbers: Numbers(17) }
    }

    fn open(&self) -> MeteringLogShard {
        MeteringLogShard::open(&self.path, Some(process_key(0)), &self.options).unwrap().0
    }

    fn append(&mut self, shard: &MeteringLogShard, count: u64) {
        for _ in 0..count {
            let member = [u8::try_from(self.numbers.below(7)).unwrap(); 32];
            let asset = ["joule", "token", "t"][usize::try_from(self.numbers.below(3)).unwrap()];
            let amount = i128::from(self.numbers.below(2_000)) - 1_000;
            self.next += 1;
            let op_id = format!("op-{}", self.next);
            let operation = Operation {
                op: "spend",
                member_id: &member,
                asset_id: asset,
                amount,
                op_id: &op_id,
                context_hash: &[0; 32],
            };
            shard.append(&operation).unwrap();
        }
    }

    /// Entries, and a settlement.
    fn round(&mut self, count: u64) {
        let shard = self.open();
        self.append(&shard, count);
        shard.settle().unwrap().unwrap();
        shard.close().unwrap();
    }

    fn accounts(&self) -> PathBuf {
        self.path.join("accounts")
    }

    fn copy_log(&self, to: &Path) {
        copy(&self.path, to);
    }
}

/// Copies the files of a directory, but not the directories in it.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

/// The accounts in memory, of the whole log.
fn expected(path: &Path, shard_id: ShardId) -> Vec<Row> {
    let mut memory = MemoryAccounts::new(shard_id);
    let mut reader = ShardReader::open(&RealDisk, &ShardPaths::new(path), Seq::FIRST).unwrap();
    while let Some(read) = reader.poll_next().unwrap() {
        apply_record(&mut memory, &read.record).unwrap();
    }
    memory.iter().map(|(member, asset, account)| (*member, asset.to_owned(), *account)).collect()
}

/// The accounts on disk, and how many records were applied to have them.
fn found(path: &Path) -> (Vec<Row>, u64) {
    let mut accounts = ShardAccounts::open(&RealDisk, path).unwrap();
    let first = std::cell::Cell::new(None);
    accounts
        .catch_up(None, |done, total| {
            if first.get().is_none() || done == 0 {
                first.set(Some(total - done));
            }
        })
        .unwrap();
    let mut rows = Vec::new();
    accounts
        .for_each::<AccountsError>(None, None, |row| {
            rows.push((*row.member_id, row.asset_id.to_owned(), row.account));
            Ok(())
        })
        .unwrap();
    for (member, asset, account) in rows.iter().take(3) {
        assert_eq!(accounts.account(member, asset).unwrap(), Some(*account));
    }
    assert_eq!(accounts.account(&[9; 32], "joule").unwrap(), None);
    (rows, first.get().unwrap_or(0))
}

/// Checks the accounts; how many records were applied for that.
fn check(place: &Place) -> u64 {
    let (rows, applied) = found(&place.path);
    assert!(!rows.is_empty());
    assert_eq!(rows, expected(&place.path, SHARD_ID));
    applied
}

#[test]
fn they_follow_entries_settlements_and_reversals_a_step_at_a_time() {
    let mut place = Place::new();
    // More than one transaction takes.
    place.round(17_000);
    assert!(check(&place) > 17_000);
    assert_eq!(check(&place), 0);
    let mut batches = Vec::new();
    for round in 0..12 {
        let shard = place.open();
        let count = place.numbers.below(40);
        place.append(&shard, count);
        if let Some(settled) = shard.settle().unwrap() {
            batches.push((settled.from_seq, settled.to_seq));
        }
        if round % 3 == 2 {
            // One that is reversed already at times, and one that does not exist.
            let at = usize::try_from(place.numbers.below(batches.len() as u64)).unwrap();
            let (from_seq, to_seq) = batches[at];
            for to_seq in [to_seq, to_seq, Seq(to_seq.0 + 1)] {
                let record = ResolutionRecord {
                    from_seq,
                    to_seq,
                    status: "DISPUTED_FRAUD",
                    challenger_id: "auditor",
                    claimed_discrepancy: "",
                    resolved_at_ms: START_MS,
                    detail: "",
                };
                let seq = shard.resolve_dispute(&record).unwrap();
                assert!(shard.status().durable > Some(seq), "its signature stands behind it");
            }
        }
        shard.close().unwrap();
        let applied = check(&place);
        assert!(applied < 60, "{applied} records were applied in round {round}");
    }
    let (rows, _) = found(&place.path);
    assert!(rows.iter().any(|(.., account)| account.last_confirmation.is_some()));
}

#[test]
fn they_are_made_anew_when_their_files_are_missing_damaged_copied_or_foreign() {
    let mut place = Place::new();
    place.round(300);
    check(&place);
    let old = place.path.with_extension("old");
    copy(&place.accounts(), &old);
    place.round(200);
    check(&place);
    let total = check(&place) + 500;

    fs::remove_dir_all(place.accounts()).unwrap();
    assert!(check(&place) > total);

    // A copy is not trusted, be it behind or not.
    for from in [old.clone(), place.accounts()] {
        let copied = place.path.with_extension("copied");
        copy(&from, &copied);
        fs::remove_dir_all(place.accounts()).unwrap();
        fs::rename(&copied, place.accounts()).unwrap();
        assert!(check(&place) > total);
        assert_eq!(check(&place), 0);
    }

    let data = place.accounts().join("data.mdb");
    let whole = fs::read(&data).unwrap();
    let mut lengths = vec![0, 1, 100, 4_095, 4_096, 5_000, 8_191, 8_192, 12_288];
    lengths.push(whole.len() - 1);
    for length in lengths {
        // In place, so that the inode is the same.
        fs::File::options().write(true).open(&data).unwrap().set_len(length as u64).unwrap();
        assert!(check(&place) > total, "cut to {length} bytes");
        assert_eq!(check(&place), 0);
        fs::write(&data, &whole).unwrap();
        check(&place);
    }
    fs::write(&data, vec![0x5a; whole.len()]).unwrap();
    assert!(check(&place) > total);

    // Of another shard, moved here whole.
    let mut other = Place::new();
    let id = ShardId::from_bytes([9; 16]);
    let until = START_MS + 600_000;
    let certificate =
        create_process_key_action(&operator(), id, process_key(0).public_key(), START_MS, until);
    fs::remove_dir_all(&other.path).unwrap();
    let shard = MeteringLogShard::create(
        &other.path,
        &certificate.unwrap(),
        process_key(0),
        &other.options,
    );
    other.append(shard.as_ref().unwrap(), 700);
    shard.unwrap().close().unwrap();
    assert_eq!(found(&other.path).0, expected(&other.path, id));
    fs::remove_dir_all(place.accounts()).unwrap();
    fs::rename(other.accounts(), place.accounts()).unwrap();
    assert!(check(&place) > total);
}

/// Removes the files of a shard, but not its accounts.
fn remove_log(path: &Path) {
    for entry in fs::read_dir(path).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            fs::remove_file(entry.path()).unwrap();
        }
    }
}

#[test]
fn they_are_made_anew_when_the_log_was_restored_or_cut() {
    let mut place = Place::new();
    place.round(300);
    let backup = place.path.with_extension("backup");
    place.copy_log(&backup);
    place.round(200);
    check(&place);
    // The log of the backup: the accounts are ahead of it.
    place.copy_log(&place.path.with_extension("newer"));
    remove_log(&place.path);
    copy(&backup, &place.path);
    assert!(check(&place) > 300);
    // Other records in the place of those that were seen: the same seq, another tip.
    fs::remove_dir_all(place.accounts()).unwrap();
    copy(&place.path.with_extension("newer"), &place.path);
    check(&place);
    remove_log(&place.path);
    copy(&backup, &place.path);
    place.next += 1_000;
    place.round(200);
    assert!(check(&place) > 500);
    assert_eq!(check(&place), 0);
}

#[test]
fn a_writer_s_keeper_moves_them_behind_every_settlement() {
    let mut place = Place::new();
    let shard = place.open();
    let keeper = AccountsKeeper::start(&shard).unwrap();
    place.append(&shard, 5_000);
    shard.settle().unwrap().unwrap();
    // While the writer is at work.
    let start = Instant::now();
    while !place.accounts().exists() {
        assert!(start.elapsed() < Duration::from_secs(60), "nothing was moved");
        std::thread::sleep(Duration::from_millis(10));
    }
    place.append(&shard, 300);
    shard.close().unwrap();
    keeper.finish().unwrap();
    // Only what no settlement covers is left to apply.
    let applied = check(&place);
    assert!((300..400).contains(&applied), "{applied} were left");

    let shard = place.open();
    let keeper = AccountsKeeper::start(&shard).unwrap();
    place.append(&shard, 10);
    shard.settle().unwrap().unwrap();
    shard.close().unwrap();
    keeper.finish().unwrap();
    assert_eq!(check(&place), 0);
}

#[test]
fn a_keeper_that_cannot_move_them_says_so_and_the_log_goes_on() {
    let mut place = Place::new();
    fs::write(place.accounts(), b"no directory").unwrap();
    let shard = place.open();
    let keeper = AccountsKeeper::start(&shard).unwrap();
    place.append(&shard, 10);
    shard.settle().unwrap().unwrap();
    place.append(&shard, 10);
    shard.close().unwrap();
    let error = keeper.finish().unwrap_err();
    assert!(error.to_string().contains("accounts"), "{error}");
    fs::remove_file(place.accounts()).unwrap();
    assert!(check(&place) > 20);
}
