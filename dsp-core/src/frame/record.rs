//! The binary record, and the prototype's binary form.
//!
//! # Layout
//! Everything is little-endian. The header has one size, so that PCM always starts at the same place.
//!
//! | offset | bytes | field |
//! |---|---|---|
//! | 0 | 4 | magic `F5 53 4C 52`; `F5` never occurs in UTF-8, so no line contains it |
//! | 4 | 1 | version, 1 |
//! | 5 | 1 | which fields are there, from bit 0: `utc_offset`, `device`, `run`, `seq`, `first_sample`, `rate`, gap |
//! | 6 | 1 | bytes of the device name |
//! | 7 | 1 | bytes of a gap's reason |
//! | 8 | 4 | bytes of the whole record |
//! | 12 | 4 | `rate` in Hz |
//! | 16 | 8 | `timestamp`, microseconds since 1970, signed |
//! | 24 | 8 | `run`, likewise |
//! | 32 | 8 | `seq` |
//! | 40 | 8 | `first_sample` |
//! | 48 | 8 | `gap_samples` |
//! | 56 | 2 | `utc_offset` in minutes, signed |
//! | 58 | 2 | 0 |
//! | 60 | 4 | CRC-32C of bytes 0 to 59 |
//! | 64 | | 16-bit PCM; none in a gap |
//! | | | device name, then reason, both UTF-8 |
//! | end - 4 | 4 | CRC-32C of all before it except bytes 60 to 63 |
//!
//! A field that is not there is 0. Magic, version, length and both checksums stay where they are in
//! every version, so that a reader finds the end of a record that it does not understand.
//!
//! **Why two checksums.** The header's tells a damaged length at once: without it, a reader would wait
//! for bytes that never come. The last one leaves the first out, because a CRC over data and its own CRC
//! is the same for all data, and would not tie the header to its sound.

use super::{DecodeError, EncodeError, is_rate, is_utc_offset, timestamp::Timestamp};
use crate::chunk::{Body, Chunk, Device, Header, Reason};
#[cfg(doc)]
use crate::format::RATE_HZ_MAX;
use crate::format::{CHUNK_SAMPLES, CHUNK_SAMPLES_MAX, DEVICE_BYTES_MAX, REASON_BYTES_MAX};

/// Bytes before the PCM.
pub(super) const HEADER_BYTES: usize = 64;
/// What every record begins with.
pub(super) const MAGIC: [u8; 4] = *b"\xf5SLR";
const VERSION: u8 = 1;
const CRC_BYTES: usize = 4;
/// Where the header's own checksum stands.
const HEADER_CRC: usize = HEADER_BYTES - CRC_BYTES;

const HAS_UTC_OFFSET: u8 = 1;
const HAS_DEVICE: u8 = 1 << 1;
const HAS_RUN: u8 = 1 << 2;
const HAS_SEQ: u8 = 1 << 3;
const HAS_FIRST_SAMPLE: u8 = 1 << 4;
const HAS_RATE: u8 = 1 << 5;
const IS_GAP: u8 = 1 << 6;
const FLAGS: u8 = (IS_GAP << 1) - 1;

/// 16 KB of tables against 1 KB: 16 bytes a step against one.
#[cfg(feature = "simd")]
type Tables = crc::Table<16>;
#[cfg(not(feature = "simd"))]
type Tables = crc::Table<1>;
static CRC: crc::Crc<u32, Tables> = crc::Crc::<u32, Tables>::new(&crc::CRC_32_ISCSI);

/// Most bytes that a record of `samples` samples takes.
#[must_use]
pub const fn bytes_max(samples: usize) -> usize {
    samples.saturating_mul(2).saturating_add(256)
}

const _: () = {
    assert!(HEADER_BYTES + DEVICE_BYTES_MAX + REASON_BYTES_MAX + CRC_BYTES <= bytes_max(0));
    // Firehose bills in steps of 5 KB.
    assert!(bytes_max(CHUNK_SAMPLES) < 5_120);
    assert!(DEVICE_BYTES_MAX <= u8::MAX as usize);
    assert!(REASON_BYTES_MAX <= u8::MAX as usize);
    assert!(bytes_max(CHUNK_SAMPLES_MAX) <= u32::MAX as usize);
};

