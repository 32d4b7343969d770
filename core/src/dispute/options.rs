//! What an evaluation is given beside the documents.

use crate::keys::PublicKey;
use crate::limits::{DEFAULT_DISPUTE_RESPONSE_MS, DEFAULT_DISPUTE_WINDOW_MS};
use crate::proof::KnownRevocation;

/// What the evaluator knows and decides.
#[derive(Clone, Copy, Debug)]
pub struct DisputeOptions<'a> {
    /// The operator key that the evaluator trusts.
    pub operator_public_key: PublicKey,
    /// The time now, milliseconds since the epoch.
    pub now_ms: u64,
    /// How long a confirmed settlement can be challenged, in milliseconds.
    pub dispute_window_ms: u64,
    /// How long the operator may take to answer, in milliseconds.
    pub response_ms: u64,
    /// The known revocations of the shard's keys. A compromise of the settlement's key that reaches
    /// back to the settlement's own record makes it invalid; nothing else makes a difference.
    pub revocations: &'a [KnownRevocation],
    /// What the evaluator saw of the dispute with its own clock.
    pub witnessed: Witnessed,
}

/// Times that the evaluator knows for itself. Without them the documents are taken at their word.
///
/// Everybody dates what they write, and has something to gain by dating it wrong: a challenger who
/// dates the confirmation late gains time to challenge, and one who dates the challenge early takes
/// the operator's time to answer; an operator who dates the answer early answers late. An
/// evaluator that both sides turn to knows better, and says so here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Witnessed {
    /// When the settlement was confirmed: the time of its record in the log. Replaces the
    /// challenger's claim.
    pub confirmed_at_ms: Option<u64>,
    /// When the challenge came in. The operator's time starts at the later of this and the
    /// challenger's claim, and so does what the dispute window is held against.
    pub raised_at_ms: Option<u64>,
    /// When the response came in. The later of this and the operator's claim counts.
    pub responded_at_ms: Option<u64>,
}

impl DisputeOptions<'_> {
    /// The periods of the specification, no revocations, nothing witnessed.
    ///
    /// ```
    /// use countersign_core::dispute::DisputeOptions;
    /// use countersign_core::keys::PublicKey;
    ///
    /// let now_ms = 1_760_000_000_000;
    /// let options = DisputeOptions {
    ///     response_ms: 60_000,
    ///     ..DisputeOptions::new(PublicKey::from_bytes([7; 32]), now_ms)
    /// };
    /// assert_eq!(options.dispute_window_ms, 86_400_000);
    /// ```
    pub const fn new(operator_public_key: PublicKey, now_ms: u64) -> Self {
        Self {
            operator_public_key,
            now_ms,
            dispute_window_ms: DEFAULT_DISPUTE_WINDOW_MS,
            response_ms: DEFAULT_DISPUTE_RESPONSE_MS,
            revocations: &[],
            witnessed: Witnessed {
                confirmed_at_ms: None,
                raised_at_ms: None,
                responded_at_ms: None,
            },
        }
    }
}
