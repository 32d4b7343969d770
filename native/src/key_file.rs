//! Key files: secret seeds that only their owner can read, and public keys on the command line.
//!
//! A seed file holds the 32-byte Ed25519 seed as 64 lower-case hex digits and a newline, mode 0600
//! (`spec/metering.md` section 4). Making one is the only place that draws randomness. What stands
//! in such a file is never printed, not even when it is wrong.
//!
//! ```
//! use countersign::key_file;
//!
//! let directory = tempfile::tempdir()?;
//! let path = directory.path().join("operator.key");
//! let made = key_file::create(&path)?;
//! assert_eq!(key_file::load(&path)?.public_key(), made.public_key());
//! assert_eq!(key_file::create(&path).unwrap_err().code(), "key-file-exists");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use countersign_core::hash::hex;
use countersign_core::keys::{PublicKey, SigningKey};
use zeroize::Zeroizing;

use crate::store::disk::RealDisk;
use crate::store::write_new_file;

/// The mode bits of everybody but the owner.
const OTHERS: u32 = 0o077;
/// Hex digits of a seed or a public key.
const DIGITS: usize = 64;

/// Why a key could not be made or read.
#[derive(Debug)]
#[non_exhaustive]
pub enum KeyFileError {
    /// There is a file of this name already.
    Exists(PathBuf),
    /// The file cannot be opened or read.
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        error: io::Error,
    },
    /// The file cannot be written.
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        error: io::Error,
    },
    /// The path leads to a directory, a pipe or a device.
    NotAFile(PathBuf),
    /// Others than the owner have rights on a secret.
    ReadableByOthers {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file holds something else than 64 hex digits.
    NotAKey {
        /// The file.
        path: PathBuf,
        /// What it should hold, for people.
        wanted: &'static str,
    },
    /// The argument is neither 64 hex digits nor `@FILE`.
    NotAPublicKey(String),
    /// The operating system gave no randomness.
    NoRandomness(String),
}

impl KeyFileError {
    /// A stable kebab-case code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Exists(_) => "key-file-exists",
            Self::Unreadable { .. } => "key-file-unreadable",
            Self::Unwritable { .. } => "key-file-unwritable",
            Self::NotAFile(_) => "key-file-not-a-file",
            Self::ReadableByOthers { .. } => "key-file-readable-by-others",
            Self::NotAKey { .. } => "key-file-malformed",
            Self::NotAPublicKey(_) => "public-key-malformed",
            Self::NoRandomness(_) => "no-randomness",
        }
    }

    /// The file at fault, where one is.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Exists(path)
            | Self::NotAFile(path)
            | Self::Unreadable { path, .. }
            | Self::Unwritable { path, .. }
            | Self::ReadableByOthers { path, .. }
            | Self::NotAKey { path, .. } => Some(path),
            Self::NotAPublicKey(_) | Self::NoRandomness(_) => None,
        }
    }
}

impl fmt::Display for KeyFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exists(path) => write!(
                f,
                "{} exists already, and a key is never overwritten; choose another name",
                path.display()
            ),
            Self::Unreadable { path, error } => {
                write!(f, "key file {} cannot be read: {error}", path.display())
            }
            Self::Unwritable { path, error } => {
                write!(f, "key file {} cannot be written: {error}", path.display())
            }
            Self::NotAFile(path) => write!(f, "{} is not a regular file", path.display()),
            Self::ReadableByOthers { path, mode } => write!(
                f,
                "key file {0} has mode {mode:04o}, so others than its owner can use it; run: chmod 600 {0}",
                path.display()
            ),
            Self::NotAKey { path, wanted } => {
                write!(f, "{} does not hold {wanted}", path.display())
            }
            Self::NotAPublicKey(text) => write!(
                f,
                "{text:?} is no public key: give 64 lower-case hex digits, or @FILE for a file that holds them"
            ),
            Self::NoRandomness(error) => {
                write!(f, "the operating system gave no randomness: {error}")
            }
        }
    }
}

impl std::error::Error for KeyFileError {}

/// Makes a new key and writes its seed to `path`, which must not exist. When this returns, the
/// file and its name are on the medium: a key may be certified at once and must not be lost.
pub fn create(path: &Path) -> Result<SigningKey, KeyFileError> {
    let mut seed = Zeroizing::new([0_u8; DIGITS / 2]);
    getrandom::fill(seed.as_mut())
        .map_err(|error| KeyFileError::NoRandomness(error.to_string()))?;
    write_new_file(&RealDisk, path, seed_text(&seed).as_slice()).map_err(|error| {
        match error.kind() {
            io::ErrorKind::AlreadyExists => KeyFileError::Exists(path.to_owned()),
            _ => KeyFileError::Unwritable { path: path.to_owned(), error },
        }
    })?;
    Ok(SigningKey::from_seed(&seed))
}

