//! The JSON line.
//!
//! ```text
//! {"timestamp": "2021-04-16T09:40:06.546601", "raw_data": "<base64 of little-endian i16>", ...}\n
//! ```
//!
//! After the two keys of the prototype come, each only where the header has it and in this order:
//!
//! | key | value | in a gap too |
//! |---|---|---|
//! | `utc_offset` | `"+09:00"`: the clock of both times; left out for UTC | yes |
//! | `device` | string | yes |
//! | `run` | when the run began, written as `timestamp` is | yes |
//! | `seq`, `first_sample`, `rate` | whole numbers | yes |
//! | `gap_samples`, `reason` | whole number, string; `raw_data` is empty then | only there |
//!
//! **Which clock.** A line with `utc_offset` names it. A line without it but with `run` is ours, so
//! it is UTC: [`decode`] gives `Some(0)`. A line with neither is the prototype's or a compatible one:
//! `None`, and the reader must be told.
//!
//! **What is read.** Every JSON object with these keys: any order, white space, escapes, further keys
//! with any values (ignored). A key of the table that stands there twice is an error, since readers
//! differ in which one they believe. White space inside `raw_data` is tolerated, as the prototype
//! does. A `reason` without `gap_samples` is ignored.
//!
//! Our own shape, which is also that of Python's `json.dumps`, is read by position;
//! whatever deviates goes to `serde-json-core`.

use super::timestamp::Timestamp;
use super::{DecodeError, EncodeError, base64, is_rate};
use crate::chunk::{Body, Chunk, Header};
#[cfg(doc)]
use crate::format::RATE_HZ_MAX;
use crate::format::{CHUNK_SAMPLES_MAX, DEVICE_BYTES_MAX, REASON_BYTES_MAX};

mod fields;
mod fixed;
mod json;
mod screen;
mod text;

/// Objects and arrays inside one another that a line may have, itself included. JSON sets no limit;
/// ours keeps the stack small, and no writer of such lines nests at all.
pub const NESTING_MAX: usize = 16;

/// Which keys a line has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keys {
    /// All that the header has.
    All,
    /// `timestamp` and `raw_data` alone (`--compat`).
    ///
    /// A chunk without samples, a gap too, is not written at all: the prototype's readers take the
    /// largest sample of each line and raise an error where there is none.
    Compat,
}

/// Most bytes that a line of `samples` samples takes, its `\n` included.
#[must_use]
pub const fn bytes_max(samples: usize) -> usize {
    base64::encoded_bytes(samples.saturating_mul(2)).saturating_add(KEYS_BYTES_MAX)
}

/// Room for all that is not base64: what the longest gap line takes, rounded up to a power of two.
const KEYS_BYTES_MAX: usize = 512;

const TIMESTAMP: &[u8] = b"{\"timestamp\": \"";
const RAW_DATA: &[u8] = b"\", \"raw_data\": \"";
const UTC_OFFSET: &[u8] = b", \"utc_offset\": \"";
const DEVICE: &[u8] = b", \"device\": \"";
const RUN: &[u8] = b", \"run\": \"";
const SEQ: &[u8] = b", \"seq\": ";
const FIRST_SAMPLE: &[u8] = b", \"first_sample\": ";
const RATE: &[u8] = b", \"rate\": ";
const GAP_SAMPLES: &[u8] = b", \"gap_samples\": ";
const REASON: &[u8] = b", \"reason\": \"";

const _: () = {
    let keys = TIMESTAMP.len() + RAW_DATA.len() + UTC_OFFSET.len() + DEVICE.len() + RUN.len();
    let keys = keys + SEQ.len() + FIRST_SAMPLE.len() + RATE.len() + GAP_SAMPLES.len() + REASON.len();
    // An escape doubles a byte of a text; 20 digits write any u64; 6 bytes are `+09:00`.
    let texts = 2 * (DEVICE_BYTES_MAX + REASON_BYTES_MAX) + 2 * Timestamp::BYTES + 6;
    let quotes = b"\"\"\"\"\"".len();
    assert!(keys + texts + 4 * 20 + quotes + b"}\n".len() <= KEYS_BYTES_MAX);
    // The prototype's line of 250 ms: 5,396 bytes with its `\n`.
    let end = b"\"}\n".len();
    assert!(
        TIMESTAMP.len() + Timestamp::BYTES + RAW_DATA.len() + base64::encoded_bytes(4_000) + end == 5_396
    );
};

