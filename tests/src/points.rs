//! Which points of a space of states are tried: all of them when they are few, else the telling
//! ones and a seeded sample.

use crate::rng::Rng;
use crate::space::Space;

/// How many states are drawn from a space too large to be walked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sampling {
    /// Spaces of at most two to this many combinations (of sectors and names) are walked whole.
    pub exhaustive_bits: u32,
    /// Random states drawn from each larger space, besides the telling ones.
    pub samples: usize,
    /// Decides which.
    pub seed: u64,
}

impl Default for Sampling {
    fn default() -> Self {
        Self { exhaustive_bits: 12, samples: 1024, seed: 0 }
    }
}

/// Calls `visit` with the points of `space` to try. Some may be the same state, see
/// [`Space::hash`].
pub(crate) fn each_point(
    space: &mut Space,
    sampling: Sampling,
    part: u64,
    mut visit: impl FnMut(&mut Space, &[u8]),
) {
    if space.combinations() <= 1 << sampling.exhaustive_bits {
        walk(space, &mut visit);
    } else {
        telling(space, &mut visit);
        sample(space, sampling.samples, &mut Rng::part(sampling.seed, part), &mut visit);
    }
}

fn walk(space: &mut Space, visit: &mut impl FnMut(&mut Space, &[u8])) {
    let sizes = space.sizes.clone();
    let mut point = vec![0; sizes.len()];
    loop {
        visit(space, &point);
        // The last axis turns fastest, so that names and contents stay the same for a while.
        let Some(axis) = (0..sizes.len()).rev().find(|axis| point[*axis] + 1 < sizes[*axis]) else {
            return;
        };
        point[axis] += 1;
        point[axis + 1..].fill(0);
    }
}

/// Nothing and everything, each thing alone, and everything but one: first the names and lengths
/// that way, and under each of those the sectors.
fn telling(space: &mut Space, visit: &mut impl FnMut(&mut Space, &[u8])) {
    let sizes = space.sizes.clone();
    let outline = space.outline();
    let inner: Vec<usize> = (0..sizes.len()).filter(|axis| !outline.contains(axis)).collect();
    let mut point = vec![0; sizes.len()];
    extremes(&sizes, &outline, &mut point, &mut |point| {
        extremes(&sizes, &inner, point, &mut |point| visit(space, point));
    });
}

/// Every value of each of `axes` while the others are all lowest, then while all are highest.
fn extremes(sizes: &[u8], axes: &[usize], point: &mut [u8], visit: &mut impl FnMut(&mut [u8])) {
    for highest in [false, true] {
        let rest = |axis: usize| if highest { sizes[axis] - 1 } else { 0 };
        axes.iter().for_each(|axis| point[*axis] = rest(*axis));
        visit(point);
        for axis in axes {
            for value in (0..sizes[*axis]).filter(|value| *value != rest(*axis)) {
                point[*axis] = value;
                visit(point);
            }
            point[*axis] = rest(*axis);
        }
    }
}

fn sample(
    space: &mut Space,
    samples: usize,
    rng: &mut Rng,
    visit: &mut impl FnMut(&mut Space, &[u8]),
) {
    let sizes = space.sizes.clone();
    let mut point = vec![0; sizes.len()];
    for _ in 0..samples {
        // Nearly nothing, half, or nearly everything arrived: each breaks different code.
        let eighths = [1, 4, 7][rng.below(3) as usize];
        for (value, size) in point.iter_mut().zip(&sizes) {
            *value = if rng.chance(eighths, 8) {
                size - 1
            } else {
                rng.below(u64::from(*size).saturating_sub(1)) as u8
            };
        }
        visit(space, &point);
    }
}
