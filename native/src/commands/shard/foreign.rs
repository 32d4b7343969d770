//! What the commands over the TypeScript layout share: its arguments as options.

use std::fs::File;
use std::io::Read as _;

use countersign_core::foreign::{MAX_KEY_ACTIONS_SIZE, read_key_actions};
use countersign_core::keys::PublicKey;

use super::super::failures::Refusal;
use crate::args::ForeignArgs;
use crate::exit::{Failure, FileError, UsageError};
use crate::foreign::ForeignOptions;

/// Loads the files that the arguments name.
pub(super) fn options(
    args: &ForeignArgs,
    operator: Option<PublicKey>,
) -> Result<ForeignOptions, Box<dyn Failure>> {
    let mut options = ForeignOptions {
        shard_id: args.source_shard_id,
        operator_public_key: operator,
        without_batches: args.without_settlements,
        ..ForeignOptions::default()
    };
    for key in &args.process_public_key {
        options.process_public_keys.push(key.load()?);
    }
    let Some(path) = &args.key_actions else { return Ok(options) };
    if operator.is_none() {
        let message = "--key-actions needs --operator-public-key: somebody must have signed them";
        return Err(UsageError(message.to_owned()).into());
    }
    let unreadable = |error| FileError { code: "file-unreadable", path: path.clone(), error };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(MAX_KEY_ACTIONS_SIZE as u64 + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    options.key_actions = read_key_actions(&bytes).map_err(|error| Refusal {
        code: error.code(),
        message: format!("key actions {}: {error}", path.display()),
    })?;
    Ok(options)
}
