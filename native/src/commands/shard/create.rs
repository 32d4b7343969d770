//! `shard create`.

use countersign_core::keys::ShardId;
use serde_json::json;

use super::super::Output;
use super::super::certificate::certify_now;
use crate::args::ShardCreateArgs;
use crate::exit::{Exit, Outcome};
use crate::key_file;
use crate::render::utc;
use crate::store::{MeteringLogShard, WriterOptions};

pub(super) fn run(args: &ShardCreateArgs, output: &mut Output<'_>) -> Outcome {
    let operator = key_file::load(&args.operator_key)?;
    let process = key_file::load(&args.process_key)?;
    let shard_id =
        args.shard_id.unwrap_or_else(|| ShardId::from_bytes(uuid::Uuid::now_v7().into_bytes()));
    let certificate = certify_now(&operator, shard_id, process.public_key(), args.lifetime)?;
    let fingerprint = process.fingerprint();
    let options = WriterOptions::default();
    let shard = MeteringLogShard::create(&args.dir, &certificate, process, &options)?;
    let tip = shard.status().durable_tip;
    shard.close()?;
    let dir = args.dir.display();
    output.print(
        &json!({
            "shardId": shard_id.to_string(),
            "operatorPublicKey": operator.public_key().to_string(),
            "processPublicKey": certificate.public_key.to_string(),
            "fingerprint": fingerprint.to_string(),
            "notBeforeMs": certificate.not_before_ms.to_string(),
            "expiresAtMs": certificate.expires_at_ms.to_string(),
            "tipHash": tip.to_string(),
            "dir": dir.to_string(),
        }),
        format_args!(
            "shard         {shard_id}\n\
             directory     {dir}\n\
             operator key  {}\n\
             process key   {}\n\
             fingerprint   {fingerprint}\n\
             valid until   {}\n\
             tip           {tip}",
            operator.public_key(),
            certificate.public_key,
            utc(certificate.expires_at_ms),
        ),
    )?;
    Ok(Exit::Done)
}
