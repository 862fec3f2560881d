//! Any stream, cut anywhere, is split as the plain twin splits it. The first byte says where to cut.
//! A `#` becomes an undamaged header or record, which no mutation would guess.
#![no_main]
#![allow(dead_code, reason = "the twin is shared with the tests")]

#[path = "../../dsp-core/tests/twin/splitter.rs"]
mod twin;

use dsp_core::chunk::{Body, Chunk, Header};
use dsp_core::frame::record;
use dsp_core::frame::timestamp::Timestamp;
use libfuzzer_sys::fuzz_target;

/// Small, so that its limit is met.
const N: usize = 256;
/// Longer streams find nothing new and take the fuzzer's time.
const STREAM_BYTES_MAX: usize = 16 * N;

fuzz_target!(|bytes: &[u8]| {
    let [cut, bytes @ ..] = bytes else { return };
    let mut stream = vec![];
    for &byte in bytes {
        if stream.len() > STREAM_BYTES_MAX {
            break;
        }
        if byte == b'#' {
            let samples = [0x0a7b; 100];
            let count = stream.len() % 110;
            let body = Body::Samples(samples.get(..count).unwrap_or(&[]));
            let mut record = [0; record::bytes_max(100)];
            let header = Header::at(Timestamp::from_micros(0));
            let end = record::encode(&Chunk { header, body }, &mut record).expect("it fits");
            stream.extend(&record[..if count % 3 == 0 { 64 } else { end }]);
        } else {
            stream.push(byte);
        }
    }
    let expected = twin::split(&stream, N);
    assert_eq!(twin::with_cuts::<N>(&stream, &[]), expected);
    let step = usize::from(*cut).max(1);
    let cuts: Vec<usize> = (0..stream.len()).step_by(step).collect();
    assert_eq!(twin::with_cuts::<N>(&stream, &cuts), expected);
});
