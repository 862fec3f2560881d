//! A chunk as bytes, in both directions: [`mod@line`] (JSON, compatible with the prototype) and
//! [`record`] (binary), and the [`splitter`] that finds them in a stream.
//!
//! # Panics
//! Never, whatever the bytes: everything read here may come from a stranger.

use core::fmt;

pub mod line;
pub mod record;
pub mod splitter;
pub mod timestamp;

mod base64;

#[cfg(target_endian = "big")]
compile_error!("PCM is little-endian and is read in place: big-endian targets are not supported");

/// Why a chunk could not be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EncodeError {
    /// The output buffer is too small; one of `bytes_max` of the chunk never is.
    Space,
    /// More samples than [`crate::format::CHUNK_SAMPLES_MAX`].
    Samples,
    /// A field of the header has a value that cannot be read back; which one.
    Value(&'static str),
}

/// Why bytes are no chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeError {
    /// Nothing but white space.
    Empty,
    /// Not a JSON object, cut off, not UTF-8, or nested deeper than [`line::NESTING_MAX`].
    Json,
    /// A key that must be there is not; which one.
    Missing(&'static str),
    /// A key that Soundline knows stands there twice; which one.
    Repeated(&'static str),
    /// A key has a value of the wrong type or out of range; which one.
    Value(&'static str),
    /// `timestamp` is no `YYYY-MM-DDTHH:MM:SS[.ffffff]`, or no time of the years 0001 to 9999.
    Timestamp,
    /// `raw_data` is no base64.
    Base64,
    /// An odd number of bytes is no 16-bit PCM.
    OddBytes,
    /// More samples than the caller's buffer holds.
    Samples,
    /// The record's magic, version or length is wrong.
    Record,
    /// The record's CRC-32C does not match.
    Crc,
}

/// Whether it can be the output rate of a chunk. 0 Hz is refused here, so that no reader divides by it.
fn is_rate(rate: u32) -> bool {
    (1..=crate::format::RATE_HZ_MAX).contains(&rate)
}

/// Whether it can be a clock's distance from UTC: less than a day, as `+HH:MM` and Python have it.
fn is_utc_offset(minutes: i16) -> bool {
    minutes.unsigned_abs() < 24 * 60
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Space => f.write_str("the output buffer is too small"),
            Self::Samples => f.write_str("the chunk is longer than 250 ms at the highest rate"),
            Self::Value(name) => write!(f, "`{name}` is out of range"),
        }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the line is empty"),
            Self::Json => f.write_str("the line is no JSON object, or it is cut off"),
            Self::Missing(key) => write!(f, "`{key}` is missing"),
            Self::Repeated(key) => write!(f, "`{key}` stands there twice"),
            Self::Value(key) => write!(f, "`{key}` has a wrong type or is out of range"),
            Self::Timestamp => f.write_str("`timestamp` is no time like 2021-04-16T09:40:06.546601"),
            Self::Base64 => f.write_str("`raw_data` is no base64"),
            Self::OddBytes => f.write_str("the sound has an odd number of bytes, so it is no 16-bit PCM"),
            Self::Samples => f.write_str("there are more samples than a chunk may have"),
            Self::Record => f.write_str("the record's header is damaged, or the record is cut off"),
            Self::Crc => f.write_str("the record is damaged: its checksum does not match"),
        }
    }
}

impl core::error::Error for EncodeError {}
impl core::error::Error for DecodeError {}
