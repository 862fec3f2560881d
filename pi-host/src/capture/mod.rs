//! Where sound comes from. A source only moves frames; waiting, clocks and retries of the run
//! as a whole are elsewhere.

/// What a source gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    /// Frames a second.
    pub rate_hz: u32,
    /// Interleaved channels.
    pub channels: u16,
    /// What it is, for people: `USB Audio (hw:CARD=Mic,DEV=0)`.
    pub name: String,
}

/// One read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// So many interleaved samples (not frames) now stand at the start of the buffer; more than 0.
    /// Only a byte stream may end in the middle of a frame.
    Samples(usize),
    /// Sound was lost before what the next read gives. How much is for the caller's clock to tell.
    Lost(&'static str),
    /// Nothing came within the source's poll time (a tenth of a second or so); ask again.
    Idle,
    /// The source has ended; a device never does.
    End,
}

/// A source of interleaved 16-bit frames.
///
/// `read` blocks for at most the poll time, so that the caller can look whether it shall stop.
pub trait Source: Send {
    /// What it gives. Valid until the next [`Source::read`] returns an error.
    fn spec(&self) -> &Spec;
    /// Reads what is there into `buffer`.
    ///
    /// # Errors
    /// [`CaptureError`]: the source cannot go on. A device may be opened again.
    fn read(&mut self, buffer: &mut [i16]) -> Result<Read, CaptureError>;
}

/// Why a source cannot be opened or cannot go on: one sentence that names it and the remedy.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct CaptureError {
    /// The sentence.
    pub message: String,
    /// Whether it may come back by itself (a device that was pulled), so that waiting makes sense.
    pub retryable: bool,
}
