//! A disk that breaks at a chosen call.
//!
//! ```text
//! for at in 1.. {
//!     let disk = FaultDisk::new(JournalDisk::new());
//!     disk.arm(Plan::at(at, On::Kind(Call::Write), Fault::NO_SPACE));
//!     // run; compare
//!     if disk.fired() == 0 { break }
//! }
//! ```
//!
//! Each plan counts on its own, from when it is armed, the calls it is about. Of several plans that
//! are due at one call the one armed first decides. Clones are the same disk.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use countersign::store::disk::{Access, Disk, DiskFile, DiskLock, LockError, RealDisk};

use crate::journal::{FileId, JournalDisk};
pub use crate::plan::{Call, Fault, On, Plan};

/// A disk on which the unsynced writes of a file can get lost.
pub trait PageLoss: Disk {
    /// The file a path names now; `None` where pages do not get lost.
    fn file_id(&self, _path: &Path) -> Option<FileId> {
        None
    }

    /// Loses them.
    fn lose_unsynced(&self, _file: FileId) {}
}

impl PageLoss for JournalDisk {
    fn file_id(&self, path: &Path) -> Option<FileId> {
        JournalDisk::file_id(self, path)
    }

    fn lose_unsynced(&self, file: FileId) {
        JournalDisk::lose_unsynced(self, file);
    }
}

impl PageLoss for RealDisk {}

/// The breaking disk.
#[derive(Clone)]
pub struct FaultDisk<D> {
    disk: Arc<D>,
    faults: Arc<Mutex<Faults>>,
}

#[derive(Debug, Default)]
struct Faults {
    plans: Vec<Plan>,
    frozen: bool,
    fired: u64,
    calls: u64,
}

impl<D> fmt::Debug for FaultDisk<D> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "FaultDisk({:?})", self.faults())
    }
}

impl<D> FaultDisk<D> {
    /// Passes everything on until armed.
    pub fn new(disk: D) -> Self {
        Self { disk: Arc::new(disk), faults: Arc::default() }
    }

    /// The disk underneath, which does not break.
    pub fn inner(&self) -> &D {
        &self.disk
    }

    /// Adds a plan.
    pub fn arm(&self, plan: Plan) {
        self.faults().plans.push(plan);
    }

    /// Drops all plans and thaws.
    pub fn disarm(&self) {
        let mut faults = self.faults();
        faults.plans.clear();
        faults.frozen = false;
    }

    /// Faults so far, those of a frozen disk included.
    pub fn fired(&self) -> u64 {
        self.faults().fired
    }

    /// Calls so far, of all sorts.
    pub fn calls(&self) -> u64 {
        self.faults().calls
    }

    fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a call and says what is to happen to it.
    fn decide(&self, call: Call, grows: bool) -> Option<Fault> {
        let mut faults = self.faults();
        faults.calls += 1;
        let mut due = None;
        for plan in &mut faults.plans {
            if plan.counts(call, grows) {
                due = due.or(Some(plan.fault));
            }
        }
        let fault = if faults.frozen { Some(Fault::Freeze) } else { due };
        match fault {
            Some(Fault::Freeze) => faults.frozen = true,
            None | Some(Fault::Delay(_)) => return fault,
            Some(_) => {}
        }
        faults.fired += 1;
        fault
    }

    /// For calls that either happen or do not.
    fn allow(&self, call: Call, grows: bool) -> io::Result<()> {
        match self.decide(call, grows) {
            None => Ok(()),
            Some(Fault::Delay(time)) => {
                thread::sleep(time);
                Ok(())
            }
            Some(fault) => Err(fault.error()),
        }
    }
}

impl<D: PageLoss + 'static> FaultDisk<D> {
    fn wrap(&self, path: &Path, file: Box<dyn DiskFile>) -> Box<dyn DiskFile> {
        let id = self.disk.file_id(path);
        let on = Self { disk: self.disk.clone(), faults: self.faults.clone() };
        Box::new(FaultFile { on, file, id })
    }
}

