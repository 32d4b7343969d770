//! The writer against the disk: throughput, waiting producers, latency, opening and recovery,
//! each beside what it can be compared with, in one run.
//!
//! `cargo bench -p countersign --bench append`; a word as argument runs the lines that contain
//! it. Ratios within one run are what counts: the disk's own speed changes by the hour.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a benchmark stops at the first thing that goes wrong"
)]

mod append_support;

use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use append_support::{
    NoSync, Okay, Scratch, Table, chain_step_bytes, group_bytes, leaf_bytes, operation_ids,
    peak_memory, shard, with_operation,
};
use countersign::store::disk::RealDisk;
use countersign::store::{MeteringLogShard, WriterOptions, recover_shard};
use countersign_core::hash::blake3;

const GROUP: usize = 64;
/// What is compared takes turns this often, so that a slow moment of the disk meets all alike.
const ROUNDS: usize = 9;

fn main() {
    let table = Table::from_arguments();
    durable_groups(&table);
    waiting_producers(&table);
    without_sync(&table);
    latency(&table);
    open_and_recover(&table);
}

/// The whole product path in groups of 64, against a plain write and sync of the same bytes.
fn durable_groups(table: &Table) {
    if !table.wants("durable groups") {
        return;
    }
    let groups = table.scale(500);
    let bytes = group_bytes(GROUP);
    let scratch = Scratch::new();
    let floor = scratch.file("floor");
    // A segment that nobody prepared starts small and has zeros written ahead; one that was
    // prepared is all zeros. What neither has is `prefill: false`.
    let kinds = [
        ("nothing pre-filled", false, 256 << 20),
        ("first segment", true, 256 << 20),
        ("pre-filled segments", true, 4 << 20),
    ];
    let shards = kinds.map(|(_, prefill, max_segment_size)| {
        let options = WriterOptions { prefill, max_segment_size, ..WriterOptions::default() };
        shard(&scratch.path(&format!("{prefill}-{max_segment_size}")), &options)
    });
    let mut next_id = (0..).map(|id| format!("request-{id:08}"));
    let mut append_groups = |shard: &MeteringLogShard| {
        let ids: Vec<_> = next_id.by_ref().take(groups * GROUP).collect();
        rate(ids.len(), || {
            for id in &ids {
                with_operation(id, |operation| shard.append(operation).unwrap());
            }
            shard.flush().unwrap();
        })
    };
    // Into the second segment, which is prepared.
    for _ in 0..2 {
        append_groups(&shards[2]);
    }
    let mut written = 0;
    let rounds = (0..ROUNDS).map(|_| {
        let floor = rate(groups * GROUP, || {
            for _ in 0..groups {
                floor.write_all_at(&bytes, written).unwrap();
                floor.sync_data().unwrap();
                written += bytes.len() as u64;
            }
        });
        [floor].into_iter().chain(shards.iter().map(&mut append_groups)).collect()
    });
    let rounds: Vec<_> = rounds.collect();
    let names = kinds.map(|(name, ..)| format!("product, {name}"));
    let name = "durable groups of 64";
    Table::compare(name, "floor: growing write + fdatasync", &names, "records/s", &rounds);
    for shard in shards {
        shard.close().unwrap();
    }
}

/// Producers that wait for every record, against okaywal, and what the disk itself takes.
fn waiting_producers(table: &Table) {
    for producers in [1, 8, 64] {
        let name = format!("waiting producers {producers:2}");
        if !table.wants(&name) {
            continue;
        }
        let each = table.scale(400 * producers.min(16)) / producers + 1;
        let scratch = Scratch::new();
        let okay = Okay::new(&scratch.path("okaywal"));
        let shard = shard(&scratch.path("shard"), &WriterOptions::default());
        let record = group_bytes(1);
        let zeros = scratch.file("zeros");
        zeros.write_all_at(&vec![0; 1 << 20], 0).unwrap();
        zeros.sync_all().unwrap();
        let mut turn = 0;
        let rounds = (0..2 * ROUNDS).map(|_| {
            let okay = rate(producers * each, || {
                in_threads(producers, |_| (0..each).for_each(|_| okay.append(&record)));
            });
            turn += 1;
            let ours = rate(producers * each, || {
                in_threads(producers, |thread| {
                    for i in 0..each {
                        with_operation(&format!("{turn}-{thread}-{i}"), |operation| {
                            let appended = shard.append(operation).unwrap();
                            shard.wait(&appended).unwrap();
                        });
                    }
                });
            });
            let mut at = 0;
            let disk = rate(each, || {
                for _ in 0..each {
                    zeros.write_all_at(&record, at % (1 << 20)).unwrap();
                    zeros.sync_data().unwrap();
                    at += record.len() as u64;
                }
            });
            vec![okay, ours, disk]
        });
        let others = ["product".to_string(), "one overwrite + fdatasync each".to_string()];
        Table::compare(&name, "okaywal 0.3", &others, "records/s", &rounds.collect::<Vec<_>>());
        shard.close().unwrap();
    }
}

