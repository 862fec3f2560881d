//! The archive on this machine, and the page.
//!
//! The page is told first, and whatever happens to the archive. When the archive takes nothing (a full
//! disk), that is said once, tried again at growing intervals, and what was lost meanwhile is written
//! as a gap as soon as it works again.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use cloud_fns::archive::{Error, Lock, Problem, Writer};
use dsp_core::chunk::{Body, Chunk, Header};
use dsp_core::frame::timestamp::Timestamp;

use super::losses::Losses;
use super::{Framed, Sink, SinkEnd};
use crate::capture::SourceKind;
use crate::clock::Clock;
use crate::config::Settings;
use crate::hint::wav_command;
use crate::run::ARCHIVE;
use crate::server::hub::{Archive, Hub};

/// First wait before the archive is tried again.
const RETRY_FIRST: Duration = Duration::from_millis(500);
/// Longest wait: space that was freed is used within this.
const RETRY_MAX: Duration = Duration::from_secs(10);
/// A write that takes what is left of a file system's last block does not mean that there is room again.
const TICK_EVERY: Duration = Duration::from_secs(1);
const MICROS_PER_MINUTE: i64 = 60_000_000;
/// A WAV that is proposed is no longer than an hour.
const WAV_S_MAX: u64 = 3_600;

/// Where frames are kept.
pub trait Store {
    /// Keeps one frame.
    ///
    /// # Errors
    /// It is not kept, and nothing of it is.
    fn append(&mut self, frame: &[u8], now: Timestamp) -> Result<(), Error>;
    /// What falls due without a frame.
    ///
    /// # Errors
    /// It did not work.
    fn tick(&mut self, now: Timestamp) -> Result<(), Error>;
    /// All is kept for good.
    ///
    /// # Errors
    /// It is not.
    fn close(self: Box<Self>) -> Result<(), Error>;
}

impl Store for Writer {
    fn append(&mut self, frame: &[u8], now: Timestamp) -> Result<(), Error> {
        Self::append(self, frame, now)
    }
    fn tick(&mut self, now: Timestamp) -> Result<(), Error> {
        Self::tick(self, now)
    }
    fn close(self: Box<Self>) -> Result<(), Error> {
        Self::close(*self)
    }
}

/// The sink.
pub struct Local {
    store: Option<Box<dyn Store>>,
    hub: Arc<Hub>,
    clock: Arc<dyn Clock>,
    /// Whether a lost sample is a failure: what is read from a file can be read again, what a
    /// microphone gave cannot, and its run goes on for months.
    must_keep_all: bool,
    has_page: bool,
    trouble: Option<Trouble>,
    losses: Losses,
    data_dir: PathBuf,
    stored: Option<Stored>,
    last_sentence: String,
    ticked: Duration,
    _lock: Option<Lock>,
}

/// What is in the archive of this run of the program.
struct Stored {
    /// UTC of the first sample.
    start: Timestamp,
    samples: u64,
    rate_hz: u32,
}

/// The archive takes nothing.
struct Trouble {
    reason: &'static str,
    retry_at: Duration,
    wait: Duration,
}

