//! Lines and records that Python wrote (`testdata/frames.py`), byte for byte in both directions.
#![allow(missing_docs)]

use dsp_core::chunk::{Body, Chunk, Device, Header, Reason};
use dsp_core::format::CHUNK_SAMPLES;
use dsp_core::frame::line::{self, Keys};
use dsp_core::frame::record;
use dsp_core::frame::timestamp::Timestamp;

fn samples() -> Vec<i16> {
    (0..2_000_i64).map(|n| (31 * n * n + 7 * n) as i16).collect()
}

fn time(text: &str) -> Timestamp {
    Timestamp::parse(text.as_bytes()).unwrap()
}

fn bare() -> Header {
    Header::at(time("2021-04-16T09:40:06.546601"))
}

fn full() -> Header {
    Header {
        utc_offset_min: Some(540),
        device: Some(Device::new("attic").unwrap()),
        run: Some(time("2021-04-16T09:00:00")),
        seq: Some(9_626),
        first_sample: Some(19_252_372),
        rate: Some(8_000),
        ..bare()
    }
}

fn gap() -> Body<'static> {
    Body::Gap { gap_samples: u64::MAX, reason: Reason::new("overrun").unwrap() }
}

#[test]
fn lines() {
    let samples = samples();
    let table: [(&[u8], _, _, _); 3] = [
        (include_bytes!("../../testdata/line-prototype.json"), Keys::Compat, bare(), Body::Samples(&samples)),
        (include_bytes!("../../testdata/line-all-keys.json"), Keys::All, full(), Body::Samples(&samples)),
        (include_bytes!("../../testdata/line-gap.json"), Keys::All, full(), gap()),
    ];
    for (golden, keys, header, body) in table {
        let chunk = Chunk { header, body };
        let mut back = [0; CHUNK_SAMPLES];
        assert_eq!(line::decode(golden, &mut back).as_ref(), Ok(&chunk));
        let mut out = [0; line::bytes_max(CHUNK_SAMPLES)];
        let bytes = line::encode(&chunk, keys, &mut out).unwrap();
        assert_eq!(std::str::from_utf8(&out[..bytes]), std::str::from_utf8(golden));
    }
}

#[test]
fn records() {
    let samples = samples();
    let table: [(&[u8], _, _); 3] = [
        (include_bytes!("../../testdata/record-time-only.bin"), bare(), Body::Samples(&samples)),
        (include_bytes!("../../testdata/record-all-fields.bin"), full(), Body::Samples(&samples)),
        (include_bytes!("../../testdata/record-gap.bin"), full(), gap()),
    ];
    for (golden, header, body) in table {
        let chunk = Chunk { header, body };
        let mut back = [0; CHUNK_SAMPLES];
        assert_eq!(record::decode(golden, &mut back).as_ref(), Ok(&chunk));
        let mut out = [0; record::bytes_max(CHUNK_SAMPLES)];
        let bytes = record::encode(&chunk, &mut out).unwrap();
        assert_eq!(&out[..bytes], golden);
    }
}

#[test]
fn the_prototypes_second_form() {
    let mut back = [0; CHUNK_SAMPLES];
    let golden = include_bytes!("../../testdata/prototype-seconds-and-pcm.bin");
    assert_eq!(record::decode_prototype(golden, &mut back), Ok((bare().timestamp, &samples()[..])));
}
