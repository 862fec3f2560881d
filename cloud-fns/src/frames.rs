//! Chunks out of a stream of stored bytes, with bounded memory.
//!
//! One reader serves the level, the archive and the WAV, so that all three agree on what a good frame is.

use dsp_core::chunk::{Body, Chunk, Header, Reason};
use dsp_core::format::{CHUNK_SAMPLES_MAX, DEVICE_BYTES_MAX, RATE_HZ_MAX, REASON_BYTES_MAX};
use dsp_core::frame::splitter::{Item, Splitter};
use dsp_core::frame::{DecodeError, line, record};
use std::fmt;

/// Longest line or record that is read, in bytes. The longest line of ours takes 126 KiB; the rest is
/// room for foreign spacing, keys and escapes.
pub const FRAME_BYTES_MAX: usize = 192 * 1024;
const _: () = assert!(FRAME_BYTES_MAX > line::bytes_max(CHUNK_SAMPLES_MAX));

/// Bytes of the clock in front of each record of the prototype's binary form.
const PROTOTYPE_CLOCK_BYTES: usize = 8;

/// How stored bytes are framed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// Lines and records, mixed as they come: each tells where it ends.
    #[default]
    LinesAndRecords,
    /// The prototype's binary form, records of one fixed length: nothing in them tells where one
    /// ends, so the length must be known.
    PrototypeBinary {
        /// Length of a record with its 8-byte clock: 4,008 for 250 ms at 8 kHz, 8,008 for 500 ms.
        record_bytes: usize,
    },
}

/// A [`Form`] that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a binary record of {record_bytes} bytes cannot be: give 8 for the clock and 2 for each of 1 to \
     {CHUNK_SAMPLES_MAX} samples, such as 4008 or 8008"
)]
pub struct FormError {
    /// The length that was asked for.
    pub record_bytes: usize,
}

/// A frame that could not be read. Those around it are not affected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadFrame {
    /// Which frame of the stream, from 1: lines (blank ones too), records and damaged stretches count.
    pub ordinal: u64,
    /// Where it begins, in bytes from the start of the stream.
    pub offset_bytes: u64,
    /// What is wrong with it.
    pub reason: BadReason,
}

/// What is wrong with a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadReason {
    /// It does not decode.
    Decode(DecodeError),
    /// A line of more than [`FRAME_BYTES_MAX`].
    TooLong {
        /// Its length.
        bytes: u64,
    },
    /// Bytes that are neither line nor record.
    Damaged {
        /// How many.
        bytes: u64,
    },
    /// The clock of a binary record of the prototype is none, as where the length of a record is not
    /// the true one.
    Clock,
    /// The stream ends inside a binary record of the prototype.
    CutOff {
        /// How many bytes are there.
        bytes: u64,
    },
}

impl fmt::Display for BadFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { ordinal, offset_bytes, reason } = self;
        write!(f, "line {ordinal} (byte {offset_bytes}): {reason}; it is left out")
    }
}

impl fmt::Display for BadReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            BadReason::Decode(error) => f.write_str(&sentence(error)),
            BadReason::TooLong { bytes } => {
                write!(
                    f,
                    "{bytes} bytes without a line's end, more than the {FRAME_BYTES_MAX} a chunk can take"
                )
            }
            BadReason::Damaged { bytes } => {
                write!(
                    f,
                    "{bytes} bytes that are no whole line or record: cut off, damaged or of another form"
                )
            }
            BadReason::Clock => f.write_str("its clock is no time; check the length of the records"),
            BadReason::CutOff { bytes } => write!(f, "the last binary record has only {bytes} bytes"),
        }
    }
}

impl std::error::Error for BadFrame {}

