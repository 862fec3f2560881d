//! A period of the archive as one WAV file: mono, 16 bit, exactly period x rate samples.
mod period;

pub use period::{Period, PeriodError, parse_utc_offset};

use crate::archive::{self, Store};
use crate::frames::{BadFrame, Form};
use dsp_core::format::RATE_OUT_HZ_DEFAULT;
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};

/// How a period is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The device to take. `None`: the only one that the period has. Empty: lines without a name.
    pub device: Option<String>,
    /// How far the clock of lines that do not say (the prototype's) is ahead of UTC, in minutes.
    pub utc_offset_min: i16,
    /// Rate of lines that do not say, in Hz.
    pub rate_hz: u32,
    /// How the objects are framed.
    pub form: Form,
    /// Which objects are read.
    pub scan: Scan,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            device: None,
            utc_offset_min: 0,
            rate_hz: RATE_OUT_HZ_DEFAULT,
            form: Form::default(),
            scan: Scan::default(),
        }
    }
}

/// Which objects are read to find the period's sound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scan {
    /// Those that arrived from an hour before the period to 25 hours after it.
    Hours,
    /// Those, and others if a few samples of their insides show times near the period.
    #[default]
    Probe,
    /// All.
    All,
}

/// How far an export is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Bytes read of those that the chosen objects hold.
    Reading {
        /// Read so far.
        bytes: u64,
        /// All.
        bytes_total: u64,
    },
    /// Samples written of those that the period has.
    Writing {
        /// Written so far.
        samples: u64,
        /// All.
        samples_total: u64,
    },
}

/// What was exported.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Rate of the file, in Hz.
    pub rate_hz: u32,
    /// Samples in the file.
    pub samples: u64,
    /// Of these, captured.
    pub captured_samples: u64,
    /// Of these, silence where nothing was captured.
    pub gap_samples: u64,
    /// The silent stretches in order, the first [`HOLES_MAX`].
    pub holes: Vec<Hole>,
    /// How many silent stretches there are.
    pub holes_total: u64,
    /// Samples of the period that the archive holds once more, beyond the one taken.
    pub duplicate_samples: u64,
    /// Frames that did not read, anywhere in the objects read.
    pub bad_lines: u64,
    /// The first few of them, with their objects.
    pub bad: Vec<(String, BadFrame)>,
    /// Files in the archive that are no objects of it, left out.
    pub foreign_objects: u64,
    /// Objects read.
    pub objects_read: u64,
}

/// Holes listed in a [`Report`]: more than a person reads.
pub const HOLES_MAX: usize = 1_000;

/// A stretch of silence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hole {
    /// Where it begins, in samples from the period's start.
    pub start_sample: u64,
    /// How long it is.
    pub samples: u64,
    /// Why, where a gap line tells.
    pub reason: Option<String>,
}

/// Why there is no WAV. Its text is one sentence with the remedy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WavError {
    /// Nothing was captured in the period.
    #[error("no sound in the archive for {period}; check the start, the UTC offset and the archive's folder")]
    Nothing {
        /// The period asked for.
        period: Period,
    },
    /// The archive's folder.
    #[error(transparent)]
    Archive(#[from] archive::Error),
    /// The output file.
    #[error("{}: {source}; check the folder and the space left on the disk", path.display())]
    Output {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// Writes the WAV of `period` to `out`, which is at its start. See the module for what stands where.
///
/// Reading from a folder is done in place where there is no tokio runtime, else on its blocking
/// threads; decoding and writing to `out` block the thread that polls.
///
/// # Errors
/// [`WavError`]; nothing was written to `out` if there is nothing in the period.
pub async fn export<W: Write + Seek>(
    store: &Store,
    period: Period,
    options: &Options,
    out: W,
    progress: impl FnMut(Progress),
) -> Result<Report, WavError> {
    let _ = (store, period, options, out, progress);
    todo!()
}

/// Writes the WAV of `period` to the file `path`: to `<path>.partial` first, which gets its name when it
/// is whole and on the disk, and is removed when anything fails or the future is dropped.
///
/// # Errors
/// [`WavError`]; there is no file then, or an older one of that name is as it was.
pub async fn export_to_file(
    store: &Store,
    period: Period,
    options: &Options,
    path: &Path,
    progress: impl FnMut(Progress),
) -> Result<Report, WavError> {
    let _ = (store, period, options, path, progress);
    todo!()
}
