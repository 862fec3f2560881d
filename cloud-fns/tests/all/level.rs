//! Level messages of stored bytes.

use crate::common::{gap_line, header, line, prototype_header, record, time};
use cloud_fns::frames::{BadFrame, BadReason, Form};
use cloud_fns::level::{Event, Meter, duration_ms};
use dsp_core::chunk::{Body, Chunk};
use dsp_core::frame::DecodeError;

const START: &str = "2021-04-16T09:40:06.546601";

/// Events of `bytes`, handed in by `piece` bytes.
fn events(bytes: &[u8], piece: usize, form: Form) -> Vec<Result<Event, BadFrame>> {
    let mut meter = Meter::new(form).expect("a form");
    let mut events = Vec::new();
    for mut piece in bytes.chunks(piece) {
        while let Some(event) = meter.next(&mut piece) {
            events.push(event);
        }
    }
    while let Some(event) = meter.finish() {
        events.push(event);
    }
    events
}

fn json(bytes: &[u8]) -> Vec<String> {
    let event =
        |event: Result<Event, BadFrame>| serde_json::to_string(&event.expect("an event")).expect("JSON");
    events(bytes, 4_096, Form::default()).into_iter().map(event).collect()
}

#[test]
fn a_line_of_the_prototype_gives_its_message_and_more() {
    // As json.dumps writes it: samples 1, -2, 16384.
    let line = format!("{{\"timestamp\": \"{START}\", \"raw_data\": \"AQD+/wBA\"}}\n");
    let wanted = format!(
        "{{\"timestamp\":\"{START}\",\"level\":16384,\"peak\":16384,\"peak_dbfs\":-6.02,\"rms_dbfs\":-10.79,\"clipped\":0}}"
    );
    assert_eq!(json(line.as_bytes()), [wanted]);
}

#[test]
fn a_line_of_ours_has_its_device_and_count_behind_the_level() {
    let line = line(header("mic", time(START), 7, 0, 8_000), &[-32_768, 5, 32_767]);
    let wanted = format!(
        "{{\"timestamp\":\"{START}\",\"level\":32767,\"device\":\"mic\",\"seq\":7,\"peak\":32768,\"peak_dbfs\":0.0,\
         \"rms_dbfs\":-1.76,\"clipped\":2}}"
    );
    assert_eq!(json(&line), [wanted]);
}

#[test]
fn silence_is_null() {
    let silent = line(prototype_header(time(START)), &[0; 4]);
    let wanted = format!(
        "{{\"timestamp\":\"{START}\",\"level\":0,\"peak\":0,\"peak_dbfs\":null,\"rms_dbfs\":null,\"clipped\":0}}"
    );
    assert_eq!(json(&silent), [wanted]);
}

#[test]
fn the_level_is_the_largest_sample_with_its_sign() {
    let negative = line(prototype_header(time(START)), &[-20_000; 2_000]);
    let [Ok(Event::Level(message))] = &events(&negative, 100, Form::default())[..] else {
        panic!("one level")
    };
    assert_eq!((message.level, message.peak, message.peak_dbfs), (-20_000, 20_000, Some(-4.29)));
}

#[test]
fn a_gap_is_no_level() {
    let gap = gap_line(header("mic", time(START), 2, 4_000, 8_000), 9, "overrun");
    let wanted = "{\"timestamp\":\"2021-04-16T09:40:07.046601\",\"device\":\"mic\",\"seq\":2,\"gap_samples\":9,\
                  \"reason\":\"overrun\"}";
    assert_eq!(json(&gap), [wanted]);
}

