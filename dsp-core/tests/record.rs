//! Records, in both directions.

mod twin;

use dsp_core::chunk::{Body, Chunk, Device, Header, Reason};
use dsp_core::format::CHUNK_SAMPLES_MAX;
use dsp_core::frame::record::{bytes_max, decode, decode_prototype, encode};
use dsp_core::frame::timestamp::Timestamp;
use dsp_core::frame::{DecodeError, EncodeError};
use proptest::prelude::*;
use twin::chunks::chunks;
use twin::line::Owned;
use twin::splitter::crc32c;

fn written(chunk: &Chunk<'_>) -> Result<Vec<u8>, EncodeError> {
    let mut out = vec![0; bytes_max(CHUNK_SAMPLES_MAX)];
    let bytes = encode(chunk, &mut out)?;
    out.truncate(bytes);
    Ok(out)
}

fn read(record: &[u8]) -> Result<Owned, DecodeError> {
    decode(record, &mut vec![0; 2_000]).map(Owned::from)
}

/// A header with everything.
fn full() -> Header {
    Header {
        timestamp: Timestamp::from_micros(0x0102_0304_0506),
        utc_offset_min: Some(-210),
        device: Some(Device::new("attic").unwrap()),
        run: Some(Timestamp::from_micros(-2)),
        seq: Some(0x1112_1314_1516_1718),
        first_sample: Some(0x2122_2324_2526_2728),
        rate: Some(0x0001_f3f4),
    }
}

/// Changes bytes and mends both checksums.
fn forged(record: &[u8], changes: &[(usize, u8)]) -> Vec<u8> {
    let mut record = record.to_vec();
    for &(at, byte) in changes {
        record[at] = byte;
    }
    let header_crc = crc32c(&record[..60]);
    record[60..64].copy_from_slice(&header_crc.to_le_bytes());
    let end = record.len() - 4;
    let crc = crc32c(&[&record[..60], &record[64..end]].concat());
    record[end..].copy_from_slice(&crc.to_le_bytes());
    record
}

