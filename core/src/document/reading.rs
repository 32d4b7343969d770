//! Reads and writes whole documents.

use alloc::borrow::Cow;
use alloc::string::{String, ToString};

use serde::{Deserialize, Serialize};
use serde_json::error::Category;

use super::error::{DocumentError, Member};
use super::path::path_at;
use super::strict::Strict;
use crate::limits::MAX_FORMAT_NAME_SIZE;

/// Longest explanation of what is wrong, in bytes: it quotes what may be hostile.
const MAX_DETAIL_SIZE: usize = 400;

/// Reads a document of at most `limit` bytes.
///
/// O(bytes). White space and the order of members are free; everything else has one spelling.
/// Text behind the document is refused.
pub fn read<'a, T: Deserialize<'a>>(bytes: &'a [u8], limit: usize) -> Result<T, DocumentError> {
    check_size(bytes, limit)?;
    let mut parser = serde_json::Deserializer::from_slice(bytes);
    T::deserialize(Strict(&mut parser))
        .and_then(|document| parser.end().map(|()| document))
        .map_err(|error| refused(bytes, &error))
}

/// The document's `format`, without a look at the rest beyond its being JSON: whoever knows
/// several formats learns which one to [`read`].
///
/// ```
/// use countersign_core::document::peek_format;
///
/// let bytes = br#"{"format":"countersign/inclusion/v1","shardId":7}"#;
/// assert_eq!(peek_format(bytes, 1_000)?, "countersign/inclusion/v1");
/// # Ok::<(), countersign_core::document::DocumentError>(())
/// ```
pub fn peek_format(bytes: &[u8], limit: usize) -> Result<String, DocumentError> {
    #[derive(Deserialize)]
    struct Peek<'a> {
        #[serde(borrow)]
        format: Cow<'a, str>,
    }
    let Peek { format } = read(bytes, limit)?;
    if format.len() > MAX_FORMAT_NAME_SIZE {
        let mut found = format.into_owned();
        shorten(&mut found, MAX_FORMAT_NAME_SIZE);
        return Err(DocumentError::UnknownFormat { found });
    }
    Ok(format.into_owned())
}

/// Writes a document: members in the order of the struct, no white space. The same value gives
/// the same bytes.
pub fn write<T: Serialize>(document: &T) -> Result<String, DocumentError> {
    serde_json::to_string(document)
        .map_err(|error| DocumentError::Unwritable { detail: error.to_string() })
}

const fn check_size(bytes: &[u8], limit: usize) -> Result<(), DocumentError> {
    if bytes.len() > limit {
        return Err(DocumentError::TooLarge { limit, found: bytes.len() });
    }
    Ok(())
}

/// Cuts a text to at most `limit` bytes, between characters.
fn shorten(text: &mut String, limit: usize) {
    text.truncate(text.floor_char_boundary(limit));
}

#[cold]
fn refused(bytes: &[u8], error: &serde_json::Error) -> DocumentError {
    let (line, column) = (error.line(), error.column());
    let mut detail = error.to_string();
    // The place stands at the end; it is told apart from the sentence.
    if let Some(at) = detail.rfind(" at line ") {
        detail.truncate(at);
    }
    shorten(&mut detail, MAX_DETAIL_SIZE);
    if error.classify() != Category::Data {
        return DocumentError::Malformed { line, column, detail };
    }
    let member = |detail| Member { path: path_at(bytes, line, column), line, column, detail };
    // Derived code says by these words what is wrong with a member's name; tests hold it to them.
    if detail.starts_with("unknown field ") {
        DocumentError::UnknownMember(member(detail))
    } else if detail.starts_with("duplicate field ") {
        DocumentError::RepeatedMember(member(detail))
    } else if detail.starts_with("missing field ") {
        DocumentError::MissingMember(member(detail))
    } else {
        DocumentError::InvalidMember(member(detail))
    }
}
