//! Reads and writes whole documents.

use alloc::borrow::Cow;
use alloc::string::String;

use serde::{Deserialize, Serialize};

use super::error::{DocumentError, Member};
use super::path::{path_of, place_of};
use super::refusal::{Fault, Refusal};
use super::tokens::Parser;
use super::writer::{Unwritable, Writer};
use crate::limits::MAX_FORMAT_NAME_SIZE;

/// Longest explanation of what is wrong, in bytes: it quotes what may be hostile.
const MAX_DETAIL_SIZE: usize = 400;

/// Reads a document of at most `limit` bytes.
///
/// O(bytes). White space and the order of members are free; everything else has one spelling.
/// Text behind the document is refused.
pub fn read<'a, T: Deserialize<'a>>(bytes: &'a [u8], limit: usize) -> Result<T, DocumentError> {
    check_size(bytes, limit)?;
    let mut parser = Parser::new(bytes);
    let read = T::deserialize(&mut parser);
    read.and_then(|document| parser.end().map(|()| document))
        .map_err(|refusal| refused(bytes, refusal))
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
    let mut writer = Writer::default();
    match document.serialize(&mut writer) {
        Ok(()) => Ok(writer.text),
        Err(Unwritable(detail)) => Err(DocumentError::Unwritable { detail }),
    }
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
fn refused(bytes: &[u8], refusal: Refusal) -> DocumentError {
    let (fault, at, mut detail) = refusal.into_parts();
    let read = bytes.get(..at).unwrap_or(bytes);
    let (line, column) = place_of(read);
    shorten(&mut detail, MAX_DETAIL_SIZE);
    if fault == Fault::Malformed {
        return DocumentError::Malformed { line, column, detail };
    }
    let member = Member { path: path_of(read), line, column, detail };
    match fault {
        Fault::Unknown => DocumentError::UnknownMember(member),
        Fault::Repeated => DocumentError::RepeatedMember(member),
        Fault::Missing => DocumentError::MissingMember(member),
        Fault::Malformed | Fault::Invalid => DocumentError::InvalidMember(member),
    }
}
