//! Recovery of this format, on logs that the real writer wrote: every rule of the store's
//! `DURABILITY.md` that decides what a damaged log becomes.

mod flips;
mod opening;
mod segments;
mod state;
mod steps;
mod tears;

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use countersign::store::{
    ManualClock, MeteringLogShard, ShardRecoveryResult, StoreError, WriterOptions, recover_shard,
};
use countersign_core::chain::{Cadence, Control, Operation, Record};
use countersign_core::frame::{FrameStep, read_frame};
use countersign_core::hash::Digest;
use countersign_core::keys::{Certificate, ShardId, SigningKey, create_process_key_action};
use countersign_tests::image::Image;
use countersign_tests::journal::{JournalDisk, Op};

const DIRECTORY: &str = "/shard";
const NOW_MS: u64 = 1_760_000_000_000;

/// One record of a written log.
#[derive(Clone, Debug)]
struct Frame {
    segment: u32,
    range: Range<usize>,
    seq: u64,
    is_signature: bool,
    tip: Digest,
}

/// A shard, as its writer's process left it.
#[derive(Clone, Debug)]
struct Shard {
    /// Its writer died after the last group, and there is no `state.json`.
    unclean: Image,
    /// Its writer closed it.
    closed: Image,
    frames: Vec<Frame>,
}

fn process_key() -> SigningKey {
    SigningKey::from_seed(&[2; 32])
}

fn certificate(shard: u8) -> Certificate {
    let operator = SigningKey::from_seed(&[1; 32]);
    let key = process_key().public_key();
    let shard_id = ShardId::from_bytes([shard; 16]);
    create_process_key_action(&operator, shard_id, key, NOW_MS, NOW_MS + 600_000_000).unwrap()
}

fn options(disk: &JournalDisk, max_segment_size: u64) -> WriterOptions {
    WriterOptions {
        group_commit: 16,
        cadence: Cadence::new(16).unwrap(),
        // Groups end where a test ends them.
        flush_interval: Duration::from_secs(3_600),
        max_segment_size,
        prefill: false,
        dedupe_capacity: 10_000,
        // It stands still: how often the background looks at it depends on the machine's load, and
        // two runs are to write the same log.
        clock: Arc::new(ManualClock::new(NOW_MS * 1_000, 0)),
        disk: Arc::new(disk.clone()),
        ..WriterOptions::default()
    }
}

fn operation(op_id: &str, amount: i128) -> Operation<'_> {
    Operation {
        op: "joule.charge",
        member_id: &[3; 32],
        asset_id: "joule",
        amount,
        op_id,
        context_hash: &[0xc0; 32],
    }
}

fn append(shard: &MeteringLogShard, number: usize) {
    shard.append(&operation(&format!("operation-{number}"), number as i128)).unwrap();
}

/// `groups` groups of `entries` entries and a signature, behind the group of the certificate.
fn write(shard_id: u8, groups: usize, entries: usize, max_segment_size: u64) -> Shard {
    let disk = JournalDisk::new();
    let options = options(&disk, max_segment_size);
    let shard =
        MeteringLogShard::create(DIRECTORY, &certificate(shard_id), process_key(), &options)
            .unwrap();
    for group in 0..groups {
        (0..entries).for_each(|entry| append(&shard, group * entries + entry));
        shard.flush().unwrap();
    }
    let mut unclean = disk.image();
    shard.close().unwrap();
    unclean.remove(&path("writer.lock"));
    unclean.remove(&path("state.json"));
    let closed = disk.image();
    let frames = frames(&closed);
    let signatures = frames.iter().filter(|frame| frame.is_signature).count();
    // A group that reaches a segment's end is two.
    assert_eq!(frames.len() - signatures, 1 + groups * entries);
    assert!(signatures > groups);
    Shard { unclean, closed, frames }
}

fn path(name: &str) -> PathBuf {
    Path::new(DIRECTORY).join(name)
}

fn segment(number: u32) -> PathBuf {
    path(&format!("log.{number:06}.cbor"))
}

fn frames(image: &Image) -> Vec<Frame> {
    let mut frames = Vec::new();
    for number in 1.. {
        let Some(bytes) = image.file(&segment(number)) else { break };
        let mut at = 0;
        while let FrameStep::Frame { payload } = read_frame(&bytes[at..]) {
            let record = Record::decode(payload).unwrap();
            let range = at..at + 4 + payload.len();
            at = range.end;
            frames.push(Frame {
                segment: number,
                range,
                seq: record.seq().0,
                is_signature: matches!(record.control(), Some(Control::Signature(_))),
                tip: record.tip(payload),
            });
        }
    }
    frames
}

impl Shard {
    fn signatures(&self) -> Vec<&Frame> {
        self.frames.iter().filter(|frame| frame.is_signature).collect()
    }

    /// The last signature, and the ones before it.
    fn signature_from_end(&self, index: usize) -> &Frame {
        self.signatures()[self.signatures().len() - 1 - index]
    }

    /// The bytes of all segments, one after the other.
    fn log(image: &Image) -> Vec<u8> {
        (1..).map_while(|number| image.file(&segment(number))).flat_map(|b| b.to_vec()).collect()
    }
}

/// A copy with one file's bytes changed.
fn with(image: &Image, path: &Path, change: impl FnOnce(&mut Vec<u8>)) -> Image {
    let mut image = image.clone();
    let mut bytes = image.file(path).unwrap().to_vec();
    change(&mut bytes);
    image.insert(path, bytes);
    image
}

