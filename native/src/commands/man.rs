//! `man`.

use std::fs;
use std::path::Path;

use clap_mangen::Man;
use serde_json::json;

use super::Output;
use crate::args::{ManArgs, definitions};
use crate::exit::{Exit, FileError, Outcome, OutputError};

pub(super) fn run(args: &ManArgs, output: &mut Output<'_>) -> Outcome {
    match &args.out {
        Some(directory) => write_all(directory, output),
        None => print(output),
    }
}

fn print(output: &mut Output<'_>) -> Outcome {
    let mut page = Vec::new();
    Man::new(definitions()).render(&mut page).map_err(OutputError)?;
    let page = String::from_utf8_lossy(&page);
    output.print(&json!({ "page": page }), page.trim_end())?;
    Ok(Exit::Done)
}

fn write_all(directory: &Path, output: &mut Output<'_>) -> Outcome {
    let unwritable =
        |error| FileError { code: "file-unwritable", path: directory.to_owned(), error };
    fs::create_dir_all(directory).map_err(unwritable)?;
    // Pages for commands, not for `help` below each of them.
    let mut root = definitions().disable_help_subcommand(true);
    root.build();
    let mut paths = Vec::new();
    let mut waiting = vec![root];
    while let Some(command) = waiting.pop() {
        waiting.extend(command.get_subcommands().filter(|below| !below.is_hide_set()).cloned());
        paths.push(Man::new(command).generate_to(directory).map_err(unwritable)?);
    }
    paths.sort();
    let paths: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
    output.print(&json!({ "pages": paths }), paths.join("\n"))?;
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::super::tests::ran;
    use super::*;

    #[test]
    fn every_command_gets_a_page() {
        let directory = tempfile::tempdir().unwrap();
        let out = directory.path().join("share/man1");
        let (exit, stdout, stderr) = ran(&["man", "--out", out.to_str().unwrap()]);
        assert_eq!((exit, stderr.as_str()), (Exit::Done, ""));
        for name in ["countersign", "countersign-key", "countersign-key-generate"] {
            let page = fs::read_to_string(out.join(format!("{name}.1"))).unwrap();
            assert!(page.contains(".TH ") && page.contains("countersign"), "{name}");
            assert!(stdout.contains(&format!("/{name}.1\n")), "{stdout}");
        }
        assert_eq!(stdout.lines().count(), fs::read_dir(&out).unwrap().count());
    }

    #[test]
    fn the_page_is_printed_without_a_directory() {
        let (exit, stdout, _) = ran(&["man"]);
        assert_eq!(exit, Exit::Done);
        assert!(stdout.contains(".TH countersign 1"), "{stdout}");
    }

    #[test]
    fn a_directory_that_cannot_be_made_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let below = file.path().join("man1");
        let (exit, _, stderr) = ran(&["man", "--out", below.to_str().unwrap()]);
        assert_eq!(exit, Exit::Failed);
        assert!(stderr.contains("man1"), "{stderr}");
    }
}
