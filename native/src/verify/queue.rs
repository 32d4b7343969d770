//! What the threads share: work to do, and room for blocks.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use countersign_core::settlement::PendingCheck;

use super::blocks::Block;

/// Something for a worker.
#[derive(Debug)]
pub(super) enum Work {
    Check(Block),
    Judge(u64, Vec<PendingCheck>),
}

/// Work in two lanes: pending checks go first, so that blocks leave memory in the order they came.
#[derive(Debug, Default)]
pub(super) struct Queue {
    lanes: Mutex<Lanes>,
    wake: Condvar,
}

#[derive(Debug, Default)]
struct Lanes {
    pending: VecDeque<(u64, Vec<PendingCheck>)>,
    blocks: VecDeque<Block>,
    is_closed: bool,
}

impl Queue {
    pub(super) fn push(&self, work: Work) {
        let mut lanes = held(&self.lanes);
        match work {
            Work::Check(block) => lanes.blocks.push_back(block),
            Work::Judge(index, pending) => lanes.pending.push_back((index, pending)),
        }
        drop(lanes);
        self.wake.notify_one();
    }

    /// The next piece of work; `None` once the queue is closed.
    pub(super) fn take(&self) -> Option<Work> {
        let mut lanes = held(&self.lanes);
        loop {
            if lanes.is_closed {
                return None;
            }
            if let Some((index, pending)) = lanes.pending.pop_front() {
                return Some(Work::Judge(index, pending));
            }
            if let Some(block) = lanes.blocks.pop_front() {
                return Some(Work::Check(block));
            }
            lanes = self.wake.wait(lanes).unwrap_or_else(PoisonError::into_inner);
        }
    }

    pub(super) fn close(&self) {
        held(&self.lanes).is_closed = true;
        self.wake.notify_all();
    }
}

/// What a frame costs in memory, in bytes, besides itself: what its settlement is held against, and
/// at worst a copy and a failure.
const FRAME_COST: usize = 256;

/// Room for a bounded number of bytes in blocks, and their used buffers.
#[derive(Debug)]
pub(super) struct Room {
    state: Mutex<RoomState>,
    wake: Condvar,
    limit: usize,
    block_size: usize,
}

#[derive(Debug, Default)]
struct RoomState {
    taken: usize,
    is_closed: bool,
    buffers: Vec<Vec<u8>>,
}

impl Room {
    pub(super) fn new(limit: usize, block_size: usize) -> Self {
        Self { state: Mutex::default(), wake: Condvar::new(), limit, block_size }
    }

    /// A buffer of `wanted` bytes, or of a block's if that is more, once there is room for it;
    /// `None` if nobody wants it any more.
    pub(super) fn buffer(&self, wanted: usize) -> Option<Vec<u8>> {
        let size = wanted.max(self.block_size);
        let mut state = held(&self.state);
        while state.taken > 0 && state.taken.saturating_add(size) > self.limit && !state.is_closed {
            state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.is_closed {
            return None;
        }
        state.taken += size;
        let used = if size == self.block_size { state.buffers.pop() } else { None };
        drop(state);
        Some(used.unwrap_or_else(|| vec![0; size]))
    }

    /// Takes room for what will be found in `frames` frames, even if there is none left. How much
    /// room the block takes in all.
    pub(super) fn charge(&self, bytes: &[u8], frames: usize) -> usize {
        let extra = frames.saturating_mul(FRAME_COST);
        held(&self.state).taken += extra;
        bytes.len().saturating_add(extra)
    }

    /// Takes back a buffer whose bytes are not needed any more. Its room stays taken until
    /// [`Room::free`].
    pub(super) fn reuse(&self, buffer: Vec<u8>) {
        if buffer.len() == self.block_size {
            held(&self.state).buffers.push(buffer);
        }
    }

    /// Frees the room of a block.
    pub(super) fn free(&self, size: usize) {
        let mut state = held(&self.state);
        state.taken = state.taken.saturating_sub(size);
        drop(state);
        self.wake.notify_one();
    }

    pub(super) fn close(&self) {
        held(&self.state).is_closed = true;
        self.wake.notify_all();
    }
}

/// No thread leaves half-done work under these locks, so a poisoned one is as good as any.
pub(super) fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