/// The product path with syncs that do nothing, against BLAKE3 alone: over the bytes of the chain,
/// and over those of the Merkle leaves too, which the path hashes as well.
fn without_sync(table: &Table) {
    if !table.wants("no sync") {
        return;
    }
    let count = table.scale(200_000);
    let ids = operation_ids(count);
    let rounds = (0..ROUNDS).map(|_| {
        let hashed = [chain_step_bytes(), leaf_bytes()];
        let hash = |inputs: &[Vec<u8>]| {
            rate(count, || {
                for input in inputs.iter().cycle().take(count * inputs.len()) {
                    std::hint::black_box(blake3(std::hint::black_box(input)));
                }
            })
        };
        let (floor, with_leaves) = (hash(&hashed[..1]), hash(&hashed));
        let scratch = Scratch::new();
        let options = WriterOptions { disk: Arc::new(NoSync), ..WriterOptions::default() };
        let shard = shard(&scratch.path("shard"), &options);
        let ours = rate(count, || {
            for id in &ids {
                with_operation(id, |operation| shard.append(operation).unwrap());
            }
            shard.flush().unwrap();
        });
        shard.close().unwrap();
        vec![floor, with_leaves, ours]
    });
    let floor = "floor: BLAKE3 alone, the chain's bytes";
    Table::compare(
        "no sync",
        floor,
        &["BLAKE3 alone, the chain's bytes and the leaves'", "product"].map(String::from),
        "records/s",
        &rounds.collect::<Vec<_>>(),
    );
}

/// How long one append takes its caller, at half the disk's pace, across a segment roll.
fn latency(table: &Table) {
    if !table.wants("latency") {
        return;
    }
    let count = table.scale(400_000);
    let ids = operation_ids(count);
    let scratch = Scratch::new();
    let size = (count * group_bytes(1).len() / 3) as u64;
    let options = WriterOptions {
        max_segment_size: size.clamp(4_096, 256 << 20),
        ..WriterOptions::default()
    };
    let shard = shard(&scratch.path("shard"), &options);
    let mut times = Vec::with_capacity(count);
    let pace = Duration::from_micros(10);
    let mut due = Instant::now();
    for id in &ids {
        due += pace;
        while Instant::now() < due {
            std::hint::spin_loop();
        }
        with_operation(id, |operation| {
            let start = Instant::now();
            shard.append(operation).unwrap();
            times.push(start.elapsed());
        });
    }
    shard.close().unwrap();
    times.sort_unstable();
    for (name, at) in [("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999), ("max", 1.0)] {
        let index = ((count - 1) as f64 * at) as usize;
        let micros = times[index].as_secs_f64() * 1e6;
        Table::line(&format!("latency of append, 100,000/s, 2 rolls, {name}"), micros, "us", 0.0);
    }
}

fn open_and_recover(table: &Table) {
    if !table.wants("open") && !table.wants("recover") {
        return;
    }
    let count = table.scale(1_000_000);
    let scratch = Scratch::new();
    let path = scratch.path("shard");
    let options = WriterOptions { disk: Arc::new(NoSync), ..WriterOptions::default() };
    let writer = shard(&path, &options);
    for id in operation_ids(count) {
        with_operation(&id, |operation| writer.append(operation).unwrap());
    }
    writer.close().unwrap();
    let options = WriterOptions::default();
    for round in 0..3 {
        let start = Instant::now();
        let (shard, _) = MeteringLogShard::open(&path, None, &options).unwrap();
        let millis = start.elapsed().as_secs_f64() * 1e3;
        Table::line(
            &format!("open {count} records after a clean close, round {round}"),
            millis,
            "ms",
            0.0,
        );
        let start = Instant::now();
        shard.close().unwrap();
        let millis = start.elapsed().as_secs_f64() * 1e3;
        Table::line(&format!("close again, round {round}"), millis, "ms", 0.0);
    }
    for round in 0..3 {
        std::fs::remove_file(path.join("state.json")).unwrap();
        let start = Instant::now();
        let clock = countersign::store::SystemClock;
        let result = recover_shard(&RealDisk, &path, &clock, false).unwrap();
        let millis = start.elapsed().as_secs_f64() * 1e3;
        assert!(result.record_count > count as u64);
        Table::line(
            &format!("recover {count} records without state.json, round {round}"),
            millis,
            "ms",
            0.0,
        );
    }
    Table::line("peak memory of this run", peak_memory() as f64 / 1024.0 / 1024.0, "MiB", 0.0);
}

/// Units of work in a second.
fn rate(units: usize, work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    units as f64 / start.elapsed().as_secs_f64()
}

fn in_threads(threads: usize, work: impl Fn(usize) + Sync) {
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let work = &work;
            scope.spawn(move || work(thread));
        }
    });
}
