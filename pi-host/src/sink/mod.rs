//! Where chunks go. Each sink takes every chunk, in order, from the worker's thread.

pub mod local;
pub mod losses;
pub mod queued;
pub mod stdout;

use dsp_core::chunk::Chunk;

/// A chunk as it goes to the sinks.
#[derive(Clone, Copy, Debug)]
pub struct Framed<'a> {
    /// The chunk.
    pub chunk: &'a Chunk<'a>,
    /// Its line or record. Empty if the format has no form for it: a gap in the prototype's lines.
    pub bytes: &'a [u8],
}

/// Why a sink takes nothing more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SinkEnd {
    /// The other side has enough (`| head`); no error.
    Closed,
    /// It cannot go on: one sentence.
    Failed(String),
}

/// Takes chunks.
pub trait Sink {
    /// Takes one chunk. A sink that can wait for better times (a full disk) does so by itself and
    /// gives no error.
    ///
    /// # Errors
    /// [`SinkEnd`]: nothing more shall be given to it.
    fn put(&mut self, framed: Framed<'_>) -> Result<(), SinkEnd>;

    /// Called when nothing else is waiting, at least every tenth of a second: what was put shall become
    /// visible.
    ///
    /// # Errors
    /// As [`Sink::put`].
    fn idle(&mut self) -> Result<(), SinkEnd>;

    /// The run is over: everything put shall be where it belongs.
    ///
    /// # Errors
    /// As [`Sink::put`]; then something is not where it belongs.
    fn finish(&mut self) -> Result<(), SinkEnd>;
}