/// Writes `chunk` with its `\n` and returns the bytes written; 0 if there is nothing to say
/// (see [`Keys::Compat`]).
///
/// ```
/// use dsp_core::chunk::{Body, Chunk, Header};
/// use dsp_core::frame::{line, timestamp::Timestamp};
///
/// let header = Header::at(Timestamp::parse(b"2021-04-16T09:40:06.546601").unwrap());
/// let chunk = Chunk { header, body: Body::Samples(&[1, -2, 3]) };
/// let mut out = [0; line::bytes_max(3)];
/// let bytes = line::encode(&chunk, line::Keys::All, &mut out).unwrap();
/// assert_eq!(
///     &out[..bytes],
///     b"{\"timestamp\": \"2021-04-16T09:40:06.546601\", \"raw_data\": \"AQD+/wMA\"}\n"
/// );
/// ```
///
/// # Errors
/// [`EncodeError`]; nothing is promised of `out` then. [`EncodeError::Value`] names `utc_offset`
/// (a day or more) or `rate` (0 Hz or above [`RATE_HZ_MAX`]).
pub fn encode(chunk: &Chunk<'_>, keys: Keys, out: &mut [u8]) -> Result<usize, EncodeError> {
    let Chunk { header, body } = chunk;
    let samples = match body {
        Body::Samples(samples) => *samples,
        Body::Gap { .. } => &[],
    };
    if samples.len() > CHUNK_SAMPLES_MAX {
        return Err(EncodeError::Samples);
    }
    if keys == Keys::Compat && samples.is_empty() {
        return Ok(0);
    }
    let mut out = Writer { out, at: 0 };
    out.put(TIMESTAMP)?;
    out.put(&header.timestamp.format())?;
    out.put(RAW_DATA)?;
    out.base64(bytemuck::cast_slice(samples))?;
    out.put(b"\"")?;
    if keys == Keys::All {
        out.header(header)?;
        if let Body::Gap { gap_samples, reason } = body {
            out.number(GAP_SAMPLES, *gap_samples)?;
            out.text(REASON, reason.as_str())?;
        }
    }
    out.put(b"}\n")?;
    Ok(out.at)
}

/// Reads a line, with or without its `\n`, into `samples`.
///
/// A gap gives [`Body::Gap`], anything else [`Body::Samples`] (which may be empty). No number is
/// trusted further than its range: `rate` is 1 to [`RATE_HZ_MAX`], the others are any `u64`, so add
/// them with care.
///
/// # Errors
/// [`DecodeError`] says what is wrong with it; nothing is promised of `samples` then.
pub fn decode<'s>(line: &[u8], samples: &'s mut [i16]) -> Result<Chunk<'s>, DecodeError> {
    let fields = match fixed::read(line, samples) {
        Some(fields) => fields,
        None => json::read(line, samples)?,
    };
    fields.into_chunk(samples)
}

/// Fills the caller's buffer from its start.
struct Writer<'o> {
    out: &'o mut [u8],
    at: usize,
}

impl Writer<'_> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        let end = self.at + bytes.len();
        self.out.get_mut(self.at..end).ok_or(EncodeError::Space)?.copy_from_slice(bytes);
        self.at = end;
        Ok(())
    }

    fn base64(&mut self, data: &[u8]) -> Result<(), EncodeError> {
        let out = self.out.get_mut(self.at..).ok_or(EncodeError::Space)?;
        self.at += base64::encode(data, out).ok_or(EncodeError::Space)?;
        Ok(())
    }

    fn header(&mut self, header: &Header) -> Result<(), EncodeError> {
        // Without `run`, silence about the clock would mean that it is unknown.
        if let Some(minutes) = header.utc_offset_min.filter(|&minutes| minutes != 0 || header.run.is_none()) {
            self.put(UTC_OFFSET)?;
            self.put(&text::utc_offset(minutes).ok_or(EncodeError::Value("utc_offset"))?)?;
            self.put(b"\"")?;
        }
        if let Some(device) = &header.device {
            self.text(DEVICE, device.as_str())?;
        }
        if let Some(run) = header.run {
            self.put(RUN)?;
            self.put(&run.format())?;
            self.put(b"\"")?;
        }
        if let Some(seq) = header.seq {
            self.number(SEQ, seq)?;
        }
        if let Some(first_sample) = header.first_sample {
            self.number(FIRST_SAMPLE, first_sample)?;
        }
        if let Some(rate) = header.rate {
            if !is_rate(rate) {
                return Err(EncodeError::Value("rate"));
            }
            self.number(RATE, rate.into())?;
        }
        Ok(())
    }

    /// `key` ends with the opening quote. The text has no control characters, which its type sees to.
    fn text(&mut self, key: &[u8], text: &str) -> Result<(), EncodeError> {
        self.put(key)?;
        for piece in text.as_bytes().split_inclusive(|byte| matches!(byte, b'"' | b'\\')) {
            match piece {
                [plain @ .., escaped @ (b'"' | b'\\')] => {
                    self.put(plain)?;
                    self.put(&[b'\\', *escaped])?;
                }
                plain => self.put(plain)?,
            }
        }
        self.put(b"\"")
    }

    fn number(&mut self, key: &[u8], mut number: u64) -> Result<(), EncodeError> {
        self.put(key)?;
        let mut digits = [b'0'; 20];
        let mut first = digits.len();
        loop {
            first -= 1;
            digits[first] = b'0' + (number % 10) as u8;
            number /= 10;
            if number == 0 {
                return self.put(&digits[first..]);
            }
        }
    }
}