impl Local {
    /// Keeps frames in `store`, and the right to do so with them.
    pub fn new(
        store: Box<dyn Store>,
        lock: Option<Lock>,
        hub: Arc<Hub>,
        clock: Arc<dyn Clock>,
        settings: &Settings,
    ) -> Self {
        Self {
            store: Some(store),
            ticked: clock.boot(),
            hub,
            clock,
            must_keep_all: matches!(settings.source, SourceKind::Wav(_) | SourceKind::Stdin),
            has_page: settings.web.is_some(),
            trouble: None,
            losses: Losses::new(settings),
            data_dir: settings.data_dir.clone(),
            stored: None,
            last_sentence: String::new(),
            _lock: lock,
        }
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.clock.utc_micros())
    }

    /// Writes the gaps of what was lost, then `frame`.
    fn write(&mut self, frame: &[u8]) -> Result<(), Error> {
        let now = self.now();
        let Some(store) = &mut self.store else { return Ok(()) };
        if let Some(trouble) = &self.trouble {
            self.losses.write(trouble.reason, |gap| store.append(gap, now))?;
        }
        if frame.is_empty() { Ok(()) } else { store.append(frame, now) }
    }

    fn failed(&mut self, error: &Error) {
        let sentence = error.to_string();
        let now = self.clock.boot();
        let page = if self.has_page { "the page goes on, " } else { "" };
        let trouble = self.trouble.get_or_insert_with(|| {
            tracing::error!("{sentence}; {page}it is tried again, and what is lost becomes a gap");
            let reason = if matches!(error.problem, Problem::Full) { "disk full" } else { "archive failed" };
            Trouble { reason, retry_at: now, wait: RETRY_FIRST }
        });
        trouble.retry_at = now + trouble.wait;
        trouble.wait = (trouble.wait * 2).min(RETRY_MAX);
        self.last_sentence.clone_from(&sentence);
        self.hub.status(|status| (status.archive, status.archive_detail) = (Archive::Failing, sentence));
    }

    fn stored(&mut self, chunk: &Chunk<'_>) {
        let Body::Samples(samples) = chunk.body else { return };
        let Header { timestamp, utc_offset_min, rate, .. } = chunk.header;
        let stored = self.stored.get_or_insert_with(|| Stored {
            start: timestamp.add_micros(-i64::from(utc_offset_min.unwrap_or(0)) * MICROS_PER_MINUTE),
            samples: 0,
            rate_hz: rate.unwrap_or(0),
        });
        stored.samples += samples.len() as u64;
    }

    /// Where and how much, and how to get at it.
    fn tell_stored(&self) {
        let Some(Stored { start, samples, rate_hz }) = &self.stored else { return };
        let seconds = samples.div_ceil(u64::from(*rate_hz).max(1));
        let start = start.format();
        let start = String::from_utf8_lossy(&start);
        let command = wav_command(&self.data_dir, &start, &seconds.min(WAV_S_MAX).to_string());
        let archive = self.data_dir.join(ARCHIVE);
        tracing::info!("{seconds} s are stored in {}; a WAV of it: {command}", archive.display());
    }

    fn works_again(&mut self) {
        if self.trouble.take().is_some() {
            tracing::info!("the archive works again; what was lost stands in it as a gap");
            self.hub.status(|status| (status.archive, status.archive_detail) = (Archive::Ok, String::new()));
        }
    }
}

impl Sink for Local {
    fn put(&mut self, framed: Framed<'_>) -> Result<(), SinkEnd> {
        self.hub.chunk(framed.chunk);
        if self.trouble.as_ref().is_some_and(|trouble| self.clock.boot() < trouble.retry_at) {
            self.losses.add(framed.chunk);
            return Ok(());
        }
        match self.write(framed.bytes) {
            Ok(()) => {
                self.stored(framed.chunk);
                self.works_again();
            }
            Err(error) => {
                self.failed(&error);
                self.losses.add(framed.chunk);
            }
        }
        Ok(())
    }

    fn idle(&mut self) -> Result<(), SinkEnd> {
        let boot = self.clock.boot();
        if boot.saturating_sub(self.ticked) < TICK_EVERY || self.trouble.is_some() {
            return Ok(());
        }
        self.ticked = boot;
        let now = self.now();
        if let Some(Err(error)) = self.store.as_mut().map(|store| store.tick(now)) {
            self.failed(&error);
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), SinkEnd> {
        if self.trouble.is_some() {
            // A last try, without waiting: the gap at least. That it fits says nothing of the next frame.
            match self.write(&[]) {
                Ok(()) => self.trouble = None,
                Err(error) => self.failed(&error),
            }
        }
        let closed = self.store.take().map_or(Ok(()), Store::close);
        let lost = self.losses.samples();
        if self.trouble.is_some() || (self.must_keep_all && lost > 0) {
            let why = &self.last_sentence;
            return Err(SinkEnd::Failed(format!("{why}; {lost} samples are missing in the archive")));
        }
        closed.map_err(|error| SinkEnd::Failed(error.to_string()))?;
        self.tell_stored();
        Ok(())
    }
}
