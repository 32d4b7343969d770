//! Short inputs: the leaves of a tree behind their tag, the steps of a chain without one.

use alloc::vec;
use alloc::vec::Vec;

#[cfg(not(target_feature = "simd128"))]
use super::compress::compress;
use super::compress::{CHUNK_END, CHUNK_START, IV, ROOT, Row, digest};
#[cfg(target_feature = "simd128")]
use super::simd128::compress;
use super::{WORTHWHILE, Work, run};
use crate::hash::{Blake3, Digest, Hash};

const BLOCK_SIZE: usize = super::compress::BLOCK_SIZE as usize;

/// Bytes of a quarter of a block.
const QUARTER_SIZE: usize = BLOCK_SIZE / 4;

/// Longest input that is one BLAKE3 chunk, in bytes; the tag counts.
const MOST_BYTES: usize = 16 * BLOCK_SIZE;

/// As [`super::hash_tagged`] and [`super::hash_each`], with at most so many lanes.
pub(super) fn hash_each(tag: Option<u8>, inputs: &[&[u8]], at_most: usize) -> Vec<Digest> {
    if inputs.len() < WORTHWHILE {
        return inputs.iter().map(|input| alone(tag, input)).collect();
    }
    let mut hashes = vec![Digest::default(); inputs.len()];
    let mut short = Vec::with_capacity(inputs.len());
    for (bytes, hash) in inputs.iter().zip(&mut hashes) {
        let size = bytes.len().saturating_add(tag.is_some().into());
        if size > MOST_BYTES {
            *hash = alone(tag, bytes);
        } else {
            short.push(Input { bytes, size, hash });
        }
    }
    // A group takes as long as its longest input, so inputs of as many blocks go together.
    short.sort_unstable_by_key(Input::blocks);
    run(Each { tag, inputs: &mut short }, at_most);
    hashes
}

/// One call of the hash crate. Inlined, it would be compiled again for every width.
#[inline(never)]
fn alone(tag: Option<u8>, bytes: &[u8]) -> Digest {
    match tag {
        Some(tag) => Blake3::hash(&[&[tag], bytes]),
        None => Blake3::hash(&[bytes]),
    }
}

/// An input and the place of its hash.
struct Input<'a> {
    bytes: &'a [u8],
    /// With the tag.
    size: usize,
    hash: &'a mut Digest,
}

impl Input<'_> {
    /// Blocks of the input with the tag in front, 1 to 16.
    const fn blocks(&self) -> usize {
        if self.size == 0 { 1 } else { self.size.div_ceil(BLOCK_SIZE) }
    }

    /// How many bytes of block `number` the tag and the input fill.
    fn filled(&self, number: usize) -> u32 {
        let from_here_on = self.size.saturating_sub(number * BLOCK_SIZE);
        u32::try_from(from_here_on.min(BLOCK_SIZE)).unwrap_or_default()
    }
}

struct Each<'a, 'b> {
    tag: Option<u8>,
    inputs: &'a mut [Input<'b>],
}

impl Work for Each<'_, '_> {
    #[inline(always)]
    fn run<const N: usize>(self) {
        for group in self.inputs.chunks_mut(N) {
            if group.len() < WORTHWHILE {
                for input in group {
                    *input.hash = alone(self.tag, input.bytes);
                }
            } else {
                together::<N>(self.tag, group);
            }
        }
    }
}