impl<D: PageLoss + 'static> Disk for FaultDisk<D> {
    fn open(&self, path: &Path, access: Access) -> io::Result<Box<dyn DiskFile>> {
        self.allow(Call::Open, false)?;
        Ok(self.wrap(path, self.disk.open(path, access)?))
    }

    fn create_new(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        self.allow(Call::Create, true)?;
        Ok(self.wrap(path, self.disk.create_new(path)?))
    }

    fn create_dir(&self, path: &Path) -> io::Result<()> {
        self.allow(Call::CreateDir, true)?;
        self.disk.create_dir(path)
    }

    fn list(&self, directory: &Path) -> io::Result<Vec<String>> {
        self.allow(Call::List, false)?;
        self.disk.list(directory)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.allow(Call::Rename, false)?;
        self.disk.rename(from, to)
    }

    fn unlink(&self, path: &Path) -> io::Result<()> {
        self.allow(Call::Unlink, false)?;
        self.disk.unlink(path)
    }

    fn sync_dir(&self, directory: &Path) -> io::Result<()> {
        self.allow(Call::SyncDir, false)?;
        self.disk.sync_dir(directory)
    }

    fn lock(&self, path: &Path, owner: &str) -> Result<Box<dyn DiskLock>, LockError> {
        self.allow(Call::Lock, false)?;
        let lock = self.disk.lock(path, owner)?;
        let on = Self { disk: self.disk.clone(), faults: self.faults.clone() };
        Ok(Box::new(FaultLock { on, lock }))
    }
}

#[derive(Debug)]
struct FaultFile<D> {
    on: FaultDisk<D>,
    file: Box<dyn DiskFile>,
    id: Option<FileId>,
}

impl<D: PageLoss> FaultFile<D> {
    fn sync(&self, sync: impl FnOnce(&dyn DiskFile) -> io::Result<()>) -> io::Result<()> {
        match self.on.decide(Call::Sync, false) {
            None => sync(&*self.file),
            Some(Fault::Delay(time)) => {
                let synced = sync(&*self.file);
                thread::sleep(time);
                synced
            }
            Some(fault) => {
                if let (Fault::LosePages, Some(id)) = (fault, self.id) {
                    self.on.disk.lose_unsynced(id);
                }
                Err(fault.error())
            }
        }
    }
}

impl<D: PageLoss> DiskFile for FaultFile<D> {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.on.allow(Call::Read, false)?;
        self.file.read_at(buffer, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        let grows = offset + bytes.len() as u64 > self.file.len()?;
        match self.on.decide(Call::Write, grows) {
            None => self.file.write_at(bytes, offset),
            Some(Fault::Short(count)) => {
                self.file.write_at(&bytes[..count.min(bytes.len())], offset)
            }
            Some(Fault::Delay(time)) => {
                thread::sleep(time);
                self.file.write_at(bytes, offset)
            }
            Some(fault) => Err(fault.error()),
        }
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        self.on.allow(Call::SetLen, length > self.file.len()?)?;
        self.file.set_len(length)
    }

    fn len(&self) -> io::Result<u64> {
        self.on.allow(Call::Len, false)?;
        self.file.len()
    }

    fn sync_data(&self) -> io::Result<()> {
        self.sync(|file| file.sync_data())
    }

    fn sync_all(&self) -> io::Result<()> {
        self.sync(|file| file.sync_all())
    }
}

#[derive(Debug)]
struct FaultLock<D> {
    on: FaultDisk<D>,
    lock: Box<dyn DiskLock>,
}

impl<D: PageLoss> DiskLock for FaultLock<D> {
    fn release(self: Box<Self>) -> io::Result<()> {
        // Failing drops the lock inside, which lets go of it and leaves the file.
        self.on.allow(Call::Release, false)?;
        self.lock.release()
    }
}