fn sentence(error: DecodeError) -> String {
    match error {
        DecodeError::Empty => "it is empty".into(),
        DecodeError::Json => "it is no JSON object, or is cut off".into(),
        DecodeError::Missing(key) => format!("the key \"{key}\" is missing"),
        DecodeError::Repeated(key) => format!("the key \"{key}\" stands there twice"),
        DecodeError::Value(key) => format!("\"{key}\" must be {}", wanted(key)),
        DecodeError::Timestamp => "\"timestamp\" is no time like 2021-04-16T09:40:06.546601".into(),
        DecodeError::Base64 => "\"raw_data\" is no base64".into(),
        DecodeError::OddBytes => "\"raw_data\" has an odd number of bytes, which is no 16-bit sound".into(),
        DecodeError::Samples => format!("it holds more than {CHUNK_SAMPLES_MAX} samples"),
        DecodeError::Record => "the record's version or length is wrong, or it is cut off".into(),
        DecodeError::Crc => "the record is damaged: its checksum does not match".into(),
        other => other.to_string(),
    }
}

/// What the value of `key` can be.
fn wanted(key: &str) -> String {
    let text = |bytes_max| format!("a text of 1 to {bytes_max} bytes without control characters");
    match key {
        "device" => text(DEVICE_BYTES_MAX),
        "reason" => text(REASON_BYTES_MAX),
        "rate" => format!("a whole number of Hz from 1 to {RATE_HZ_MAX}"),
        "run" | "timestamp" => "a time like 2021-04-16T09:40:06.546601".into(),
        "utc_offset" => "an offset like +09:00, less than a day".into(),
        "raw_data" => "base64 of the sound, or empty where \"gap_samples\" stands".into(),
        _ => "a whole number, 0 or more".into(),
    }
}

/// Where a frame lies in its stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    /// First byte.
    pub(crate) offset: u64,
    /// Bytes, a line's `\n` included.
    pub(crate) bytes: u64,
}

/// Stored bytes in, chunks out, in the order of the bytes. Holds one frame at a time: about 300 KB.
pub struct Frames {
    source: Source,
    samples: Box<[i16]>,
    ordinal: u64,
    span: Span,
}

enum Source {
    Split(Box<Splitter<FRAME_BYTES_MAX>>),
    Binary { record: Vec<u8>, record_bytes: usize, read: u64 },
}

/// A chunk without its samples, which stay in the buffer.
struct Found {
    header: Header,
    gap: Option<(u64, Reason)>,
    samples: usize,
}

impl Frames {
    /// A reader at the start of a stream.
    ///
    /// # Errors
    /// [`FormError`] if the prototype's record length cannot be.
    pub fn new(form: Form) -> Result<Self, FormError> {
        let source = match form {
            Form::LinesAndRecords => Source::Split(Box::new(Splitter::new())),
            Form::PrototypeBinary { record_bytes } => {
                let pcm_bytes = record_bytes.saturating_sub(PROTOTYPE_CLOCK_BYTES);
                if pcm_bytes == 0 || pcm_bytes % 2 != 0 || pcm_bytes / 2 > CHUNK_SAMPLES_MAX {
                    return Err(FormError { record_bytes });
                }
                Source::Binary { record: Vec::with_capacity(record_bytes), record_bytes, read: 0 }
            }
        };
        let samples = vec![0; CHUNK_SAMPLES_MAX].into_boxed_slice();
        Ok(Self { source, samples, ordinal: 0, span: Span::default() })
    }