/// At most `N` inputs. One that ends before the others goes on with empty blocks, but its hash is
/// taken before.
#[inline(always)]
fn together<const N: usize>(tag: Option<u8>, group: &mut [Input<'_>]) {
    let most = group.iter().map(Input::blocks).max().unwrap_or_default();
    let mut chaining = IV.map(|word| [word; N]);
    for number in 0..most {
        let mut blocks = [[[0; 4]; N]; 4];
        let (mut lengths, mut flags) = ([0; N], [0; N]);
        let settings = lengths.iter_mut().zip(&mut flags);
        for ((lane, input), (length, flags)) in group.iter().enumerate().zip(settings) {
            fill(&mut blocks, lane, tag, input.bytes, number);
            *length = input.filled(number);
            *flags = if number == 0 { CHUNK_START } else { 0 };
            if number + 1 == input.blocks() {
                *flags |= CHUNK_END | ROOT;
            }
        }
        compress(&mut chaining, &transpose(&blocks), &lengths, &flags);
        for (lane, input) in group.iter_mut().enumerate() {
            if number + 1 == input.blocks() {
                *input.hash = digest(&chaining, lane);
            }
        }
    }
}

/// Sixteen bytes of an input as little-endian words: a quarter of a block.
type Quarter = [u32; 4];

/// A block of every lane: quarter by quarter, and in a quarter lane by lane.
///
/// Inputs are copied a quarter at a time: storing each word in its row at once took a fifth longer.
type Blocks<const N: usize> = [[Quarter; N]; 4];

/// The same blocks word by word: a pattern that compilers know.
#[inline(always)]
fn transpose<const N: usize>(blocks: &Blocks<N>) -> [Row<N>; 16] {
    let mut rows = [[0; N]; 16];
    for (rows, lanes) in rows.as_chunks_mut::<4>().0.iter_mut().zip(blocks) {
        let [a, b, c, d] = rows;
        for ((((a, b), c), d), quarter) in a.iter_mut().zip(b).zip(c).zip(d).zip(lanes) {
            [*a, *b, *c, *d] = *quarter;
        }
    }
    rows
}

/// Writes block `number` of the tag, if there is one, and the bytes behind it into a lane that is
/// zero.
#[inline(always)]
fn fill<const N: usize>(
    blocks: &mut Blocks<N>,
    lane: usize,
    tag: Option<u8>,
    bytes: &[u8],
    number: usize,
) {
    let Some(tag) = tag else {
        fill_quarters(blocks, lane, bytes, number * BLOCK_SIZE);
        return;
    };
    if number == 0 {
        let [first, others @ ..] = blocks;
        let head = bytes.first_chunk().copied().unwrap_or_else(|| zero_padded(bytes));
        let behind_tag = u128::from_le_bytes(head) << 8 | u128::from(tag);
        put(first, lane, behind_tag.to_le_bytes());
        fill_quarters(others, lane, bytes, QUARTER_SIZE - 1);
    } else {
        fill_quarters(blocks, lane, bytes, number * BLOCK_SIZE - 1);
    }
}

/// Fills quarters with the bytes from `start` on.
#[inline(always)]
fn fill_quarters<const N: usize>(
    quarters: &mut [[Quarter; N]],
    lane: usize,
    bytes: &[u8],
    start: usize,
) {
    let (whole, end) = bytes.get(start..).unwrap_or_default().as_chunks();
    for (quarter, from) in quarters.iter_mut().zip(whole) {
        put(quarter, lane, *from);
    }
    if let Some(quarter) = quarters.get_mut(whole.len()) {
        let end = bytes.last_chunk().map_or_else(
            || zero_padded(end),
            |last| {
                // Shifting out what is in the quarter before is faster than copying a few bytes.
                let bits = 8 * u32::try_from(QUARTER_SIZE - end.len()).unwrap_or_default();
                u128::from_le_bytes(*last).unbounded_shr(bits).to_le_bytes()
            },
        );
        put(quarter, lane, end);
    }
}

/// Writes a quarter of one lane.
#[inline(always)]
fn put<const N: usize>(quarter: &mut [Quarter; N], lane: usize, bytes: [u8; QUARTER_SIZE]) {
    if let Some(words) = quarter.get_mut(lane) {
        for (word, bytes) in words.iter_mut().zip(bytes.as_chunks().0) {
            *word = u32::from_le_bytes(*bytes);
        }
    }
}

/// Fewer than 16 bytes with zeros behind them.
fn zero_padded(bytes: &[u8]) -> [u8; QUARTER_SIZE] {
    let mut quarter = [0; QUARTER_SIZE];
    for (to, from) in quarter.iter_mut().zip(bytes) {
        *to = *from;
    }
    quarter
}
