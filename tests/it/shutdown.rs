//! The one system call no library wraps: pulling the plug of a mounted file system.
#![allow(
    unsafe_code,
    reason = "`ioctl` has no safe form; the argument is a number that outlives it"
)]

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd as _;
use std::path::Path;

/// `_IOR('X', 125, __u32)`: `XFS_IOC_GOINGDOWN`, which ext4 and others took over.
const FS_IOC_SHUTDOWN: libc::c_ulong = 0x8004_587d;
/// The journal in memory is lost as well.
const NO_LOG_FLUSH: u32 = 2;

/// Makes the file system at `point` stop at once: nothing reaches its medium any more, not even
/// its journal.
pub(crate) fn shut_down(point: &Path) -> io::Result<()> {
    let directory = File::open(point)?;
    let flags = NO_LOG_FLUSH;
    // SAFETY: the descriptor is open, and the call reads one u32 behind a pointer that is valid
    // until it returns.
    let result = unsafe {
        libc::ioctl(directory.as_raw_fd(), FS_IOC_SHUTDOWN as _, std::ptr::from_ref(&flags))
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
