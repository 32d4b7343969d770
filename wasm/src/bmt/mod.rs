//! The room of content addresses: chunks, files, their proofs, and hashing as bytes come.
//!
//! The objects that people hold are made in the package; each of their methods is a call here
//! that is given everything anew, so nothing of them lives in the module's memory.

mod chunk;
mod file;
mod hash_fn;
mod hasher;
mod proof;
mod span;

use countersign_core::bmt::Geometry;
use wasm_bindgen::JsValue;

use crate::error::Refused;
use crate::object::Reader;

pub use chunk::{
    chunk_address, chunk_bmt, chunk_check, chunk_data, chunk_inclusion_proof, chunk_span,
};
pub use file::{file_address, file_bmt, file_inclusion_proof, file_root_chunk};
pub use hasher::BmtHasher;
pub use proof::{
    bmt_index_of_segment, file_address_from_inclusion_proof, prove_with_index,
    root_hash_from_inclusion_proof, verify_file_proof, verify_file_proof_document,
};
pub use span::{decode_span, encode_span, get_span_value, make_span};

/// A geometry by its four numbers; 0 stands for the network's.
fn geometry_of(numbers: &JsValue) -> Result<Geometry, Refused> {
    let numbers = Reader::new(numbers, "geometry")?;
    let number = |name, default: usize| {
        let given: usize = numbers.uint(name)?;
        Ok::<_, Refused>(if given == 0 { default } else { given })
    };
    Ok(Geometry::new(
        number("payloadLimit", Geometry::SWARM.payload_limit())?,
        number("capacity", Geometry::SWARM.capacity())?,
        number("fanOut", Geometry::SWARM.fan_out())?,
        number("spanLength", Geometry::SWARM.span_size())?,
    )?)
}
