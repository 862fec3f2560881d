//! Streams of lines and records, cut anywhere and damaged anyhow.

mod twin;

use dsp_core::chunk::{Body, Chunk, Header, Reason};
use dsp_core::frame::splitter::{Item, Splitter};
use dsp_core::frame::timestamp::Timestamp;
use dsp_core::frame::{line, record};
use proptest::prelude::*;
use twin::splitter::{Piece, Pieces, crc32c, split, with_cuts};

/// Small, so that its limit is met.
const N: usize = 512;

fn record_of(samples: &[i16]) -> Vec<u8> {
    let mut out = vec![0; record::bytes_max(samples.len())];
    let header = Header::at(Timestamp::from_micros(1));
    let bytes = record::encode(&Chunk { header, body: Body::Samples(samples) }, &mut out).unwrap();
    out.truncate(bytes);
    out
}

fn line_of(samples: &[i16]) -> Vec<u8> {
    let mut out = vec![0; line::bytes_max(samples.len())];
    let header = Header::at(Timestamp::from_micros(1));
    let bytes =
        line::encode(&Chunk { header, body: Body::Samples(samples) }, line::Keys::All, &mut out).unwrap();
    out.truncate(bytes);
    out
}

/// A line as it comes out.
fn read(line: &[u8]) -> Piece {
    Piece::Line(line.strip_suffix(b"\n").unwrap_or(line).to_vec())
}

/// The pieces of a stream, after every way to cut it gave the same.
fn pieces(stream: &[u8]) -> Vec<Piece> {
    let expected = split(stream, N);
    let every: Vec<usize> = (0..stream.len()).collect();
    assert_eq!(with_cuts::<N>(stream, &[]), expected);
    assert_eq!(with_cuts::<N>(stream, &every), expected);
    for cut in 0..stream.len().min(700) {
        assert_eq!(with_cuts::<N>(stream, &[cut]), expected, "cut at {cut}");
    }
    account(stream, &expected);
    expected.into_iter().map(|(_, piece)| piece).collect()
}

/// Every byte of the stream is in one piece, in order, but for the ends of lines.
fn account(stream: &[u8], pieces: &Pieces) {
    let mut at = 0;
    for (offset, piece) in pieces {
        assert_eq!(*offset, at);
        let bytes = match piece {
            Piece::Line(bytes) | Piece::Record(bytes) => {
                assert_eq!(stream[at as usize..][..bytes.len()], *bytes);
                bytes.len() as u64
            }
            Piece::Damaged(bytes) | Piece::TooLong(bytes) => *bytes,
        };
        at += bytes;
        if matches!(piece, Piece::Line(_)) && stream.get(at as usize) == Some(&b'\r') {
            at += 1;
        }
        if matches!(piece, Piece::Line(_) | Piece::TooLong(_)) && stream.get(at as usize) == Some(&b'\n') {
            at += 1;
        }
    }
    assert_eq!(at, stream.len() as u64);
}

#[test]
fn lines_and_records_come_out_as_they_went_in() {
    let (one, other) = (line_of(&[1, 2]), record_of(&[3, 4]));
    let gap = Body::Gap { gap_samples: 1, reason: Reason::new("overrun").unwrap() };
    let mut out = [0; record::bytes_max(0)];
    let bytes = record::encode(&Chunk { header: Header::at(Timestamp::from_micros(1)), body: gap }, &mut out)
        .unwrap();
    let gap = &out[..bytes];
    let stream = [&one[..], &other, gap, &one, &one, &other, b"no json\n"].concat();
    let record = |bytes: &[u8]| Piece::Record(bytes.to_vec());
    assert_eq!(
        pieces(&stream),
        [read(&one), record(&other), record(gap), read(&one), read(&one), record(&other), read(b"no json")]
    );
}

