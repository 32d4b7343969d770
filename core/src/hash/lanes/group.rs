//! One group of short inputs in plain code, which the compiler turns into vectors.

use super::compress::{CHUNK_END, CHUNK_START, IV, ROOT};
use super::each::{BLOCK_SIZE, Input};
use super::rows::{Row, compress, digest};

/// Bytes of a quarter of a block.
const QUARTER_SIZE: usize = BLOCK_SIZE / 4;

/// At most `N` inputs. One that ends before the others goes on with empty blocks, but its hash is
/// taken before.
#[inline(always)]
pub(super) fn hash_group<const N: usize>(tag: Option<u8>, group: &mut [Input<'_>]) {
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
