//! Workers that check blocks, and the join of what they found.

use std::collections::BTreeMap;
use std::io;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use countersign_core::chain::{AuditReport, Control, KeyState, KeyWindow, Keyring, Record};
use countersign_core::frame::Place;
use countersign_core::keys::{KeyTables, PublicKey};
use countersign_core::settlement::{
    CheckVerdict, PendingCheck, ShardAuditor, ShardRun, check_shard_run,
};
use countersign_core::verify::Part;
use countersign_core::{Seq, SeqRange};

use super::blocks::Block;
use super::error::VerifyError;
use super::queue::{Queue, Room, Work, held};
use super::reading::Source;

/// Bytes in blocks and of what is found in them at most, unless a single one takes more.
const ROOM: usize = 24 * 1024 * 1024;
const MAX_BLOCK_SIZE: usize = 512 * 1024;
const MIN_BLOCK_SIZE: usize = 64 * 1024;
/// The smallest block that a walk gets on with.
const TINY_BLOCK_SIZE: usize = 64;

/// How the work is divided.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    pub(super) threads: usize,
    block_size: usize,
}

impl Plan {
    pub(super) fn new(threads: usize, block_size: Option<NonZeroUsize>) -> Self {
        // Two blocks for each worker, so that none waits for the disk, and two on the way.
        let share = ROOM / threads.saturating_mul(2).saturating_add(2);
        let chosen = share.clamp(MIN_BLOCK_SIZE, MAX_BLOCK_SIZE);
        let block_size = block_size.map_or(chosen, |size| size.get().clamp(TINY_BLOCK_SIZE, ROOM));
        Self { threads, block_size }
    }
}

/// What came out.
#[derive(Debug)]
pub(super) struct Verdict {
    pub(super) audit: AuditReport,
    pub(super) keys: Vec<KeyState>,
    pub(super) torn_tail_bytes: u64,
    /// The seq behind the last record of the log.
    pub(super) next_seq: Seq,
}

/// A part of a block, checked.
#[derive(Debug)]
struct Piece {
    /// Where it starts, in the log and in the block, and where its part ends in the block.
    place: Place,
    start: usize,
    end: usize,
    run: ShardRun,
}

/// What the threads tell the joining one.
enum Told {
    Checked(Block, Vec<Piece>),
    Judged(u64, Vec<CheckVerdict>),
    /// All blocks are out; how many, and what reading them came to.
    Read(u64, Result<u64, VerifyError>),
}

struct Shared {
    queue: Queue,
    room: Room,
    range: SeqRange,
    /// The key window that the next block is probably under.
    guess: Mutex<Option<KeyWindow>>,
}

/// Sends the threads home, however the join ends.
struct Closing<'a>(&'a Shared);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.queue.close();
        self.0.room.close();
    }
}

/// Verifies what `source` holds.
pub(super) fn run(
    source: &Source<'_>,
    plan: &Plan,
    trusted: PublicKey,
    range: SeqRange,
    progress: &dyn Fn(u64, u64),
) -> Result<Verdict, VerifyError> {
    let shared = Shared {
        queue: Queue::default(),
        room: Room::new(ROOM, plan.block_size),
        range,
        guess: Mutex::new(source.first_window()),
    };
    let (shared, total) = (&shared, source.bytes());
    let (tell, told) = mpsc::channel();
    thread::scope(|scope| {
        let _closing = Closing(shared);
        for _ in 0..plan.threads {
            let tell = tell.clone();
            let worker = thread::Builder::new().name("verify".into());
            worker.spawn_scoped(scope, move || work(shared, &tell)).map_err(cannot_start)?;
        }
        let reader = thread::Builder::new().name("verify-read".into());
        reader.spawn_scoped(scope, move || read(source, shared, &tell)).map_err(cannot_start)?;
        let join = Join {
            shared,
            auditor: ShardAuditor::new(trusted, range),
            checked: BTreeMap::new(),
            judged: BTreeMap::new(),
            next_checked: 0,
            next_judged: 0,
            rooms: BTreeMap::new(),
        };
        join.run(&told, &|done| progress(done, total))
    })
}

fn cannot_start(source: io::Error) -> VerifyError {
    VerifyError::Io { action: "start", path: PathBuf::from("a thread"), source }
}

fn read(source: &Source<'_>, shared: &Shared, tell: &Sender<Told>) {
    let mut count = 0;
    let outcome = source.read(&shared.room, |block| {
        count += 1;
        shared.queue.push(Work::Check(block));
    });
    // Nobody listens once the join has ended early.
    let _gone = tell.send(Told::Read(count, outcome));
}

