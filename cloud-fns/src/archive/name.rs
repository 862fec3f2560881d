//! Names of objects: `YYYY/MM/DD/HH/<stream>-<version>-YYYY-MM-DD-HH-mm-ss-<uuid>`.

use dsp_core::frame::timestamp::Timestamp;
use uuid::Uuid;

/// What the name of an unfinished object ends with.
pub(crate) const OPEN_SUFFIX: &str = ".open";
/// Firehose counts its configurations here; ours has one.
const VERSION: u32 = 1;
/// `-YYYY-MM-DD-HH-mm-ss`.
const TIME_BYTES: usize = 20;
/// `-` and the 36 characters of a UUID.
const UUID_BYTES: usize = 37;

/// A path for an object opened at `opened` (UTC), unlike any other; `/` between its folders.
pub(crate) fn new(stream: &str, opened: Timestamp) -> String {
    let text = opened.format();
    // YYYY-MM-DDTHH:MM:SS.ffffff: the fields stand at fixed places, all ASCII digits.
    let part = |from: usize, to: usize| text.get(from..to).map(String::from_utf8_lossy).unwrap_or_default();
    let (year, month, day, hour) = (part(0, 4), part(5, 7), part(8, 10), part(11, 13));
    let (minute, second) = (part(14, 16), part(17, 19));
    let uuid = Uuid::new_v4();
    format!(
        "{year}/{month}/{day}/{hour}/{stream}-{VERSION}-{year}-{month}-{day}-{hour}-{minute}-{second}-{uuid}"
    )
}

/// When the object at `path` was opened (UTC), if it is one of an archive; `None` for a foreign file.
pub(crate) fn opened(path: &str) -> Option<Timestamp> {
    let mut parts = path.split('/');
    let folders = [parts.next()?, parts.next()?, parts.next()?, parts.next()?];
    let name = parts.next()?;
    if parts.next().is_some() || !folders.iter().enumerate().all(|(depth, folder)| is_folder(depth, folder)) {
        return None;
    }
    opened_by_name(name)
}

/// Whether `name` can be a folder of an archive at `depth`: a year (0), month, day or hour (3).
pub(crate) fn is_folder(depth: usize, name: &str) -> bool {
    let digits = if depth == 0 { 4 } else { 2 };
    depth < 4 && name.len() == digits && name.bytes().all(|byte| byte.is_ascii_digit())
}

/// As [`opened`], of a name without its folders.
pub(crate) fn opened_by_name(name: &str) -> Option<Timestamp> {
    let name = name.strip_suffix(OPEN_SUFFIX).unwrap_or(name);
    // Read from the end: a stream's name may hold `-` too.
    let (rest, uuid) = name.split_at_checked(name.len().checked_sub(UUID_BYTES)?)?;
    Uuid::try_parse(uuid.strip_prefix('-')?).ok()?;
    let (rest, time) = rest.split_at_checked(rest.len().checked_sub(TIME_BYTES)?)?;
    let (stream, version) = rest.rsplit_once('-')?;
    if !is_stream(stream) || version.is_empty() || !version.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let mut text = time.strip_prefix('-')?.as_bytes().to_vec();
    for (at, wanted, instead) in [(10, b'-', b'T'), (13, b'-', b':'), (16, b'-', b':')] {
        let byte = text.get_mut(at).filter(|byte| **byte == wanted)?;
        *byte = instead;
    }
    Timestamp::parse(&text)
}

/// Whether `stream` can be the first part of a name: what Kinesis allows for a stream.
pub(crate) fn is_stream(stream: &str) -> bool {
    (1..=128).contains(&stream.len())
        && !stream.starts_with('.')
        && stream.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_again_whatever_the_stream() {
        let time = Timestamp::parse(b"2021-12-31T23:59:59.987654").unwrap();
        for stream in ["soundline", "a-b-1-2021-04-14-13-24-00", "x.open"] {
            let path = new(stream, time);
            assert!(path.starts_with(&format!("2021/12/31/23/{stream}-1-2021-12-31-23-59-59-")), "{path}");
            let second = Timestamp::parse(b"2021-12-31T23:59:59").unwrap();
            assert_eq!(opened(&path), Some(second));
            assert_eq!(opened(&format!("{path}.open")), Some(second));
        }
    }

    #[test]
    fn foreign_names_are_none() {
        let uuid = "1b4e28ba-2fa1-41d2-883f-0016d3cca427";
        assert!(opened(&format!("2021/04/14/13/s-1-2021-04-14-13-24-00-{uuid}")).is_some());
        for path in [
            String::new(),
            "notes.txt".into(),
            "2021/04/14/13/notes.txt".into(),
            format!("s-1-2021-04-14-13-24-00-{uuid}"),
            format!("2021/04/14/s-1-2021-04-14-13-24-00-{uuid}"),
            format!("2021/04/14/13/14/s-1-2021-04-14-13-24-00-{uuid}"),
            format!("2021/4/14/13/s-1-2021-04-14-13-24-00-{uuid}"),
            format!("2021/04/14/13/s-1-2021-04-14T13-24-00-{uuid}"),
            format!("2021/04/14/13/s-1-2021-13-14-13-24-00-{uuid}"),
            format!("2021/04/14/13/s-x-2021-04-14-13-24-00-{uuid}"),
            format!("2021/04/14/13/-1-2021-04-14-13-24-00-{uuid}"),
            format!("2021/04/14/13/s-1-2021-04-14-13-24-00-{uuid}.gz"),
            format!("2021/04/14/13/s-1-2021-04-14-13-24-00-{}", &uuid[1..]),
            "2021/04/14/13/äääääääääääääääääääääääääääääääääääääääääääääää".into(),
            format!("2021/04/14/13/Ümlaut-1-2021-04-14-13-24-00-{uuid}"),
        ] {
            assert_eq!(opened(&path), None, "{path}");
        }
    }

    #[test]
    fn stream_names_are_those_of_kinesis() {
        assert!(is_stream("garden_2.west-1"));
        for name in ["", "a/b", "..", "a b", "ü", &"x".repeat(129)] {
            assert!(!is_stream(name), "{name}");
        }
    }
}
