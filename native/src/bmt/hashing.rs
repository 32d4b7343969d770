//! Hashes a stream on several threads.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::num::NonZeroUsize;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use countersign_core::bmt::{
    Bmt, ChunkAddress, ChunkSink, Each, Finished, NewChunk, Plain, Splitter,
};

use super::BmtError;

/// Bytes that a thread takes at a time, in whole leaves: enough that taking turns costs nothing,
/// and few enough that eight threads stay below 16 MiB.
pub const BLOCK_SIZE: usize = 1 << 20;
/// Blocks that may be hashed before an earlier one is: their addresses wait in memory.
const MAX_AHEAD: u64 = 64;

/// Told the addresses of leaves in order: the number of the first, and a run of them.
pub(super) type OnLeaves<'a> = dyn FnMut(u64, &[ChunkAddress]) -> Result<(), BmtError> + Send + 'a;

/// The address of everything that `source` has to give, on `threads` threads.
///
/// Reads on to the end in blocks of [`BLOCK_SIZE`]. Each thread holds one block; beside that some
/// 8 KiB for each block that waits for an earlier one, of which there are at most 64. `progress` is
/// told how many bytes are hashed, never fewer than before.
///
/// # Errors
/// [`BmtError::Read`] with the place where the source failed, and [`BmtError::TooLong`].
pub fn hash_reader(
    bmt: &Bmt,
    source: impl Read + Send,
    threads: NonZeroUsize,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Finished, BmtError> {
    let nothing = Each(|_: &NewChunk<'_>| Ok(()));
    let Finished { address, len, chunks, .. } =
        hash_into(bmt, source, threads, &mut |_, _| Ok(()), nothing, progress)?;
    Ok(Finished { address, len, chunks, sink: () })
}

/// As [`hash_reader`]; `on_leaves` gets the addresses of the leaves, and the sink the chunks above
/// them.
pub(super) fn hash_into<S: ChunkSink<Error = BmtError> + Send>(
    bmt: &Bmt,
    source: impl Read + Send,
    threads: NonZeroUsize,
    on_leaves: &mut OnLeaves<'_>,
    sink: S,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Finished<S>, BmtError> {
    let piece = bmt.geometry().payload_limit().max(1);
    let job = Job {
        bmt,
        block_size: (BLOCK_SIZE / piece).max(1).saturating_mul(piece),
        source: Mutex::new(Source { reader: source, blocks: 0, offset: 0, is_ended: false }),
        joining: Mutex::new(Joining {
            splitter: Splitter::new(bmt, sink),
            on_leaves,
            leaves: 0,
            next: 0,
            waiting: BTreeMap::new(),
            failed: None,
        }),
        joined: Condvar::new(),
        progress,
    };
    std::thread::scope(|scope| {
        for _ in 1..threads.get() {
            scope.spawn(|| job.work());
        }
        job.work();
    });
    let Joining { splitter, failed, .. } =
        job.joining.into_inner().unwrap_or_else(PoisonError::into_inner);
    match failed {
        Some(error) => Err(error),
        None => Ok(splitter.finish()?),
    }
}

/// What the threads share. A thread holds one of the two mutexes at a time.
struct Job<'a, R, S> {
    bmt: &'a Bmt,
    block_size: usize,
    source: Mutex<Source<R>>,
    joining: Mutex<Joining<'a, S>>,
    /// For threads that are too far ahead.
    joined: Condvar,
    progress: &'a (dyn Fn(u64) + Sync),
}

struct Source<R> {
    reader: R,
    /// Blocks that were taken.
    blocks: u64,
    /// Bytes that were read.
    offset: u64,
    is_ended: bool,
}

/// Puts the blocks' addresses together in order.
struct Joining<'a, S> {
    splitter: Splitter<'a, Plain, S>,
    on_leaves: &'a mut OnLeaves<'a>,
    /// Leaves that were put together.
    leaves: u64,
    /// The block that comes next.
    next: u64,
    /// The leaves of later ones, and their bytes.
    waiting: BTreeMap<u64, (Vec<ChunkAddress>, u64)>,
    failed: Option<BmtError>,
}

impl<R: Read, S: ChunkSink<Error = BmtError>> Job<'_, R, S> {
    fn work(&self) {
        let mut block = vec![0; self.block_size];
        loop {
            let taken = lock(&self.source).take(&mut block);
            let (number, size) = match taken {
                Ok(Some(taken)) => taken,
                Ok(None) => return,
                Err(error) => return self.fail(error),
            };
            let bytes = block.get(..size).unwrap_or_default();
            match self.bmt.leaf_addresses(bytes) {
                Ok(leaves) => {
                    if !self.join(number, leaves, size as u64) {
                        return;
                    }
                }
                Err(_) => return self.fail(BmtError::TooLong { len: size as u64 }),
            }
        }
    }

    /// Hands a block's leaves over; whether to go on.
    fn join(&self, number: u64, leaves: Vec<ChunkAddress>, size: u64) -> bool {
        let mut joining = lock(&self.joining);
        joining.waiting.insert(number, (leaves, size));
        let was = joining.next;
        if let Err(error) = joining.join_waiting() {
            joining.failed.get_or_insert(error);
        }
        if joining.next != was {
            (self.progress)(joining.splitter.len());
            self.joined.notify_all();
        }
        while joining.failed.is_none() && number > joining.next.saturating_add(MAX_AHEAD) {
            joining = self.joined.wait(joining).unwrap_or_else(PoisonError::into_inner);
        }
        if joining.failed.is_some() {
            drop(joining);
            self.stop();
            return false;
        }
        true
    }

    fn fail(&self, error: BmtError) {
        lock(&self.joining).failed.get_or_insert(error);
        self.joined.notify_all();
        self.stop();
    }

    /// Lets nobody take another block.
    fn stop(&self) {
        lock(&self.source).is_ended = true;
        self.joined.notify_all();
    }
}

