//! Members that are named by text.

use countersign_core::hash::{blake3, hex};
use countersign_core::limits::DIGEST_SIZE;

/// The member id of a name: its 32 bytes when it is 64 lower-case hex digits, and the BLAKE3 of
/// its UTF-8 bytes otherwise.
///
/// ```
/// use countersign::input::member_id;
///
/// assert_eq!(member_id(&"0a".repeat(32)), [10; 32]);
/// assert_eq!(member_id("alice"), *countersign_core::hash::blake3(b"alice").as_bytes());
/// ```
pub fn member_id(name: &str) -> [u8; DIGEST_SIZE] {
    hex::decode_array(name).unwrap_or_else(|| *blake3(name.as_bytes()).as_bytes())
}
