//! Certificates that begin now.

use std::time::Duration;

use countersign_core::keys::{
    self, Certificate, PublicKey, ShardId, SigningKey, create_process_key_action,
};

use crate::store::{Clock as _, SystemClock};

/// Now, in milliseconds since the epoch.
pub(super) fn now_ms() -> u64 {
    SystemClock.now_us() / 1_000
}

/// Certifies `public_key` from now on.
pub(super) fn certify_now(
    operator: &SigningKey,
    shard_id: ShardId,
    public_key: PublicKey,
    lifetime: Duration,
) -> Result<Certificate, keys::Error> {
    let not_before_ms = now_ms();
    let lifetime_ms = u64::try_from(lifetime.as_millis()).unwrap_or(u64::MAX);
    let expires_at_ms = not_before_ms.saturating_add(lifetime_ms);
    create_process_key_action(operator, shard_id, public_key, not_before_ms, expires_at_ms)
}
