//! Keys: strict Ed25519, the certificates that vouch for process keys, and their revocations.
//!
//! An **operator key** lives long and offline; it certifies short-lived **process keys**, which
//! sign the chain tip. A certificate or revocation is a control record of the log as well as a
//! signed document of its own; `FORMAT.md` beside this file gives the signed bytes.
//!
//! ```
//! use countersign_core::keys::{create_process_key_action, ShardId, SigningKey};
//!
//! let operator = SigningKey::from_seed(&[1; 32]);
//! let process = SigningKey::from_seed(&[2; 32]);
//! let shard_id = ShardId::from_bytes([7; 16]);
//! let certificate =
//!     create_process_key_action(&operator, shard_id, process.public_key(), 0, 3_600_000)?;
//! certificate.verify(&operator.public_key())?;
//! # Ok::<(), countersign_core::keys::Error>(())
//! ```

mod certificate;
mod error;
mod message;
mod revocation;
mod shard_id;
mod strict;
mod tables;
#[cfg(test)]
mod tests;

pub use certificate::{Certificate, create_process_key_action};
pub use error::Error;
pub use message::{receipt_message, signature_message};
pub use revocation::{Reason, Revocation, create_process_key_revoke_action};
pub use shard_id::ShardId;
pub use strict::{PublicKey, Signature, SigningKey, VerifyingKey, fingerprint};
pub use tables::{KeyTables, Signed};
