//! The binary record, and the prototype's binary form.

use super::{DecodeError, EncodeError, timestamp::Timestamp};
use crate::chunk::Chunk;

/// Most bytes that a record of `samples` samples takes.
#[must_use]
pub const fn bytes_max(samples: usize) -> usize {
    samples * 2 + 256
}

/// Writes `chunk` and returns the bytes written.
///
/// # Errors
/// [`EncodeError`]; nothing is promised of `out` then.
pub fn encode(_chunk: &Chunk<'_>, _out: &mut [u8]) -> Result<usize, EncodeError> {
    todo!()
}

/// Reads one whole record into `samples`.
///
/// # Errors
/// [`DecodeError`] says what is wrong with it.
pub fn decode<'s>(_record: &[u8], _samples: &'s mut [i16]) -> Result<Chunk<'s>, DecodeError> {
    todo!()
}

/// Reads the prototype's second form: `f64` little-endian Unix seconds, then PCM.
///
/// # Errors
/// [`DecodeError`] says what is wrong with it.
pub fn decode_prototype<'s>(
    _bytes: &[u8],
    _samples: &'s mut [i16],
) -> Result<(Timestamp, &'s [i16]), DecodeError> {
    todo!()
}
