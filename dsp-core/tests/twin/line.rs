//! Reads a line with `serde_json`.

use dsp_core::chunk::{Body, Chunk, Device, Header, Reason};
use dsp_core::format::RATE_HZ_MAX;
use dsp_core::frame::line::NESTING_MAX;
use dsp_core::frame::timestamp::Timestamp;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

/// A chunk with its own samples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owned {
    pub header: Header,
    pub samples: Vec<i16>,
    pub gap: Option<(u64, Reason)>,
}

impl From<Chunk<'_>> for Owned {
    fn from(chunk: Chunk<'_>) -> Self {
        let (samples, gap) = match chunk.body {
            Body::Samples(samples) => (samples.to_vec(), None),
            Body::Gap { gap_samples, reason } => (vec![], Some((gap_samples, reason))),
        };
        Self { header: chunk.header, samples, gap }
    }
}

impl Owned {
    pub fn chunk(&self) -> Chunk<'_> {
        let body = match &self.gap {
            Some((gap_samples, reason)) => Body::Gap { gap_samples: *gap_samples, reason: reason.clone() },
            None => Body::Samples(&self.samples),
        };
        Chunk { header: self.header.clone(), body }
    }
}

/// Known keys with their values, in the order of the line.
struct Pairs(Vec<(String, Value)>);

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

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Pairs;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Pairs, M::Error> {
                let mut pairs = vec![];
                while let Some(key) = map.next_key::<String>()? {
                    if KEYS.contains(&key.as_str()) {
                        pairs.push((key, map.next_value()?));
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

/// `None` for a line that must be refused.
pub fn read(line: &[u8], capacity: usize) -> Option<Owned> {
    let text = std::str::from_utf8(line).ok()?;
    let Pairs(pairs) = serde_json::from_str(text).ok()?;
    if depth(text) > NESTING_MAX {
        return None;
    }
    for key in KEYS {
        if pairs.iter().filter(|(other, _)| other == key).count() > 1 {
            return None;
        }
    }
    let value = |key: &str| pairs.iter().find(|(other, _)| other == key).map(|(_, value)| value);
    let string = |key| value(key).map(|value| value.as_str().ok_or(())).transpose().ok();
    let number = |key| value(key).map(|value| value.as_u64().ok_or(())).transpose().ok();
    let time = |text: &str| Timestamp::parse(text.as_bytes());

    let samples = pcm(string("raw_data")??, capacity)?;
    let run = optional(string("run")?, time)?;
    let utc_offset_min = optional(string("utc_offset")?, utc_offset)?;
    let rate = optional(number("rate")?, |rate| u32::try_from(rate).ok())?;
    let reason = optional(string("reason")?, |reason| Reason::new(reason).ok())?;
    let gap = optional(number("gap_samples")?, |gap_samples| Some((gap_samples, reason.clone()?)))?;
    if rate.is_some_and(|rate| rate == 0 || rate > RATE_HZ_MAX) || (gap.is_some() && !samples.is_empty()) {
        return None;
    }
    let header = Header {
        timestamp: time(string("timestamp")??)?,
        utc_offset_min: if run.is_some() { utc_offset_min.or(Some(0)) } else { utc_offset_min },
        device: optional(string("device")?, |device| Device::new(device).ok())?,
        run,
        seq: number("seq")?,
        first_sample: number("first_sample")?,
        rate,
    };
    Some(Owned { header, samples, gap })
}

/// What is not there is fine; what is there must be good.
fn optional<A, B>(value: Option<A>, read: impl FnOnce(A) -> Option<B>) -> Option<Option<B>> {
    match value {
        None => Some(None),
        Some(value) => read(value).map(Some),
    }
}

fn depth(text: &str) -> usize {
    let (mut deepest, mut depth, mut is_string, mut is_escape) = (0, 0_usize, false, false);
    for byte in text.bytes() {
        match byte {
            _ if is_escape => is_escape = false,
            b'\\' if is_string => is_escape = true,
            b'"' => is_string = !is_string,
            b'{' | b'[' if !is_string => depth += 1,
            b'}' | b']' if !is_string => depth -= 1,
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

fn utc_offset(text: &str) -> Option<i16> {
    let sign = match text.chars().next()? {
        '+' => 1,
        '-' => -1,
        _ => return None,
    };
    let (hours, minutes) = text[1..].split_once(':')?;
    let two = |text: &str| {
        (text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| text.parse::<i16>().unwrap())
    };
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    (hours < 24 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}

fn pcm(text: &str, capacity: usize) -> Option<Vec<i16>> {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let text: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let data = text.strip_suffix(b"==").or(text.strip_suffix(b"=")).unwrap_or(&text);
    let mut bits = 0_u32;
    let mut bit_count = 0;
    let mut bytes = vec![];
    for character in data {
        bits = bits << 6 | alphabet.iter().position(|other| other == character)? as u32;
        bit_count += 6;
        if bit_count >= 8 {
            bit_count -= 8;
            bytes.push((bits >> bit_count) as u8);
            bits &= (1 << bit_count) - 1;
        }
    }
    let is_canonical =
        text.len().is_multiple_of(4) && bits == 0 && bit_count == 2 * (text.len() - data.len());
    if !is_canonical || !bytes.len().is_multiple_of(2) || bytes.len() / 2 > capacity {
        return None;
    }
    Some(bytes.chunks(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect())
}
