//! A period is read exactly, or refused in one sentence.

use cloud_fns::wav::{Period, PeriodError, parse_utc_offset};
use dsp_core::frame::timestamp::Timestamp;

fn micros(text: &str) -> i64 {
    Timestamp::parse(text.as_bytes()).expect("a time").micros()
}

#[test]
fn starts_with_and_without_a_zone_are_the_same_instant() {
    let wanted = micros("2021-04-14T13:24:00.500000");
    for (start, offset_min) in [
        ("2021-04-14 13:24:00.5", 0),
        ("2021-04-14T13:24:00.500", 0),
        ("2021-04-14T13:24:00.5Z", 540),
        ("2021-04-14 13:24:00.5 Z", -60),
        ("2021-04-14 22:24:00.5+09:00", 0),
        ("2021-04-14 22:24:00.5", 540),
        ("2021-04-14T22:24:00.5+0900", -30),
        (" 2021-04-14 09:54:00.5-03:30 ", 0),
    ] {
        let period = Period::parse(start, "50", offset_min).expect(start);
        assert_eq!(period.start().micros(), wanted, "{start}");
        assert_eq!(period.end().micros(), wanted + 50_000_000, "{start}");
    }
}

#[test]
fn lengths_are_exact() {
    for (seconds, rate_hz, samples) in [
        ("50", 8_000, 400_000),
        ("0.25", 8_000, 2_000),
        ("0.3", 8_000, 2_400),
        ("0.000125", 8_000, 1),
        ("00.100000000", 44_100, 4_410),
        ("1.", 8_000, 0),
        ("86400", 8_000, 691_200_000),
        ("+1", 16_000, 16_000),
    ] {
        let period = Period::parse("2021-04-14 13:24:00", seconds, 0);
        match samples {
            0 => assert!(period.is_err(), "{seconds}"),
            _ => assert_eq!(period.expect(seconds).samples(rate_hz), samples, "{seconds}"),
        }
    }
}

#[test]
fn what_is_no_period_is_refused_by_its_reason() {
    let parse = |start: &str, seconds: &str| Period::parse(start, seconds, 0).map(|_| ());
    let start = "2021-04-14 13:24:00";
    for text in [
        "",
        "yesterday",
        "2021-04-14",
        "2021-02-30 00:00:00",
        "2021-04-14 13:24:00+25:00",
        "ä2021-04-14 13:24ü",
    ] {
        assert_eq!(parse(text, "50"), Err(PeriodError::Start(text.into())));
    }
    for text in
        ["", ".", "x", "1e3", "0x10", "1,5", "0.0000001", "1.2.3", "--1", "inf", "NaN", "5 0", "0.1234567ä"]
    {
        assert_eq!(parse(start, text), Err(PeriodError::Seconds(text.into())), "{text}");
    }
    assert_eq!(parse(start, "0"), Err(PeriodError::Zero));
    assert_eq!(parse(start, "-0.0"), Err(PeriodError::Zero));
    assert_eq!(parse(start, "-50"), Err(PeriodError::Reversed("-50".into())));
    for text in ["99999999999", "99999999999999999999999"] {
        assert_eq!(parse(start, text), Err(PeriodError::TooLong(text.into())));
    }
}

#[test]
fn offsets_are_those_of_a_place_on_earth() {
    for (text, minutes) in [("+09:00", 540), ("-03:30", -210), ("Z", 0), ("+0545", 345), ("+14:00", 840)] {
        assert_eq!(parse_utc_offset(text), Ok(minutes));
    }
    for text in ["", "9", "09:00", "+9:00", "+09:60", "+14:01", "+09:00:00", "UTC", "+0ä0", "+ä:00"] {
        assert_eq!(parse_utc_offset(text), Err(PeriodError::UtcOffset(text.into())));
    }
}

#[test]
fn a_period_says_what_it_is() {
    let period = Period::parse("2021-04-14 22:24:00", "0.250", 540).expect("a period");
    assert_eq!(period.to_string(), "2021-04-14 13:24:00 UTC for 0.25 s");
}
