//! Reads the record layout of the TypeScript library; never writes it.
//!
//! Its records are CBOR arrays of nine in another encoding, chained by another rule
//! (`spec/metering-reference.md` sections 1 to 3). Here is what recovery needs of them.

mod layout;

pub use layout::ForeignLayout;
