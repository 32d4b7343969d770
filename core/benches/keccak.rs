//! Roots and addresses of Swarm chunks, with every kernel that the machine has, on one core.

// A bench that cannot set itself up must stop.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use core::iter::repeat_n;

use countersign_core::hash::{Digest, Kernel, keccak256};
use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};

fn main() {
    divan::main();
}

const MIB: usize = 1 << 20;

/// Bytes of a whole chunk.
const CHUNK: usize = 4_096;

/// Not one pattern after the other: a multiplier that has no small period.
fn bytes(length: usize) -> Vec<u8> {
    (0..length as u64).map(|i| i.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes()[5]).collect()
}

fn kernels() -> impl Iterator<Item = Kernel> {
    Kernel::available()
}

/// Addresses of leaf chunks: roots, and spans hashed with them.
fn addresses(kernel: Kernel, data: &[u8], addresses: &mut [Digest]) {
    kernel.bmt_roots(black_box(data), addresses);
    kernel.chunk_addresses(repeat_n(4_096, data.len() / CHUNK), addresses);
}

/// Each sample is the next MiB of a file: short enough that many are not interrupted.
#[divan::bench(args = kernels(), sample_count = 256, sample_size = 1)]
fn each_mib_of_64(bencher: Bencher<'_, '_>, kernel: Kernel) {
    let data = bytes(64 * MIB);
    let mut digests = vec![Digest::default(); MIB / CHUNK];
    let mut pieces = data.chunks(MIB).cycle();
    bencher.counter(BytesCount::new(MIB)).bench_local(|| {
        addresses(kernel, pieces.next().unwrap_or_default(), &mut digests);
    });
}

/// The same by the published crate, one hash after the other: what the kernels are held against.
#[divan::bench(sample_count = 64, sample_size = 1)]
fn each_mib_of_64_by_the_keccak_crate(bencher: Bencher<'_, '_>) {
    let data = bytes(64 * MIB);
    let mut pieces = data.chunks(MIB).cycle();
    let hash = |message: &[u8]| {
        let mut state = [0_u64; 25];
        for (word, bytes) in state.iter_mut().zip(message.as_chunks().0) {
            *word = u64::from_le_bytes(*bytes);
        }
        state[message.len() / 8] ^= 0x01;
        state[16] ^= 0x80 << 56;
        ::keccak::Keccak::new().with_f1600(|permute| permute(&mut state));
        let mut digest = [0; 32];
        for (bytes, word) in digest.as_chunks_mut().0.iter_mut().zip(state) {
            *bytes = word.to_le_bytes();
        }
        digest
    };
    let address = |chunk: &[u8]| {
        let mut level = chunk.to_vec();
        while level.len() > 32 {
            level = level.chunks(64).flat_map(hash).collect();
        }
        hash(&[(CHUNK as u64).to_le_bytes().as_slice(), &level].concat())
    };
    let mut expected = [Digest::default()];
    addresses(Kernel::best(), &data[..CHUNK], &mut expected);
    assert_eq!(&address(&data[..CHUNK]), expected[0].as_bytes());
    bencher.counter(BytesCount::new(MIB)).bench_local(|| {
        for chunk in pieces.next().unwrap_or_default().chunks(CHUNK) {
            black_box(address(black_box(chunk)));
        }
    });
}

/// Fewer chunks than the widest kernel has lanes.
#[divan::bench(args = [1, 2, 3, 4, 7, 8])]
fn addresses_of_few_chunks(bencher: Bencher<'_, '_>, count: usize) {
    let data = bytes(count * CHUNK);
    let mut digests = vec![Digest::default(); count];
    bencher.counter(BytesCount::new(data.len())).bench_local(|| {
        addresses(Kernel::best(), &data, &mut digests);
    });
}

/// A level of a tree in the first cache.
#[divan::bench(args = kernels())]
fn pairs(bencher: Bencher<'_, '_>, kernel: Kernel) {
    let data = bytes(256 * 64);
    let (pairs, _) = data.as_chunks::<64>();
    let mut hashes = vec![Digest::default(); pairs.len()];
    bencher.counter(ItemsCount::new(pairs.len())).bench_local(|| {
        kernel.pair_hashes(black_box(pairs), &mut hashes);
        hashes[0]
    });
}

/// A step of a proof.
#[divan::bench]
fn one_pair(bencher: Bencher<'_, '_>) {
    let pair = bytes(64);
    bencher.counter(ItemsCount::new(1_u32)).bench(|| keccak256(black_box(&pair)));
}