/// The contents of a seed file, in memory that is wiped.
fn seed_text(seed: &[u8; DIGITS / 2]) -> Zeroizing<[u8; DIGITS + 1]> {
    let digit = |nibble: u8| if nibble < 10 { b'0' + nibble } else { b'a' + (nibble - 10) };
    let mut text = Zeroizing::new([b'\n'; DIGITS + 1]);
    for (pair, byte) in text.chunks_exact_mut(2).zip(seed) {
        pair.copy_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
    }
    text
}

/// Reads the secret key in `path`. Refuses a file on which anybody but its owner has rights.
pub fn load(path: &Path) -> Result<SigningKey, KeyFileError> {
    let file = open(path)?;
    let unreadable = |error| KeyFileError::Unreadable { path: path.to_owned(), error };
    let mode = file.metadata().map_err(unreadable)?.mode() & 0o7777;
    if mode & OTHERS != 0 {
        return Err(KeyFileError::ReadableByOthers { path: path.to_owned(), mode });
    }
    let not_a_key = || KeyFileError::NotAKey {
        path: path.to_owned(),
        wanted: "a secret key (64 lower-case hex digits and a newline)",
    };
    let text = read_digits(file).map_err(unreadable)?.ok_or_else(not_a_key)?;
    let text = std::str::from_utf8(text.as_slice()).map_err(|_| not_a_key())?;
    let seed = Zeroizing::new(hex::decode_array(text).ok_or_else(not_a_key)?);
    Ok(SigningKey::from_seed(&seed))
}

/// Opens a regular file. It is looked at before it is opened: opening a pipe would wait for ever.
fn open(path: &Path) -> Result<File, KeyFileError> {
    let unreadable = |error| KeyFileError::Unreadable { path: path.to_owned(), error };
    if !fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(KeyFileError::NotAFile(path.to_owned()));
    }
    File::open(path).map_err(unreadable)
}

