//! The handlers, from outside.

mod again;
mod archive;
mod common;
mod full_disk;
mod level;
mod period;
mod store;
mod timeline;
mod wav;
mod wav_failures;
