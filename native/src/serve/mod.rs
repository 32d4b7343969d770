//! The server: the page, the demo's samples, and the segments of shards, all of it read-only.
//!
//! Paths of requests never become paths of files. What can be asked for is listed when the server
//! starts (the page's files, the samples, the shards), and a segment is asked for by its number.
//!
//! | path | what |
//! |---|---|
//! | `/` and the page's files | the page, embedded in the program |
//! | `/samples/…` | the samples of a run of the demo, or those embedded with the page |
//! | `/shards.json` | the shards: id, the operator key that each names, segments and their sizes |
//! | `/shards/<shard id>/log.<number>.cbor` | a segment, in ranges if asked so |

mod content;
mod error;
mod file;
mod headers;
mod listen;
mod page;
mod range;
mod shards;
mod site;

pub use error::ServeError;
pub use listen::{Server, serve};
pub use page::one_file_template;
pub use site::Site;