#[test]
fn every_field_stands_where_the_layout_says() {
    let record = written(&Chunk { header: full(), body: Body::Samples(&[1, -2, i16::MIN]) }).unwrap();
    let parts: [(usize, &[u8]); 15] = [
        (0, b"\xf5SLR"),
        (4, &[1, 0b11_1111, 5, 0]),
        (8, &[79, 0, 0, 0]),
        (12, &[0xf4, 0xf3, 1, 0]),
        (16, &[6, 5, 4, 3, 2, 1, 0, 0]),
        (24, &[0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
        (32, &[0x18, 0x17, 0x16, 0x15, 0x14, 0x13, 0x12, 0x11]),
        (40, &[0x28, 0x27, 0x26, 0x25, 0x24, 0x23, 0x22, 0x21]),
        (48, &[0; 8]),
        (56, &[0x2e, 0xff]),
        (58, &[0, 0]),
        (60, &crc32c(&record[..60]).to_le_bytes()),
        (64, &[1, 0, 0xfe, 0xff, 0, 0x80]),
        (70, b"attic"),
        (75, &crc32c(&[&record[..60], &record[64..75]].concat()).to_le_bytes()),
    ];
    assert_eq!(parts.map(|(_, bytes)| bytes).concat(), record);
    let mut at = 0;
    for (expected, bytes) in parts {
        assert_eq!(at, expected);
        at += bytes.len();
    }
    // The check value that catalogues of CRCs give.
    assert_eq!(crc32c(b"123456789"), 0xe306_9283);
}

#[test]
fn a_gap_carries_no_sound() {
    let reason = Reason::new("overrun").unwrap();
    let gap = Chunk { header: full(), body: Body::Gap { gap_samples: u64::MAX, reason } };
    let record = written(&gap).unwrap();
    assert_eq!(record.len(), 64 + 5 + 7 + 4);
    assert_eq!(&record[4..8], [1, 0b111_1111, 5, 7]);
    assert_eq!(record[48..56], [0xff; 8]);
    assert_eq!(&record[64..76], b"atticoverrun");
    assert_eq!(read(&record), Ok(gap.into()));
}

#[test]
fn the_longest_record_fits_and_a_byte_less_does_not_do() {
    let header = Header { device: Some(Device::new(&"x".repeat(64)).unwrap()), ..full() };
    let samples = vec![-1; CHUNK_SAMPLES_MAX];
    for count in [0, 1, 2_000, CHUNK_SAMPLES_MAX] {
        let chunk = Chunk { header: header.clone(), body: Body::Samples(&samples[..count]) };
        let bytes = written(&chunk).unwrap().len();
        assert_eq!(bytes, 64 + count * 2 + 64 + 4);
        assert!(bytes <= bytes_max(count));
        let mut out = vec![0; bytes];
        assert_eq!(encode(&chunk, &mut out), Ok(bytes));
        assert_eq!(encode(&chunk, &mut out[1..]), Err(EncodeError::Space));
    }
    assert_eq!(encode(&Chunk { header, body: Body::Samples(&samples) }, &mut []), Err(EncodeError::Space));
}

#[test]
fn what_cannot_be_read_back_is_not_written() {
    let refused = |header| written(&Chunk { header, body: Body::Samples(&[]) });
    assert_eq!(refused(Header { rate: Some(0), ..full() }), Err(EncodeError::Value("rate")));
    let header = Header { utc_offset_min: Some(-1_440), ..full() };
    assert_eq!(refused(header), Err(EncodeError::Value("utc_offset")));
    let samples = vec![0; CHUNK_SAMPLES_MAX + 1];
    let chunk = Chunk { header: full(), body: Body::Samples(&samples) };
    assert_eq!(written(&chunk), Err(EncodeError::Samples));
}

#[test]
fn bad_records_say_what_is_wrong() {
    let good = written(&Chunk { header: full(), body: Body::Samples(&[1, 2]) }).unwrap();
    let reason = Reason::new("x").unwrap();
    let gap = written(&Chunk { header: full(), body: Body::Gap { gap_samples: 1, reason } }).unwrap();
    let longer = [&good[..], b"\0"].concat();
    let table = [
        (vec![], DecodeError::Record),
        (good[..63].to_vec(), DecodeError::Record),
        (good[..good.len() - 1].to_vec(), DecodeError::Record),
        (longer, DecodeError::Record),
        (forged(&good, &[(0, b'{')]), DecodeError::Record),
        (forged(&good, &[(4, 2)]), DecodeError::Record),
        (forged(&good, &[(5, 0x80)]), DecodeError::Record),
        (forged(&good, &[(6, 255)]), DecodeError::Record),
        (forged(&good, &[(7, 255)]), DecodeError::Record),
        (forged(&good, &[(8, 67)]), DecodeError::Crc),
        (forged(&good, &[(6, 4)]), DecodeError::OddBytes),
        (forged(&good, &[(6, 0)]), DecodeError::Value("device")),
        (forged(&gap, &[(6, 0), (7, 0)]), DecodeError::Value("device")),
        (forged(&gap, &[(6, 6), (7, 0)]), DecodeError::Value("reason")),
        (forged(&gap, &[(6, 4), (7, 1)]), DecodeError::Value("raw_data")),
        (forged(&good, &[(68, b'\n')]), DecodeError::Value("device")),
        (forged(&good, &[(68, 0xff)]), DecodeError::Value("device")),
        (forged(&good, &[(14, 0xff)]), DecodeError::Value("rate")),
        (forged(&good, &[(12, 0), (13, 0), (14, 0)]), DecodeError::Value("rate")),
        (forged(&good, &[(57, 0x7f)]), DecodeError::Value("utc_offset")),
        (forged(&good, &[(23, 0x7f)]), DecodeError::Timestamp),
        (forged(&good, &[(31, 0x80)]), DecodeError::Value("run")),
    ];
    for (row, (record, error)) in table.iter().enumerate() {
        assert_eq!(read(record).map(|_| ()), Err(*error), "row {row}");
    }
    for bit in 0..good.len() * 8 {
        let mut record = good.clone();
        record[bit / 8] ^= 1 << (bit % 8);
        let error = if bit < 32 { DecodeError::Record } else { DecodeError::Crc };
        assert_eq!(read(&record), Err(error), "bit {bit}");
    }
    assert_eq!(decode(&good, &mut [0; 1]).map(|_| ()), Err(DecodeError::Samples));
}

#[test]
fn the_prototypes_form_is_read() {
    let table = [
        (1_618_566_006.546_601_f64, 1_618_566_006_546_601),
        (0.0, 0),
        (-0.000_000_4, 0),
        (-0.000_000_6, -1),
        (-1.5, -1_500_000),
        (0.999_999_6, 1_000_000),
        (253_402_300_799.0, 253_402_300_799_000_000),
        (-62_135_596_800.0, -62_135_596_800_000_000),
    ];
    let mut samples = [0; 4];
    for (seconds, micros) in table {
        let bytes = [&seconds.to_le_bytes()[..], &[1, 0, 0xff, 0xff]].concat();
        let expected = (Timestamp::from_micros(micros), &[1, -1][..]);
        assert_eq!(decode_prototype(&bytes, &mut samples), Ok(expected), "{seconds}");
    }
    for seconds in
        [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, 253_402_300_800.0, -62_135_596_800.1]
    {
        assert_eq!(decode_prototype(&seconds.to_le_bytes(), &mut samples), Err(DecodeError::Timestamp));
    }
    assert_eq!(decode_prototype(&[], &mut samples), Err(DecodeError::Empty));
    assert_eq!(decode_prototype(&[0; 7], &mut samples), Err(DecodeError::Record));
    assert_eq!(decode_prototype(&[0; 9], &mut samples), Err(DecodeError::OddBytes));
    assert_eq!(decode_prototype(&[0; 8], &mut samples), Ok((Timestamp::from_micros(0), &[][..])));
    assert_eq!(decode_prototype(&[0; 18], &mut samples), Err(DecodeError::Samples));
    for (bytes, count) in [(4_008, 2_000), (8_008, 4_000)] {
        assert_eq!(decode_prototype(&vec![0; bytes], &mut vec![1; 4_000]).unwrap().1.len(), count);
    }
}

proptest! {
    #[test]
    fn any_chunk_reads_back(chunk in chunks(700)) {
        prop_assert_eq!(read(&written(&chunk.chunk()).unwrap()), Ok(chunk));
    }

    #[test]
    fn a_cut_record_is_refused(chunk in chunks(20), cut: prop::sample::Index) {
        let record = written(&chunk.chunk()).unwrap();
        prop_assert_eq!(read(&record[..cut.index(record.len())]), Err(DecodeError::Record));
    }

    #[test]
    fn whatever_a_forged_record_gives_can_be_written_again(
        chunk in chunks(20),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let record = written(&chunk.chunk()).unwrap();
        let changes: Vec<_> = changes.iter().map(|(at, byte)| (at.index(record.len()), *byte)).collect();
        if let Ok(back) = read(&forged(&record, &changes)) {
            prop_assert_eq!(read(&written(&back.chunk()).unwrap()), Ok(back));
        }
    }
}
