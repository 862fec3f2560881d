//! `YYYY-MM-DDTHH:MM:SS.ffffff`: a date and time of day without a zone.

/// Microseconds since 1970-01-01T00:00:00 of whatever clock is in use, years 0001 to 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Length of the written form, in bytes.
    pub const BYTES: usize = 26;

    /// Clamped to years 0001 to 9999.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }
    /// Microseconds since 1970-01-01T00:00:00.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }
    /// Reads `YYYY-MM-DD`, `T` or a space, `HH:MM:SS`, and up to six digits after a point.
    /// `None` for anything else, a date that does not exist, or a zone.
    #[must_use]
    pub fn parse(_text: &[u8]) -> Option<Self> {
        todo!()
    }
    /// The written form, always with six digits.
    #[must_use]
    pub fn format(self) -> [u8; Self::BYTES] {
        todo!()
    }
}
