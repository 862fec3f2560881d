//! Reads an archive from a folder or an object store.

use super::name::{self, OPEN_SUFFIX};
use super::walk::walk;
use super::{Error, Problem};
use bytes::Bytes;
use dsp_core::frame::timestamp::Timestamp;
use futures_util::TryStreamExt;
use object_store::local::LocalFileSystem;
use object_store::{ObjectStore, path};
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where an archive is read from.
#[derive(Clone, Debug)]
pub struct Store {
    store: Arc<dyn ObjectStore>,
    /// The folder, if it is one.
    folder: Option<PathBuf>,
}

/// An object of the archive as it was when it was listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Its path in the archive, with `/` between its folders.
    pub path: String,
    /// When it was opened, UTC.
    pub opened: Timestamp,
    /// Its length.
    pub bytes: u64,
}

impl Object {
    /// Its path when it is finished.
    pub(crate) fn final_path(&self) -> &str {
        self.path.strip_suffix(OPEN_SUFFIX).unwrap_or(&self.path)
    }

    /// Whether it was still being written.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.path.ends_with(OPEN_SUFFIX)
    }
}

impl Store {
    /// The archive in the folder `dir`.
    ///
    /// # Errors
    /// [`Error`] if it is no folder that can be read.
    pub fn local(dir: &Path) -> Result<Self, Error> {
        if !std::fs::metadata(dir).map_err(|source| Error::reading(dir, source))?.is_dir() {
            return Err(Error::of(dir, Problem::NotAFolder));
        }
        let store = LocalFileSystem::new_with_prefix(dir)
            .map_err(|source| Error::of(dir, Problem::Io(source.to_string())))?;
        Ok(Self { store: Arc::new(store), folder: Some(dir.to_owned()) })
    }

    /// The archive at the root of any object store.
    #[must_use]
    pub fn new(store: Arc<dyn ObjectStore>) -> Self {
        Self { store, folder: None }
    }

    /// Shows every object to `visit`, in no order, and counts the foreign files. One that is finished
    /// meanwhile may come twice: unfinished, and under its final name.
    ///
    /// # Errors
    /// [`Error`] if a folder cannot be listed.
    pub async fn list(&self, mut visit: impl FnMut(Object)) -> Result<u64, Error> {
        // A folder is walked here: object_store's listing ends at the first name that is not UTF-8,
        // which any foreign file may have.
        if let Some(folder) = &self.folder {
            return walk(folder, &mut visit);
        }
        let mut foreign = 0;
        let mut listing = self.store.list(None);
        while let Some(meta) = listing.try_next().await.map_err(|error| self.error("", error))? {
            let path = String::from(meta.location);
            match name::opened(&path) {
                Some(opened) => visit(Object { path, opened, bytes: meta.size }),
                None => foreign += 1,
            }
        }
        Ok(foreign)
    }

    /// The bytes of `object` in `ranges`, each cut at its end. An object that was finished since it was
    /// listed is found under its final name.
    ///
    /// # Errors
    /// [`Error`] if it cannot be read.
    pub async fn read(&self, object: &Object, ranges: &[Range<u64>]) -> Result<Vec<Bytes>, Error> {
        let read = self.store.get_ranges(&path::Path::from(object.path.as_str()), ranges).await;
        let read = match (read, object.path.strip_suffix(OPEN_SUFFIX)) {
            (Err(object_store::Error::NotFound { .. }), Some(path)) => {
                self.store.get_ranges(&path::Path::from(path), ranges).await
            }
            (read, _) => read,
        };
        read.map_err(|error| self.error(&object.path, error))
    }

    fn error(&self, path: &str, error: object_store::Error) -> Error {
        let path = self.folder.as_deref().unwrap_or(Path::new("")).join(path);
        // The kind of what lies at the ground of it names the remedy.
        let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
        while let Some(error) = cause {
            if let Some(io) = error.downcast_ref::<io::Error>() {
                return Error::reading(&path, io::Error::new(io.kind(), io.to_string()));
            }
            cause = error.source();
        }
        match error {
            object_store::Error::NotFound { .. } => Error::of(&path, Problem::Missing),
            other => Error::of(&path, Problem::Io(other.to_string())),
        }
    }
}
