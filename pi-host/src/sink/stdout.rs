//! Frames on standard output.

use std::io::{self, BufWriter, ErrorKind, Write};

use super::{Framed, Sink, SinkEnd};
use crate::error::plain;

/// Some twenty lines: enough that a fast file costs few system calls.
const BUFFER_BYTES: usize = 128 * 1024;

/// Writes each frame to `W`.
pub struct Stdout<W: Write> {
    out: BufWriter<W>,
}

impl Stdout<io::Stdout> {
    /// Standard output.
    #[must_use]
    pub fn new() -> Self {
        Self::to(io::stdout())
    }
}

impl Default for Stdout<io::Stdout> {
    fn default() -> Self {
        Self::new()
    }
}

impl<W: Write> Stdout<W> {
    /// Anything that is written to.
    pub fn to(out: W) -> Self {
        Self { out: BufWriter::with_capacity(BUFFER_BYTES, out) }
    }
}

fn end(error: &io::Error) -> SinkEnd {
    match error.kind() {
        ErrorKind::BrokenPipe => SinkEnd::Closed,
        _ => SinkEnd::Failed(format!("standard output: {}", plain(error))),
    }
}

impl<W: Write> Sink for Stdout<W> {
    fn put(&mut self, framed: Framed<'_>) -> Result<(), SinkEnd> {
        self.out.write_all(framed.bytes).map_err(|error| end(&error))
    }
    fn idle(&mut self) -> Result<(), SinkEnd> {
        self.out.flush().map_err(|error| end(&error))
    }
    fn finish(&mut self) -> Result<(), SinkEnd> {
        self.idle()
    }
}
