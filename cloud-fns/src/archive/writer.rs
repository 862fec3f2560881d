//! Writes frames into objects.

use super::name::{self, OPEN_SUFFIX};
use super::recover::recover;
use super::walk::with_suffix;
use super::{Error, Problem};
use dsp_core::frame::timestamp::Timestamp;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

const MICROS_PER_SECOND: u64 = 1_000_000;

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
pub struct Writer {
    dir: PathBuf,
    settings: Settings,
    object: Option<Open>,
}

/// The object being written.
#[derive(Debug)]
struct Open {
    file: File,
    /// With [`OPEN_SUFFIX`].
    path: PathBuf,
    /// Without it.
    final_path: PathBuf,
    opened: Timestamp,
    /// Bytes of whole frames.
    bytes: u64,
    /// Bytes of a half-written frame may stand behind them.
    torn: bool,
    /// Arrival of the first frame that is not on the disk yet.
    unsynced_since: Option<Timestamp>,
}

impl Writer {
    /// Opens the archive in `dir`, makes the folder if needed and finishes the objects that an earlier
    /// writer left behind: each is cut to its last whole frame and gets its final name.
    ///
    /// # Errors
    /// [`Error`] if the folder cannot be written or a setting cannot work.
    pub fn open(dir: &Path, settings: Settings) -> Result<(Self, Recovered), Error> {
        let setting = |what| Err(Error::of(dir, Problem::Setting(what)));
        if !name::is_stream(&settings.stream) {
            return setting("the stream's name must be 1 to 128 letters, digits, or any of _ . -");
        }
        if settings.bytes_max == 0 || settings.seconds_max == 0 {
            return setting("an object must be allowed at least 1 byte and 1 second");
        }
        if !dir.is_dir() {
            fs::create_dir_all(dir).map_err(|source| Error::new(dir, source))?;
            // Durable, if the folder above may be opened at all: nothing is lost yet if not.
            let _ = dir.parent().map(sync_folder);
        }
        let recovered = recover(dir)?;
        Ok((Self { dir: dir.to_owned(), settings, object: None }, recovered))
    }

    /// Appends one whole frame: a line with its `\n`, or a record. `now`: time of arrival.
    ///
    /// # Errors
    /// [`Error`] if it is not in the archive, of which nothing is left half-written then; the writer
    /// can be called again at any time and goes on when the cause is gone. Only where writing through
    /// to the disk failed the frame may be there all the same: that object is not written to again.
    pub fn append(&mut self, frame: &[u8], now: Timestamp) -> Result<(), Error> {
        let bytes = frame.len() as u64;
        let full = |open: &Open| open.bytes > 0 && open.bytes + bytes > self.settings.bytes_max;
        if self.object.as_ref().is_some_and(|open| full(open) || self.is_old(open, now)) {
            self.roll()?;
        }
        let open = match &mut self.object {
            Some(open) => open,
            none => none.insert(Open::create(&self.dir, &self.settings.stream, now)?),
        };
        open.append(frame)?;
        open.unsynced_since.get_or_insert(now);
        self.sync_if_due(now)
    }

    /// What falls due without a frame: writes through to the disk after [`Settings::sync_seconds`],
    /// closes the object after [`Settings::seconds_max`]. Call it about once a second.
    ///
    /// # Errors
    /// [`Error`] if that does not work.
    pub fn tick(&mut self, now: Timestamp) -> Result<(), Error> {
        if self.object.as_ref().is_some_and(|open| self.is_old(open, now)) {
            return self.roll();
        }
        self.sync_if_due(now)
    }

    /// Writes what was appended through to the disk.
    ///
    /// # Errors
    /// [`Error`] if that does not work. What was appended since the last time may be lost then, and
    /// is left to the next [`Writer::open`]; the writer goes on in a new object. [`Problem::Gone`] if
    /// the object is no longer where it was made: all of it is lost then.
    pub fn sync(&mut self) -> Result<(), Error> {
        let Some(open) = &mut self.object else { return Ok(()) };
        if open.unsynced_since.is_none() {
            return Ok(());
        }
        // A file that has lost its name still writes and syncs well.
        let gone = is_missing(&open.path).then(|| Error::of(&open.path, Problem::Gone));
        let synced = match gone {
            Some(gone) => Err(gone),
            None => open.file.sync_data().map_err(|source| Error::new(&open.path, source)),
        };
        match synced {
            Ok(()) => open.unsynced_since = None,
            // The kernel may have dropped the pages and would report success the next time.
            Err(_) => self.object = None,
        }
        synced
    }