#[test]
fn lines_and_records_come_out_in_order_however_the_bytes_are_cut() {
    let samples = crate::common::sound(0, 50);
    let frames = |seq: u64| {
        let header = header("mic", time(START), seq, seq * 50, 8_000);
        if seq.is_multiple_of(2) { line(header, &samples) } else { record(header, &samples) }
    };
    let bytes: Vec<u8> = (0..6).flat_map(frames).collect();
    let whole = events(&bytes, bytes.len(), Form::default());
    let seqs: Vec<Option<u64>> = whole
        .iter()
        .map(|event| match event {
            Ok(Event::Level(message)) => message.seq,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(seqs, (0..6).map(Some).collect::<Vec<_>>());
    for piece in [1, 2, 3, 7, 64, 1_000] {
        assert_eq!(events(&bytes, piece, Form::default()), whole, "pieces of {piece}");
    }
}

#[test]
fn bad_lines_are_told_by_their_number_and_reason_and_the_good_ones_still_come() {
    let good = line(prototype_header(time(START)), &[1, 2, 3]);
    let long = [&b"{"[..], &vec![b' '; 300_000], b"\n"].concat();
    let odd = format!("{{\"timestamp\": \"{START}\", \"raw_data\": \"AQAC\"}}\n");
    let base64 = format!("{{\"timestamp\": \"{START}\", \"raw_data\": \"A*==\"}}\n");
    let no_data = format!("{{\"timestamp\": \"{START}\"}}\n");
    let number = "{\"timestamp\": 5, \"raw_data\": \"AQA=\"}\n";
    let with = |keys: &str| format!("{{\"timestamp\": \"{START}\", \"raw_data\": \"AQA=\", {keys}}}\n");
    let twice = with("\"raw_data\": \"AQA=\"");
    let control = with("\"device\": \"a\\u0007b\"");
    let (seq, rate) = (with("\"seq\": -1"), with("\"rate\": 0"));
    let gap = with("\"gap_samples\": 7, \"reason\": \"overrun\"");
    let mut damaged = record(prototype_header(time(START)), &[1, 2, 3]);
    *damaged.last_mut().expect("a byte") ^= 1;
    let cases: [(&[u8], &str); 14] = [
        (b"\n", "it is empty"),
        (b"  \n", "it is empty"),
        (b"{\"timestamp\": \"20\n", "cut off"),
        (&long, "more than the"),
        (odd.as_bytes(), "odd number of bytes"),
        (base64.as_bytes(), "no base64"),
        (no_data.as_bytes(), "\"raw_data\" is missing"),
        (number.as_bytes(), "\"timestamp\" must be a time like"),
        (twice.as_bytes(), "the key \"raw_data\" stands there twice"),
        (control.as_bytes(), "\"device\" must be a text of 1 to 64 bytes without control characters"),
        (seq.as_bytes(), "\"seq\" must be a whole number, 0 or more"),
        (rate.as_bytes(), "\"rate\" must be a whole number of Hz from 1 to 192000"),
        (gap.as_bytes(), "\"raw_data\" must be base64 of the sound, or empty"),
        (&damaged, "no whole line or record: cut off, damaged"),
    ];
    let mut bytes = good.clone();
    for (bad, _) in cases {
        bytes.extend_from_slice(bad);
        bytes.extend_from_slice(&good);
    }
    let events = events(&bytes, 4_096, Form::default());
    assert_eq!(events.len(), 2 * cases.len() + 1);
    for (at, event) in events.iter().enumerate() {
        match event {
            Ok(_) => assert_eq!(at % 2, 0, "line {}", at + 1),
            Err(bad) => {
                assert_eq!(bad.ordinal, at as u64 + 1);
                let (_, wanted) = cases[at / 2];
                let text = bad.to_string();
                assert!(text.contains(wanted) && text.contains(&format!("line {} ", at + 1)), "{text}");
            }
        }
    }
}

#[test]
fn a_last_line_without_its_end_reads_and_a_cut_one_is_told() {
    let good = line(prototype_header(time(START)), &[1, 2, 3]);
    assert!(matches!(&events(&good[..good.len() - 1], 10, Form::default())[..], [Ok(_)]));
    assert!(matches!(
        &events(&good[..good.len() - 2], 10, Form::default())[..],
        [Err(BadFrame { ordinal: 1, reason: BadReason::Decode(DecodeError::Json), .. })]
    ));
    assert_eq!(events(b"", 1, Form::default()), []);
}

#[test]
fn the_prototype_s_binary_form_reads_by_its_length() {
    let record = |seconds: f64, sample: i16| {
        [&seconds.to_le_bytes()[..], &[sample.to_le_bytes(); 4].concat()].concat()
    };
    let bytes = [record(1_618_566_006.5, 100), record(f64::NAN, 7), record(1_618_566_006.75, -5), vec![0; 3]]
        .concat();
    for piece in [1, 16, 50] {
        let events = events(&bytes, piece, Form::PrototypeBinary { record_bytes: 16 });
        let [Ok(Event::Level(first)), Err(bad), Ok(Event::Level(second)), Err(cut)] = &events[..] else {
            panic!("{events:?}")
        };
        assert_eq!((&first.timestamp[..], first.level), ("2021-04-16T09:40:06.500000", 100));
        assert_eq!((bad.ordinal, bad.reason), (2, BadReason::Clock));
        assert_eq!((&second.timestamp[..], second.level), ("2021-04-16T09:40:06.750000", -5));
        assert_eq!(cut.reason, BadReason::CutOff { bytes: 3 });
    }
    for record_bytes in [0, 8, 9, 4_009, 1_000_000] {
        assert!(Meter::new(Form::PrototypeBinary { record_bytes }).is_err(), "{record_bytes}");
    }
}

#[test]
fn a_chunk_lasts_as_long_as_its_samples_at_its_rate() {
    let chunk = |rate, count: usize| {
        let mut header = prototype_header(time(START));
        header.rate = rate;
        let samples = vec![1; count];
        duration_ms(&Chunk { header, body: Body::Samples(&samples) })
    };
    assert_eq!((chunk(None, 2_000), chunk(Some(16_000), 2_000), chunk(Some(0), 1)), (250, 125, 1_000));
}

#[test]
fn a_chunk_gives_its_message_without_any_bytes() {
    let chunk = Chunk { header: prototype_header(time(START)), body: Body::Samples(&[3, -4]) };
    let Event::Level(message) = Event::of(&chunk) else { panic!("a level") };
    assert_eq!((message.level, message.peak, message.device), (3, 4, None));
}
