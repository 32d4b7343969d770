//! JSON documents: one spelling for each value, and strict reading.
//!
//! Hashes, keys, ids and record bytes are lower-case hex, 64-bit and larger numbers decimal
//! strings, names camelCase (`spec/metering.md` section 6). A document is a struct that derives
//! serde's traits with `#[serde(deny_unknown_fields, rename_all = "camelCase")]`; the values
//! inside keep to themselves how they are held in memory, and are spelled by [`one`], [`option`]
//! and [`list`]:
//!
//! ```
//! use countersign_core::Seq;
//! use countersign_core::document;
//! use countersign_core::hash::Digest;
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Serialize, Deserialize)]
//! #[serde(deny_unknown_fields, rename_all = "camelCase")]
//! struct Leaf {
//!     #[serde(with = "document::one")]
//!     seq: Seq,
//!     #[serde(with = "document::option")]
//!     previous: Option<Seq>,
//!     #[serde(with = "document::list")]
//!     audit_path: Vec<Digest>,
//! }
//!
//! let text = r#"{"seq":"18446744073709551615","previous":null,"auditPath":[]}"#;
//! let leaf: Leaf = document::read(text.as_bytes(), 1_000)?;
//! assert_eq!(leaf.seq, Seq(u64::MAX));
//! assert_eq!(document::write(&leaf)?, text);
//!
//! let number = r#"{"seq":1,"previous":null,"auditPath":[]}"#;
//! let error = document::read::<Leaf>(number.as_bytes(), 1_000).map(drop).unwrap_err();
//! assert_eq!(error.code(), "document-invalid-member");
//! assert_eq!(error.path(), Some("seq"));
//! # Ok::<(), countersign_core::document::DocumentError>(())
//! ```
//!
//! A struct must name all of its members: serde's `flatten`, `default` and `tag` lose places or
//! let members pass unseen. An enum is an object of one member, so its variants have fields, if
//! only `{}`: one without any could be written as a name or as an object.

mod error;
mod keys;
mod members;
mod parser;
mod path;
mod raw;
mod reading;
mod refusal;
mod spelled;
mod spelling;
#[cfg(test)]
mod tests;
mod text;
mod tokens;
mod writer;

#[doc(inline)]
pub use crate::__members as members;
pub use error::{DocumentError, Member};
pub use keys::{CertificateDocument, RevocationDocument};
pub use members::{
    Blank, Object, Objects, OptionalObject, Own, ReadAs, ReadMembers, WriteAs, WriteMembers,
    read_next, read_object, write_object,
};
pub(crate) use raw::Raw;
pub use reading::{peek_format, read, write};
pub use spelled::{List, One, Optional, list, one, option};
pub use spelling::Spelling;
pub use text::Text;
