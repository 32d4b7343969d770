//! The permutation of `N` states as plain loops, which the compiler turns into vector code.

use super::block::{Block, Node, Row};
use crate::hash::keccak::rounds::{ROUNDS, State, round};

/// The hash of every lane.
///
/// The body of a loop over the lanes is a round without branches or inner loops: each operation
/// becomes one vector operation, and the rows stay in registers from round to round. Of the last
/// round only the digest's words are made, which saves 3 %.
#[inline(always)]
pub(super) fn hash<const N: usize>(block: &Block<N>) -> Node<N> {
    let mut state = [[[0; N]; 5]; 5];
    for (row, word) in state.as_flattened_mut().iter_mut().zip(block.rows()) {
        *row = *word;
    }
    let [rounds @ .., last] = ROUNDS;
    for constant in rounds {
        for lane in 0..N {
            let next = round(in_lane(&state, lane), constant);
            scatter(next.as_flattened(), state.as_flattened_mut(), lane);
        }
    }
    let mut digest = [[0; N]; 4];
    for lane in 0..N {
        let next = round(in_lane(&state, lane), last);
        scatter(next.as_flattened(), &mut digest, lane);
    }
    Node::from_rows(digest)
}

/// The state of one lane. The loops keep `lane` under `N`, and the compiler sees it.
#[inline(always)]
fn in_lane<const N: usize>(state: &State<Row<N>>, lane: usize) -> State<u64> {
    state.each_ref().map(|rows| rows.each_ref().map(|row| row.get(lane).copied().unwrap_or(0)))
}

/// Replaces a lane of each row.
#[inline(always)]
fn scatter<const N: usize>(words: &[u64], rows: &mut [Row<N>], lane: usize) {
    for (row, word) in rows.iter_mut().zip(words) {
        if let Some(slot) = row.get_mut(lane) {
            *slot = *word;
        }
    }
}
