//! Frames on standard output.

use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;

use super::SinkEnd;
use crate::error::{Failure, plain};

/// Some twenty lines: enough that a fast file costs few system calls.
const BUFFER_BYTES: usize = 128 * 1024;

/// Standard output without the standard library's own buffer and lock.
///
/// # Errors
/// It is closed.
pub fn open() -> Result<impl Write + Send + 'static, Failure> {
    let refused = |error: io::Error| Failure::failed(format!("standard output: {}", plain(&error)));
    let out = File::from(io::stdout().as_fd().try_clone_to_owned().map_err(refused)?);
    if stands_in_for_closed(&out).map_err(refused)? {
        return Err(Failure::failed(
            "standard output is closed, so that nothing would be kept: send it into a pipe or a file",
        ));
    }
    Ok(BufWriter::with_capacity(BUFFER_BYTES, out))
}

/// The standard library opens `/dev/null` for reading and writing where a standard stream is closed.
/// A shell's `>/dev/null`, which is meant, is for writing only.
fn stands_in_for_closed(out: &File) -> io::Result<bool> {
    let access = rustix::fs::fcntl_getfl(out)? & rustix::fs::OFlags::RWMODE;
    let null = std::fs::metadata("/dev/null").map_or(0, |null| null.rdev());
    Ok(access == rustix::fs::OFlags::RDWR && null != 0 && out.metadata()?.rdev() == null)
}

/// What an error means for the run.
pub(super) fn end(error: &io::Error) -> SinkEnd {
    match error.kind() {
        ErrorKind::BrokenPipe => SinkEnd::Closed,
        _ => SinkEnd::Failed(format!("standard output: {}", plain(error))),
    }
}
