//! Any record: refused, or written again to the same bytes' worth. Checksums are mended first, since
//! no mutation would guess them.
#![no_main]
#![allow(dead_code, reason = "the twins are shared with the tests")]

#[path = "../../dsp-core/tests/twin/line.rs"]
mod line;
#[path = "../../dsp-core/tests/twin/splitter.rs"]
mod splitter;

use dsp_core::format::CHUNK_SAMPLES;
use dsp_core::frame::record;
use libfuzzer_sys::fuzz_target;
use line::Owned;

fn read(record: &[u8]) -> Option<Owned> {
    record::decode(record, &mut [0; CHUNK_SAMPLES]).ok().map(Owned::from)
}

fuzz_target!(|bytes: &[u8]| {
    let _ = record::decode_prototype(bytes, &mut [0; CHUNK_SAMPLES]);
    let _ = read(bytes);
    if bytes.len() < 68 {
        return;
    }
    let mut bytes = bytes.to_vec();
    let end = bytes.len();
    bytes[..5].copy_from_slice(b"\xf5SLR\x01");
    bytes[8..12].copy_from_slice(&(end as u32).to_le_bytes());
    let crc = splitter::crc32c(&bytes[..60]);
    bytes[60..64].copy_from_slice(&crc.to_le_bytes());
    let crc = splitter::crc32c(&[&bytes[..60], &bytes[64..end - 4]].concat());
    bytes[end - 4..].copy_from_slice(&crc.to_le_bytes());
    if let Some(chunk) = read(&bytes) {
        let mut out = [0; record::bytes_max(CHUNK_SAMPLES)];
        let written = record::encode(&chunk.chunk(), &mut out).expect("what was read can be written");
        assert_eq!(read(&out[..written]), Some(chunk));
    }
});
