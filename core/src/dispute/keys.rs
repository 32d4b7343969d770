//! What a compromised key takes with it.

use alloc::vec::Vec;

use crate::chain::Keyring;
use crate::keys::PublicKey;
use crate::settlement::BatchSettlementAction;
use crate::{Seq, SeqRange};

/// Every settlement signed by `public_key` whose batch has a record in `from_seq` to `to_seq`,
/// both included, in the order given (`spec/metering.md` section 7, "Compromise").
///
/// It tells what the key signed there, not what is wrong with it; see [`tainted_settlements`].
///
/// ```
/// use countersign_core::Seq;
/// use countersign_core::dispute::reverse_range;
/// use countersign_core::keys::PublicKey;
///
/// let settlements = [];
/// assert!(reverse_range(&settlements, &PublicKey::from_bytes([7; 32]), Seq(0), Seq(9)).is_empty());
/// ```
pub fn reverse_range<'a>(
    settlements: impl IntoIterator<Item = &'a BatchSettlementAction>,
    public_key: &PublicKey,
    from_seq: Seq,
    to_seq: Seq,
) -> Vec<&'a BatchSettlementAction> {
    let range = SeqRange { from: from_seq, to: to_seq };
    let meets = |settlement: &BatchSettlementAction| {
        from_seq <= to_seq && range.meets(settlement.from_seq, settlement.to_seq)
    };
    let by_key = settlements.into_iter().filter(|settlement| settlement.public_key == *public_key);
    by_key.filter(|settlement| meets(settlement)).collect()
}

/// A settlement whose signature no longer counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tainted<'a> {
    /// The settlement.
    pub settlement: &'a BatchSettlementAction,
    /// From where the signatures of its key do not count: at most the settlement's own seq.
    pub compromised_from: Seq,
}

/// Every settlement that a compromise of its key makes invalid, in the order given: those whose
/// own record, `toSeq + 1`, is at or behind the lowest `effectiveAtSeq` of the key.
///
/// A batch that began before the compromise and was settled after it is among them, one that was
/// settled before it is not. Rotation and shutdown taint nothing.
///
/// Does not prove that the others hold: it looks at compromises alone.
pub fn tainted_settlements<'a>(
    settlements: impl IntoIterator<Item = &'a BatchSettlementAction>,
    keyring: &Keyring,
) -> Vec<Tainted<'a>> {
    let taint = |settlement: &'a BatchSettlementAction| {
        let compromised_from = keyring.compromised_from(&settlement.public_key)?;
        let is_tainted = compromised_from <= settlement.to_seq.next();
        is_tainted.then_some(Tainted { settlement, compromised_from })
    };
    settlements.into_iter().filter_map(taint).collect()
}
