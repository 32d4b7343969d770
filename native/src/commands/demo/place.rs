//! Where a run of the demo puts its files.

use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use super::super::failures::Refusal;
use crate::exit::{Failure, FileError};

/// Mode of the directories.
const DIRECTORY_MODE: u32 = 0o700;
/// Runs are `run-1`, `run-2`, and so on.
const RUN: &str = "run-";

/// The directory of one run.
#[derive(Debug)]
pub(super) struct Place {
    run: PathBuf,
}

impl Place {
    /// A new run in `directory`, which must hold nothing but earlier runs.
    pub(super) fn new(directory: &Path) -> Result<Self, Box<dyn Failure>> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            |error| FileError { code: "file-unwritable", path, error }
        };
        create(directory).map_err(failed(directory))?;
        let mut last = 0;
        for entry in fs::read_dir(directory).map_err(failed(directory))? {
            let name = entry.map_err(failed(directory))?.file_name();
            let name = name.to_string_lossy();
            let number = name.strip_prefix(RUN).and_then(|number| number.parse::<u32>().ok());
            let Some(number) = number else {
                let message = format!(
                    "{} holds {name}, which is no earlier run of the demo; name another directory \
                     with --dir",
                    directory.display()
                );
                return Err(Refusal { code: "directory-not-empty", message }.into());
            };
            last = last.max(number);
        }
        let run = directory.join(format!("{RUN}{}", last.saturating_add(1)));
        create(&run).map_err(failed(&run))?;
        Ok(Self { run })
    }

    pub(super) fn run(&self) -> &Path {
        &self.run
    }

    pub(super) fn operator_key(&self) -> PathBuf {
        self.run.join("operator.key")
    }

    pub(super) fn operator_public_key(&self) -> PathBuf {
        self.run.join("operator.pub")
    }

    pub(super) fn process_key(&self) -> PathBuf {
        self.run.join("process.key")
    }

    /// The process key that comes after a compromise.
    pub(super) fn next_key(&self) -> PathBuf {
        self.run.join("next.key")
    }

    /// The key that takes over half way in the samples.
    pub(super) fn next_process_key(&self) -> PathBuf {
        self.run.join("next-process.key")
    }

    /// What the page offers to try.
    pub(super) fn samples(&self) -> PathBuf {
        self.run.join("samples")
    }

    /// The shard that the samples are about.
    pub(super) fn sample_shard(&self) -> PathBuf {
        self.run.join("sample-shard")
    }

    /// Its copy with one bit flipped.
    pub(super) fn sample_damaged(&self) -> PathBuf {
        self.run.join("sample-damaged")
    }

    /// The shard.
    pub(super) fn shard(&self) -> PathBuf {
        self.run.join("shard")
    }

    /// Its copy, as a power cut leaves it.
    pub(super) fn power_cut(&self) -> PathBuf {
        self.run.join("power-cut")
    }

    /// Its copy with one bit flipped.
    pub(super) fn tampered(&self) -> PathBuf {
        self.run.join("tampered")
    }

    /// Its copy behind a lost dispute and a stolen key.
    pub(super) fn reversed(&self) -> PathBuf {
        self.run.join("reversed")
    }
}

/// Makes a private directory; one that is there already will do.
pub(super) fn create(directory: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(DIRECTORY_MODE).create(directory)
}