#[test]
fn ends_of_lines_are_taken_off_and_blank_lines_count() {
    let line = |text: &str| Piece::Line(text.as_bytes().to_vec());
    assert_eq!(
        pieces(b"a\r\nb\n\n\r\n c \nd"),
        [line("a"), line("b"), line(""), line(""), line(" c "), line("d")]
    );
    assert_eq!(pieces(b"a\rb\r\r\n"), [line("a\rb\r")]);
    assert_eq!(pieces(b"\n"), [line("")]);
    assert_eq!(pieces(b""), []);
}

#[test]
fn sound_that_looks_like_lines_and_records_stays_inside_its_record() {
    let inner = [&b"\n{\"timestamp\"\n"[..], &record_of(&[1, 2]), &line_of(&[3]), b"\n{\"\xf5SLR"].concat();
    let samples: Vec<i16> =
        inner.chunks(2).map(|pair| i16::from_le_bytes([pair[0], *pair.get(1).unwrap_or(&0)])).collect();
    let outer = record_of(&samples);
    assert_eq!(pieces(&outer), [Piece::Record(outer.clone())]);
    // Damaged, it shows what was inside.
    let mut damaged = outer.clone();
    damaged[64] ^= 1;
    assert!(pieces(&damaged).contains(&Piece::Record(record_of(&[1, 2]))));
}

#[test]
fn a_line_that_is_too_long_costs_only_itself() {
    let good = line_of(&[1]);
    for bytes in [N - 2, N - 1, N, N + 1, 3 * N] {
        let long = vec![b'x'; bytes];
        let expected = if bytes < N { read(&long) } else { Piece::TooLong(bytes as u64) };
        let stream = [&good[..], &long, b"\n", &good].concat();
        assert_eq!(pieces(&stream), [read(&good), expected, read(&good)], "{bytes}");
    }
    // At the end of the stream there is no `\n` that needs room.
    assert_eq!(pieces(&[b'x'; N]), [Piece::Line(vec![b'x'; N])]);
    assert_eq!(pieces(&[b'x'; N + 1]), [Piece::TooLong(N as u64 + 1)]);
}

#[test]
fn every_flipped_bit_of_a_record_costs_only_itself() {
    let (before, good) = (line_of(&[9]), record_of(&[1, 2, 3]));
    for after in [line_of(&[7]), record_of(&[7]), b"{\"seq\": 1}\n".to_vec()] {
        for bit in 0..good.len() * 8 {
            let mut damaged = good.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            let is_text = damaged[0] < 0x80;
            // Damage inside a header hides where the record ends, so a line must show that it is one.
            if is_text || (after.starts_with(b"{\"seq\"") && bit / 8 < 64) {
                continue;
            }
            let stream = [&before[..], &damaged, &after].concat();
            let expected = [
                read(&before),
                Piece::Damaged(good.len() as u64),
                if after[0] == b'{' { read(&after) } else { Piece::Record(after.clone()) },
            ];
            let found: Vec<Piece> = split(&stream, N).into_iter().map(|(_, piece)| piece).collect();
            assert_eq!(found, expected, "bit {bit}");
            assert_eq!(with_cuts::<N>(&stream, &[before.len() + bit / 8]), split(&stream, N));
        }
    }
}

#[test]
fn a_cut_off_item_costs_only_itself() {
    let (text, binary) = (line_of(&[1, 2]), record_of(&[3, 4, 5]));
    for cut in 1..binary.len() {
        let stream = [&binary[..cut], &binary, &text].concat();
        let found = pieces(&stream);
        assert_eq!(found, [Piece::Damaged(cut as u64), Piece::Record(binary.clone()), read(&text)], "{cut}");
        let stream = [&binary[..cut], &text, &binary].concat();
        let found = pieces(&stream);
        assert_eq!(found, [Piece::Damaged(cut as u64), read(&text), Piece::Record(binary.clone())], "{cut}");
        assert_eq!(pieces(&binary[..cut]), [Piece::Damaged(cut as u64)], "{cut}");
    }
    for cut in 1..text.len() {
        let stream = [&text[..cut], &binary, &text].concat();
        let torn = if cut == text.len() { read(&text) } else { Piece::Damaged(cut as u64) };
        assert_eq!(pieces(&stream), [torn, Piece::Record(binary.clone()), read(&text)], "{cut}");
        assert_eq!(pieces(&text[..cut]), [read(&text[..cut])], "{cut}");
    }
}

