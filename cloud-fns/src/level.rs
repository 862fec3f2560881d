//! Level messages of stored sound: one for each chunk, as they go to `topic/level_meter`.
//!
//! A gap carries no sound and so has no level: [`Meter`] gives it as an [`Event::Gap`] of its own and
//! leaves to the caller whether to pass it on. `soundline level` prints the levels alone, the page
//! shows both.

use crate::frames::{BadFrame, Form, FormError, Frames};
use dsp_core::chunk::{Body, Chunk, Header};
use dsp_core::format::RATE_OUT_HZ_DEFAULT;
use dsp_core::frame::timestamp::Timestamp;
use dsp_core::level::Level;
use serde::Serialize;

/// Level of one chunk. Serialises with its keys in this order; `device` and `seq` are left out where
/// the line has none, and silence has `null` dBFS.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LevelMessage {
    /// Capture time of the first sample, as it stands in the line: `2021-04-16T09:40:06.546601`.
    pub timestamp: String,
    /// Largest sample, signed, as the prototype took it.
    pub level: i16,
    /// Who captured it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// Which chunk of the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// Largest absolute value, 0 to 32768.
    pub peak: u16,
    /// Peak in dBFS with two decimals, at most 0; `None` for silence.
    pub peak_dbfs: Option<f64>,
    /// RMS in dBFS with two decimals, at most 0; `None` for silence.
    pub rms_dbfs: Option<f64>,
    /// How many samples are at full scale.
    pub clipped: u32,
}

/// A lost stretch. Serialises with its keys in this order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GapMessage {
    /// Time of the first lost sample, as it stands in the line.
    pub timestamp: String,
    /// Who lost it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// Which entry of the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// How many output samples are missing.
    pub gap_samples: u64,
    /// Why, such as `overrun`.
    pub reason: String,
}

/// What one chunk tells.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Event {
    /// Sound.
    Level(LevelMessage),
    /// A lost stretch.
    Gap(GapMessage),
}

impl Event {
    /// What `chunk` tells.
    #[must_use]
    pub fn of(chunk: &Chunk<'_>) -> Self {
        let Header { timestamp, device, seq, .. } = &chunk.header;
        let timestamp = text(*timestamp);
        let device = device.as_ref().map(|device| device.as_str().to_owned());
        let seq = *seq;
        match &chunk.body {
            Body::Gap { gap_samples, reason } => Self::Gap(GapMessage {
                timestamp,
                device,
                seq,
                gap_samples: *gap_samples,
                reason: reason.as_str().to_owned(),
            }),
            Body::Samples(samples) => {
                let level = Level::of(samples);
                Self::Level(LevelMessage {
                    timestamp,
                    level: level.level,
                    device,
                    seq,
                    peak: level.peak,
                    peak_dbfs: level.peak_dbfs().map(hundredths),
                    rms_dbfs: level.rms_dbfs().map(hundredths),
                    clipped: level.clipped,
                })
            }
        }
    }
}

/// How long `chunk` lasts, in milliseconds, rounded down. A line without a rate is taken for 8 kHz.
#[must_use]
pub fn duration_ms(chunk: &Chunk<'_>) -> u64 {
    let samples = match &chunk.body {
        Body::Samples(samples) => samples.len() as u64,
        Body::Gap { gap_samples, .. } => *gap_samples,
    };
    let rate_hz = chunk.header.rate.unwrap_or(RATE_OUT_HZ_DEFAULT).max(1);
    (u128::from(samples) * 1000 / u128::from(rate_hz)).try_into().unwrap_or(u64::MAX)
}

/// Stored bytes in, events out, in the order of the bytes. Holds one frame at a time.
pub struct Meter {
    frames: Frames,
}

impl Meter {
    /// A meter at the start of a stream.
    ///
    /// # Errors
    /// [`FormError`] if the prototype's record length cannot be.
    pub fn new(form: Form) -> Result<Self, FormError> {
        Ok(Self { frames: Frames::new(form)? })
    }

    /// The next event of `bytes`, which is moved on to what is still unread. `None`: all is read,
    /// hand in the next piece.
    ///
    /// # Errors
    /// [`BadFrame`] for a frame that does not read; the next call goes on behind it.
    pub fn next(&mut self, bytes: &mut &[u8]) -> Option<Result<Event, BadFrame>> {
        self.frames.next(bytes).map(|frame| frame.map(|chunk| Event::of(&chunk)))
    }

    /// The stream has ended: what is left of it, such as a line without its end. Call until `None`;
    /// the meter then stands at the start of a new stream.
    ///
    /// # Errors
    /// As [`Self::next`].
    pub fn finish(&mut self) -> Option<Result<Event, BadFrame>> {
        self.frames.finish().map(|frame| frame.map(|chunk| Event::of(&chunk)))
    }
}

fn text(timestamp: Timestamp) -> String {
    timestamp.format().iter().map(|&byte| char::from(byte)).collect()
}

/// Two decimals: a hundredth of a decibel is far below what a meter can show. Adding 0 turns -0 into 0.
fn hundredths(dbfs: f64) -> f64 {
    (dbfs * 100.0).round() / 100.0 + 0.0
}
