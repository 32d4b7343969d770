//! Values in the library's JSON files: decimal strings and lower-case hex.

use alloc::string::String;
use core::str::FromStr;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::Error;
use crate::hash::Digest;
use crate::keys::ShardId;

pub(super) const fn rule(member: &'static str, rule: &'static str) -> Error {
    Error::Json { member, rule }
}

/// Parses a document of at most `limit` bytes.
pub(super) fn read<T: DeserializeOwned>(bytes: &[u8], limit: usize) -> Result<T, Error> {
    if bytes.len() > limit {
        return Err(Error::TooLarge { size: bytes.len(), limit });
    }
    serde_json::from_slice(bytes)
        .map_err(|_| rule("the document", "is not JSON with exactly the members it should have"))
}

/// Parses a document that must be spelled exactly as the library writes it: that order of
/// members, two spaces of indent, no final newline. So no byte of it can change unseen.
pub(super) fn read_exact<T: DeserializeOwned + Serialize>(
    bytes: &[u8],
    limit: usize,
) -> Result<T, Error> {
    let document: T = read(bytes, limit)?;
    if write(&document).as_bytes() == bytes {
        Ok(document)
    } else {
        Err(rule("the document", "is not spelled as the library writes it"))
    }
}

fn write<T: Serialize>(document: &T) -> String {
    // Of strings and numbers, so nothing can fail; an empty text is equal to no file.
    serde_json::to_string_pretty(document).unwrap_or_default()
}

/// A decimal number without sign or leading zeros.
pub(super) fn number<T: FromStr>(member: &'static str, text: &str) -> Result<T, Error> {
    let is_canonical = text == "0" || !text.starts_with('0');
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse()
        .ok()
        .filter(|_| is_canonical && is_plain)
        .ok_or(rule(member, "must be a decimal number as a string"))
}

pub(super) fn digest(member: &'static str, text: &str) -> Result<Digest, Error> {
    Digest::from_hex(text).ok_or(rule(member, "must be 64 lower-case hex digits"))
}

pub(super) fn shard_id(member: &'static str, text: &str) -> Result<ShardId, Error> {
    ShardId::parse(text).ok_or(rule(member, "must be a lower-case UUID"))
}
