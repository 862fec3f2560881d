//! The values that options take, read from text the same way on the command line, in the
//! environment and in the file.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use dsp_core::frame::timestamp::Timestamp;
use serde::{Deserialize, Deserializer, de};

/// Where the chunks go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SinkKind {
    /// The archive on this machine and the page.
    Local,
    /// Standard output.
    Stdout,
}

impl FromStr for SinkKind {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "local" => Ok(Self::Local),
            "stdout" => Ok(Self::Stdout),
            "kinesis" => Err("this build cannot send to Kinesis; a sink is local or stdout".into()),
            _ => Err("a sink is local or stdout".into()),
        }
    }
}

/// How fast a file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pace {
    /// `fast` for standard input and for a file without a page, otherwise `realtime`.
    Auto,
    /// One second of sound a second.
    Realtime,
    /// As fast as the machine.
    Fast,
}

/// How the rate is brought down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decimate {
    /// Filter, then keep every n-th sample.
    Fir,
    /// Keep every n-th sample, as the Python prototype did. Aliases.
    Drop,
}

/// How a chunk is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// A line of JSON.
    Line,
    /// A binary record, a quarter smaller.
    Record,
}

/// How much is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// What went wrong for good.
    Error,
    /// And what went wrong but goes on.
    Warn,
    /// And what a user wants to know.
    Info,
    /// And what a developer wants to know.
    Debug,
    /// Everything.
    Trace,
}

/// How far a clock is ahead of UTC, in minutes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UtcOffset(pub(crate) i16);

impl UtcOffset {
    /// Minutes ahead of UTC.
    #[must_use]
    pub const fn minutes(self) -> i16 {
        self.0
    }
    /// Microseconds ahead of UTC.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0 as i64 * 60_000_000
    }
}

impl FromStr for UtcOffset {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        cloud_fns::wav::parse_utc_offset(text).map(Self).map_err(|error| error.to_string())
    }
}

impl fmt::Display for UtcOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { '-' } else { '+' };
        write!(f, "{sign}{:02}:{:02}", self.0.abs() / 60, self.0.abs() % 60)
    }
}

/// A date and time of day, with or without a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateTime {
    stamp: Timestamp,
    zone: Option<UtcOffset>,
}

impl DateTime {
    /// UTC, in microseconds since 1970; `offset` is the zone of a time that names none.
    #[must_use]
    pub fn utc_micros(self, offset: UtcOffset) -> i64 {
        self.stamp.micros() - self.zone.unwrap_or(offset).micros()
    }
}

impl FromStr for DateTime {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        // A zone can only follow the time of day, so a `-` of the date is none.
        let zone_at =
            text.find([':']).and_then(|colon| text[colon..].find(['Z', '+', '-']).map(|sign| colon + sign));
        let (stamp, zone) = text.split_at(zone_at.unwrap_or(text.len()));
        let wrong = || {
            format!(
                "`{text}` is no time; write it as 2026-01-31T18:30:00, with Z or +09:00 behind it if need be"
            )
        };
        let stamp = Timestamp::parse(stamp.as_bytes()).ok_or_else(wrong)?;
        let zone = if zone.is_empty() { None } else { Some(zone.parse().map_err(|_| wrong())?) };
        Ok(Self { stamp, zone })
    }
}

/// Reads an optional value from TOML text; empty text stands for the default.
pub(crate) fn from_text<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr,
    T::Err: fmt::Display,
{
    let text = String::deserialize(deserializer)?;
    if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(de::Error::custom) }
}

/// Reads an optional time from TOML, in quotes or without.
pub(crate) fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<DateTime>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "expected a time such as 2026-01-01T00:00:00")]
    enum Either {
        Text(String),
        Bare(toml::value::Datetime),
    }
    let text = match Either::deserialize(deserializer)? {
        Either::Text(text) => text,
        Either::Bare(time) => time.to_string(),
    };
    if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(de::Error::custom) }
}

/// Reads optional text from TOML; empty text stands for the default.
pub(crate) fn non_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    String::deserialize(deserializer).map(|text| Some(text).filter(|text| !text.is_empty()))
}

/// Reads an optional path from TOML; empty text stands for the default.
pub(crate) fn path<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<PathBuf>, D::Error> {
    non_empty(deserializer).map(|text| text.map(PathBuf::from))
}

/// Reads a list of values from TOML, or one value alone.
pub(crate) fn list<'de, D, T>(deserializer: D) -> Result<Option<Vec<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr,
    T::Err: fmt::Display,
{
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "expected text or a list of texts")]
    enum OneOrMore {
        One(String),
        More(Vec<String>),
    }
    let texts = match OneOrMore::deserialize(deserializer)? {
        OneOrMore::One(text) => vec![text],
        OneOrMore::More(texts) => texts,
    };
    let values: Result<Vec<T>, _> = texts.iter().map(|text| text.parse()).collect();
    values.map(|values| Some(values).filter(|values| !values.is_empty())).map_err(de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_read_as_they_print() {
        for (text, minutes) in [("+09:00", 540), ("-03:30", -210), ("+00:00", 0), ("+14:00", 840)] {
            let offset: UtcOffset = text.parse().unwrap();
            assert_eq!((offset.minutes(), offset.to_string().as_str()), (minutes, text));
        }
        for text in ["", "9", "+9:00", "+24:00", "+09:60", "09:00", "+-1:00", "+é:00"] {
            assert!(text.parse::<UtcOffset>().is_err(), "{text}");
        }
    }

    #[test]
    fn times_take_the_zone_they_name_before_the_one_they_are_told() {
        let told: UtcOffset = "+09:00".parse().unwrap();
        for (text, micros) in [
            ("1970-01-02T00:00:00", 86_400_000_000 - 9 * 3_600_000_000),
            ("1970-01-02 00:00:00Z", 86_400_000_000),
            ("1970-01-02T00:00:00.5-01:00", 86_400_500_000 + 3_600_000_000),
        ] {
            assert_eq!(text.parse::<DateTime>().unwrap().utc_micros(told), micros, "{text}");
        }
        for text in ["", "yesterday", "2026-02-30T00:00:00", "2026-01-01T00:00:00+9", "Z"] {
            assert!(text.parse::<DateTime>().is_err(), "{text}");
        }
    }
}
