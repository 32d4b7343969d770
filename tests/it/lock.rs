//! The writer's lock, between real processes (`durability.md` section 4).

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use countersign::store::disk::{Disk, LockError, RealDisk};
use countersign::store::{MeteringLogShard, ShardPaths, StoreError};
use countersign_tests::rng::Rng;
use countersign_tests::shard::{certificate, options, process_key};

use crate::mounts::say;
use crate::power_cut::Writer;

const CHILD: &str = env!("CARGO_BIN_EXE_writer_child");

#[test]
fn four_processes_never_share_it_however_they_end() {
    let directory = tempfile::tempdir().unwrap();
    let owner = directory.path().join("owner");
    std::fs::write(&owner, [0; 8]).unwrap();
    let spawn = || {
        Command::new(CHILD)
            .arg("lock")
            .arg(directory.path())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let mut children: Vec<Child> = (0..4).map(|_| spawn()).collect();
    let mut rng = Rng::new(4);
    let (start, mut kills) = (Instant::now(), 0_u32);
    while start.elapsed() < Duration::from_secs(3) {
        std::thread::sleep(Duration::from_millis(10 + rng.below(20)));
        let child = &mut children[usize::try_from(rng.below(4)).unwrap()];
        assert_eq!(child.try_wait().unwrap().map(|status| status.code()), None, "it ended");
        child.kill().unwrap();
        child.wait().unwrap();
        *child = spawn();
        kills += 1;
    }
    for mut child in children {
        let ended = child.try_wait().unwrap();
        child.kill().unwrap();
        let said = child.wait_with_output().unwrap().stderr;
        assert!(ended.is_none(), "{ended:?}: {}", String::from_utf8_lossy(&said));
    }
    let taken = std::fs::read(&owner).unwrap();
    let taken = u32::from_le_bytes(taken[4..8].try_into().unwrap());
    say(&format!("lock: taken {taken} times by four processes, {kills} of them killed"));
    assert!(taken > 500 && kills > 50, "{taken} {kills}");
}

#[test]
fn opening_twice_in_one_process_fails_and_names_it() {
    let directory = tempfile::tempdir().unwrap();
    let (path, options) = (directory.path().join("shard"), options(RealDisk));
    let shard = MeteringLogShard::create(&path, &certificate(0), process_key(0), &options).unwrap();
    let second = MeteringLogShard::open(&path, Some(process_key(0)), &options);
    let error = second.unwrap_err();
    assert_eq!(error.code(), "shard-locked");
    let StoreError::Locked { owner, .. } = error else { panic!() };
    assert_eq!(owner.trim(), std::process::id().to_string());
    shard.close().unwrap();
    assert!(!ShardPaths::new(&path).lock().exists(), "a clean close removes it");
    let (shard, _) = MeteringLogShard::open(&path, Some(process_key(0)), &options).unwrap();
    shard.close().unwrap();
}

#[test]
fn what_a_killed_writer_leaves_stops_nobody() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("shard");
    let mut writer = Writer::start(&path);
    writer.wait_for_lines(3);
    let pid = writer.id();
    let locked = MeteringLogShard::open(&path, Some(process_key(0)), &options(RealDisk));
    assert!(
        matches!(&locked, Err(StoreError::Locked { owner, .. }) if owner.trim() == pid.to_string()),
        "{locked:?}"
    );
    writer.kill();
    let left = std::fs::read_to_string(ShardPaths::new(&path).lock()).unwrap();
    assert_eq!(left.trim(), pid.to_string());
    let opened = MeteringLogShard::open(&path, Some(process_key(0)), &options(RealDisk));
    opened.unwrap().0.close().unwrap();
}

#[test]
fn a_child_does_not_inherit_it() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("lock");
    let lock = RealDisk.lock(&path, "parent").unwrap();
    assert!(matches!(RealDisk.lock(&path, "x"), Err(LockError::Held(owner)) if owner == "parent"));
    let mut child = Command::new("sleep").arg("60").spawn().unwrap();
    drop(lock);
    // A child that another test is just starting holds it too, until it becomes another program.
    let patience = Instant::now() + Duration::from_secs(5);
    let again = loop {
        let again = RealDisk.lock(&path, "parent again");
        if again.is_ok() || Instant::now() > patience {
            break again;
        }
        std::thread::sleep(Duration::from_millis(1));
    };
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(again.is_ok(), "{again:?}");
}