    /// The next chunk of `bytes`, which is moved on to what is still unread. `None`: all is read,
    /// hand in the next piece.
    ///
    /// # Errors
    /// [`BadFrame`] for a frame that does not read; the next call goes on behind it.
    pub fn next(&mut self, bytes: &mut &[u8]) -> Option<Result<Chunk<'_>, BadFrame>> {
        self.next_at(bytes).map(|(_, chunk)| chunk)
    }

    /// As [`Self::next`], with where the frame lies in the stream.
    pub(crate) fn next_at(&mut self, bytes: &mut &[u8]) -> Option<(Span, Result<Chunk<'_>, BadFrame>)> {
        let found = match &mut self.source {
            Source::Split(splitter) => {
                let (item, rest) = splitter.push(bytes);
                *bytes = rest;
                let (found, length) = decode(item?, &mut self.samples);
                self.span = Span { offset: splitter.offset(), bytes: length };
                found
            }
            Source::Binary { record, record_bytes, read } => {
                let take = (*record_bytes - record.len()).min(bytes.len());
                let (now, rest) = bytes.split_at(take);
                record.extend_from_slice(now);
                *bytes = rest;
                if record.len() < *record_bytes {
                    return None;
                }
                let found = decode_binary(record, &mut self.samples);
                self.span = Span { offset: *read, bytes: record.len() as u64 };
                *read += record.len() as u64;
                record.clear();
                found
            }
        };
        Some((self.span, self.number(found)))
    }

    /// The stream has ended: what is left of it, such as a line without its end. Call until `None`;
    /// the reader then stands at the start of a new stream.
    ///
    /// # Errors
    /// As [`Self::next`].
    pub fn finish(&mut self) -> Option<Result<Chunk<'_>, BadFrame>> {
        self.finish_at().map(|(_, chunk)| chunk)
    }

    /// As [`Self::finish`], with where the frame lies in the stream.
    pub(crate) fn finish_at(&mut self) -> Option<(Span, Result<Chunk<'_>, BadFrame>)> {
        let found = match &mut self.source {
            Source::Split(splitter) => {
                let last = splitter.finish().map(|item| {
                    // There is no `\n` behind the last line.
                    let end = u64::from(matches!(item, Item::Line(_) | Item::TooLong { .. }));
                    let (found, length) = decode(item, &mut self.samples);
                    (found, length - end)
                });
                last.map(|(found, length)| {
                    self.span = Span { offset: splitter.offset(), bytes: length };
                    found
                })
            }
            Source::Binary { record, read, .. } => {
                let bytes = record.len() as u64;
                self.span = Span { offset: *read, bytes };
                *read = 0;
                record.clear();
                (bytes > 0).then_some(Err(BadReason::CutOff { bytes }))
            }
        };
        let Some(found) = found else {
            self.ordinal = 0;
            return None;
        };
        Some((self.span, self.number(found)))
    }

    fn number(&mut self, found: Result<Found, BadReason>) -> Result<Chunk<'_>, BadFrame> {
        self.ordinal += 1;
        let Found { header, gap, samples } = found.map_err(|reason| BadFrame {
            ordinal: self.ordinal,
            offset_bytes: self.span.offset,
            reason,
        })?;
        let body = match gap {
            Some((gap_samples, reason)) => Body::Gap { gap_samples, reason },
            None => Body::Samples(self.samples.get(..samples).unwrap_or_default()),
        };
        Ok(Chunk { header, body })
    }
}

/// What `item` holds, and how many bytes of the stream it takes.
fn decode(item: Item<'_>, samples: &mut [i16]) -> (Result<Found, BadReason>, u64) {
    match item {
        Item::Line(bytes) => (found(line::decode(bytes, samples)), bytes.len() as u64 + 1),
        Item::Record(bytes) => (found(record::decode(bytes, samples)), bytes.len() as u64),
        Item::Damaged { bytes } => (Err(BadReason::Damaged { bytes }), bytes),
        Item::TooLong { bytes } => (Err(BadReason::TooLong { bytes }), bytes + 1),
    }
}

fn decode_binary(record: &[u8], samples: &mut [i16]) -> Result<Found, BadReason> {
    let (timestamp, samples) = record::decode_prototype(record, samples).map_err(|error| match error {
        DecodeError::Timestamp => BadReason::Clock,
        other => BadReason::Decode(other),
    })?;
    // Unix seconds are UTC by definition.
    let header = Header {
        timestamp,
        utc_offset_min: Some(0),
        device: None,
        run: None,
        seq: None,
        first_sample: None,
        rate: None,
    };
    Ok(Found { header, gap: None, samples: samples.len() })
}

fn found(chunk: Result<Chunk<'_>, DecodeError>) -> Result<Found, BadReason> {
    let Chunk { header, body } = chunk.map_err(BadReason::Decode)?;
    Ok(match body {
        Body::Samples(samples) => Found { header, gap: None, samples: samples.len() },
        Body::Gap { gap_samples, reason } => Found { header, gap: Some((gap_samples, reason)), samples: 0 },
    })
}
