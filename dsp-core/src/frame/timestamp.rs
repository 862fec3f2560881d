//! `YYYY-MM-DDTHH:MM:SS.ffffff`: a date and time of day without a zone.

use core::fmt;

const MICROS_PER_SECOND: i64 = 1_000_000;
const SECONDS_PER_DAY: i64 = 86_400;
const MICROS_PER_DAY: i64 = SECONDS_PER_DAY * MICROS_PER_SECOND;
/// The Gregorian calendar repeats after 400 years.
const DAYS_PER_ERA: i64 = 400 * 365 + 97;
/// Days from 0000-03-01 to 1970-01-01. Counting years from March puts the leap day at a year's end.
const EPOCH_DAYS: i64 = 719_468;

/// Microseconds since 1970-01-01T00:00:00 of whatever clock is in use, years 0001 to 9999.
///
/// The written form orders as the value does. There are no leap seconds.
///
/// ```
/// use dsp_core::frame::timestamp::Timestamp;
///
/// let time = Timestamp::parse(b"2021-04-16T09:40:06.546601").unwrap();
/// assert_eq!(time.micros(), 1_618_566_006_546_601);
/// assert_eq!(&time.format(), b"2021-04-16T09:40:06.546601");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Length of the written form, in bytes.
    pub const BYTES: usize = 26;
    /// 0001-01-01T00:00:00.000000, the earliest that the prototype's `strptime` reads.
    pub const MIN: Self = Self((days(1, 1, 1)) * MICROS_PER_DAY);
    /// 9999-12-31T23:59:59.999999, the last with four digits of a year.
    pub const MAX: Self = Self((days(9999, 12, 31) + 1) * MICROS_PER_DAY - 1);

    /// Clamped to [`Self::MIN`] and [`Self::MAX`].
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        if micros < Self::MIN.0 {
            Self::MIN
        } else if micros > Self::MAX.0 {
            Self::MAX
        } else {
            Self(micros)
        }
    }

    /// Microseconds since 1970-01-01T00:00:00.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// `micros` later (earlier if negative), clamped as [`Self::from_micros`] does.
    #[must_use]
    pub const fn add_micros(self, micros: i64) -> Self {
        Self::from_micros(self.0.saturating_add(micros))
    }

    /// When sample number `samples` is due if number 0 was due at `self`: to the nearest microsecond,
    /// clamped as [`Self::from_micros`] does. A rate of 0 Hz never gets anywhere: [`Self::MAX`].
    #[must_use]
    pub const fn after_samples(self, samples: u64, rate_hz: u32) -> Self {
        if samples == 0 {
            return self;
        }
        let rate = rate_hz as u64;
        let (Some(seconds), Some(part)) = (samples.checked_div(rate), samples.checked_rem(rate)) else {
            return Self::MAX;
        };
        // `part` is below 2^32, so this product is far below 2^64.
        let micros = (part * MICROS_PER_SECOND as u64 + rate / 2) / rate;
        let total = seconds.saturating_mul(MICROS_PER_SECOND as u64).saturating_add(micros);
        let total = if total > i64::MAX as u64 { i64::MAX } else { total as i64 };
        self.add_micros(total)
    }

    /// Reads `YYYY-MM-DD`, `T` or a space, `HH:MM:SS`, and up to six digits after a point.
    /// `None` for anything else, a date that does not exist, or a zone.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let (whole, fraction) = text.split_at_checked(19)?;
        let whole: &[u8; 19] = whole.try_into().ok()?;
        let separators = [whole[4], whole[7], whole[13], whole[16]];
        if separators != *b"--::" || !matches!(whole[10], b'T' | b' ') {
            return None;
        }
        let year = number(&whole[..4])?;
        let month = number(&whole[5..7])?;
        let day = number(&whole[8..10])?;
        let hour = number(&whole[11..13])?;
        let minute = number(&whole[14..16])?;
        let second = number(&whole[17..])?;
        if year == 0 || !(1..=12).contains(&month) || day == 0 || day > days_of_month(year, month) {
            return None;
        }
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let micros = match fraction {
            [] => 0,
            [b'.', digits @ ..] if (1..=6).contains(&digits.len()) => {
                number(digits)? * 10_i64.pow(6 - digits.len() as u32)
            }
            _ => return None,
        };
        let seconds = days(year, month, day) * SECONDS_PER_DAY + (hour * 60 + minute) * 60 + second;
        Some(Self(seconds * MICROS_PER_SECOND + micros))
    }

    /// The written form, always with six digits after the point.
    #[must_use]
    pub fn format(self) -> [u8; Self::BYTES] {
        let (year, month, day) = date(self.0.div_euclid(MICROS_PER_DAY));
        let micros = self.0.rem_euclid(MICROS_PER_DAY);
        let seconds = micros / MICROS_PER_SECOND;
        let mut text = *b"0000-00-00T00:00:00.000000";
        digits(&mut text[..4], year);
        digits(&mut text[5..7], month);
        digits(&mut text[8..10], day);
        digits(&mut text[11..13], seconds / 3600);
        digits(&mut text[14..16], seconds / 60 % 60);
        digits(&mut text[17..19], seconds % 60);
        digits(&mut text[20..], micros % MICROS_PER_SECOND);
        text
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(core::str::from_utf8(&self.format()).unwrap_or_default())
    }
}

