//! Chunks and ways to write them, for property tests.

use super::line::Owned;
use base64ct::{Base64, Encoding};
use dsp_core::chunk::{Device, Header, Reason};
use dsp_core::format::RATE_HZ_MAX;
use dsp_core::frame::timestamp::Timestamp;
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;

fn times() -> impl Strategy<Value = Timestamp> {
    (Timestamp::MIN.micros()..=Timestamp::MAX.micros()).prop_map(Timestamp::from_micros)
}

/// Any chunk that can be written, with up to `samples` samples.
pub fn chunks(samples: usize) -> impl Strategy<Value = Owned> {
    let texts = "[ -~é🎤\"\\\\]{1,16}";
    let numbers = || prop_oneof![0..10_000_u64, any::<u64>()];
    let header = (
        times(),
        of(-1_439..=1_439_i16),
        of(texts.prop_map(|text| Device::new(&text).unwrap())),
        of(times()),
        of(numbers()),
        of(numbers()),
        of(1..=RATE_HZ_MAX),
    );
    let reasons = "[a-z\"\\\\]{1,32}".prop_map(|text| Reason::new(&text).unwrap());
    (header, vec(any::<i16>(), 0..=samples), of((numbers(), reasons))).prop_map(|(header, samples, gap)| {
        let (timestamp, utc_offset_min, device, run, seq, first_sample, rate) = header;
        let header = Header { timestamp, utc_offset_min, device, run, seq, first_sample, rate };
        Owned { header, samples: if gap.is_some() { vec![] } else { samples }, gap }
    })
}

/// Writes a line as some other program might: any order, white space, escapes and further keys,
/// all chosen by `style`.
pub fn foreign_line(chunk: &Owned, style: &[u8]) -> String {
    let mut style = style.iter().copied().cycle();
    let mut choose = move |count: usize| usize::from(style.next().unwrap_or(0)) % count;
    let Header { timestamp, utc_offset_min, device, run, seq, first_sample, rate } = &chunk.header;
    let pcm: Vec<u8> = chunk.samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    let mut strings = vec![
        ("timestamp", timestamp.to_string()),
        ("raw_data", Base64::encode_string(&pcm)),
        ("\u{e9}\"", String::from("{[\\\u{1f3a4}")),
    ];
    strings.extend(utc_offset_min.map(|minutes| {
        let sign = if minutes < 0 { '-' } else { '+' };
        ("utc_offset", format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60))
    }));
    strings.extend(device.as_ref().map(|device| ("device", String::from(device.as_str()))));
    strings.extend(run.map(|run| ("run", run.to_string())));
    strings.extend(chunk.gap.as_ref().map(|(_, reason)| ("reason", String::from(reason.as_str()))));
    let numbers = [
        ("seq", *seq),
        ("first_sample", *first_sample),
        ("rate", rate.map(u64::from)),
        ("gap_samples", chunk.gap.as_ref().map(|(gap_samples, _)| *gap_samples)),
    ];
    let mut pairs: Vec<String> = vec![];
    for (key, text) in strings {
        let colon = ["\":\"", "\": \"", "\"\t: \""][choose(3)];
        pairs.push(format!("\"{}{colon}{}\"", string(key, &mut choose), string(&text, &mut choose)));
    }
    for (key, number) in numbers {
        pairs.extend(number.map(|number| format!("\"{}\" :{number}", string(key, &mut choose))));
    }
    let others =
        [r#""x":null"#, r#""x": [1.5e-3, {"seq": -0}, []]"#, r#""":{"timestamp": {}, "raw_data":true}"#];
    pairs.push(String::from(others[choose(others.len())]));
    for first in (1..pairs.len()).rev() {
        pairs.swap(first, choose(first + 1));
    }
    let spaces = ["", " ", "\t\r\n "];
    format!("{}{{{}}}{}", spaces[choose(3)], pairs.join([",", ", ", " ,\n"][choose(3)]), spaces[choose(3)])
}

/// The inside of a JSON string.
fn string(text: &str, choose: &mut impl FnMut(usize) -> usize) -> String {
    let mut units = [0; 2];
    let mut written = String::new();
    let is_dense = choose(4) == 0;
    for character in text.chars() {
        match character {
            '"' | '\\' => written.extend(['\\', character]),
            '/' if choose(2) == 0 => written.push_str("\\/"),
            _ if is_dense && choose(3) == 0 => {
                for unit in character.encode_utf16(&mut units) {
                    written.push_str(&format!("\\u{unit:04x}"));
                }
            }
            _ => written.push(character),
        }
    }
    written
}
