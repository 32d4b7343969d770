//! The shard store.

mod accepting;
mod background;
mod clock;
mod dedupe;
mod dedupe_slot;
pub mod disk;
mod durable;
mod error;
mod group;
mod group_commit;
mod journal;
mod leading;
mod log_file;
mod open;
mod paths;
mod pipeline;
mod prefill;
mod projection;
mod reader;
mod records;
mod recover;
mod sealer;
pub mod segment_reader;
mod state_file;
mod status;
mod survey;
mod sync;
mod walk;
mod writer;

pub(crate) use durable::{replace_import, replace_index, write_new_file};
pub(crate) use survey::read_state;

pub use clock::{Clock, ManualClock, SystemClock};
pub(crate) use durable::sync_private_file;
pub use error::{Damage, StoreError};
pub use open::WriterOptions;
pub use paths::ShardPaths;
pub use reader::{Ahead, ReadError, ReadRecord, ShardReader};
pub use recover::{ShardRecoveryResult, recover_log, recover_shard};
pub use state_file::{Resume, ShardState};
pub use status::{LastSettlement, ShardStatus, Tail, shard_status};
pub use writer::{Appended, MeteringLogShard, Receipt, WriterStatus};
