//! What begins at a byte, seen from the middle of a stream.

use crate::frame::record::{self, HEADER_BYTES, MAGIC};

/// How our lines and the prototype's begin: what damage is searched for, besides a record.
const LINE_START: &[u8] = b"{\"timestamp\"";

/// What begins at a byte.
pub(super) enum Begins {
    /// Nothing.
    Nothing,
    /// Perhaps something: so many more bytes will tell.
    Unknown(usize),
    /// A line, after so many bytes.
    Line(usize),
    /// A record of so many bytes, if its last checksum matches.
    Record(usize),
}

/// What begins at the first byte of `window`, which is not empty.
pub(super) fn begins(window: &[u8]) -> Begins {
    match window {
        [b'{', ..] if window.starts_with(LINE_START) => Begins::Line(0),
        [b'{', ..] if LINE_START.starts_with(window) => Begins::Unknown(1),
        // Two bytes of an object behind the end of a line are hardly an accident.
        [b'\n', b'{', b'"' | b' ' | b'\t' | b'\r', ..] => Begins::Line(1),
        [b'\n'] | [b'\n', b'{'] => Begins::Unknown(1),
        _ if window.starts_with(&MAGIC) => match window.first_chunk() {
            None => Begins::Unknown(HEADER_BYTES - window.len()),
            Some(header) => record::length(header).map_or(Begins::Nothing, Begins::Record),
        },
        _ if MAGIC.starts_with(window) => Begins::Unknown(1),
        _ => Begins::Nothing,
    }
}
