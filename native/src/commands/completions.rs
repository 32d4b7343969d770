//! `completions`.

use serde_json::json;

use super::Output;
use crate::args::{CompletionsArgs, definitions};
use crate::exit::{Exit, Outcome};

pub(super) fn run(args: &CompletionsArgs, output: &mut Output<'_>) -> Outcome {
    // Into memory first: the generator panics where a pipe is closed.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut definitions(), "countersign", &mut script);
    let script = String::from_utf8_lossy(&script);
    let document = json!({ "shell": args.shell.to_string(), "script": script });
    output.print(&document, script.trim_end())?;
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::super::tests::ran;
    use super::*;

    #[test]
    fn every_shell_gets_a_script_that_knows_the_commands() {
        for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
            let (exit, stdout, stderr) = ran(&["completions", shell]);
            assert_eq!((exit, stderr.as_str()), (Exit::Done, ""), "{shell}");
            assert!(stdout.contains("generate") && stdout.contains("completions"), "{shell}");
        }
        let (_, json, _) = ran(&["completions", "fish", "--json"]);
        let document: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(document["shell"], "fish");
    }
}
