//! The archive: frames in objects by hour of arrival, written to a folder and read from any store.
//!
//! # Layout
//! An object is called `YYYY/MM/DD/HH/<stream>-1-YYYY-MM-DD-HH-mm-ss-<uuid>` after the UTC time at
//! which it was opened, as Firehose names its objects. The one being written is called so too, with
//! `.open` behind it. It is appended to in place, which object stores cannot do: this is why the
//! writer uses the file system and only the reader goes through a store.
//!
//! # What survives
//! - A process that dies: every frame whose [`Writer::append`] returned.
//! - A power cut: what [`Settings::sync_seconds`] allows to be lost at the end of the `.open` object,
//!   nothing of the objects that have their final name.
//! - A full disk: the objects end with a whole frame, and the writer goes on when there is space.
//!
//! Readers read `.open` objects too, up to their last whole frame. Files that are not called as above
//! are foreign: left alone and counted.

mod error;
mod lock;
pub(crate) mod name;
mod recover;
mod store;
mod walk;
mod writer;

pub use error::{Error, Problem};
pub use lock::Lock;
pub use store::{Object, Store};
pub(crate) use walk::with_suffix;
pub use writer::{Recovered, Settings, Writer};
