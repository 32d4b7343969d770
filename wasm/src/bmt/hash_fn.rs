//! A hash that is a function of the caller's.

use std::cell::RefCell;

use countersign_core::bmt::{ChunkHash, Plain, with_callback};
use js_sys::{Array, Function, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};

use crate::error::Refused;

/// How many messages the function is called with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Messages {
    /// One: all that is to be hashed.
    Joined,
    /// Two: left and right.
    Separate,
}

/// Runs `body` with the hash of `function`, or with Keccak-256 if there is none.
///
/// # Errors
/// What the function throws, as it is; an answer that is not 32 bytes; what `body` says.
pub(super) fn with_hash<T>(
    function: Option<&Function>,
    messages: Messages,
    body: impl FnOnce(&dyn ChunkHash) -> Result<T, Refused>,
) -> Result<T, Refused> {
    let Some(function) = function else { return body(&Plain) };
    let thrown = RefCell::new(None);
    let ask = |parts: &[&[u8]]| {
        let given: Array = match messages {
            Messages::Joined => Array::of1(&Uint8Array::from(parts.concat().as_slice())),
            Messages::Separate => parts.iter().map(|part| Uint8Array::from(*part)).collect(),
        };
        answer(function, &given).unwrap_or_else(|error| {
            *thrown.borrow_mut() = Some(error);
            Vec::new()
        })
    };
    let result = with_callback(ask, body);
    match thrown.into_inner() {
        Some(error) => Err(error),
        None => result?,
    }
}

fn answer(function: &Function, messages: &Array) -> Result<Vec<u8>, Refused> {
    let answer = function.apply(&JsValue::UNDEFINED, messages)?;
    let bytes = answer.dyn_ref::<Uint8Array>();
    Ok(bytes.ok_or_else(|| Refused::argument("what hashFn answers", "a Uint8Array"))?.to_vec())
}
