//! The JSON line.

use super::{DecodeError, EncodeError};
use crate::chunk::Chunk;

/// Which keys a line has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keys {
    /// All that the header has.
    All,
    /// `timestamp` and `raw_data` alone (`--compat`).
    Compat,
}

/// Most bytes that a line of `samples` samples takes, its `\n` included.
#[must_use]
pub const fn bytes_max(samples: usize) -> usize {
    (samples * 2).div_ceil(3) * 4 + 512
}

/// Writes `chunk` with its `\n` and returns the bytes written.
///
/// # Errors
/// [`EncodeError`]; nothing is promised of `out` then.
pub fn encode(_chunk: &Chunk<'_>, _keys: Keys, _out: &mut [u8]) -> Result<usize, EncodeError> {
    todo!()
}

/// Reads a line, with or without its `\n`, into `samples`.
///
/// # Errors
/// [`DecodeError`] says what is wrong with it.
pub fn decode<'s>(_line: &[u8], _samples: &'s mut [i16]) -> Result<Chunk<'s>, DecodeError> {
    todo!()
}