fn work(shared: &Shared, tell: &Sender<Told>) {
    let mut tables = KeyTables::default();
    while let Some(work) = shared.queue.take() {
        let told = match work {
            Work::Check(block) => {
                let pieces = check(shared, &block);
                Told::Checked(block, pieces)
            }
            Work::Judge(index, pending) => {
                let verdicts = PendingCheck::verdicts(pending, &mut tables);
                Told::Judged(index, verdicts.collect())
            }
        };
        if tell.send(told).is_err() {
            return;
        }
    }
}

/// Checks a block under the key window it is probably under.
fn check(shared: &Shared, block: &Block) -> Vec<Piece> {
    let mut window = *held(&shared.guess);
    let mut pieces = Vec::new();
    for part in &block.parts {
        let Part::Frames { place, start, end } = *part else { continue };
        let mut frames = block.frames(place, start, end);
        while !frames.is_empty() {
            let (place, start) = (frames.place, frames.at);
            let run = check_shard_run(&mut frames, window, shared.range);
            if run.consumed() == 0 {
                break;
            }
            pieces.push(Piece { place, start, end, run });
            // A run ends behind a certificate, which most probably holds.
            if let Ok(Record::Control(record)) = Record::decode(frames.last)
                && let Control::Certificate(certificate) = record.body
            {
                window = Some(KeyWindow::from(&certificate));
                *held(&shared.guess) = window;
            }
        }
    }
    pieces
}

/// Joins the blocks in order.
struct Join<'a> {
    shared: &'a Shared,
    auditor: ShardAuditor,
    /// Blocks and verdicts that came before their turn.
    checked: BTreeMap<u64, (Block, Vec<Piece>)>,
    judged: BTreeMap<u64, Vec<CheckVerdict>>,
    next_checked: u64,
    next_judged: u64,
    /// Room that each block takes until its signatures are judged.
    rooms: BTreeMap<u64, usize>,
}

impl Join<'_> {
    fn run(
        mut self,
        told: &Receiver<Told>,
        progress: &dyn Fn(u64),
    ) -> Result<Verdict, VerifyError> {
        let mut torn_tail_bytes = 0;
        let mut count = None;
        while count != Some(self.next_judged) {
            match told.recv() {
                Ok(Told::Checked(block, pieces)) => {
                    self.checked.insert(block.index, (block, pieces));
                }
                Ok(Told::Judged(index, verdicts)) => {
                    self.judged.insert(index, verdicts);
                }
                Ok(Told::Read(blocks, outcome)) => {
                    torn_tail_bytes = outcome?;
                    count = count.or(Some(blocks));
                }
                Err(_) => return Err(cannot_start(io::Error::other("a thread has ended"))),
            }
            while let Some((block, pieces)) = self.checked.remove(&self.next_checked) {
                if self.auditor.has_stopped() {
                    break;
                }
                let done = block.done;
                self.absorb(block, pieces);
                progress(done);
                if self.auditor.has_stopped() {
                    // What follows cannot be judged, so nobody needs to read it.
                    count = Some(self.next_checked);
                    self.shared.room.close();
                }
            }
            while let Some(verdicts) = self.judged.remove(&self.next_judged) {
                for verdict in verdicts {
                    self.auditor.judge(verdict);
                }
                let room = self.rooms.remove(&self.next_judged).unwrap_or_default();
                self.shared.room.free(room);
                self.next_judged += 1;
            }
        }
        Ok(Verdict {
            keys: self.auditor.keyring().map(Keyring::keys).unwrap_or_default().to_vec(),
            next_seq: self.auditor.next_seq(),
            torn_tail_bytes,
            audit: self.auditor.finish(),
        })
    }

    fn absorb(&mut self, block: Block, pieces: Vec<Piece>) {
        let mut pieces = pieces.into_iter().peekable();
        let mut pending = Vec::new();
        for part in &block.parts {
            match part {
                Part::Damage { code, place, detail } => {
                    self.auditor.pass_damage(*code, *place, detail.clone());
                }
                Part::Frames { end, .. } => {
                    while let Some(piece) = pieces.next_if(|piece| piece.end == *end) {
                        pending.extend(self.auditor.absorb(self.at_its_turn(&block, piece)));
                    }
                }
            }
            if self.auditor.has_stopped() {
                break;
            }
        }
        let (index, room) = (block.index, block.room);
        self.shared.room.reuse(block.bytes);
        self.rooms.insert(index, room);
        self.next_checked += 1;
        if pending.is_empty() {
            self.judged.insert(index, Vec::new());
        } else {
            self.shared.queue.push(Work::Judge(index, pending));
        }
    }

    /// The run, under the key window that turned out to hold.
    fn at_its_turn(&self, block: &Block, piece: Piece) -> ShardRun {
        let window = self.auditor.key_window();
        if piece.run.key_window() == window {
            return piece.run;
        }
        *held(&self.shared.guess) = window;
        let frames = block.frames(piece.place, piece.start, piece.end);
        check_shard_run(frames, window, self.shared.range)
    }
}
