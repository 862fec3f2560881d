//! The texts inside a line: JSON strings and the zone.

use crate::frame::is_utc_offset;

/// `+09:00`; `None` if it is a day or more.
pub(super) fn utc_offset(minutes: i16) -> Option<[u8; 6]> {
    if !is_utc_offset(minutes) {
        return None;
    }
    let size = minutes.unsigned_abs();
    let digit = |number: u16| b'0' + (number % 10) as u8;
    let (hours, rest) = (size / 60, size % 60);
    let sign = if minutes < 0 { b'-' } else { b'+' };
    Some([sign, digit(hours / 10), digit(hours), b':', digit(rest / 10), digit(rest)])
}

/// The inverse of [`utc_offset`]: minutes ahead of UTC.
pub(super) fn parse_utc_offset(text: &[u8]) -> Option<i16> {
    let &[sign, hour_tens, hours, b':', minute_tens, minutes] = text else { return None };
    let two = |tens: u8, ones: u8| {
        let is_number = tens.is_ascii_digit() && ones.is_ascii_digit();
        is_number.then(|| i16::from(tens - b'0') * 10 + i16::from(ones - b'0'))
    };
    let hours = two(hour_tens, hours).filter(|&hours| hours < 24)?;
    let minutes = two(minute_tens, minutes).filter(|&minutes| minutes < 60)?;
    match sign {
        b'+' => Some(hours * 60 + minutes),
        b'-' => Some(-(hours * 60 + minutes)),
        _ => None,
    }
}

/// The characters of a JSON string's inside, escapes resolved.
/// `None` stands for an escape that is none, or half of a surrogate pair.
pub(super) fn unescape(raw: &str) -> impl Iterator<Item = Option<char>> {
    let mut rest = raw.chars();
    core::iter::from_fn(move || match rest.next()? {
        '\\' => Some(escape(&mut rest)),
        plain => Some(Some(plain)),
    })
}

/// What stands behind a backslash.
fn escape(rest: &mut core::str::Chars<'_>) -> Option<char> {
    Some(match rest.next()? {
        same @ ('"' | '\\' | '/') => same,
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => match hex(rest)? {
            // Characters beyond U+FFFF come as two halves of UTF-16.
            high @ 0xd800..=0xdbff => {
                let (Some('\\'), Some('u')) = (rest.next(), rest.next()) else { return None };
                let low = hex(rest).filter(|low| (0xdc00..=0xdfff).contains(low))?;
                char::from_u32(0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00))?
            }
            code => char::from_u32(code)?,
        },
        _ => return None,
    })
}

/// Four hexadecimal digits.
fn hex(rest: &mut core::str::Chars<'_>) -> Option<u32> {
    (0..4).try_fold(0, |code, _| Some(code << 4 | rest.next()?.to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::String;

    #[test]
    fn utc_offsets_in_both_directions() {
        for (minutes, text) in
            [(0, b"+00:00"), (540, b"+09:00"), (-210, b"-03:30"), (1_439, b"+23:59"), (-1_439, b"-23:59")]
        {
            assert_eq!(utc_offset(minutes), Some(*text));
            assert_eq!(parse_utc_offset(text), Some(minutes));
        }
        for minutes in [1_440, -1_440, i16::MAX, i16::MIN] {
            assert_eq!(utc_offset(minutes), None);
        }
        for text in ["", "Z", "09:00", "+9:00", "+0900", "+09:60", "+24:00", "+09:00 ", "+0a:00", "*09:00"] {
            assert_eq!(parse_utc_offset(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn escapes_of_json_are_resolved() {
        let read = |raw| unescape(raw).collect::<Option<String>>();
        assert_eq!(read(r#"\"\\\/\b\f\n\r\t"#).unwrap(), "\"\\/\u{8}\u{c}\n\r\t");
        assert_eq!(read(r"a\u0041\u00e9\ud83c\udfa4z").unwrap(), "aAé🎤z");
        assert_eq!(read("é🎤").unwrap(), "é🎤");
        for raw in [
            r"\",
            r"\x",
            r"\u",
            r"\u12",
            r"\u12g4",
            r"\u+123",
            r"\ud83c",
            r"\ud83cx",
            r"\ud83c\n",
            r"\udfa4",
            r"\ud83c\ud83c",
        ] {
            assert_eq!(read(raw), None, "{raw}");
        }
    }
}
