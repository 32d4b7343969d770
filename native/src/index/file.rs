//! The bytes of the index file; `FORMAT.md` beside this file has them.

use countersign_core::Seq;
use countersign_core::frame::{Place, SegmentNumber};
use countersign_core::hash::{Blake3, Digest, Hash as _};
use countersign_core::keys::ShardId;
use countersign_core::limits::DIGEST_SIZE;

use super::log_index::{CertificateRow, Chunk, SettledRange};

/// What the file starts with.
const MAGIC: &[u8; 20] = b"countersign-index-v1";
/// Bytes in front of the rows: magic, shard id and three counts.
const HEADER_SIZE: usize = MAGIC.len() + 16 + 3 * 8;
const PLACE_SIZE: usize = 16;
const CHUNK_SIZE: usize = PLACE_SIZE + 2 * DIGEST_SIZE;
const SETTLEMENT_SIZE: usize = 3 * 8 + PLACE_SIZE;
const CERTIFICATE_SIZE: usize = 8 + PLACE_SIZE;

/// What the file holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Rows {
    pub(super) chunks: Vec<Chunk>,
    pub(super) settlements: Vec<SettledRange>,
    pub(super) certificates: Vec<CertificateRow>,
}

impl Rows {
    /// The file of these rows.
    pub(super) fn encode(&self, shard_id: ShardId) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(shard_id.as_bytes());
        for count in [self.chunks.len(), self.settlements.len(), self.certificates.len()] {
            put(&mut bytes, count as u64);
        }
        for chunk in &self.chunks {
            put_place(&mut bytes, chunk.place);
            bytes.extend_from_slice(chunk.tip_before.as_bytes());
            bytes.extend_from_slice(chunk.root.as_bytes());
        }
        for row in &self.settlements {
            for seq in [row.seq, row.from_seq, row.to_seq] {
                put(&mut bytes, seq.0);
            }
            put_place(&mut bytes, row.place);
        }
        for row in &self.certificates {
            put(&mut bytes, row.seq.0);
            put_place(&mut bytes, row.place);
        }
        let checksum = Blake3::hash(&[&bytes]);
        bytes.extend_from_slice(checksum.as_bytes());
        bytes
    }

    /// Reads a file; `None` unless it is whole and of this shard.
    pub(super) fn decode(bytes: &[u8], shard_id: ShardId) -> Option<Self> {
        let (content, checksum) = bytes.split_last_chunk::<DIGEST_SIZE>()?;
        if Blake3::hash(&[content]).as_bytes() != checksum {
            return None;
        }
        let (header, mut rest) = content.split_at_checked(HEADER_SIZE)?;
        let mut header = header.strip_prefix(MAGIC)?.strip_prefix(shard_id.as_bytes())?;
        let mut rows = |size: usize| {
            let count = usize::try_from(take(&mut header)?).ok()?;
            let (rows, behind) = rest.split_at_checked(count.checked_mul(size)?)?;
            rest = behind;
            Some(rows.chunks_exact(size))
        };
        let chunks = rows(CHUNK_SIZE)?.map(take_chunk).collect::<Option<_>>()?;
        let settlements = rows(SETTLEMENT_SIZE)?.map(take_settlement).collect::<Option<_>>()?;
        let certificates = rows(CERTIFICATE_SIZE)?.map(take_certificate).collect::<Option<_>>()?;
        rest.is_empty().then_some(Self { chunks, settlements, certificates })
    }
}

fn put(bytes: &mut Vec<u8>, number: u64) {
    bytes.extend_from_slice(&number.to_be_bytes());
}

fn put_place(bytes: &mut Vec<u8>, place: Place) {
    put(bytes, place.segment.number());
    put(bytes, place.offset);
}

fn take(bytes: &mut &[u8]) -> Option<u64> {
    let (number, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(u64::from_be_bytes(*number))
}

fn take_place(bytes: &mut &[u8]) -> Option<Place> {
    let segment = SegmentNumber::new(take(bytes)?)?;
    Some(Place { segment, offset: take(bytes)? })
}

fn take_digest(bytes: &mut &[u8]) -> Option<Digest> {
    let (digest, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(Digest::from_bytes(*digest))
}

fn take_chunk(mut bytes: &[u8]) -> Option<Chunk> {
    let bytes = &mut bytes;
    Some(Chunk {
        place: take_place(bytes)?,
        tip_before: take_digest(bytes)?,
        root: take_digest(bytes)?,
    })
}

fn take_settlement(mut bytes: &[u8]) -> Option<SettledRange> {
    let bytes = &mut bytes;
    let [seq, from_seq, to_seq] = [take(bytes)?, take(bytes)?, take(bytes)?].map(Seq);
    Some(SettledRange { from_seq, to_seq, seq, place: take_place(bytes)? })
}

fn take_certificate(mut bytes: &[u8]) -> Option<CertificateRow> {
    let bytes = &mut bytes;
    Some(CertificateRow { seq: Seq(take(bytes)?), place: take_place(bytes)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Rows {
        let place = Place { segment: SegmentNumber::new(2).unwrap(), offset: 3 };
        let [tip_before, root] = [[4; 32], [5; 32]].map(Digest::from_bytes);
        Rows {
            chunks: vec![Chunk { place, tip_before, root }; 2],
            settlements: vec![SettledRange {
                from_seq: Seq(6),
                to_seq: Seq(7),
                seq: Seq(8),
                place,
            }],
            certificates: vec![CertificateRow { seq: Seq(9), place }; 3],
        }
    }

    /// The bytes with a checksum that fits behind them.
    fn sealed(content: &[u8]) -> Vec<u8> {
        [content, Blake3::hash(&[content]).as_bytes()].concat()
    }

    #[test]
    fn a_file_has_the_sizes_of_the_format_page_and_reads_back() {
        let shard_id = ShardId::from_bytes([1; 16]);
        let bytes = rows().encode(shard_id);
        assert_eq!(bytes.len(), 60 + 2 * 80 + 40 + 3 * 24 + 32);
        assert!(bytes.starts_with(b"countersign-index-v1\x01\x01"));
        assert_eq!(bytes.get(60..76), Some(&[0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3][..]));
        assert_eq!(Rows::decode(&bytes, shard_id), Some(rows()));
        assert_eq!(Rows::decode(&bytes, ShardId::from_bytes([2; 16])), None);
    }

    #[test]
    fn what_is_not_whole_is_no_file_even_with_a_checksum_that_fits() {
        let shard_id = ShardId::from_bytes([1; 16]);
        let bytes = rows().encode(shard_id);
        let content = &bytes[..bytes.len() - 32];
        assert_eq!(sealed(content), bytes);
        for length in 0..content.len() {
            assert_eq!(Rows::decode(&bytes[..length], shard_id), None);
            assert_eq!(Rows::decode(&sealed(&content[..length]), shard_id), None);
        }
        assert_eq!(Rows::decode(&sealed(&[content, &[0]].concat()), shard_id), None);
        // Counts that no file could have.
        for at in [36, 44, 52] {
            let mut content = content.to_vec();
            content[at..at + 8].copy_from_slice(&u64::MAX.to_be_bytes());
            assert_eq!(Rows::decode(&sealed(&content), shard_id), None);
        }
    }
}
