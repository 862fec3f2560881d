//! `soundline devices`.

use std::io::{self, Write};

use crate::capture::devices::list;
use crate::error::{Failure, plain};

/// Lists the capture devices on standard output.
///
/// # Errors
/// Standard output takes nothing.
pub fn devices() -> Result<(), Failure> {
    match write!(io::stdout(), "{}", list()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::failed(format!("standard output: {}", plain(&error))))
        }
        _ => Ok(()),
    }
}
