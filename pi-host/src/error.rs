//! How the program fails: one sentence and an exit code.

use std::fmt;

/// Why the program cannot do what it was asked: one sentence that names the thing and the remedy.
#[derive(Debug, PartialEq, Eq)]
pub struct Failure {
    /// The sentence.
    pub message: String,
    /// 1: failed. 2: wrong usage.
    pub code: u8,
}

impl Failure {
    /// Something did not work.
    pub fn failed(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: 1 }
    }
    /// Something was asked that cannot be.
    pub fn usage(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: 2 }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

/// An I/O error without the `(os error 13)` that tells a user nothing.
#[must_use]
pub fn plain(error: &std::io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error ") {
        Some(end) => text[..end].to_lowercase(),
        None => text,
    }
}

impl From<crate::capture::CaptureError> for Failure {
    fn from(error: crate::capture::CaptureError) -> Self {
        Self::failed(error.message)
    }
}
