//! A chunk as bytes, in both directions: [`line`] (JSON, compatible with the prototype) and
//! [`record`] (binary), and the [`splitter`] that finds them in a stream.
//!
//! # Panics
//! Never, whatever the bytes: everything read here may come from a stranger.

pub mod line;
pub mod record;
pub mod splitter;
pub mod timestamp;

/// Why a chunk could not be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EncodeError {
    /// The output buffer is smaller than `bytes_max` of the chunk.
    Space,
    /// More samples than [`crate::format::CHUNK_SAMPLES_MAX`].
    Samples,
}

/// Why bytes are no chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeError {
    /// Nothing but white space.
    Empty,
    /// Not a JSON object, or cut off.
    Json,
    /// A key that must be there is not; which one.
    Missing(&'static str),
    /// A key has a value of the wrong type or out of range; which one.
    Value(&'static str),
    /// `timestamp` is no `YYYY-MM-DDTHH:MM:SS[.ffffff]`.
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
