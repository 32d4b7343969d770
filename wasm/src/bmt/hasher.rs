//! Hashing as the bytes come.

use std::cell::RefCell;
use std::convert::Infallible;

use countersign_core::bmt::{
    Bmt, ChunkAddress, ChunkSink, FileTree, Geometry, Hasher, NewChunk, Plain, Shape, Slot,
    encode_span,
};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use super::geometry_of;
use crate::error::Refused;
use crate::object::Builder;

/// Takes the addresses of the leaves, if they are wanted.
#[derive(Debug)]
struct Leaves(Option<Vec<ChunkAddress>>);

impl ChunkSink for Leaves {
    type Error = Infallible;

    fn take(&mut self, chunk: &NewChunk<'_>) -> Result<(), Infallible> {
        if let Some(leaves) = &mut self.0
            && chunk.slot == Slot::leaf(chunk.slot.index)
        {
            leaves.push(chunk.address);
        }
        Ok(())
    }
}

/// Hashes a file as it comes; see [`Hasher`].
#[wasm_bindgen]
#[derive(Debug)]
pub struct BmtHasher {
    bmt: &'static Bmt,
    inner: Hasher<'static, Plain, Leaves>,
}

#[wasm_bindgen]
impl BmtHasher {
    /// With no byte yet. With `is_indexed` it collects the addresses of the leaves.
    #[wasm_bindgen(constructor)]
    pub fn new(is_indexed: bool, geometry: &JsValue) -> Result<Self, Refused> {
        let bmt = kept(geometry_of(geometry)?);
        Ok(Self { bmt, inner: Hasher::new(bmt, Leaves(is_indexed.then(Vec::new))) })
    }

    /// The next bytes.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Refused> {
        Ok(self.inner.write(bytes)?)
    }

    /// The next `count` bytes, all zero.
    #[wasm_bindgen(js_name = writeZeros)]
    pub fn write_zeros(&mut self, count: u64) -> Result<(), Refused> {
        Ok(self.inner.write_zeros(count)?)
    }

    /// The address, span and length of the file, its count of chunks, and its index if wanted.
    pub fn finish(self) -> Result<JsValue, Refused> {
        let geometry = self.bmt.geometry();
        let finished = self.inner.finish()?;
        let made = Builder::default()
            .bytes("address", finished.address)
            .bytes("span", encode_span(finished.len, geometry.span_size())?)
            .with("fileSize", finished.len)
            .with("chunks", finished.chunks);
        let tree = match finished.sink.0 {
            None => None,
            Some(leaves) => FileTree::new(self.bmt, Shape::new(geometry, finished.len)?, leaves),
        };
        Ok(match tree {
            Some(tree) => made.bytes("index", tree.to_index()),
            None => made,
        }
        .build())
    }
}

thread_local! {
    static KEPT: RefCell<Vec<&'static Bmt>> = const { RefCell::new(Vec::new()) };
}

/// The tree of a geometry, kept for good: under a kilobyte for each geometry that is ever used.
fn kept(geometry: Geometry) -> &'static Bmt {
    KEPT.with_borrow_mut(|kept| {
        let found = kept.iter().find(|bmt| bmt.geometry() == geometry).copied();
        found.unwrap_or_else(|| {
            let bmt: &'static Bmt = Box::leak(Box::new(Bmt::new(geometry, Plain)));
            kept.push(bmt);
            bmt
        })
    })
}
