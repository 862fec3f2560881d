//! Any line: read as the plain twin reads it, the same with white space before it (which takes it
//! off the path by position), and written again without loss.
#![no_main]
#![allow(dead_code, reason = "the twin is shared with the tests")]

#[path = "../../dsp-core/tests/twin/line.rs"]
mod twin;

use dsp_core::format::CHUNK_SAMPLES;
use dsp_core::frame::line;
use libfuzzer_sys::fuzz_target;
use twin::Owned;

fn read(line: &[u8]) -> Option<Owned> {
    line::decode(line, &mut [0; CHUNK_SAMPLES]).ok().map(Owned::from)
}

fuzz_target!(|line: &[u8]| {
    let chunk = read(line);
    assert_eq!(read(&[b" ", line].concat()), chunk);
    // Halves of surrogate pairs are text to us and to Python, but not to the twin.
    let has_halves = line.windows(3).any(|three| three.eq_ignore_ascii_case(b"\\ud"));
    if !has_halves {
        assert_eq!(twin::read(line, CHUNK_SAMPLES), chunk);
    }
    if let Some(chunk) = chunk {
        let mut out = [0; line::bytes_max(CHUNK_SAMPLES)];
        let bytes =
            line::encode(&chunk.chunk(), line::Keys::All, &mut out).expect("what was read can be written");
        assert_eq!(read(&out[..bytes]), Some(chunk));
    }
});
