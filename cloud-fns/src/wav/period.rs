//! Which stretch of time: its start and its length, read exactly.

use dsp_core::frame::timestamp::Timestamp;
use std::fmt;

const MICROS_PER_SECOND: u64 = 1_000_000;
const MICROS_PER_MINUTE: i64 = 60 * MICROS_PER_SECOND as i64;
/// Decimals of a second that a time stamp has.
const DECIMALS: usize = 6;
/// Longest period, in seconds: the 4 GiB of a WAV hold 74 h at 8 kHz; a rate of 1 Hz is below any use.
const SECONDS_MAX: u64 = u32::MAX as u64 / 2;
/// No place on earth is further from UTC than 14 hours.
const OFFSET_MIN_MAX: i16 = 14 * 60;

/// A stretch of time: not empty, exact to the microsecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    start: Timestamp,
    micros: u64,
}

/// Why a text is no period. Its text is one sentence with the remedy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PeriodError {
    /// The start does not read.
    #[error(
        "the start \"{0}\" is no time; write it like \"2021-04-14 13:24:00\" or 2021-04-14T13:24:00.5, \
         with Z or +09:00 behind it for a clock of its own"
    )]
    Start(String),
    /// The length does not read.
    #[error(
        "the length \"{0}\" is no number of seconds; write it like 50 or 0.25, with at most six decimals"
    )]
    Seconds(String),
    /// The length is nothing.
    #[error("a period of no length has no sound; give more than 0 seconds")]
    Zero,
    /// The length is negative.
    #[error("a period of {0} seconds ends before it begins; give its earlier end as the start")]
    Reversed(String),
    /// Longer than any WAV.
    #[error("a period of {0} seconds is longer than a WAV file can be; export shorter ones")]
    TooLong(String),
    /// The offset does not read.
    #[error("the UTC offset \"{0}\" is none; write it like +09:00, -03:30 or Z")]
    UtcOffset(String),
}

impl Period {
    /// `micros` microseconds from `start` (UTC).
    ///
    /// # Errors
    /// [`PeriodError`] if it is empty or too long.
    pub fn new(start: Timestamp, micros: u64) -> Result<Self, PeriodError> {
        if micros == 0 {
            return Err(PeriodError::Zero);
        }
        if micros / MICROS_PER_SECOND >= SECONDS_MAX {
            return Err(PeriodError::TooLong((micros / MICROS_PER_SECOND).to_string()));
        }
        Ok(Self { start, micros })
    }

    /// Reads a start such as `2021-04-14 13:24:00`, with `T` for the space, a fraction, and a zone
    /// (`Z`, `+09:00`) if wished; without a zone it is on a clock `utc_offset_min` minutes ahead of
    /// UTC. `seconds` is a decimal number such as `50` or `0.25`.
    ///
    /// # Errors
    /// [`PeriodError`] says which of the two cannot be.
    pub fn parse(start: &str, seconds: &str, utc_offset_min: i16) -> Result<Self, PeriodError> {
        let bad = || PeriodError::Start(start.into());
        let (time, offset_min) = split_zone(start.trim()).ok_or_else(bad)?;
        let time = Timestamp::parse(time.as_bytes()).ok_or_else(bad)?;
        let offset_min = i64::from(offset_min.unwrap_or(utc_offset_min));
        let start = Timestamp::from_micros(time.micros() - offset_min * MICROS_PER_MINUTE);
        Self::new(start, parse_seconds(seconds.trim())?)
    }

    /// When it begins, UTC.
    #[must_use]
    pub const fn start(&self) -> Timestamp {
        self.start
    }

    /// When it is over, UTC: the first instant that does not belong to it.
    #[must_use]
    pub const fn end(&self) -> Timestamp {
        Timestamp::from_micros(self.start.micros().saturating_add_unsigned(self.micros))
    }

    /// Samples of the period at `rate_hz`, to the nearest.
    #[must_use]
    pub const fn samples(&self, rate_hz: u32) -> u64 {
        let product = self.micros as u128 * rate_hz as u128;
        // At most 2^31 seconds at 2^32 Hz: far below 2^64.
        ((product + MICROS_PER_SECOND as u128 / 2) / MICROS_PER_SECOND as u128) as u64
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let start = self.start.format();
        let start = String::from_utf8_lossy(&start).replace('T', " ");
        let seconds = format!("{}.{:06}", self.micros / MICROS_PER_SECOND, self.micros % MICROS_PER_SECOND);
        write!(f, "{} UTC for {} s", short(&start), short(&seconds))
    }
}

/// A number without the noughts at the end of its decimals.
fn short(number: &str) -> &str {
    number.trim_end_matches('0').trim_end_matches('.')
}

/// Minutes ahead of UTC that `+09:00`, `-03:30` or `Z` stands for.
///
/// # Errors
/// [`PeriodError::UtcOffset`] for anything else.
pub fn parse_utc_offset(text: &str) -> Result<i16, PeriodError> {
    zone(text.trim()).ok_or_else(|| PeriodError::UtcOffset(text.into()))
}

fn zone(text: &str) -> Option<i16> {
    if text == "Z" || text == "z" {
        return Some(0);
    }
    let (sign, text) = match text.as_bytes().first()? {
        b'+' => (1, text.get(1..)?),
        b'-' => (-1, text.get(1..)?),
        _ => return None,
    };
    let (hours, minutes) = match text.len() {
        5 if text.as_bytes()[2] == b':' => (text.get(..2)?, text.get(3..)?),
        4 => (text.get(..2)?, text.get(2..)?),
        _ => return None,
    };
    let (hours, minutes) = (digits(hours)?, digits(minutes)?);
    let offset = i16::try_from(hours * 60 + minutes).ok()?;
    (minutes < 60 && offset <= OFFSET_MIN_MAX).then_some(sign * offset)
}

fn digits(text: &str) -> Option<u64> {
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

/// The time and, where there is one, the zone behind it. `None` for a zone that is none.
fn split_zone(text: &str) -> Option<(&str, Option<i16>)> {
    // The signs of a date stand in its first ten characters.
    let at = text.char_indices().skip(10).find(|(_, c)| matches!(c, 'Z' | 'z' | '+' | '-')).map(|(at, _)| at);
    match at {
        None => Some((text, None)),
        Some(at) => Some((text.get(..at)?.trim_end(), Some(zone(text.get(at..)?)?))),
    }
}

fn parse_seconds(text: &str) -> Result<u64, PeriodError> {
    let bad = || PeriodError::Seconds(text.into());
    let (negative, number) = match text.strip_prefix('-') {
        Some(number) => (true, number),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    if fraction.len() > DECIMALS && fraction[DECIMALS..].bytes().any(|byte| byte != b'0') {
        return Err(bad());
    }
    if !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit())
        || whole.is_empty()
        || fraction.is_empty()
    {
        return Err(bad());
    }
    let micros = format!("{fraction:0<DECIMALS$.DECIMALS$}").parse::<u64>().map_err(|_| bad())?;
    let seconds = whole.parse::<u64>().ok().filter(|&seconds| seconds < SECONDS_MAX);
    let Some(seconds) = seconds else {
        return Err(if negative {
            PeriodError::Reversed(text.into())
        } else {
            PeriodError::TooLong(text.into())
        });
    };
    match seconds * MICROS_PER_SECOND + micros {
        0 => Err(PeriodError::Zero),
        _ if negative => Err(PeriodError::Reversed(text.into())),
        micros => Ok(micros),
    }
}
