//! A process that other tests start and kill: it locks, or it writes.
//!
//! `lock DIRECTORY` takes and releases the writer lock there until it is killed, and exits with 3
//! when it ever shares it. `write DIRECTORY` creates or opens a shard, appends until it is killed,
//! and prints the seq and tip of the durable end after each wait.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use countersign::store::disk::{Access, Disk, LockError, RealDisk};
use countersign::store::{MeteringLogShard, WriterOptions};
use countersign_tests::rng::Rng;
use countersign_tests::shard::{certificate, operation, options, process_key};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["lock", directory] => lock(Path::new(directory)),
        ["write", directory] => write(Path::new(directory)),
        _ => ExitCode::from(2),
    }
}

fn lock(directory: &Path) -> ExitCode {
    let me = std::process::id();
    let mut rng = Rng::new(u64::from(me));
    let word = RealDisk.open(&directory.join("owner"), Access::Write).expect("made by the test");
    let read = |at: u64| {
        let mut bytes = [0; 4];
        word.read_at(&mut bytes, at).expect("readable");
        u32::from_le_bytes(bytes)
    };
    let write = |value: u32, at: u64| {
        word.write_at(&value.to_le_bytes(), at).expect("writable");
    };
    loop {
        let lock = match RealDisk.lock(&directory.join("lock"), &me.to_string()) {
            Ok(lock) => lock,
            Err(LockError::Held(_)) => {
                std::thread::sleep(Duration::from_micros(50));
                continue;
            }
            Err(LockError::Io(error)) => {
                eprintln!("{error}");
                return ExitCode::from(4);
            }
        };
        write(me, 0);
        for _ in 0..rng.below(8) {
            std::hint::spin_loop();
            let owner = read(0);
            if owner != me {
                eprintln!("{me} and {owner} both hold the lock");
                return ExitCode::from(3);
            }
        }
        write(read(4) + 1, 4);
        if rng.chance(2, 3) {
            lock.release().expect("the lock file is ours");
        }
    }
}

fn write(directory: &Path) -> ExitCode {
    let options = WriterOptions {
        group_commit: 8,
        max_segment_size: 65_536,
        flush_interval: Duration::from_millis(2),
        ..options(RealDisk)
    };
    let shard = if directory.exists() {
        MeteringLogShard::open(directory, Some(process_key(0)), &options).map(|(shard, _)| shard)
    } else {
        MeteringLogShard::create(directory, &certificate(0), process_key(0), &options)
    };
    let shard = match shard {
        Ok(shard) => shard,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(4);
        }
    };
    let mut rng = Rng::new(u64::from(std::process::id()));
    let mut out = std::io::stdout();
    for number in 0_u64.. {
        let op_id = format!("{}-{number}-{}", std::process::id(), rng.next_u64());
        let appended = match shard.append(&operation(&op_id)) {
            Ok(appended) => appended,
            Err(error) => {
                eprintln!("{error}");
                return ExitCode::from(5);
            }
        };
        if rng.chance(1, 5) {
            if let Err(error) = shard.wait(&appended) {
                eprintln!("{error}");
                return ExitCode::from(5);
            }
            let status = shard.status();
            let durable = status.durable.expect("something is durable");
            // One call, so that no line is ever cut.
            let line = format!("{durable} {}\n", status.durable_tip);
            out.write_all(line.as_bytes()).and_then(|()| out.flush()).expect("somebody reads");
        }
    }
    ExitCode::SUCCESS
}
