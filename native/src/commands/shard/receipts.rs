//! The file of `shard append --receipts`: a bundle for every new entry, one per line.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use countersign_core::keys::Certificate;
use countersign_core::proof::ReceiptBundle;

use crate::exit::FileError;
use crate::store::{Receipt, sync_private_file};

/// Mode of a new file: receipts name members and what they used.
const FILE_MODE: u32 = 0o600;

/// Receipts, one JSON object per line, behind what the file holds already.
#[derive(Debug)]
pub(super) struct Receipts {
    path: PathBuf,
    file: BufWriter<File>,
    /// The certificate of the key that signs them; without one, nothing is appended.
    certificate: Option<Certificate>,
}

impl Receipts {
    /// Opens the file, or makes it.
    pub(super) fn open(path: &Path, certificate: Option<Certificate>) -> Result<Self, FileError> {
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
            Ok(file) => Ok(Self { path: path.to_owned(), file, certificate }),
            Err(error) => Err(unwritable(path, error)),
        }
    }

    /// Adds a receipt.
    pub(super) fn write(&mut self, receipt: &Receipt) -> Result<(), FileError> {
        let line = self.bundle(receipt).map_err(io::Error::other);
        line.and_then(|line| writeln!(self.file, "{line}"))
            .map_err(|error| unwritable(&self.path, error))
    }

    fn bundle(&self, receipt: &Receipt) -> Result<String, String> {
        let Receipt { seq, record, public_key, signature, .. } = receipt;
        let certificate =
            self.certificate.filter(|certificate| certificate.public_key == *public_key);
        let certificate =
            certificate.ok_or("the key that signed the receipt has no certificate")?;
        let bundle = ReceiptBundle::build(&certificate, *seq, record, *signature);
        bundle.to_json().map_err(|error| error.to_string())
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