impl<R: Read> Source<R> {
    /// Fills the block as far as the source goes; its number and bytes, `None` behind the end.
    fn take(&mut self, block: &mut [u8]) -> Result<Option<(u64, usize)>, BmtError> {
        let mut size = 0;
        while !self.is_ended && size < block.len() {
            match self.reader.read(block.get_mut(size..).unwrap_or_default()) {
                Ok(0) => self.is_ended = true,
                Ok(count) => size += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.is_ended = true;
                    let offset = self.offset.saturating_add(size as u64);
                    return Err(BmtError::Read { offset, error });
                }
            }
        }
        self.offset = self.offset.saturating_add(size as u64);
        let number = self.blocks;
        self.blocks = self.blocks.saturating_add(1);
        Ok((size > 0).then_some((number, size)))
    }
}

impl<S: ChunkSink<Error = BmtError>> Joining<'_, S> {
    fn join_waiting(&mut self) -> Result<(), BmtError> {
        while let Some((leaves, size)) = self.waiting.remove(&self.next) {
            (self.on_leaves)(self.leaves, &leaves)?;
            self.leaves = self.leaves.saturating_add(leaves.len() as u64);
            self.splitter.push_run(&leaves, size)?;
            self.next = self.next.saturating_add(1);
        }
        Ok(())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use countersign_core::bmt::Geometry;

    use super::*;

    fn threads(count: usize) -> NonZeroUsize {
        NonZeroUsize::new(count).unwrap()
    }

    fn hashed(bmt: &Bmt, source: impl Read + Send, count: usize) -> Result<Finished, BmtError> {
        let last = AtomicU64::new(0);
        let finished = hash_reader(bmt, source, threads(count), &|bytes| {
            assert!(last.swap(bytes, Ordering::Relaxed) <= bytes);
        })?;
        assert_eq!(last.into_inner(), finished.len);
        Ok(finished)
    }

    /// Gives a few bytes at a time, as a pipe does.
    struct Trickle<'a>(&'a [u8], usize);

    impl Read for Trickle<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.1 = self.1 * 5 % 70_001 + 1;
            let size = self.1.min(buffer.len());
            self.0.read(&mut buffer[..size])
        }
    }

    #[test]
    fn any_number_of_threads_finds_the_address_of_the_file_in_memory() {
        let bytes: Vec<u8> =
            (0..5_000_000_u32).map(|i| (i.wrapping_mul(i) >> 7).to_le_bytes()[0]).collect();
        let bmt = Bmt::swarm();
        for len in [0, 1, 4_096, BLOCK_SIZE - 1, BLOCK_SIZE, BLOCK_SIZE + 1, bytes.len()] {
            let bytes = &bytes[..len];
            let expected = bmt.file(bytes).unwrap();
            for count in [1, 2, 7] {
                let finished = hashed(&bmt, bytes, count).unwrap();
                assert_eq!((finished.address, finished.len), (expected.address(), len as u64));
                assert_eq!(finished.chunks, expected.shape().chunks());
                assert_eq!(hashed(&bmt, Trickle(bytes, len), count).unwrap(), finished);
            }
        }
        let scaled = Bmt::new(Geometry::scaled(128, 8).unwrap(), Plain);
        let bytes = &bytes[..1_300_000];
        let finished = hashed(&scaled, bytes, 3).unwrap();
        assert_eq!(finished.address, scaled.file(bytes).unwrap().address());
    }

    #[test]
    fn a_source_that_fails_midway_is_named_with_the_place() {
        struct Failing(usize);
        impl Read for Failing {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                let size = self.0.min(buffer.len());
                self.0 -= size;
                if size == 0 { Err(io::Error::other("unplugged")) } else { Ok(size) }
            }
        }
        for count in [1, 3] {
            let error = hashed_error(Failing(3_000_000), count);
            let BmtError::Read { offset: 3_000_000, error } = error else { panic!("{error}") };
            assert_eq!(error.to_string(), "unplugged");
        }
    }

    fn hashed_error(source: impl Read + Send, count: usize) -> BmtError {
        hash_reader(&Bmt::swarm(), source, threads(count), &|_| {}).unwrap_err()
    }

    #[test]
    fn a_file_longer_than_its_spans_is_refused_and_nobody_hangs() {
        let bmt = Bmt::new(Geometry::reference(4_096, 2).unwrap(), Plain);
        let source = io::repeat(1).take(200 << 20);
        let error = hash_reader(&bmt, source, threads(4), &|_| {}).unwrap_err();
        assert!(matches!(error, BmtError::TooLong { .. }), "{error}");
    }
}
