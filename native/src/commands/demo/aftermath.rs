//! What a lost dispute and a stolen key do to a shard: played on a copy.

use std::collections::BTreeMap;
use std::path::Path;

use countersign_core::Seq;
use countersign_core::dispute::DisputeResolution;
use countersign_core::keys::{PublicKey, Reason, create_process_key_revoke_action};
use countersign_core::settlement::{BatchId, BatchRules};
use serde_json::{Value, json};

use super::super::certificate::{certify_now, now_ms};
use super::super::dispute::{reverse, signed_by};
use super::super::documents::prover;
use super::place::Place;
use super::proofs::{Disputed, nothing_settled};
use super::steps::{LIFETIME, Made, Step, copy};
use crate::accounts::{AccountsError, ShardAccounts};
use crate::key_file;
use crate::store::disk::RealDisk;
use crate::store::{MeteringLogShard, ShardPaths, WriterOptions};

/// A shard after a lost dispute and a stolen key.
#[derive(Debug)]
pub(super) struct Aftermath {
    /// The batch that was taken back, and the record that says so.
    pub(super) reversed: BatchId,
    pub(super) by: Option<Seq>,
    /// What all balances add up to, for each asset, before and behind that.
    pub(super) balances: BTreeMap<String, (i128, i128)>,
    /// The key that was revoked, and from where on.
    pub(super) revoked: PublicKey,
    pub(super) compromised_from: Seq,
    /// What it settled, and whether that is worth nothing now.
    pub(super) settled: Vec<(BatchId, bool)>,
}

/// Takes the fraudulent batch back and revokes the process key, in a copy of the shard.
pub(super) fn play(place: &Place, made: &Made, disputes: &[Disputed]) -> Step<Aftermath> {
    let directory = place.reversed();
    copy(&ShardPaths::new(place.shard()), &directory)?;
    // What is settled is not to change meanwhile.
    let options = WriterOptions { batch: BatchRules::ON_DEMAND, ..WriterOptions::default() };
    let key = key_file::load(&place.process_key())?;
    let (shard, _) = MeteringLogShard::open(&directory, Some(key), &options)?;
    let fraud: Vec<DisputeResolution> = disputes
        .iter()
        .map(|disputed| disputed.resolution.clone())
        .filter(|resolution| resolution.check.is_some())
        .collect();
    let mut balances: BTreeMap<String, (i128, i128)> = BTreeMap::new();
    for_each_balance(&directory, |asset, balance| {
        balances.entry(asset.to_owned()).or_default().0 += balance;
    })?;
    let reversed = reverse(&shard, &directory, &fraud)?;
    for_each_balance(&directory, |asset, balance| {
        balances.entry(asset.to_owned()).or_default().1 += balance;
    })?;
    let first = reversed.first().ok_or_else(nothing_settled)?;

    // Everything behind the first settlement was signed by a thief, say.
    let revoked = made.certificate.public_key;
    let compromised_from = first.batch.to_seq.next().next();
    let operator = key_file::load(&place.operator_key())?;
    let next = key_file::create(&place.next_key())?;
    let certificate = certify_now(&operator, made.shard_id, next.public_key(), LIFETIME)?;
    let revocation = create_process_key_revoke_action(
        &operator,
        made.shard_id,
        revoked,
        now_ms(),
        Reason::KeyCompromise,
        Some(compromised_from),
    )?;
    shard.rotate(&certificate, next, &revocation)?;
    shard.close()?;
    let everything = (Seq::FIRST, Seq(u64::MAX));
    let mut prover = prover(&directory)?;
    let signed = signed_by(&mut prover, &directory, &revoked, everything.0, everything.1)?;
    let settled = signed
        .settlements
        .iter()
        .map(|(settled, is_tainted)| {
            (settled.signed.settlement.batch_id(made.shard_id), *is_tainted)
        })
        .collect();
    let (reversed, by) = (first.batch, first.seq);
    Ok(Aftermath { reversed, by, balances, revoked, compromised_from, settled })
}

/// Shows the balance of every account, as the log has it now.
fn for_each_balance(directory: &Path, mut show: impl FnMut(&str, i128)) -> Step<()> {
    let mut accounts = ShardAccounts::open(&RealDisk, directory)?;
    accounts.catch_up(None, |_, _| {})?;
    accounts.for_each::<AccountsError>(None, None, |row| {
        show(row.asset_id, row.account.optimistic);
        Ok(())
    })?;
    Ok(())
}

impl Aftermath {
    /// Whether it is as the demo tells: what was spent is given back, and the compromise takes the
    /// settlements behind it and no other.
    pub(super) fn is_as_told(&self) -> bool {
        let mut balances = self.balances.values();
        let tainted = self.settled.iter().filter(|(_, is_tainted)| *is_tainted).count();
        self.by.is_some()
            && balances.all(|(before, after)| before < after)
            && tainted > 0
            && self.settled.len().checked_sub(tainted) == Some(1)
    }

    pub(super) fn to_json(&self) -> Value {
        let balances: Vec<_> = self
            .balances
            .iter()
            .map(|(asset, (before, after))| {
                json!({ "assetId": asset, "before": before.to_string(), "after": after.to_string() })
            })
            .collect();
        let settled: Vec<_> = self
            .settled
            .iter()
            .map(|(batch, is_tainted)| json!({ "batchId": batch.to_string(), "tainted": is_tainted }))
            .collect();
        json!({
            "reversed": self.reversed.to_string(),
            "seq": self.by.map(|seq| seq.to_string()),
            "balances": balances,
            "revoked": self.revoked.to_string(),
            "compromisedFrom": self.compromised_from.to_string(),
            "settlements": settled,
        })
    }
}