#[test]
fn a_lying_length_does_not_swallow_the_neighbours() {
    let good = record_of(&[1, 2, 3]);
    for length in [0_u32, 67, 68, 100, 500, N as u32, N as u32 + 1, u32::MAX] {
        let mut liar = good.clone();
        liar[8..12].copy_from_slice(&length.to_le_bytes());
        for is_forged in [false, true] {
            if is_forged {
                let crc = crc32c(&liar[..60]);
                liar[60..64].copy_from_slice(&crc.to_le_bytes());
            }
            let stream = [&liar[..], &good, &good, &good].concat();
            let found = pieces(&stream);
            let (damage, records) = found.split_at(found.len() - 3);
            // A length that is believed and too short splits the damage in two.
            assert!(
                matches!(damage, [Piece::Damaged(_)] | [Piece::Damaged(68), Piece::Damaged(_)]),
                "{length}"
            );
            assert!(records.iter().all(|piece| *piece == Piece::Record(good.clone())), "{length}");
        }
    }
}

#[test]
fn a_long_outage_of_sense_is_one_piece_of_damage() {
    let good = record_of(&[1]);
    let noise: Vec<u8> = (0..10_000_u32).map(|n| (n * n / 7) as u8 | 0x80).collect();
    let stream = [&noise[..], &good].concat();
    assert_eq!(pieces(&stream), [Piece::Damaged(10_000), Piece::Record(good)]);
}

#[test]
fn a_finished_splitter_starts_anew() {
    let mut splitter = Splitter::<N>::new();
    for _ in 0..3 {
        assert!(splitter.push(b"\xf5SLRabc").0.is_none());
        assert_eq!(splitter.finish().map(|_| ()), Some(()));
        assert_eq!(splitter.offset(), 0);
        assert_eq!(splitter.finish(), None);
    }
    assert_eq!(splitter.push(b"x\ny"), (Some(Item::Line(b"x")), &b"y"[..]));
    assert_eq!(splitter.offset(), 0);
    assert_eq!(splitter.push(b"y"), (None, &b""[..]));
    assert_eq!(splitter.finish(), Some(Item::Line(b"y")));
    assert_eq!(splitter.offset(), 2);
}

/// Parts of a stream: good, cut, changed, or nonsense.
fn parts() -> impl Strategy<Value = Vec<u8>> {
    let samples = prop::collection::vec(any::<i16>(), 0..40);
    let whole = prop_oneof![
        samples.clone().prop_map(|samples| line_of(&samples)),
        samples.prop_map(|samples| record_of(&samples)),
        Just(b"{\"raw_data\": \"\"}\r\n".to_vec()),
        Just(b"\n".to_vec()),
        Just(b"\xf5SLR".to_vec()),
        Just(record_of(&[1])[..64].to_vec()),
        prop::collection::vec(any::<u8>(), 0..80),
        (400..600_usize).prop_map(|bytes| vec![b'y'; bytes]),
    ];
    (whole, any::<prop::sample::Index>(), 0..4_u8, any::<u8>()).prop_map(|(mut part, at, change, byte)| {
        if !part.is_empty() {
            let at = at.index(part.len());
            match change {
                0 => part.truncate(at),
                1 => part[at] = byte,
                _ => {}
            }
        }
        part
    })
}

proptest! {
    #[test]
    fn any_cut_gives_what_the_twin_gives(
        parts in prop::collection::vec(parts(), 0..12),
        cuts in prop::collection::vec(any::<usize>(), 0..20),
    ) {
        let stream = parts.concat();
        let expected = split(&stream, N);
        prop_assert_eq!(&with_cuts::<N>(&stream, &cuts), &expected);
        prop_assert_eq!(&with_cuts::<N>(&stream, &[]), &expected);
        account(&stream, &expected);
    }
}
