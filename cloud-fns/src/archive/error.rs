//! What can go wrong with a folder, in one sentence with the remedy.

use std::io;
use std::path::{Path, PathBuf};

/// A folder or file of the archive that did not work. Its text is one sentence with the path and the
/// remedy.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", path.display())]
pub struct Error {
    /// Which file or folder.
    pub path: PathBuf,
    /// What is wrong with it.
    pub problem: Problem,
    /// What the system said.
    #[source]
    pub source: Option<io::Error>,
}

/// What is wrong, by remedy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// No space left, or the quota is used up.
    #[error("the disk is full; free some space")]
    Full,
    /// The user may not write it.
    #[error("no permission to write; give this user the right to write there, or choose another folder")]
    Denied,
    /// The user may not read it.
    #[error("no permission to read; give this user the right to read it, or choose another folder")]
    Unreadable,
    /// The file system is mounted read-only.
    #[error("the file system is read-only; mount it writable, or choose another folder")]
    ReadOnly,
    /// A file stands where a folder is needed.
    #[error("this is a file where a folder is needed; move it away, or choose another folder")]
    NotAFolder,
    /// It is not there.
    #[error("there is no such file or folder; check the path")]
    Missing,
    /// The object being written lost its name.
    #[error(
        "somebody deleted or moved this object while it was written; what it held is missing in the \
         archive, which goes on in a new object"
    )]
    Gone,
    /// Another process writes there.
    #[error("another soundline writes to this folder; stop it, or choose another folder")]
    Locked,
    /// A setting cannot work.
    #[error("{0}")]
    Setting(&'static str),
    /// Anything else that the system reports.
    #[error("{0}; check the disk")]
    Io(String),
}

impl Error {
    /// Sorts `source`, which came up while `path` was read, by its remedy.
    pub(crate) fn reading(path: &Path, source: io::Error) -> Self {
        let error = Self::new(path, source);
        match error.problem {
            Problem::Denied => Self { problem: Problem::Unreadable, ..error },
            _ => error,
        }
    }

    /// Sorts `source`, which came up while `path` was written, by its remedy.
    pub(crate) fn new(path: &Path, source: io::Error) -> Self {
        use io::ErrorKind as Kind;
        let problem = match source.kind() {
            Kind::StorageFull | Kind::QuotaExceeded => Problem::Full,
            Kind::PermissionDenied => Problem::Denied,
            Kind::ReadOnlyFilesystem => Problem::ReadOnly,
            Kind::NotADirectory | Kind::AlreadyExists => Problem::NotAFolder,
            Kind::NotFound => Problem::Missing,
            _ => Problem::Io(source.to_string()),
        };
        Self { path: path.to_owned(), problem, source: Some(source) }
    }

    pub(crate) fn of(path: &Path, problem: Problem) -> Self {
        Self { path: path.to_owned(), problem, source: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_right_that_is_missing_is_named_by_what_was_tried() {
        let denied = || io::Error::from(io::ErrorKind::PermissionDenied);
        let reading = Error::reading(Path::new("archive"), denied()).to_string();
        assert!(reading.starts_with("archive: no permission to read;"), "{reading}");
        let writing = Error::new(Path::new("archive"), denied()).to_string();
        assert!(writing.starts_with("archive: no permission to write;"), "{writing}");
    }
}
