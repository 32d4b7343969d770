//! The file of `shard append --receipts`.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use countersign_core::hash::hex;
use serde_json::json;

use crate::exit::FileError;
use crate::store::{Receipt, sync_private_file};

/// Mode of a new file: receipts name members and what they used.
const FILE_MODE: u32 = 0o600;

/// Receipts, one JSON object per line, behind what the file holds already.
#[derive(Debug)]
pub(super) struct Receipts {
    path: PathBuf,
    file: BufWriter<File>,
}

impl Receipts {
    /// Opens the file, or makes it.
    pub(super) fn open(path: &Path) -> Result<Self, FileError> {
        let open = || {
            let mut options = OpenOptions::new();
            let mut file =
                options.read(true).append(true).create(true).mode(FILE_MODE).open(path)?;
            // A command that was cut off may have left half a line.
            let mut last = [b'\n'];
            if file.metadata()?.len() > 0 {
                file.seek(SeekFrom::End(-1))?;
                file.read_exact(&mut last)?;
            }
            if last != [b'\n'] {
                file.write_all(b"\n")?;
            }
            Ok(BufWriter::new(file))
        };
        match open() {
            Ok(file) => Ok(Self { path: path.to_owned(), file }),
            Err(error) => Err(unwritable(path, error)),
        }
    }

    /// Adds a receipt.
    pub(super) fn write(&mut self, receipt: &Receipt) -> Result<(), FileError> {
        let line = receipt_json(receipt);
        writeln!(self.file, "{line}").map_err(|error| unwritable(&self.path, error))
    }

    /// Hands all of them to the operating system.
    pub(super) fn flush(&mut self) -> Result<(), FileError> {
        self.file.flush().map_err(|error| unwritable(&self.path, error))
    }

    /// Forces all of them to the medium.
    pub(super) fn finish(mut self) -> Result<(), FileError> {
        self.flush()?;
        sync_private_file(self.file.get_ref(), &self.path)
            .map_err(|error| unwritable(&self.path, error))
    }
}

fn unwritable(path: &Path, error: io::Error) -> FileError {
    FileError { code: "receipts-unwritable", path: path.to_owned(), error }
}

/// A receipt as JSON.
fn receipt_json(receipt: &Receipt) -> serde_json::Value {
    json!({
        "shardId": receipt.shard_id.to_string(),
        "seq": receipt.seq.to_string(),
        "record": hex::encode(&receipt.record),
        "leafHash": receipt.leaf_hash.to_string(),
        "publicKey": receipt.public_key.to_string(),
        "signature": receipt.signature.to_string(),
    })
}
