//! The definition of addresses, typed in: recursive, everything hashed, nothing remembered.

use countersign_core::bmt::Geometry;
use countersign_core::hash::{Digest, keccak256};

/// The root over a power of two of segments.
pub(crate) fn root(data: &[u8]) -> [u8; 32] {
    if data.len() == 32 {
        return data.try_into().unwrap();
    }
    let (left, right) = data.split_at(data.len() / 2);
    *keccak256(&[root(left), root(right)].concat()).as_bytes()
}

/// The address of a payload under a span.
pub(crate) fn chunk(geometry: Geometry, payload: &[u8], span: u64) -> [u8; 32] {
    let mut data = payload.to_vec();
    data.resize(geometry.capacity(), 0);
    let mut message = span.to_le_bytes().to_vec();
    message.resize(geometry.span_size(), 0);
    message.extend(root(&data));
    *keccak256(&message).as_bytes()
}

/// The address of a file: levels of (address, span), a lone last chunk handed up.
pub(crate) fn file(geometry: Geometry, bytes: &[u8]) -> Digest {
    let mut pieces: Vec<&[u8]> = bytes.chunks(geometry.payload_limit()).collect();
    if pieces.is_empty() {
        pieces.push(&[]);
    }
    let mut level: Vec<([u8; 32], u64)> = pieces
        .into_iter()
        .map(|piece| (chunk(geometry, piece, piece.len() as u64), piece.len() as u64))
        .collect();
    while level.len() > 1 {
        let group = |group: &[([u8; 32], u64)]| match group {
            [carrier] => *carrier,
            many => {
                let payload: Vec<u8> = many.iter().flat_map(|(address, _)| *address).collect();
                let span = many.iter().map(|(_, span)| span).sum();
                (chunk(geometry, &payload, span), span)
            }
        };
        level = level.chunks(geometry.fan_out()).map(group).collect();
    }
    Digest::from_bytes(level[0].0)
}
