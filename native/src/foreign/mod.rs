//! Shards of the TypeScript library: verified, and imported into a new shard. Never written.
//!
//! Nothing here takes the library's lock, which would mean to write to its directory. So a shard
//! that is being written may end in a torn tail, and settle while it is read; come back later.
//!
//! ```no_run
//! use std::path::Path;
//! use countersign::foreign::{ForeignOptions, verify_foreign_shard};
//! use countersign::store::disk::RealDisk;
//! use countersign_core::keys::PublicKey;
//!
//! let mut options = ForeignOptions::default();
//! options.process_public_keys.push(PublicKey::from_hex(&"a3".repeat(32)).unwrap());
//! let report = verify_foreign_shard(&RealDisk, Path::new("old"), &options, |_, _| {}).unwrap();
//! println!("{report}");
//! ```

mod fitness;
mod import;
mod import_error;
mod import_file;
mod report;
mod source;
mod verify;
mod walk;

pub use fitness::Misfit;
pub use import::{ImportOptions, Imported, Importer};
pub use import_error::ImportError;
pub use import_file::{ImportFile, MisfitDocument, Run, SourceDocument, TargetDocument};
pub use report::{ForeignKeyReport, ForeignReport};
pub use verify::{ForeignOptions, verify_foreign_shard};
