//! What only the inside shows: how often checksums are computed.

use super::*;
use crate::chunk::{Body, Chunk, Header};
use crate::frame::timestamp::Timestamp;

/// Headers whose checksum is good, that overlap and all claim the whole buffer: checking each
/// claim would cost 256 times the stream.
#[test]
fn forged_headers_cannot_make_it_slow() {
    const LARGE: usize = 1 << 14;
    let header = Header::at(Timestamp::from_micros(0));
    let samples = [0; LARGE / 2 - 34];
    let mut out = [0; LARGE];
    let bytes = record::encode(&Chunk { header, body: Body::Samples(&samples) }, &mut out);
    assert_eq!(bytes, Ok(LARGE));

    let mut splitter = Splitter::<LARGE>::new();
    let mut taken = 0;
    for _ in 0..8 * LARGE / HEADER_BYTES {
        let mut rest = &out[..HEADER_BYTES];
        taken += rest.len() as u64;
        loop {
            let (item, unread) = splitter.push(rest);
            assert!(matches!(item, None | Some(Item::Damaged { .. })));
            rest = unread;
            if item.is_none() {
                break;
            }
        }
    }
    assert!(splitter.checked > taken, "the test must reach the checksums");
    assert!(splitter.checked <= taken * CHECKS_PER_BYTE_MAX);
}
