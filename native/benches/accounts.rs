//! The accounts of a million pairs of member and asset: made from the log, brought up behind one
//! more batch, and read.
//!
//! `cargo bench -p countersign --bench accounts`. The database maps its file, so pages of it count
//! as resident that the system takes back when it needs them.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "a benchmark stops at the first thing that goes wrong"
)]

#[allow(dead_code, reason = "what other benchmarks need of it")]
mod append_support;

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use append_support::{NoSync, Scratch, Table, peak_memory, shard};
use countersign::accounts::{AccountsError, ShardAccounts};
use countersign::store::disk::RealDisk;
use countersign::store::{MeteringLogShard, WriterOptions};
use countersign_core::chain::Operation;
use countersign_core::hash::{Digest, blake3};

/// Entries that come later, of as many pairs among those known.
const MORE: usize = 10_000;

fn main() {
    let table = Table::from_arguments();
    let (pairs, more) = (table.scale(1_000_000), table.scale(MORE));
    let scratch = Scratch::new();
    let path = scratch.path("shard");
    // Settles every 10,000 records, as it does by itself.
    let options = WriterOptions { disk: Arc::new(NoSync), ..WriterOptions::default() };
    let writer = shard(&path, &options);
    append(&writer, 0..pairs, "first");
    measure(&format!("accounts of {pairs} pairs from nothing"), pairs, || catch_up(&path));
    append(&writer, 0..more, "second");
    measure(&format!("{more} entries and their settlement more"), more, || catch_up(&path));
    writer.close().unwrap();
    let accounts = catch_up(&path);
    measure("one account, at random", MORE, || {
        for number in 0..MORE {
            let member = member(number * 97 % pairs);
            assert!(accounts.account(member.as_bytes(), "joule").unwrap().is_some());
        }
    });
    measure("all of them, in order", pairs, || {
        let mut rows = 0;
        let count = accounts.for_each::<AccountsError>(None, None, |_| {
            rows += 1;
            Ok(())
        });
        count.unwrap();
        assert_eq!(rows, pairs);
    });
    Table::line("peak memory of this run", peak_memory() as f64 / 1024.0 / 1024.0, "MiB", 0.0);
}

fn catch_up(path: &Path) -> ShardAccounts<'static> {
    let mut accounts = ShardAccounts::open(&RealDisk, path).unwrap();
    accounts.catch_up(None, |_, _| {}).unwrap();
    accounts
}

fn member(number: usize) -> Digest {
    blake3(&number.to_le_bytes())
}

fn append(writer: &MeteringLogShard, members: std::ops::Range<usize>, prefix: &str) {
    for number in members {
        let (member, op_id) = (member(number), format!("{prefix}-{number}"));
        let operation = Operation {
            op: "joule.charge",
            member_id: member.as_bytes(),
            asset_id: "joule",
            amount: -5,
            op_id: &op_id,
            context_hash: &[4; 32],
        };
        writer.append(&operation).unwrap();
    }
    writer.settle().unwrap();
    writer.flush().unwrap();
}

fn measure<T>(name: &str, units: usize, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let done = work();
    let seconds = start.elapsed().as_secs_f64();
    Table::line(name, seconds * 1e3, "ms", 0.0);
    Table::line(&format!("{name}, each"), seconds * 1e9 / units as f64, "ns", 0.0);
    done
}
