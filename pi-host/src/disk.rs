//! How much room a disk has.

use std::io;
use std::path::Path;

/// What the file system of a folder holds, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// What this user may still write.
    pub free_bytes: u64,
    /// Its size.
    pub all_bytes: u64,
}

/// The room in the file system of `folder`.
///
/// # Errors
/// The folder cannot be asked.
pub fn room(folder: &Path) -> io::Result<Room> {
    let about = rustix::fs::statvfs(folder)?;
    let bytes = |blocks: u64| blocks.saturating_mul(about.f_frsize);
    Ok(Room { free_bytes: bytes(about.f_bavail), all_bytes: bytes(about.f_blocks) })
}
