//! A chunk: 250 ms of one channel at the output rate, or a lost stretch, with its place in time.

use crate::format::{DEVICE_BYTES_MAX, REASON_BYTES_MAX};
use crate::frame::timestamp::Timestamp;
use core::fmt;

/// A device's name: 1 to [`DEVICE_BYTES_MAX`] bytes of UTF-8 without control characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Device(heapless::String<DEVICE_BYTES_MAX>);

/// Why sound is missing, for people: at most [`REASON_BYTES_MAX`] bytes of UTF-8, such as `overrun`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reason(heapless::String<REASON_BYTES_MAX>);

/// The text is empty, too long for its field, or holds a control character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextError;

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it is empty, too long, or holds a control character")
    }
}

impl core::error::Error for TextError {}

impl Device {
    /// # Errors
    /// [`TextError`] if `name` is empty, too long, or holds a control character.
    pub fn new(name: &str) -> Result<Self, TextError> {
        text(name).map(Self)
    }
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Reason {
    /// # Errors
    /// [`TextError`] if `reason` is empty, too long, or holds a control character.
    pub fn new(reason: &str) -> Result<Self, TextError> {
        text(reason).map(Self)
    }
    /// The reason.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn text<const N: usize>(from: &str) -> Result<heapless::String<N>, TextError> {
    if from.is_empty() || from.chars().any(char::is_control) {
        return Err(TextError);
    }
    heapless::String::try_from(from).map_err(|_| TextError)
}

/// Where a chunk belongs. A prototype's line has a time alone; ours has every field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Capture time of the first sample, on the clock that [`Header::utc_offset_min`] names.
    pub timestamp: Timestamp,
    /// How far that clock is ahead of UTC, in minutes, less than a day either way. `None`: the line
    /// does not say (the prototype's), so the reader must be told.
    pub utc_offset_min: Option<i16>,
    /// Which device captured it.
    pub device: Option<Device>,
    /// When this capture run began, on the same clock: with the device it names the run.
    pub run: Option<Timestamp>,
    /// Counts the chunks and gaps of the run, from 0.
    pub seq: Option<u64>,
    /// Index in the run of the first output sample.
    pub first_sample: Option<u64>,
    /// Output rate in Hz, 1 to [`crate::format::RATE_HZ_MAX`].
    pub rate: Option<u32>,
}

impl Header {
    /// A place in time and nothing else: all that the prototype knows.
    #[must_use]
    pub const fn at(timestamp: Timestamp) -> Self {
        Self {
            timestamp,
            utc_offset_min: None,
            device: None,
            run: None,
            seq: None,
            first_sample: None,
            rate: None,
        }
    }
}

/// What a chunk carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body<'s> {
    /// The samples.
    Samples(&'s [i16]),
    /// A stretch that is lost.
    Gap {
        /// How many output samples are missing.
        gap_samples: u64,
        /// Why.
        reason: Reason,
    },
}

/// A chunk with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk<'s> {
    /// Where it belongs.
    pub header: Header,
    /// What it carries.
    pub body: Body<'s>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_reasons_are_short_and_printable() {
        let text = "é".repeat(DEVICE_BYTES_MAX / 2);
        assert_eq!(Device::new(&text).unwrap().as_str(), text);
        assert_eq!(Reason::new(&text[..REASON_BYTES_MAX]).unwrap().as_str(), &text[..REASON_BYTES_MAX]);
        assert_eq!(Device::new(&std::format!("{text}x")), Err(TextError));
        assert_eq!(Reason::new(&std::format!("{}x", &text[..REASON_BYTES_MAX])), Err(TextError));
        for text in ["", "\n", "a\tb", "\0", "\u{7f}", "\u{85}"] {
            assert_eq!(Device::new(text), Err(TextError), "{text:?}");
            assert_eq!(Reason::new(text), Err(TextError), "{text:?}");
        }
    }
}