/// Writes `chunk` and returns the bytes written.
///
/// # Errors
/// [`EncodeError`]; nothing is promised of `out` then. [`EncodeError::Value`] names `utc_offset`
/// (a day or more) or `rate` (0 Hz or above [`RATE_HZ_MAX`]).
pub fn encode(chunk: &Chunk<'_>, out: &mut [u8]) -> Result<usize, EncodeError> {
    let Header { timestamp, utc_offset_min, device, run, seq, first_sample, rate } = &chunk.header;
    let (samples, gap): (&[i16], _) = match &chunk.body {
        Body::Samples(samples) => (samples, None),
        Body::Gap { gap_samples, reason } => (&[], Some((*gap_samples, reason))),
    };
    if samples.len() > CHUNK_SAMPLES_MAX {
        return Err(EncodeError::Samples);
    }
    if utc_offset_min.is_some_and(|minutes| !is_utc_offset(minutes)) {
        return Err(EncodeError::Value("utc_offset"));
    }
    if rate.is_some_and(|rate| !is_rate(rate)) {
        return Err(EncodeError::Value("rate"));
    }
    let flag = |flag, is_there| if is_there { flag } else { 0 };
    let flags = flag(HAS_UTC_OFFSET, utc_offset_min.is_some())
        | flag(HAS_DEVICE, device.is_some())
        | flag(HAS_RUN, run.is_some())
        | flag(HAS_SEQ, seq.is_some())
        | flag(HAS_FIRST_SAMPLE, first_sample.is_some())
        | flag(HAS_RATE, rate.is_some())
        | flag(IS_GAP, gap.is_some());
    let device = device.as_ref().map_or("", Device::as_str);
    let reason = gap.map_or("", |(_, reason)| reason.as_str());
    let pcm: &[u8] = bytemuck::cast_slice(samples);
    let bytes = HEADER_BYTES + pcm.len() + device.len() + reason.len() + CRC_BYTES;

    let out = out.get_mut(..bytes).ok_or(EncodeError::Space)?;
    let mut at = 0;
    let mut put = |field: &[u8]| {
        out[at..at + field.len()].copy_from_slice(field);
        at += field.len();
    };
    put(&MAGIC);
    put(&[VERSION, flags, device.len() as u8, reason.len() as u8]);
    put(&(bytes as u32).to_le_bytes());
    put(&rate.unwrap_or(0).to_le_bytes());
    put(&timestamp.micros().to_le_bytes());
    put(&run.map_or(0, Timestamp::micros).to_le_bytes());
    put(&seq.unwrap_or(0).to_le_bytes());
    put(&first_sample.unwrap_or(0).to_le_bytes());
    put(&gap.map_or(0, |(gap_samples, _)| gap_samples).to_le_bytes());
    put(&utc_offset_min.unwrap_or(0).to_le_bytes());
    put(&[0; 2 + CRC_BYTES]);
    put(pcm);
    put(device.as_bytes());
    put(reason.as_bytes());
    let header_crc = CRC.checksum(&out[..HEADER_CRC]);
    out[HEADER_CRC..HEADER_BYTES].copy_from_slice(&header_crc.to_le_bytes());
    let crc = body_crc(out);
    out[bytes - CRC_BYTES..].copy_from_slice(&crc.to_le_bytes());
    Ok(bytes)
}

/// Reads one whole record into `samples`.
///
/// No number is trusted further than its range: `rate` is 1 to [`RATE_HZ_MAX`], the others are any
/// `u64`, so add them with care.
///
/// # Errors
/// [`DecodeError`] says what is wrong with it; nothing is promised of `samples` then.
pub fn decode<'s>(record: &[u8], samples: &'s mut [i16]) -> Result<Chunk<'s>, DecodeError> {
    let (header, body) = record.split_first_chunk::<HEADER_BYTES>().ok_or(DecodeError::Record)?;
    if header[..4] != MAGIC {
        return Err(DecodeError::Record);
    }
    let bytes = length(header).ok_or(DecodeError::Crc)?;
    if header[4] != VERSION || header[5] & !FLAGS != 0 || record.len() != bytes {
        return Err(DecodeError::Record);
    }
    if !is_whole(record) {
        return Err(DecodeError::Crc);
    }
    let has = |flag| header[5] & flag != 0;
    let texts = usize::from(header[6]) + usize::from(header[7]);
    let pcm_bytes = body.len().checked_sub(texts + CRC_BYTES).ok_or(DecodeError::Record)?;
    let (pcm, texts) = body.split_at(pcm_bytes);
    let (device, reason) = texts[..texts.len() - CRC_BYTES].split_at(header[6].into());

    let text = |key, text| core::str::from_utf8(text).map_err(|_| DecodeError::Value(key));
    let device = match has(HAS_DEVICE) {
        true => Some(Device::new(text("device", device)?).map_err(|_| DecodeError::Value("device"))?),
        false => None,
    };
    let rate = u32::from_le_bytes(field(header, 12));
    if has(HAS_RATE) && !is_rate(rate) {
        return Err(DecodeError::Value("rate"));
    }
    let utc_offset_min = i16::from_le_bytes(field(header, 56));
    if has(HAS_UTC_OFFSET) && !is_utc_offset(utc_offset_min) {
        return Err(DecodeError::Value("utc_offset"));
    }
    let time = |at, error| {
        let micros = i64::from_le_bytes(field(header, at));
        Some(Timestamp::from_micros(micros)).filter(|time| time.micros() == micros).ok_or(error)
    };
    let number = |at| u64::from_le_bytes(field(header, at));
    let header = Header {
        timestamp: time(16, DecodeError::Timestamp)?,
        utc_offset_min: has(HAS_UTC_OFFSET).then_some(utc_offset_min),
        device,
        run: if has(HAS_RUN) { Some(time(24, DecodeError::Value("run"))?) } else { None },
        seq: has(HAS_SEQ).then(|| number(32)),
        first_sample: has(HAS_FIRST_SAMPLE).then(|| number(40)),
        rate: has(HAS_RATE).then_some(rate),
    };
    let body = if has(IS_GAP) {
        if !pcm.is_empty() {
            return Err(DecodeError::Value("raw_data"));
        }
        let reason = Reason::new(text("reason", reason)?).map_err(|_| DecodeError::Value("reason"))?;
        Body::Gap { gap_samples: number(48), reason }
    } else {
        Body::Samples(read_pcm(pcm, samples)?)
    };
    Ok(Chunk { header, body })
}

