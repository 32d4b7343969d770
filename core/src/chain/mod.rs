//! Records, and the chain they form.

mod entry;
mod error;

pub use entry::{MeteringRecord, Operation};
pub use error::RecordError;
