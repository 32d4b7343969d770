//! The room of whole shards.

use countersign_core::frame::SegmentNumber;
use countersign_core::{Seq, SeqRange, verify};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::bytes;
use crate::error::Refused;

/// Verifies a shard that comes in pieces; see [`verify::ShardVerifier`].
///
/// Does not prove that the shard is complete, nor that its entries are true.
#[wasm_bindgen]
#[derive(Debug)]
pub struct ShardVerifier {
    inner: verify::ShardVerifier,
}

#[wasm_bindgen]
impl ShardVerifier {
    /// Begins a verification that reports on the records `from_seq` to `to_seq`.
    #[wasm_bindgen(constructor)]
    pub fn new(
        operator_public_key: &[u8],
        from_seq: Option<u64>,
        to_seq: Option<u64>,
    ) -> Result<Self, Refused> {
        let trusted = bytes::public_key("operatorPublicKey", operator_public_key)?;
        let from = from_seq.map_or(SeqRange::ALL.from, Seq);
        let to = to_seq.map_or(SeqRange::ALL.to, Seq);
        if from > to {
            return Err(Refused::argument("fromSeq", "at most toSeq"));
        }
        Ok(Self { inner: verify::ShardVerifier::new(trusted, SeqRange { from, to }) })
    }

    /// Ends the segment before, and begins another; the next one, unless it is numbered.
    pub fn begin(&mut self, segment: Option<u64>) -> Result<(), Refused> {
        let next = self.inner.next_segment();
        let number = segment.map_or(Some(next), SegmentNumber::new);
        let number = number.filter(|number| *number >= next).ok_or_else(|| {
            Refused::argument("segment", format_args!("{} or higher", next.number()))
        })?;
        self.inner.begin(number);
        Ok(())
    }

    /// Takes the next bytes of the segment.
    pub fn push(&mut self, bytes: &[u8]) {
        self.inner.push(bytes);
    }

    /// The bytes taken so far.
    #[wasm_bindgen(getter)]
    pub fn bytes(&self) -> u64 {
        self.inner.bytes()
    }

    /// Whether nothing that follows can be judged.
    #[wasm_bindgen(getter, js_name = hasStopped)]
    pub fn has_stopped(&self) -> bool {
        self.inner.has_stopped()
    }

    /// Ends the verification; the report as JSON.
    pub fn finish(self) -> Result<String, Refused> {
        Ok(self.inner.finish().to_json()?)
    }
}

/// The file name of a segment.
#[wasm_bindgen(js_name = segmentName)]
pub fn segment_name(number: u64) -> Result<String, Refused> {
    let number = SegmentNumber::new(number);
    Ok(number.ok_or_else(|| Refused::argument("number", "1 or higher"))?.file_name())
}

/// The number of a segment by its file name; nothing for any other name.
#[wasm_bindgen(js_name = segmentNumber)]
pub fn segment_number(name: &str) -> Option<u64> {
    SegmentNumber::from_file_name(name).map(SegmentNumber::number)
}
