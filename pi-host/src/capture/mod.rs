//! Where sound comes from. A source only moves frames; pace, time and what becomes of the frames
//! are elsewhere.
//!
//! ```text
//! --source TEXT -> kind::SourceKind -> open -> Source -> supervise::Supervised -> the run
//!                                              alsa, wav, stdin, tone, demo
//! ```
//!
//! [`open`] makes one attempt. [`supervise()`] is what a run wants: it waits for a device, reads from
//! it, opens it again when it comes back, and tells the [`State`] all along.
//!
//! # Panics
//! Nothing here panics because of a device, a file or a stream, whatever is in it.

pub mod alsa;
pub mod demo;
pub mod devices;
mod kind;
pub(crate) mod rates;
pub mod stdin;
pub mod supervise;
pub mod tone;
pub mod wav;

use std::time::Duration;

use dsp_core::decimate::Mode;

pub use self::kind::SourceKind;
pub use self::supervise::{State, supervise};

/// Longest wait of one [`Source::read`]: short enough that Ctrl-C feels immediate, long enough that
/// waiting costs nothing.
pub const POLL: Duration = Duration::from_millis(100);

/// What a source gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    /// Frames a second; a whole multiple of the output rate.
    pub rate_hz: u32,
    /// Interleaved channels; more than the channel that is kept.
    pub channels: u16,
    /// What it is, for people: `USB Audio (hw:CARD=Mic,DEV=0)`.
    pub name: String,
}

/// What the run needs of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Frames a second. A device may give another rate; a file has its own.
    pub rate_hz: u32,
    /// Interleaved channels. A device may give another count; a file has its own.
    pub channels: u16,
    /// The channel that is kept, from 0. A source that has no such channel is refused.
    pub channel: u16,
    /// Rate after decimation, in Hz. The source's rate is a whole multiple of it.
    pub output_rate_hz: u32,
    /// How the rate is brought down: `fir` has filters for some ratios only.
    pub mode: Mode,
}

/// One read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// So many interleaved samples (not frames) now stand at the start of the buffer; more than 0.
    /// Only a byte stream may end in the middle of a frame.
    Samples(usize),
    /// Sound was lost before what the next read gives. How much is for the caller's clock to tell:
    /// the source begins anew at the moment of this answer.
    Lost(&'static str),
    /// Nothing came within the source's poll time (at most [`POLL`]); ask again.
    Idle,
    /// The source has ended; a device never does.
    End,
}

/// A source of interleaved 16-bit frames.
///
/// `read` blocks for at most the poll time, so that the caller can look whether it shall stop.
/// Files and made-up sounds come as fast as they are read: pace is the caller's. Only devices and
/// streams set their own.
pub trait Source: Send {
    /// What it gives. Valid until the next [`Source::read`] returns an error.
    fn spec(&self) -> &Spec;
    /// Reads what is there into `buffer`, which holds at least one frame.
    ///
    /// # Errors
    /// [`CaptureError`]: the source cannot go on. What was read before stays good: store it.
    /// When [`CaptureError::retryable`], a plain device may be opened again, and a supervised one has
    /// come back with another [`Spec`]: ask for it, begin a new run, and read on.
    fn read(&mut self, buffer: &mut [i16]) -> Result<Read, CaptureError>;
}

/// Why a source cannot be opened or cannot go on: one sentence that names it and the remedy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CaptureError {
    /// The sentence.
    pub message: String,
    /// Whether it may come back by itself (a device that was pulled), so that waiting makes sense.
    pub retryable: bool,
}

impl CaptureError {
    /// Waiting does not help.
    pub(crate) fn fatal(message: impl Into<String>) -> Self {
        Self { message: message.into(), retryable: false }
    }

    /// It may come back by itself.
    pub(crate) fn passing(message: impl Into<String>) -> Self {
        Self { message: message.into(), retryable: true }
    }
}

/// Opens a source: one attempt, no waiting.
///
/// # Errors
/// [`CaptureError`] says in one sentence what is wrong and what to do.
pub fn open(kind: &SourceKind, wanted: &Wanted) -> Result<Box<dyn Source>, CaptureError> {
    Ok(match kind {
        SourceKind::Alsa(name) => Box::new(alsa::Device::open(name, wanted, &alsa::Options::default())?),
        SourceKind::Wav(path) => Box::new(wav::Wav::open(path, wanted)?),
        SourceKind::Stdin => Box::new(stdin::open(wanted)?),
        SourceKind::Tone(hz) => Box::new(tone::Tone::new(*hz, wanted)?),
        SourceKind::Demo => Box::new(demo::Demo::new(wanted)?),
    })
}
