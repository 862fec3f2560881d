//! What a sink could not take, kept until it can be written as gaps.

use dsp_core::chunk::{Body, Chunk, Header, Reason};
use dsp_core::frame::{line, record};

use crate::config::Settings;
use crate::values::Format;

/// Runs whose losses are remembered. A run ends only when a device comes back with another rate, so
/// this many take days.
const RUNS_MAX: usize = 64;
/// A gap as line or record.
const GAP_BYTES: usize = line::bytes_max(0);
const _: () = assert!(GAP_BYTES >= record::bytes_max(0));

/// The losses of one sink, one stretch for each run.
#[derive(Debug)]
pub struct Losses {
    format: Format,
    compat: bool,
    stretches: Vec<(Header, u64)>,
    bytes: [u8; GAP_BYTES],
    samples: u64,
}

impl Losses {
    /// None so far.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        Self {
            format: settings.format,
            compat: settings.compat,
            stretches: Vec::new(),
            bytes: [0; GAP_BYTES],
            samples: 0,
        }
    }

    /// Whether everything lost has been written as a gap.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.stretches.is_empty()
    }

    /// Output samples lost since the beginning, written as gaps or not.
    #[must_use]
    pub fn samples(&self) -> u64 {
        self.samples
    }

    /// `chunk` is lost.
    pub fn add(&mut self, chunk: &Chunk<'_>) {
        let samples = match chunk.body {
            Body::Samples(samples) => samples.len() as u64,
            Body::Gap { gap_samples, .. } => gap_samples,
        };
        self.samples += samples;
        let known = self.stretches.len();
        match self.stretches.last_mut() {
            Some((header, lost)) if header.run == chunk.header.run => *lost += samples,
            _ if known < RUNS_MAX => self.stretches.push((chunk.header.clone(), samples)),
            _ => tracing::error!("{samples} samples are lost without a gap"),
        }
    }

    /// Gives each stretch as a gap to `write`, oldest first. What fails is kept.
    ///
    /// # Errors
    /// The first error of `write`.
    pub fn write<E>(&mut self, reason: &str, mut write: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        while let Some((header, gap_samples)) = self.stretches.first() {
            let length = gap(header.clone(), *gap_samples, reason, self.format, self.compat, &mut self.bytes);
            if length > 0 {
                write(&self.bytes[..length])?;
            }
            self.stretches.remove(0);
        }
        Ok(())
    }
}

/// Writes a gap in place of what was lost; 0 bytes where the format has none.
fn gap(
    header: Header,
    gap_samples: u64,
    reason: &str,
    format: Format,
    compat: bool,
    bytes: &mut [u8],
) -> usize {
    let Ok(reason) = Reason::new(reason) else { return 0 };
    let chunk = Chunk { header, body: Body::Gap { gap_samples, reason } };
    let length = match format {
        Format::Line if compat => Ok(0),
        Format::Line => line::encode(&chunk, line::Keys::All, bytes),
        Format::Record => record::encode(&chunk, bytes),
    };
    // The buffer has room for every gap.
    length.unwrap_or(0)
}
