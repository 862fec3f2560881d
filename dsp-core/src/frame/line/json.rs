//! Reads every line that is JSON, with `serde-json-core` for the structure.
//!
//! That library skips unknown values without looking at them, descends without a limit and cannot
//! hold a string with escapes. So the line is screened first, which leaves only well-formed tokens of
//! a bounded depth, and strings are taken raw and resolved here.

use super::fields::Fields;
use super::screen::screen;
use super::text::{parse_utc_offset, unescape};
use super::{DecodeError, Timestamp, base64, is_rate};
use crate::chunk::{Device, Reason};
use crate::format::DEVICE_BYTES_MAX;
use core::fmt;
use serde::Deserializer as _;
use serde::de::{Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json_core::de::{Deserializer, Error};

/// Base64 characters that are freed of escapes and white space at a time: whole groups of four.
const PIECE_BYTES: usize = 1_024;

const KEYS: [&str; 10] = [
    "timestamp",
    "raw_data",
    "utc_offset",
    "device",
    "run",
    "seq",
    "first_sample",
    "rate",
    "gap_samples",
    "reason",
];

pub(super) fn read(line: &[u8], samples: &mut [i16]) -> Result<Fields, DecodeError> {
    screen(line)?;
    let mut reader = Reader { fields: Fields::default(), samples, error: None, reading: None };
    let mut json = Deserializer::new(line, None);
    match json.deserialize_map(&mut reader).and_then(|()| json.end()) {
        Ok(_) => Ok(reader.fields),
        Err(error) => Err(match (error, reader.error, reader.reading) {
            (_, Some(error), _) => error,
            // The last: a number goes on where a whole one would have ended, as in `12.5` and `1e3`.
            (Error::InvalidType | Error::InvalidNumber | Error::ExpectedObjectCommaOrEnd, _, Some(key)) => {
                DecodeError::Value(key)
            }
            _ => DecodeError::Json,
        }),
    }
}

struct Reader<'s> {
    fields: Fields,
    samples: &'s mut [i16],
    /// `serde-json-core` hands no error of ours through.
    error: Option<DecodeError>,
    /// The key whose value is being read, or whose number has just been read.
    reading: Option<&'static str>,
}

impl<'de> Visitor<'de> for &mut Reader<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        while let Some(raw) = map.next_key::<&str>()? {
            self.reading = KEYS.into_iter().find(|key| unescape(raw).eq(key.chars().map(Some)));
            let result = match self.reading {
                None => {
                    map.next_value::<IgnoredAny>()?;
                    Ok(())
                }
                Some(key @ ("seq" | "first_sample" | "rate" | "gap_samples")) => {
                    let number = map.next_value()?;
                    self.number(key, number)
                }
                Some(key) => {
                    let raw = map.next_value()?;
                    self.reading = None;
                    self.string(key, raw)
                }
            };
            if let Err(error) = result {
                self.error = Some(error);
                return Err(M::Error::custom(""));
            }
        }
        Ok(())
    }
}

impl Reader<'_> {
    fn number(&mut self, key: &'static str, number: u64) -> Result<(), DecodeError> {
        let fields = &mut self.fields;
        let is_repeated = match key {
            "seq" => fields.seq.replace(number).is_some(),
            "first_sample" => fields.first_sample.replace(number).is_some(),
            "gap_samples" => fields.gap_samples.replace(number).is_some(),
            _ => {
                let rate = u32::try_from(number).ok().filter(|&rate| is_rate(rate));
                fields.rate.replace(rate.ok_or(DecodeError::Value(key))?).is_some()
            }
        };
        once(key, is_repeated)
    }

    fn string(&mut self, key: &'static str, raw: &str) -> Result<(), DecodeError> {
        let fields = &mut self.fields;
        if key == "raw_data" {
            return once(key, fields.samples.replace(pcm(raw, self.samples)?).is_some());
        }
        let wrong = if key == "timestamp" { DecodeError::Timestamp } else { DecodeError::Value(key) };
        let mut text = heapless::String::<DEVICE_BYTES_MAX>::new();
        for character in unescape(raw) {
            text.push(character.ok_or(wrong)?).map_err(|_| wrong)?;
        }
        let time = Timestamp::parse(text.as_bytes()).ok_or(wrong);
        let is_repeated = match key {
            "timestamp" => fields.timestamp.replace(time?).is_some(),
            "run" => fields.run.replace(time?).is_some(),
            "device" => fields.device.replace(Device::new(&text).map_err(|_| wrong)?).is_some(),
            "reason" => fields.reason.replace(Reason::new(&text).map_err(|_| wrong)?).is_some(),
            _ => {
                let minutes = parse_utc_offset(text.as_bytes()).ok_or(wrong)?;
                fields.utc_offset_min.replace(minutes).is_some()
            }
        };
        once(key, is_repeated)
    }
}

fn once(key: &'static str, is_repeated: bool) -> Result<(), DecodeError> {
    if is_repeated { Err(DecodeError::Repeated(key)) } else { Ok(()) }
}

/// Reads base64 in a raw JSON string and returns how many samples it gave.
fn pcm(raw: &str, samples: &mut [i16]) -> Result<usize, DecodeError> {
    let out = bytemuck::cast_slice_mut(samples);
    // Of white space, JSON lets only the space stand as it is.
    let bytes = match memchr::memchr2(b'\\', b' ', raw.as_bytes()) {
        Some(_) => loose_base64(raw, out)?,
        None => base64::decode(raw.as_bytes(), out)?,
    };
    if bytes.is_multiple_of(2) { Ok(bytes / 2) } else { Err(DecodeError::OddBytes) }
}

/// Base64 with escapes and white space in it.
fn loose_base64(raw: &str, out: &mut [u8]) -> Result<usize, DecodeError> {
    let mut piece = heapless::Vec::<u8, PIECE_BYTES>::new();
    let mut bytes = 0;
    for character in unescape(raw) {
        let character = character.ok_or(DecodeError::Base64)?;
        if character.is_ascii_whitespace() {
            continue;
        }
        if piece.is_full() {
            let written = base64::decode(&piece, &mut out[bytes..])?;
            if written < PIECE_BYTES / 4 * 3 {
                // Padding with more behind it.
                return Err(DecodeError::Base64);
            }
            bytes += written;
            piece.clear();
        }
        let byte = u8::try_from(character).map_err(|_| DecodeError::Base64)?;
        piece.push(byte).map_err(|_| DecodeError::Base64)?;
    }
    Ok(bytes + base64::decode(&piece, &mut out[bytes..])?)
}
