//! Writes frames into objects.

use super::Error;
use dsp_core::frame::timestamp::Timestamp;
use std::path::Path;

/// How objects are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Stream name, the first part of an object's name: 1 to 128 of `a-z A-Z 0-9 _ . -`, as Kinesis
    /// allows for a stream.
    pub stream: String,
    /// An object is closed before it grows beyond this many bytes.
    pub bytes_max: u64,
    /// An object is closed when it has been open for this many seconds.
    pub seconds_max: u64,
    /// What was appended is on the disk after at most this many seconds; 0: at once.
    pub sync_seconds: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            stream: "soundline".into(),
            // What Firehose does when nothing else is said.
            bytes_max: 5 * 1024 * 1024,
            // As Firehose. At 22 KB a second, 5 MiB take 242 s: size comes first for a single device.
            seconds_max: 300,
            // A power cut costs 5 s of sound at most. Each fsync rewrites some blocks of an SD card's
            // journal: 17,000 a day are bearable, one for each chunk (345,600) wears it.
            sync_seconds: 5,
        }
    }
}

/// What [`Writer::open`] found of an earlier writer that did not close.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Unfinished objects that got their final name.
    pub objects: u64,
    /// Bytes of half-written frames cut off their ends.
    pub bytes_cut: u64,
}

/// Writes frames into one archive folder with blocking file I/O: give it a thread of its own.
/// There is no clock inside, every call is told the time (UTC).
///
/// Only one may write to an archive at a time: hold a [`super::Lock`] on the data folder.
#[derive(Debug)]
pub struct Writer {}

impl Writer {
    /// Opens the archive in `dir`, makes the folder if needed and finishes the objects that an earlier
    /// writer left behind: each is cut to its last whole frame and gets its final name.
    ///
    /// # Errors
    /// [`Error`] if the folder cannot be written or a setting cannot work.
    pub fn open(dir: &Path, settings: Settings) -> Result<(Self, Recovered), Error> {
        let _ = (dir, settings);
        todo!()
    }

    /// Appends one whole frame: a line with its `\n`, or a record. `now`: time of arrival.
    ///
    /// # Errors
    /// [`Error`] if it is not in the archive, of which nothing is left half-written then; the writer
    /// can be called again at any time and goes on when the cause is gone.
    pub fn append(&mut self, frame: &[u8], now: Timestamp) -> Result<(), Error> {
        let _ = (frame, now);
        todo!()
    }

    /// What falls due without a frame: writes through to the disk after [`Settings::sync_seconds`],
    /// closes the object after [`Settings::seconds_max`]. Call it about once a second.
    ///
    /// # Errors
    /// [`Error`] if that does not work.
    pub fn tick(&mut self, now: Timestamp) -> Result<(), Error> {
        let _ = now;
        todo!()
    }

    /// Writes what was appended through to the disk.
    ///
    /// # Errors
    /// [`Error`] if that does not work.
    pub fn sync(&mut self) -> Result<(), Error> {
        todo!()
    }

    /// Finishes: the object gets its final name and all is on the disk. A writer that is only dropped
    /// leaves an `.open` object, which readers read and the next writer finishes.
    ///
    /// # Errors
    /// [`Error`] if that does not work.
    pub fn close(self) -> Result<(), Error> {
        todo!()
    }
}
