//! The shard store.

mod clock;
pub mod disk;
mod durable;
mod error;
mod paths;
mod recover;
pub mod segment_reader;
mod state_file;
mod survey;

pub use clock::{Clock, ManualClock, SystemClock};
pub use error::{Damage, StoreError};
pub use paths::ShardPaths;
pub use recover::{ShardRecoveryResult, recover_log, recover_shard};
pub use state_file::{Resume, ShardState};