/// Reads the prototype's second form: `f64` little-endian Unix seconds, then PCM.
///
/// The time is UTC, to the nearest microsecond.
///
/// # Errors
/// [`DecodeError::Empty`] for nothing, [`DecodeError::Record`] for less than the 8 bytes of the time,
/// [`DecodeError::Timestamp`] for a time that is not finite or outside the years 0001 to 9999,
/// [`DecodeError::OddBytes`], [`DecodeError::Samples`].
pub fn decode_prototype<'s>(
    bytes: &[u8],
    samples: &'s mut [i16],
) -> Result<(Timestamp, &'s [i16]), DecodeError> {
    if bytes.is_empty() {
        return Err(DecodeError::Empty);
    }
    let (seconds, pcm) = bytes.split_first_chunk::<8>().ok_or(DecodeError::Record)?;
    let seconds = f64::from_le_bytes(*seconds);
    // Also refuses NaN. A little wider than the years allow, so that the sums below stay far from i64's end.
    if !(-1e11..1e12).contains(&seconds) {
        return Err(DecodeError::Timestamp);
    }
    // Apart, because seconds times a million would round twice.
    let whole = libm::floor(seconds);
    let micros = whole as i64 * 1_000_000 + libm::round((seconds - whole) * 1e6) as i64;
    let time = Timestamp::from_micros(micros);
    if time.micros() != micros {
        return Err(DecodeError::Timestamp);
    }
    Ok((time, read_pcm(pcm, samples)?))
}

/// Length of the record that begins with this header; `None` if the header is damaged or none.
pub(super) fn length(header: &[u8; HEADER_BYTES]) -> Option<usize> {
    let is_header = header[..4] == MAGIC
        && CRC.checksum(&header[..HEADER_CRC]) == u32::from_le_bytes(field(header, HEADER_CRC));
    let bytes = u32::from_le_bytes(field(header, 8)) as usize;
    (is_header && bytes >= HEADER_BYTES + CRC_BYTES).then_some(bytes)
}

/// Whether the last checksum matches; `record` is as long as its header says.
pub(super) fn is_whole(record: &[u8]) -> bool {
    record.last_chunk().is_some_and(|crc| body_crc(record) == u32::from_le_bytes(*crc))
}

/// `record` has its full length, at least [`HEADER_BYTES`] and the checksum itself.
fn body_crc(record: &[u8]) -> u32 {
    let mut digest = CRC.digest();
    digest.update(&record[..HEADER_CRC]);
    digest.update(&record[HEADER_BYTES..record.len() - CRC_BYTES]);
    digest.finalize()
}

/// `at` is a constant inside the header.
fn field<const BYTES: usize>(header: &[u8; HEADER_BYTES], at: usize) -> [u8; BYTES] {
    core::array::from_fn(|index| header[at + index])
}

fn read_pcm<'s>(pcm: &[u8], samples: &'s mut [i16]) -> Result<&'s [i16], DecodeError> {
    if !pcm.len().is_multiple_of(2) {
        return Err(DecodeError::OddBytes);
    }
    let samples = samples.get_mut(..pcm.len() / 2).ok_or(DecodeError::Samples)?;
    bytemuck::cast_slice_mut(samples).copy_from_slice(pcm);
    Ok(samples)
}
