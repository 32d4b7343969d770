//! `key certify`, `key rotate` and `key revoke`: what changes who signs a shard.

use std::path::Path;

use countersign_core::chain::ChainError;
use countersign_core::keys::{
    self, Certificate, Reason, Revocation, SigningKey, create_process_key_revoke_action,
};
use serde_json::{Value, json};

use super::Output;
use super::certificate::{certify_now, now_ms};
use super::failures::Refusal;
use crate::args::{KeyCertifyArgs, KeyRevokeArgs, KeyRotateArgs};
use crate::exit::{Exit, Failure, Outcome};
use crate::key_file;
use crate::render::utc;
use crate::store::disk::RealDisk;
use crate::store::{MeteringLogShard, ShardStatus, StoreError, WriterOptions, shard_status};

pub(super) fn certify(args: &KeyCertifyArgs, output: &mut Output<'_>) -> Outcome {
    let operator = key_file::load(&args.operator_key)?;
    let process = key_file::load(&args.process_key)?;
    let status = status_for(&args.dir, &operator)?;
    if let Some(active) = &status.active {
        let active = &active.certificate;
        let is_another = active.public_key != process.public_key();
        if is_another && now_ms() < active.expires_at_ms {
            let message = format!(
                "process key {} is valid until {}; `key rotate` replaces it, and `key revoke \
                 --new-process-key` does so without its file",
                active.public_key,
                utc(active.expires_at_ms)
            );
            return Err(Refusal { code: "process-key-still-valid", message }.into());
        }
    }
    let certificate = certify_now(&operator, status.shard_id, process.public_key(), args.lifetime)?;
    let (shard, _) = MeteringLogShard::open(&args.dir, None, &WriterOptions::default())?;
    finish(&shard, shard.certify(&certificate, process), &certificate, None, output)
}

pub(super) fn rotate(args: &KeyRotateArgs, output: &mut Output<'_>) -> Outcome {
    let operator = key_file::load(&args.operator_key)?;
    let old = key_file::load(&args.process_key)?;
    let new = key_file::load(&args.new_process_key)?;
    if old.public_key() == new.public_key() {
        let message = "the new process key is the old one; make another with `key generate`, or \
                       renew this one with `key certify`";
        return Err(Refusal { code: "same-key", message: message.to_owned() }.into());
    }
    let status = status_for(&args.dir, &operator)?;
    let shard_id = status.shard_id;
    let certificate = certify_now(&operator, shard_id, new.public_key(), args.lifetime)?;
    let revocation = create_process_key_revoke_action(
        &operator,
        shard_id,
        old.public_key(),
        certificate.not_before_ms,
        Reason::Rotation,
        None,
    )?;
    let (shard, _) = MeteringLogShard::open(&args.dir, Some(old), &WriterOptions::default())?;
    let rotated = shard.rotate(&certificate, new, &revocation);
    finish(&shard, rotated, &certificate, Some(&revocation), output)
}

pub(super) fn revoke(args: &KeyRevokeArgs, output: &mut Output<'_>) -> Outcome {
    let operator = key_file::load(&args.operator_key)?;
    let revoked = args.public_key.load()?;
    let status = status_for(&args.dir, &operator)?;
    let shard_id = status.shard_id;
    let revocation = create_process_key_revoke_action(
        &operator,
        shard_id,
        revoked,
        now_ms(),
        args.reason,
        args.effective_at_seq.map(countersign_core::Seq),
    )?;
    let is_active = status.active.as_ref().is_some_and(|key| key.certificate.public_key == revoked);
    if let Some(path) = &args.new_process_key {
        let new = key_file::load(path)?;
        if !is_active {
            let message = format!(
                "{revoked} is not the active process key, which can sign its revocation: give \
                 --process-key instead of --new-process-key"
            );
            return Err(Refusal { code: "key-not-active", message }.into());
        }
        if new.public_key() == revoked {
            let message = "the new process key is the one to revoke".to_owned();
            return Err(Refusal { code: "same-key", message }.into());
        }
        let certificate = certify_now(&operator, shard_id, new.public_key(), args.lifetime)?;
        let (shard, _) = MeteringLogShard::open(&args.dir, None, &WriterOptions::default())?;
        let rotated = shard.rotate(&certificate, new, &revocation);
        return finish(&shard, rotated, &certificate, Some(&revocation), output);
    }
    if is_active {
        let message = format!(
            "{revoked} is the active process key, and a key cannot sign its own revocation: give \
             --new-process-key instead of --process-key"
        );
        return Err(Refusal { code: "key-active", message }.into());
    }
    // `clap` lets one of the two through.
    let Some(process) = &args.process_key else {
        return Err(ChainError::NoActiveKey.into());
    };
    let process = key_file::load(process)?;
    let (shard, _) = MeteringLogShard::open(&args.dir, Some(process), &WriterOptions::default())?;
    let done = shard.revoke(&revocation);
    let Some(active) = shard.status().active else { return Err(ChainError::NoActiveKey.into()) };
    finish(&shard, done, &active, Some(&revocation), output)
}

/// Where the shard stands, if `operator` is its operator.
fn status_for(directory: &Path, operator: &SigningKey) -> Result<ShardStatus, Box<dyn Failure>> {
    let status = shard_status(&RealDisk, directory)?;
    let (expected, found) = (status.operator_public_key, operator.public_key());
    if expected == found {
        return Ok(status);
    }
    Err(keys::Error::WrongOperatorKey { expected, found }.into())
}

/// Closes the shard, and tells what was done.
fn finish(
    shard: &MeteringLogShard,
    done: Result<(), StoreError>,
    active: &Certificate,
    revoked: Option<&Revocation>,
    output: &mut Output<'_>,
) -> Outcome {
    let end = shard.status();
    let closed = shard.close();
    done?;
    closed?;
    let fingerprint = active.public_key.fingerprint();
    let last_seq = end.durable.unwrap_or_default();
    let mut document = json!({
        "shardId": active.shard_id.to_string(),
        "processPublicKey": active.public_key.to_string(),
        "fingerprint": fingerprint.to_string(),
        "notBeforeMs": active.not_before_ms.to_string(),
        "expiresAtMs": active.expires_at_ms.to_string(),
        "lastSeq": last_seq.to_string(),
        "tipHash": end.durable_tip.to_string(),
    });
    let mut told = String::new();
    if let (Value::Object(fields), Some(revoked)) = (&mut document, revoked) {
        let effective = revoked.effective_at_seq.map(|seq| seq.to_string());
        fields.insert("revokedPublicKey".to_owned(), revoked.public_key.to_string().into());
        fields.insert("reason".to_owned(), revoked.reason.as_str().into());
        fields.insert("effectiveAtSeq".to_owned(), effective.into());
        told = format!("revoked      {} ({})\n", revoked.public_key, revoked.reason);
    }
    output.print(
        &document,
        format_args!(
            "shard        {}\n\
             process key  {}\n\
             fingerprint  {fingerprint}\n\
             valid until  {}\n\
             {told}\
             last seq     {last_seq}\n\
             tip          {}",
            active.shard_id,
            active.public_key,
            utc(active.expires_at_ms),
            end.durable_tip
        ),
    )?;
    Ok(Exit::Done)
}
