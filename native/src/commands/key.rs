//! `key …`.

use countersign_core::keys::SigningKey;
use serde_json::json;

use super::{Output, key_log};
use crate::args::{KeyCommand, KeyGenerateArgs, KeyShowArgs};
use crate::exit::{Exit, Outcome};
use crate::key_file;

pub(super) fn run(command: KeyCommand, output: &mut Output<'_>) -> Outcome {
    match command {
        KeyCommand::Generate(args) => generate(&args, output),
        KeyCommand::Show(args) => show(&args, output),
        KeyCommand::Certify(args) => key_log::certify(&args, output),
        KeyCommand::Rotate(args) => key_log::rotate(&args, output),
        KeyCommand::Revoke(args) => key_log::revoke(&args, output),
    }
}

fn generate(args: &KeyGenerateArgs, output: &mut Output<'_>) -> Outcome {
    let key = key_file::create(&args.out)?;
    print(&key, output)
}

fn show(args: &KeyShowArgs, output: &mut Output<'_>) -> Outcome {
    let key = key_file::load(&args.file)?;
    if args.public_key {
        let public_key = key.public_key().to_string();
        output.print(&json!({ "publicKey": public_key }), public_key)?;
        return Ok(Exit::Done);
    }
    print(&key, output)
}

fn print(key: &SigningKey, output: &mut Output<'_>) -> Outcome {
    let public_key = key.public_key().to_string();
    let fingerprint = key.fingerprint().to_string();
    output.print(
        &json!({ "publicKey": public_key, "fingerprint": fingerprint }),
        format_args!("public key   {public_key}\nfingerprint  {fingerprint}"),
    )?;
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::tests::ran;
    use super::*;
    use crate::key_file::PublicKeyArgument;

    #[test]
    fn a_generated_key_is_shown_the_same() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("operator.key");
        let path = path.to_str().unwrap();
        let (exit, generated, stderr) = ran(&["key", "generate", "--out", path]);
        assert_eq!((exit, stderr.as_str()), (Exit::Done, ""));
        let (exit, shown, _) = ran(&["key", "show", path]);
        assert_eq!((exit, shown), (Exit::Done, generated.clone()));

        let (_, json, _) = ran(&["--json", "key", "show", path]);
        let document: serde_json::Value = serde_json::from_str(&json).unwrap();
        let public_key = document["publicKey"].as_str().unwrap();
        let fingerprint = document["fingerprint"].as_str().unwrap();
        assert_eq!(generated, format!("public key   {public_key}\nfingerprint  {fingerprint}\n"));
        let seed = fs::read_to_string(path).unwrap();
        assert!(!generated.contains(seed.trim()), "the seed is never shown");

        let (_, bare, _) = ran(&["key", "show", path, "--public-key"]);
        let public = directory.path().join("operator.pub");
        fs::write(&public, bare).unwrap();
        let argument: PublicKeyArgument = format!("@{}", public.display()).parse().unwrap();
        assert_eq!(argument.load().unwrap().to_string(), public_key);
    }

    #[test]
    fn a_key_is_never_overwritten() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("operator.key");
        let path = path.to_str().unwrap();
        ran(&["key", "generate", "--out", path]);
        let before = fs::read(path).unwrap();
        let (exit, stdout, stderr) = ran(&["--json", "key", "generate", "--out", path]);
        assert_eq!(exit, Exit::Failed);
        let document: serde_json::Value = serde_json::from_str(&stdout).unwrap();
        assert_eq!(document["error"]["code"], "key-file-exists");
        assert_eq!(document["error"]["path"], path);
        assert_eq!(stderr.matches('\n').count(), 1);
        assert_eq!(fs::read(path).unwrap(), before);
    }
}
