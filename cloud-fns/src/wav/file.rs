//! A WAV under its final name only when it is whole.

use super::{Options, Period, Plan, Progress, Report, WavError};
use crate::archive::{self, Problem, Store, with_suffix};
use std::fs::{self, File};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// What the name of a file ends with that is not whole yet.
const SUFFIX: &str = ".partial";
/// Bytes written at a time.
const WRITE_BYTES: usize = 1 << 20;
/// Bytes that may wait for the disk: nothing can be stopped while it takes them.
const UNSYNCED_BYTES_MAX: usize = 16 << 20;

/// Writes the WAV of `period` to the file `path`: to `<path>.partial` first, which gets its name when it
/// is whole and on the disk, and is removed when anything fails or the future is dropped.
///
/// # Errors
/// [`WavError`]; there is no file then, or an older one of that name is as it was.
pub async fn export_to_file(
    store: &Store,
    period: Period,
    options: &Options,
    path: &Path,
    mut progress: impl FnMut(Progress),
) -> Result<Report, WavError> {
    let failed = |source: io::Error| WavError::Output(archive::Error::new(path, source));
    // A device such as /dev/stdout would be replaced by the file, or cannot be sought in.
    if fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        let problem = Problem::Setting("this is no ordinary file; give the name of a file to write");
        return Err(WavError::Output(archive::Error::of(path, problem)));
    }
    let plan = Plan::new(store, period, options, &mut progress).await?;
    let partial = Partial { path: with_suffix(path, SUFFIX), done: false };
    let file = File::create(&partial.path).map_err(failed)?;
    plan.write(BufWriter::with_capacity(WRITE_BYTES, Synced { file: &file, unsynced: 0 }), &mut progress)
        .await
        .map_err(|error| match error {
            WavError::Output(error) => WavError::Output(archive::Error { path: path.to_owned(), ..error }),
            other => other,
        })?;
    file.sync_all().map_err(failed)?;
    partial.publish(path).map_err(failed)?;
    Ok(plan.into_report())
}

/// A file of which only so much is not on the disk yet.
struct Synced<'f> {
    file: &'f File,
    unsynced: usize,
}

impl Write for Synced<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.unsynced += written;
        if self.unsynced >= UNSYNCED_BYTES_MAX {
            self.unsynced = 0;
            self.file.sync_data()?;
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Seek for Synced<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

/// Removes its file unless that got its name.
struct Partial {
    path: PathBuf,
    done: bool,
}

impl Partial {
    fn publish(mut self, path: &Path) -> io::Result<()> {
        fs::rename(&self.path, path)?;
        self.done = true;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if !self.done {
            // Whatever failed is told already.
            let _ = fs::remove_file(&self.path);
        }
    }
}
