//! Taking a settlement back after a lost dispute.

use super::account_error::AccountError;
use super::accounts::AssetAccountStore;
use super::projection::{Applied, is_movement_of, reverse};
use super::resolution::DisputeResolution;
use crate::SeqRange;

/// Takes the settlement's deltas back where the operator lost the dispute (`DISPUTED_*`); does
/// nothing for any other status.
///
/// Once per batch: a second resolution of the same batch, or the `DISPUTE_RESOLUTION` record of
/// this one when the projection comes to it, finds it done. What was confirmed is what is taken
/// back, from the optimistic and from the confirmed balance of each pair.
///
/// # Errors
/// [`AccountError::NotConfirmed`] if no settlement of the batch was confirmed here: there is
/// nothing to take back, and a settlement confirmed later would count in full.
/// [`AccountError::OtherSettlement`] if another one was, [`AccountError::WrongShard`] for the
/// accounts of another shard; [`AccountError::Overflow`] and [`AccountError::Store`] as in
/// [`apply_record`](super::apply_record). Nothing is changed then.
pub fn apply_dispute_reversal<S: AssetAccountStore>(
    store: &mut S,
    resolution: &DisputeResolution,
) -> Result<Applied, AccountError<S::Error>> {
    if !resolution.status.is_lost() {
        return Ok(Applied::Nothing);
    }
    let settlement = &resolution.challenge.settlement;
    let (expected, found) = (store.shard_id(), resolution.challenge.shard_id);
    if expected != found {
        return Err(AccountError::WrongShard { expected, found });
    }
    let batch = SeqRange { from: settlement.from_seq, to: settlement.to_seq };
    let Some(confirmed) = store.batch(batch)? else {
        return Err(AccountError::NotConfirmed { batch });
    };
    let deltas = &settlement.member_deltas;
    let is_same = deltas.len() == confirmed.movements.len()
        && deltas
            .iter()
            .zip(&confirmed.movements)
            .all(|(delta, movement)| is_movement_of(movement, &delta.as_delta()));
    if !is_same {
        return Err(AccountError::OtherSettlement { batch });
    }
    let (change, applied) = reverse(store, batch, &confirmed)?;
    store.commit(change)?;
    Ok(applied)
}