/// The 64 bytes of a file that has 64, or 64 and a newline; `None` for any other file.
fn read_digits(mut file: File) -> io::Result<Option<Zeroizing<[u8; DIGITS]>>> {
    let mut digits = Zeroizing::new([0_u8; DIGITS]);
    match file.read_exact(digits.as_mut()) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    let mut rest = Zeroizing::new([0_u8; 2]);
    let mut rest_size = 0;
    while let Some(room) = rest.get_mut(rest_size..).filter(|room| !room.is_empty()) {
        match file.read(room) {
            Ok(0) => break,
            Ok(count) => rest_size += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let is_complete = matches!(rest.get(..rest_size), Some([] | [b'\n']));
    Ok(is_complete.then_some(digits))
}

/// A public key as people give it: 64 lower-case hex digits, or `@FILE` for a file that holds
/// them, with or without a newline behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublicKeyArgument {
    /// The key itself.
    Key(PublicKey),
    /// The file that holds it.
    File(PathBuf),
}

impl FromStr for PublicKeyArgument {
    type Err = KeyFileError;

    fn from_str(text: &str) -> Result<Self, KeyFileError> {
        if let Some(path) = text.strip_prefix('@').filter(|path| !path.is_empty()) {
            return Ok(Self::File(PathBuf::from(path)));
        }
        PublicKey::from_hex(text)
            .map(Self::Key)
            .ok_or_else(|| KeyFileError::NotAPublicKey(text.to_owned()))
    }
}

impl PublicKeyArgument {
    /// The key, read from its file where it is in one. Whether the 32 bytes are a usable key is
    /// left to whoever verifies with it.
    pub fn load(&self) -> Result<PublicKey, KeyFileError> {
        let path = match self {
            Self::Key(key) => return Ok(*key),
            Self::File(path) => path,
        };
        let digits = read_digits(open(path)?)
            .map_err(|error| KeyFileError::Unreadable { path: path.clone(), error })?;
        digits
            .and_then(|digits| PublicKey::from_hex(std::str::from_utf8(digits.as_slice()).ok()?))
            .ok_or_else(|| KeyFileError::NotAKey {
                path: path.clone(),
                wanted: "a public key (64 lower-case hex digits)",
            })
    }
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn write(path: &Path, contents: &[u8], mode: u32) {
        fs::write(path, contents).unwrap();
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_new_key_is_private_and_comes_back() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        let made = create(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o600);
        let contents = fs::read_to_string(&path).unwrap();
        assert_eq!(contents.len(), 65);
        let seed = hex::decode_array(contents.strip_suffix('\n').unwrap()).unwrap();
        assert_eq!(SigningKey::from_seed(&seed).public_key(), made.public_key());
        assert_eq!(load(&path).unwrap().public_key(), made.public_key());

        let other = create(&directory.path().join("other")).unwrap();
        assert_ne!(other.public_key(), made.public_key());
    }

    #[test]
    fn a_file_that_exists_is_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        write(&path, b"precious", 0o600);
        assert_eq!(create(&path).unwrap_err().code(), "key-file-exists");
        assert_eq!(fs::read(&path).unwrap(), b"precious");
        let dangling = directory.path().join("link");
        std::os::unix::fs::symlink("nowhere", &dangling).unwrap();
        assert_eq!(create(&dangling).unwrap_err().code(), "key-file-exists");
        let nowhere = directory.path().join("no/key");
        assert_eq!(create(&nowhere).unwrap_err().code(), "key-file-unwritable");
    }

    #[test]
    fn the_format_is_plain_hex() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        // RFC 8032 section 7.1, test 1.
        let seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
        let public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
        for contents in [format!("{seed}\n"), seed.to_owned()] {
            write(&path, contents.as_bytes(), 0o400);
            assert_eq!(load(&path).unwrap().public_key().to_string(), public);
            fs::remove_file(&path).unwrap();
        }
    }

    #[test]
    fn rights_of_others_are_refused_with_the_remedy() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        create(&path).unwrap();
        for mode in [0o644, 0o640, 0o604, 0o620, 0o602, 0o660, 0o777] {
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            let error = load(&path).unwrap_err();
            assert_eq!(error.code(), "key-file-readable-by-others", "{mode:o}");
            let message = error.to_string();
            assert!(message.contains(&format!("mode 0{mode:o}")), "{message}");
            assert!(message.contains(&format!("chmod 600 {}", path.display())), "{message}");
        }
    }

    #[test]
    fn wrong_contents_are_refused_and_never_shown() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        let good = "5ec2e7".repeat(11);
        let good = &good[..64];
        for contents in [
            String::new(),
            "5ec2e7".to_owned(),
            good[..63].to_owned(),
            format!("{}\n", &good[..63]),
            format!("{good}0"),
            format!("{good}\n\n"),
            format!("{good}\r\n"),
            format!("{good}\n{good}\n"),
            format!(" {}", &good[1..]),
            good.to_uppercase(),
            format!("{}zz", &good[..62]),
            format!("{}\u{e9}", &good[..62]),
        ] {
            write(&path, contents.as_bytes(), 0o600);
            let error = load(&path).unwrap_err();
            assert_eq!(error.code(), "key-file-malformed", "{contents:?}");
            assert!(!format!("{error} {error:?}").to_lowercase().contains("5ec2e7"), "{error:?}");
        }
        write(&path, &[0xff; 64], 0o600);
        assert_eq!(load(&path).unwrap_err().code(), "key-file-malformed");
    }

    #[test]
    fn what_is_no_file_cannot_be_read() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(load(directory.path()).unwrap_err().code(), "key-file-not-a-file");
        let missing = directory.path().join("missing");
        assert_eq!(load(&missing).unwrap_err().code(), "key-file-unreadable");
    }

    #[test]
    fn public_keys_come_as_digits_or_files() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key.pub");
        let digits = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
        let key = PublicKey::from_hex(digits).unwrap();
        let argument: PublicKeyArgument = digits.parse().unwrap();
        assert_eq!(argument.load().unwrap(), key);

        let argument: PublicKeyArgument = format!("@{}", path.display()).parse().unwrap();
        assert_eq!(argument.load().unwrap_err().code(), "key-file-unreadable");
        // Public keys are for everybody.
        write(&path, format!("{digits}\n").as_bytes(), 0o644);
        assert_eq!(argument.load().unwrap(), key);
        write(&path, &digits.as_bytes()[1..], 0o644);
        assert_eq!(argument.load().unwrap_err().code(), "key-file-malformed");

        for text in ["", "@", "00", &digits[1..], &digits.to_uppercase(), "key.pub"] {
            let error = text.parse::<PublicKeyArgument>().unwrap_err();
            assert_eq!(error.code(), "public-key-malformed", "{text}");
        }
    }
}