fn without(image: &Image, path: &Path) -> Image {
    let mut image = image.clone();
    image.remove(path).expect("there is such a file");
    image
}

fn recover_on(disk: &JournalDisk, dry_run: bool) -> Result<ShardRecoveryResult, StoreError> {
    let clock = ManualClock::new(NOW_MS * 1_000, 1);
    recover_shard(disk, Path::new(DIRECTORY), &clock, dry_run)
}

/// Recovers, and checks what holds for every recovery: a dry run says the same and changes nothing;
/// a refusal changes nothing; what stays is a prefix of what was there, and of what was written,
/// and ends with a signature; what goes is kept aside; and once more changes nothing.
fn recover(shard: &Shard, damaged: &Image) -> Result<(ShardRecoveryResult, Image), StoreError> {
    let disk = damaged.to_disk();
    let forecast = recover_on(&disk, true);
    assert_eq!(disk.journal().ops().len(), 0, "a dry run changes nothing");
    let result = match (recover_on(&disk, false), forecast) {
        (Ok(result), Ok(forecast)) => {
            assert_eq!(result.tip, forecast.tip);
            assert_eq!(result.truncated_bytes, forecast.truncated_bytes);
            assert_eq!(result.unused_bytes, forecast.unused_bytes);
            result
        }
        (Err(error), Err(forecast)) => {
            assert_eq!(error.to_string(), forecast.to_string());
            assert_eq!(&disk.image(), damaged, "a refusal changes nothing");
            return Err(error);
        }
        (result, forecast) => panic!("{result:?}, but forecast {forecast:?}"),
    };
    let image = disk.image();
    let (before, after) = (Shard::log(damaged), Shard::log(&image));
    assert!(before.starts_with(&after), "what stays was there");
    let last = &shard.frames[usize::try_from(result.record_count).unwrap() - 1];
    assert!(last.is_signature || last.seq == 0, "it ends with a signature");
    assert_eq!(Some(last.seq), result.last_seq.map(|seq| seq.0));
    if !is_time_changed(shard, last, &after) {
        assert!(Shard::log(&shard.closed).starts_with(&after), "what stays was written");
        assert_eq!(last.tip, result.tip);
    }
    assert_eq!(result.unsigned, u64::from(last.seq == 0));
    let gone = &before[after.len()..];
    let (torn, unused) = gone.split_at(usize::try_from(result.truncated_bytes).unwrap());
    assert_eq!(unused.len() as u64, result.unused_bytes);
    assert!(unused.iter().all(|byte| *byte == 0), "only zeros are not kept aside");
    assert_eq!(result.was_truncated, !torn.is_empty());
    assert_eq!(result.was_truncated, !result.reason.is_empty());
    assert_eq!(result.torn_files.len(), usize::from(result.was_truncated));
    if let [file] = &result.torn_files[..] {
        let last = (1..).take_while(|number| image.file(&segment(*number)).is_some()).count();
        let cut = image.file(&segment(last as u32)).unwrap().len();
        let name = format!("log.{last:06}.cbor.torn-{cut}");
        assert!(file.to_str().unwrap().contains(&name), "{file:?} is not {name}");
        assert_eq!(**image.file(file).unwrap(), torn, "what goes is kept aside");
    }
    let again = image.to_disk();
    let second = recover_on(&again, false).unwrap();
    assert_eq!((second.tip, second.was_truncated), (result.tip, false));
    assert_eq!(again.image(), image, "once more changes nothing");
    Ok((result, image))
}

/// Whether the log is as written but for the time in its last record, a signature: the one field
/// that nothing covers until the next record is written, or `state.json` names the tip.
fn is_time_changed(shard: &Shard, last: &Frame, after: &[u8]) -> bool {
    let written = Shard::log(&shard.closed);
    // Length, array, seq, prevHash, and the head of an integer of eight bytes.
    let seq_size = if last.seq < 24 { 1 } else { 2 };
    let first = 4 + 1 + seq_size + 34 + 1;
    let size = last.range.len();
    let from = after.len() - size + first;
    let time = from..from + 8;
    let is_other = |at: &usize| !time.contains(at) && written[*at] != after[*at];
    last.is_signature
        && after[time.clone()] != written[time.clone()]
        && !(0..after.len()).any(|at| is_other(&at))
}

/// Recovers as [`recover`] does and says how many records stay; `None` if it refuses.
fn records_kept(shard: &Shard, damaged: &Image) -> Option<u64> {
    match recover(shard, damaged) {
        Ok((result, _)) => Some(result.record_count),
        Err(error) => {
            assert!(error.is_corruption(), "{error}");
            None
        }
    }
}

/// Opens for writing, appends, closes; the image then.
fn write_on(image: &Image) -> Result<Image, StoreError> {
    let disk = image.to_disk();
    let options = options(&disk, 1 << 20);
    let (shard, _) = MeteringLogShard::open(DIRECTORY, Some(process_key()), &options)?;
    shard.append(&operation("one more", 1))?;
    shard.close()?;
    Ok(disk.image())
}

/// Whether an operation is more than taking and letting go of the lock.
fn changes(op: &Op) -> bool {
    match op {
        Op::Create { path, .. } | Op::Unlink { path } => !path.ends_with("writer.lock"),
        Op::Lock { .. } | Op::Unlock { .. } | Op::Mark(_) => false,
        _ => true,
    }
}

/// Bytes of hex text.
pub(crate) fn from_hex(hex: &str) -> Vec<u8> {
    let digits = hex.as_bytes().chunks(2);
    digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}
