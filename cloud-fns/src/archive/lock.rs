//! One writer to a data folder.

use super::{Error, Problem};
use std::fs::{self, File, TryLockError};
use std::path::Path;

/// Name of the file that carries the lock. It stays behind and is empty; only the lock on it counts,
/// and the system takes that away with the process that held it, however that ended.
const FILE: &str = "soundline.lock";

/// The right to write to a data folder, until it is dropped.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the right to write to `data_dir`, which is made if it is not there. Does not wait.
    ///
    /// # Errors
    /// [`Problem::Locked`] if another process has it; otherwise what is wrong with the folder.
    pub fn take(data_dir: &Path) -> Result<Self, Error> {
        fs::create_dir_all(data_dir).map_err(|source| Error::new(data_dir, source))?;
        let path = data_dir.join(FILE);
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(|source| Error::new(data_dir, source))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(Error::of(data_dir, Problem::Locked)),
            Err(TryLockError::Error(source)) => Err(Error::new(&path, source)),
        }
    }
}
