//! A period of the archive as one WAV file: mono, 16 bit, exactly period x rate samples.
//!
//! # What stands where
//! - A line with `run` and `first_sample` stands at the run's start plus its count of samples: within a
//!   run there is no seam. The run's start is rounded to the period's nearest sample.
//! - A line without them (the prototype's) stands at its time. In the order of their times such lines are
//!   joined: one that begins within half a chunk (the longer of the two) of where the one before ended
//!   goes on there; one further off stands at its own time. The
//!   first that reaches into the period by its own time stands at it.
//! - Lines that reach over the period's start or end are cut there to the sample.
//! - What was not captured is silence, and a [`Hole`] in the [`Report`], with the reason that a gap line
//!   gives.
//! - What is stored more than once counts once. Where different sound claims one place, the run that
//!   began first has it, before lines without a run; within a run what was stored first.
//!
//! None of this depends on the order in which objects arrived or lines stand in them, save that last rule.
//!
//! # Memory
//! The objects are read twice: once for where the lines are (the index, 32 bytes for up to 1 MiB of
//! our lines), once for the sound, in the order of the file. Both go through buffers of a few MiB.

mod choose;
mod file;
mod index;
mod nothing;
mod period;
mod plan;
mod timeline;
mod wave;

pub use file::export_to_file;
pub use nothing::Cause;
pub use period::{Period, PeriodError, parse_utc_offset};
pub use plan::Plan;

use crate::archive::{self, Store};
use crate::frames::{BadFrame, Form, FormError};
use dsp_core::format::RATE_OUT_HZ_DEFAULT;
use std::io::{Seek, Write};

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
    /// Small ones, and others where a few places show times near the period. One that arrived from an
    /// hour before the period to 25 hours after it is read unless these places show one run that goes on.
    #[default]
    Probe,
    /// All.
    All,
}

/// How far an export is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Objects looked at.
    Choosing {
        /// Looked at so far.
        objects: u64,
        /// All.
        objects_total: u64,
    },
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
    /// The first [`BAD_MAX`] of them, each with its object's path.
    pub bad: Vec<(String, BadFrame)>,
    /// Files and folders in the archive that are no objects of it, left out.
    pub foreign_objects: u64,
    /// Objects read.
    pub objects_read: u64,
}

/// Holes listed in a [`Report`]: more than a person reads.
pub const HOLES_MAX: usize = 1_000;
/// Bad frames listed in a [`Report`]: enough to see what is the matter.
pub const BAD_MAX: usize = 10;

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
    #[error("no sound in the archive from {period}; {cause}")]
    Nothing {
        /// The period asked for.
        period: Period,
        /// What the archive tells about it.
        cause: Box<Cause>,
    },
    /// Nothing of the device, but of others.
    #[error("no sound of the device \"{device}\" from {period}; there is sound of: {others}")]
    Device {
        /// The device asked for.
        device: String,
        /// The period asked for.
        period: Period,
        /// Those that are there.
        others: String,
    },
    /// More than one device.
    #[error("the period holds sound of several devices; choose one of: {0}")]
    Devices(String),
    /// More than one rate.
    #[error("the period holds sound of different rates ({0} Hz); export the stretches one by one")]
    Rates(String),
    /// The file would not fit its own header.
    #[error(
        "the sound from {period} at {rate_hz} Hz is more than the 4 GiB of a WAV file; export at most \
         {seconds_max} s"
    )]
    TooLong {
        /// The period asked for.
        period: Period,
        /// Its rate.
        rate_hz: u32,
        /// What fits.
        seconds_max: u64,
    },
    /// The period rounds to no sample.
    #[error("the period from {period} is shorter than a sample at {rate_hz} Hz; give more seconds")]
    TooShort {
        /// The period asked for.
        period: Period,
        /// Rate of the sound in it.
        rate_hz: u32,
    },
    /// More than the index holds.
    #[error("the sound from {period} lies in more than {pieces} pieces; export shorter periods")]
    Scattered {
        /// The period asked for.
        period: Period,
        /// What the index holds.
        pieces: usize,
    },
    /// The form cannot be read.
    #[error(transparent)]
    Form(#[from] FormError),
    /// The archive cannot be read.
    #[error("cannot read the archive: {0}")]
    Archive(#[from] archive::Error),
    /// An object was not the same the second time.
    #[error("the object {0} changed while it was read; try again")]
    Changed(String),
    /// The output cannot be written.
    #[error("cannot write the WAV: {0}")]
    Output(#[source] archive::Error),
}

/// Writes the WAV of `period` to `out`, which is at its start. See the [module](self) for what stands
/// where.
///
/// A folder is read in place where there is no tokio runtime, else on its blocking threads; decoding
/// and writing to `out` block the thread that polls.
///
/// # Errors
/// [`WavError`]; nothing was written to `out` unless reading or writing the sound itself failed.
pub async fn export<W: Write + Seek>(
    store: &Store,
    period: Period,
    options: &Options,
    out: W,
    mut progress: impl FnMut(Progress),
) -> Result<Report, WavError> {
    let plan = Plan::new(store, period, options, &mut progress).await?;
    plan.write(out, &mut progress).await?;
    Ok(plan.into_report())
}
