//! Opens the database; the only unsafe call of this package.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::time::UNIX_EPOCH;

use heed::types::Bytes;
use heed::{Database, Env, EnvOpenOptions, WithoutTls};

use super::error::AccountsError;
use super::position::FileIdentity;
use crate::store::ShardPaths;
use crate::store::disk::Disk;

/// Address space for the database: far more than any. It takes neither memory nor disk before
/// there is something in it.
const MAP_SIZE: u64 = 1 << 40;
/// The same where addresses are short.
const SMALL_MAP_SIZE: usize = 1 << 30;

/// A table from bytes to bytes.
pub(super) type Table = Database<Bytes, Bytes>;

/// The tables.
#[derive(Clone, Copy)]
pub(super) struct Tables {
    pub(super) accounts: Table,
    pub(super) batches: Table,
    /// One row: up to where the others go.
    pub(super) position: Table,
}

/// An open database.
pub(super) struct Environment {
    pub(super) env: Env<WithoutTls>,
    pub(super) tables: Tables,
    /// Its file.
    pub(super) file: FileIdentity,
}

impl Environment {
    /// Opens the database of a shard, and makes it if there is none. Files that hold none, or not
    /// all of one, are replaced.
    pub(super) fn open(disk: &dyn Disk, paths: &ShardPaths) -> Result<Self, AccountsError> {
        let path = paths.accounts();
        match disk.create_dir(&path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(AccountsError::Io { path, error });
            }
            _ => {}
        }
        match Self::open_files(paths) {
            Err(error) if error.is_of_the_files() => {
                Self::remove(disk, paths)?;
                Self::open_files(paths)
            }
            opened => opened,
        }
    }

    /// Removes the files. A process that has them open keeps what it has.
    pub(super) fn remove(disk: &dyn Disk, paths: &ShardPaths) -> Result<(), AccountsError> {
        for path in [paths.accounts_data(), paths.accounts_lock()] {
            match disk.unlink(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(AccountsError::Io { path, error });
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn open_files(paths: &ShardPaths) -> Result<Self, AccountsError> {
        let path = paths.accounts();
        let failed = |error| AccountsError::Database { path: path.clone(), error };
        let env = open_mapped(paths).map_err(failed)?;
        // The database maps its file; a page that is not there would end the process when it is
        // read, so the file is held against what it says of itself. It says so first: another
        // process may make it longer meanwhile, and writes pages before it counts them.
        let pages = (env.info().last_page_number as u64).saturating_add(1);
        let data = fs::metadata(paths.accounts_data())
            .map_err(|error| AccountsError::Io { path: paths.accounts_data(), error })?;
        if data.len() < pages.saturating_mul(u64::from(env.stat().page_size)) {
            close(env);
            return Err(AccountsError::Malformed { path });
        }
        let tables = make_tables(&env).map_err(failed);
        match tables {
            Ok(tables) => Ok(Self { env, tables, file: identity(&data) }),
            Err(error) => {
                close(env);
                Err(error)
            }
        }
    }

    /// Closes the files.
    pub(super) fn close(self) {
        close(self.env);
    }
}

fn identity(file: &fs::Metadata) -> FileIdentity {
    let made = file.created().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    let made_ns = made.and_then(|since| u64::try_from(since.as_nanos()).ok()).unwrap_or(0);
    FileIdentity { inode: file.ino(), made_ns }
}

fn close(env: Env<WithoutTls>) {
    env.prepare_for_closing().wait();
}

fn make_tables(env: &Env<WithoutTls>) -> heed::Result<Tables> {
    let mut txn = env.write_txn()?;
    let accounts = env.create_database(&mut txn, Some("accounts"))?;
    let batches = env.create_database(&mut txn, Some("batches"))?;
    let position = env.create_database(&mut txn, Some("position"))?;
    txn.commit()?;
    Ok(Tables { accounts, batches, position })
}

#[expect(unsafe_code, reason = "the database maps a file, which others could change under it")]
fn open_mapped(paths: &ShardPaths) -> heed::Result<Env<WithoutTls>> {
    let mut options = EnvOpenOptions::new().read_txn_without_tls();
    options.map_size(usize::try_from(MAP_SIZE).unwrap_or(SMALL_MAP_SIZE)).max_dbs(3);
    // SAFETY: The files are only ever changed by this database, which locks them against other
    // processes; they lie in a directory of the shard's owner alone, mode 0700, and no flag
    // weakens the locks. Replacing them unlinks them and leaves what is mapped as it was.
    unsafe { options.open(paths.accounts()) }
}