    /// Finishes: the object gets its final name and all is on the disk. A writer that is only dropped
    /// leaves an `.open` object, which readers read and the next writer finishes.
    ///
    /// # Errors
    /// [`Error`] if that does not work.
    pub fn close(mut self) -> Result<(), Error> {
        self.roll()
    }

    fn is_old(&self, open: &Open, now: Timestamp) -> bool {
        seconds_apart(open.opened, now) >= self.settings.seconds_max
    }

    fn sync_if_due(&mut self, now: Timestamp) -> Result<(), Error> {
        let since = self.object.as_ref().and_then(|open| open.unsynced_since);
        match since {
            Some(since) if seconds_apart(since, now) >= self.settings.sync_seconds => self.sync(),
            _ => Ok(()),
        }
    }

    /// Gives the object its final name. It stays the open one if that fails, unless it is gone.
    fn roll(&mut self) -> Result<(), Error> {
        let Some(open) = &mut self.object else { return Ok(()) };
        open.mend()?;
        if open.bytes == 0 {
            match fs::remove_file(&open.path) {
                Err(source) if !is_missing(&open.path) => return Err(Error::new(&open.path, source)),
                _ => self.object = None,
            }
            return Ok(());
        }
        self.sync()?;
        let Some(open) = &self.object else { return Ok(()) };
        let published = publish(&open.path, &open.final_path).map_err(|error| {
            let gone = is_missing(&open.path) && is_missing(&open.final_path);
            if gone { Error::of(&open.path, Problem::Gone) } else { error }
        });
        // Without the name it was made under it cannot be finished another time.
        if published.is_ok() || is_missing(&open.path) {
            self.object = None;
        }
        published
    }
}

impl Open {
    fn create(dir: &Path, stream: &str, now: Timestamp) -> Result<Self, Error> {
        let final_path = dir.join(name::new(stream, now));
        let path = with_suffix(&final_path, OPEN_SUFFIX);
        let folder = final_path.parent().unwrap_or(dir);
        create_folders(dir, folder).map_err(|source| Error::new(folder, source))?;
        let file = File::options()
            .append(true)
            .create_new(true)
            .open(&path)
            .map_err(|source| Error::new(&path, source))?;
        if let Err(source) = sync_folder(folder) {
            let _ = fs::remove_file(&path);
            return Err(Error::new(folder, source));
        }
        Ok(Self { file, path, final_path, opened: now, bytes: 0, torn: false, unsynced_since: None })
    }

    fn append(&mut self, frame: &[u8]) -> Result<(), Error> {
        self.mend()?;
        if let Err(source) = self.file.write_all(frame) {
            self.torn = true;
            // If this fails as well, the next call tries again; readers leave the torn end out.
            let _ = self.mend();
            return Err(Error::new(&self.path, source));
        }
        self.bytes += frame.len() as u64;
        Ok(())
    }

    /// Cuts a half-written frame off.
    fn mend(&mut self) -> Result<(), Error> {
        if self.torn {
            self.file.set_len(self.bytes).map_err(|source| Error::new(&self.path, source))?;
            self.torn = false;
        }
        Ok(())
    }
}

/// A step of the clock either way counts too: an object holds at most that stretch of arrival times.
fn seconds_apart(one: Timestamp, other: Timestamp) -> u64 {
    one.micros().abs_diff(other.micros()) / MICROS_PER_SECOND
}

/// Gives the written-through file `from` its final name `to` and writes that through.
pub(super) fn publish(from: &Path, to: &Path) -> Result<(), Error> {
    let fail = |source| Error::new(from, source);
    // A UUID does not come twice, and the lock keeps others away: this guards against a copied folder.
    if to.try_exists().map_err(fail)? {
        let problem = Problem::Setting("there is such an object already; move one of the two away");
        return Err(Error::of(to, problem));
    }
    fs::rename(from, to).map_err(fail)?;
    to.parent().map_or(Ok(()), sync_folder).map_err(|source| Error::new(to, source))
}

/// Whether nothing is called `path`. Where that cannot be told it may be there.
fn is_missing(path: &Path) -> bool {
    fs::symlink_metadata(path)
        .is_err_and(|error| matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory))
}

/// Makes the folders from `dir` down to `folder`, durably.
fn create_folders(dir: &Path, folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(folder)?;
    folder.ancestors().skip(1).take_while(|parent| parent.starts_with(dir)).try_for_each(sync_folder)
}

/// Writes a folder's list of names through to the disk.
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
