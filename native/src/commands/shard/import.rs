//! `shard import`.

use countersign_core::keys::ShardId;
use serde_json::json;

use super::super::Output;
use super::super::certificate::certify_now;
use crate::args::ShardImportArgs;
use crate::exit::{Exit, Failure, FileError, Outcome, UsageError};
use crate::foreign::{ImportOptions, Imported, Importer};
use crate::key_file;
use crate::progress;
use crate::signal::Interrupt;
use crate::store::WriterOptions;

pub(super) fn run(args: &ShardImportArgs, output: &mut Output<'_>) -> Outcome {
    let operator = key_file::load(&args.operator_key)?;
    let process = key_file::load(&args.process_key)?;
    let source_operator = match &args.source_operator_public_key {
        Some(key) => key.load()?,
        None => operator.public_key(),
    };
    let options = ImportOptions {
        source: super::foreign::options(&args.foreign, Some(source_operator))?,
        skip_misfits: args.skip,
        accept: args.accept.clone(),
        writer: WriterOptions::default(),
    };
    let watch = |error| FileError { code: "signals-unavailable", path: args.dir.clone(), error };
    let bar = progress::bytes("verifying the source", 0);
    let prepared = Importer::prepare(&args.source, &args.dir, &options, |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    let importer = prepared?;
    let shard_id =
        args.shard_id.unwrap_or_else(|| ShardId::from_bytes(uuid::Uuid::now_v7().into_bytes()));
    if shard_id == importer.report().shard_id {
        let message = "--shard-id must not be the source's: one id for two logs forks its history";
        return Err(UsageError(message.to_owned()).into());
    }
    let interrupt = Interrupt::watch().map_err(watch)?;
    let public_key = process.public_key();
    let shard = importer.open::<Box<dyn Failure>>(process, || {
        Ok(certify_now(&operator, shard_id, public_key, args.lifetime)?)
    })?;
    if let Some(wanted) = args.shard_id.filter(|wanted| *wanted != shard.shard_id()) {
        let found = shard.shard_id();
        shard.close()?;
        let message = format!("an earlier run made this shard {found}, not {wanted}");
        return Err(UsageError(message).into());
    }
    let bar = progress::counter("importing", importer.entries());
    let imported = importer.write(&shard, &|| interrupt.is_set(), &|done| bar.set_position(done));
    bar.finish_and_clear();
    tell(args, &imported?, output)
}

fn tell(args: &ShardImportArgs, imported: &Imported, output: &mut Output<'_>) -> Outcome {
    let Imported { appended, in_log_before, skipped, is_complete, file } = imported;
    let (source, target, dir) = (&file.source, &file.target, args.dir.display());
    output.print(
        &json!({
            "appended": appended.to_string(),
            "inLogBefore": in_log_before.to_string(),
            "skipped": skipped.to_string(),
            "complete": is_complete,
            "accepted": file.accepted,
            "source": source,
            "target": target,
            "dir": dir.to_string(),
        }),
        format_args!(
            "imported      {appended} entries, {in_log_before} were there before, {skipped} left out\n\
             source        shard {}, {} records, tip {}\n\
             shard         {}\n\
             directory     {dir}\n\
             last seq      {}\n\
             tip           {}\n\
             seqs          as import.json in {dir} maps them",
            source.shard_id,
            source.records,
            source.tip_hash,
            target.shard_id,
            target.last_seq,
            target.tip_hash,
        ),
    )?;
    if *is_complete {
        return Ok(Exit::Done);
    }
    output.note("ended by a signal: run the same command again to go on");
    Ok(Exit::Failed)
}