/// Days since 1970-01-01 of a date that exists.
const fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    // From March, every five months have 153 days (31, 30, 31, 30, 31), and so on again.
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    let (era, year) = (year.div_euclid(400), year.rem_euclid(400));
    era * DAYS_PER_ERA + year * 365 + year / 4 - year / 100 + day_of_year - EPOCH_DAYS
}

/// The inverse of [`days`]: year, month, day.
const fn date(days: i64) -> (i64, i64, i64) {
    let days = days + EPOCH_DAYS;
    let (era, day) = (days.div_euclid(DAYS_PER_ERA), days.rem_euclid(DAYS_PER_ERA));
    // Takes out the leap days of 4, 100 and 400 years, so that every year has 365.
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (year * 365 + year / 4 - year / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let year = era * 400 + year;
    if month < 10 { (year, month + 3, day) } else { (year + 1, month - 9, day) }
}

const fn days_of_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Up to six ASCII digits; `None` for anything else.
fn number(text: &[u8]) -> Option<i64> {
    text.iter()
        .try_fold(0, |number, &digit| digit.is_ascii_digit().then(|| number * 10 + i64::from(digit - b'0')))
}

/// Fills `text` with the last digits of `number`, which is not negative.
fn digits(text: &mut [u8], mut number: i64) {
    for digit in text.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

const _: () = {
    assert!(days(1970, 1, 1) == 0);
    assert!(Timestamp::MIN.0 == -62_135_596_800_000_000);
    assert!(Timestamp::MAX.0 == 253_402_300_799_999_999);
};

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::string::ToString;

    /// Written form, microseconds; made with Python's `datetime`.
    const TABLE: [(&str, i64); 10] = [
        ("0001-01-01T00:00:00.000000", -62_135_596_800_000_000),
        ("1600-02-29T23:59:59.999999", -11_670_912_000_000_001),
        ("1900-02-28T23:59:59.999999", -2_203_891_200_000_001),
        ("1969-12-31T23:59:59.999999", -1),
        ("1970-01-01T00:00:00.000000", 0),
        ("2000-02-29T12:00:00.000000", 951_825_600_000_000),
        ("2021-04-16T09:40:06.546601", 1_618_566_006_546_601),
        ("2024-12-31T23:59:59.000001", 1_735_689_599_000_001),
        ("2100-03-01T00:00:00.000000", 4_107_542_400_000_000),
        ("9999-12-31T23:59:59.999999", 253_402_300_799_999_999),
    ];

    #[test]
    fn table_in_both_directions() {
        for (text, micros) in TABLE {
            assert_eq!(Timestamp::parse(text.as_bytes()), Some(Timestamp(micros)), "{text}");
            assert_eq!(Timestamp(micros).to_string(), text);
        }
    }

    #[test]
    fn fractions_of_one_to_six_digits_and_a_space_are_read() {
        let at = |micros: i64| Some(Timestamp(951_825_600_000_000 + micros));
        assert_eq!(Timestamp::parse(b"2000-02-29 12:00:00"), at(0));
        assert_eq!(Timestamp::parse(b"2000-02-29T12:00:00.5"), at(500_000));
        assert_eq!(Timestamp::parse(b"2000-02-29T12:00:00.05"), at(50_000));
        assert_eq!(Timestamp::parse(b"2000-02-29T12:00:00.00001"), at(10));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "2021",
            "2021-04-16",
            "2021-04-16T09:40",
            "2021-04-16T09:40:6",
            "2021-04-16T09:40:06.",
            "2021-04-16T09:40:06.1234567",
            "2021-04-16T09:40:06,5",
            "2021-04-16T09:40:06Z",
            "2021-04-16T09:40:06.5Z",
            "2021-04-16T09:40:06+09:00",
            "2021-04-16t09:40:06",
            "2021/04/16T09:40:06",
            "+021-04-16T09:40:06",
            "2021-04-16T09:40:0 ",
            "0000-01-01T00:00:00",
            "2021-00-16T09:40:06",
            "2021-13-16T09:40:06",
            "2021-04-00T09:40:06",
            "2021-04-31T09:40:06",
            "2021-02-29T09:40:06",
            "1900-02-29T09:40:06",
            "2021-04-16T24:00:00",
            "2021-04-16T09:60:06",
            "2021-04-16T09:40:60",
            "\u{ff12}021-04-16T09:40:06",
        ] {
            assert_eq!(Timestamp::parse(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn every_day_of_the_calendar_follows_the_one_before() {
        let (mut year, mut month, mut day) = (1, 1, 1);
        let mut number = days(1, 1, 1);
        while year <= 9999 {
            assert_eq!(date(number), (year, month, day));
            assert_eq!(days(year, month, day), number);
            number += 1;
            day += 1;
            if day > days_of_month(year, month) {
                (month, day) = (month + 1, 1);
            }
            if month > 12 {
                (year, month) = (year + 1, 1);
            }
        }
    }

    #[test]
    fn samples_become_time_exactly() {
        let start = Timestamp(0);
        assert_eq!(start.after_samples(2_000, 8_000).micros(), 250_000);
        assert_eq!(start.after_samples(1, 3).micros(), 333_333);
        assert_eq!(start.after_samples(2, 3).micros(), 666_667);
        // A year of sound loses nothing.
        assert_eq!(start.after_samples(8_000 * 31_536_000 + 1, 8_000).micros(), 31_536_000_000_125);
        assert_eq!(start.after_samples(u64::MAX, u32::MAX), Timestamp(4_294_967_297_000_000));
        assert_eq!(start.after_samples(u64::MAX, 1), Timestamp::MAX);
        assert_eq!(start.after_samples(0, 0), start);
        assert_eq!(start.after_samples(1, 0), Timestamp::MAX);
    }

    proptest! {
        #[test]
        fn any_number_has_a_written_form_that_reads_back(micros: i64) {
            let time = Timestamp::from_micros(micros);
            prop_assert_eq!(time.micros(), micros.clamp(Timestamp::MIN.0, Timestamp::MAX.0));
            prop_assert_eq!(Timestamp::parse(&time.format()), Some(time));
        }

        #[test]
        fn times_of_the_calendar_read_back_and_keep_their_order(
            a in Timestamp::MIN.0..=Timestamp::MAX.0,
            b in Timestamp::MIN.0..=Timestamp::MAX.0,
        ) {
            let (one, other) = (Timestamp(a), Timestamp(b));
            prop_assert_eq!(Timestamp::parse(&one.format()), Some(one));
            prop_assert_eq!(one.format().cmp(&other.format()), a.cmp(&b));
        }

        #[test]
        fn any_bytes_are_read_or_refused(text in proptest::collection::vec(any::<u8>(), 0..30)) {
            if let Some(time) = Timestamp::parse(&text) {
                prop_assert!((Timestamp::MIN..=Timestamp::MAX).contains(&time));
            }
        }
    }
}
