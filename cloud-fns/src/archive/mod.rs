//! The archive: frames in objects by hour of arrival, written to a folder and read from any store.
//!
//! An object is called `YYYY/MM/DD/HH/<stream>-1-YYYY-MM-DD-HH-mm-ss-<uuid>` after the UTC time at which
//! it was opened, as Firehose names its objects. The one being written is called so too, with
//! `.open` behind it.

mod error;
mod lock;
mod writer;

pub use error::{Error, Problem};
pub use lock::Lock;
pub use writer::{Recovered, Settings, Writer};

use std::path::Path;
use std::sync::Arc;

/// Where an archive is read from.
#[derive(Clone, Debug)]
pub struct Store(Arc<dyn object_store::ObjectStore>);

impl Store {
    /// The archive in the folder `dir`.
    ///
    /// # Errors
    /// [`Error`] if it is no folder that can be read.
    pub fn local(dir: &Path) -> Result<Self, Error> {
        let _ = dir;
        todo!()
    }

    /// The archive in any object store, at its root.
    #[must_use]
    pub fn new(store: Arc<dyn object_store::ObjectStore>) -> Self {
        Self(store)
    }
}
