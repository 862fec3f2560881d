//! Reads the one shape that nearly every line has, by position.
//!
//! `None` says only "not that shape": whether it is a good line is for [`super::json`] to say, and
//! whatever is read here, that reads the same.

use super::fields::Fields;
use super::text::parse_utc_offset;
use super::{
    DEVICE, FIRST_SAMPLE, GAP_SAMPLES, RATE, RAW_DATA, REASON, RUN, SEQ, TIMESTAMP, Timestamp, UTC_OFFSET,
    base64, is_rate,
};
use crate::chunk::{Device, Reason};

pub(super) fn read(line: &[u8], samples: &mut [i16]) -> Option<Fields> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let mut rest = Rest(line.strip_suffix(b"\r").unwrap_or(line));
    let mut fields = Fields::default();
    rest.skip(TIMESTAMP)?;
    fields.timestamp = Some(Timestamp::parse(rest.take(Timestamp::BYTES)?)?);
    rest.skip(RAW_DATA)?;
    let bytes = base64::decode(rest.string()?, bytemuck::cast_slice_mut(samples)).ok()?;
    fields.samples = bytes.is_multiple_of(2).then_some(bytes / 2);
    fields.samples?;
    if rest.skip(UTC_OFFSET).is_some() {
        fields.utc_offset_min = Some(parse_utc_offset(rest.string()?)?);
    }
    if rest.skip(DEVICE).is_some() {
        fields.device = Some(Device::new(rest.text()?).ok()?);
    }
    if rest.skip(RUN).is_some() {
        fields.run = Some(Timestamp::parse(rest.string()?)?);
    }
    if rest.skip(SEQ).is_some() {
        fields.seq = Some(rest.number()?);
    }
    if rest.skip(FIRST_SAMPLE).is_some() {
        fields.first_sample = Some(rest.number()?);
    }
    if rest.skip(RATE).is_some() {
        fields.rate = Some(u32::try_from(rest.number()?).ok().filter(|&rate| is_rate(rate))?);
    }
    if rest.skip(GAP_SAMPLES).is_some() {
        fields.gap_samples = Some(rest.number()?);
    }
    if rest.skip(REASON).is_some() {
        fields.reason = Some(Reason::new(rest.text()?).ok()?);
    }
    rest.skip(b"}")?;
    rest.0.is_empty().then_some(fields)
}

/// What is still to be read.
struct Rest<'l>(&'l [u8]);

impl<'l> Rest<'l> {
    fn skip(&mut self, expected: &[u8]) -> Option<()> {
        self.0 = self.0.strip_prefix(expected)?;
        Some(())
    }

    fn take(&mut self, bytes: usize) -> Option<&'l [u8]> {
        let (taken, rest) = self.0.split_at_checked(bytes)?;
        self.0 = rest;
        Some(taken)
    }

    /// Up to the next quote, which is passed.
    fn string(&mut self) -> Option<&'l [u8]> {
        let string = self.take(memchr::memchr(b'"', self.0)?)?;
        self.skip(b"\"")?;
        Some(string)
    }

    /// A string without escapes.
    fn text(&mut self) -> Option<&'l str> {
        let string = self.string()?;
        if string.contains(&b'\\') { None } else { core::str::from_utf8(string).ok() }
    }

    fn number(&mut self) -> Option<u64> {
        let digits = self.take(self.0.iter().take_while(|byte| byte.is_ascii_digit()).count())?;
        if digits.is_empty() || (digits.len() > 1 && digits[0] == b'0') {
            return None;
        }
        digits
            .iter()
            .try_fold(0_u64, |number, digit| number.checked_mul(10)?.checked_add(u64::from(digit - b'0')))
    }
}
