//! Splits a stream that lies in memory as a whole.

use dsp_core::frame::splitter::{Item, Splitter};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    Line(Vec<u8>),
    Record(Vec<u8>),
    Damaged(u64),
    TooLong(u64),
}

/// Every item with where it began.
pub type Pieces = Vec<(u64, Piece)>;

/// What a splitter of `N` bytes makes of `stream`, pushed in pieces that end at `cuts`.
pub fn with_cuts<const N: usize>(stream: &[u8], cuts: &[usize]) -> Pieces {
    let mut splitter = Box::new(Splitter::<N>::new());
    let mut pieces = vec![];
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (stream.len() + 1)).collect();
    cuts.extend([0, stream.len()]);
    cuts.sort_unstable();
    for cut in cuts.windows(2) {
        let mut bytes = &stream[cut[0]..cut[1]];
        loop {
            let (item, rest) = splitter.push(bytes);
            bytes = rest;
            let Some(item) = item.map(owned) else { break };
            pieces.push((splitter.offset(), item));
        }
        assert!(bytes.is_empty());
    }
    while let Some(item) = splitter.finish().map(owned) {
        pieces.push((splitter.offset(), item));
    }
    pieces
}

fn owned(item: Item<'_>) -> Piece {
    match item {
        Item::Line(line) => Piece::Line(line.to_vec()),
        Item::Record(record) => Piece::Record(record.to_vec()),
        Item::Damaged { bytes } => Piece::Damaged(bytes),
        Item::TooLong { bytes } => Piece::TooLong(bytes),
    }
}

/// What a splitter of `n` bytes must make of `stream`.
pub fn split(stream: &[u8], n: usize) -> Pieces {
    let mut twin = Twin { stream, n, checked: 0, pieces: vec![] };
    let mut at = 0;
    while at < stream.len() {
        at = match stream[at] {
            b'\t' | b'\n' | b'\r' | b' '..=b'~' => twin.line(at),
            _ => twin.binary(at, at),
        };
    }
    twin.pieces
}

struct Twin<'s> {
    stream: &'s [u8],
    n: usize,
    checked: u64,
    pieces: Pieces,
}

const MAGIC: &[u8] = b"\xf5SLR";

impl Twin<'_> {
    fn line(&mut self, began: usize) -> usize {
        let room_end = began + self.n;
        let mut is_long = false;
        for at in began..self.stream.len() {
            if self.stream[at] == b'\n' {
                self.line_ends(began, at, is_long || at >= room_end);
                return at + 1;
            }
            let same = self.stream[at..].iter().zip(MAGIC).take_while(|(one, other)| one == other).count();
            // To know whether a record begins here, this much must be in the buffer beside the line.
            let seen = at + if same == MAGIC.len() { 64 } else { same + 1 };
            is_long |= same > 0 && seen > room_end && self.stream.len() > room_end;
            if self.header(at).is_some() {
                return self.binary(began, at);
            }
        }
        let end = self.stream.len();
        self.line_ends(began, end, is_long || end > room_end);
        end
    }

    fn line_ends(&mut self, began: usize, end: usize, is_long: bool) {
        let line = &self.stream[began..end];
        self.pieces.push((
            began as u64,
            match is_long {
                true => Piece::TooLong(line.len() as u64),
                false => Piece::Line(line.strip_suffix(b"\r").unwrap_or(line).to_vec()),
            },
        ));
    }

    fn binary(&mut self, began: usize, from: usize) -> usize {
        let mut resume = None;
        for at in from..self.stream.len() {
            let rest = &self.stream[at..];
            if resume == Some(at) || rest.starts_with(b"{\"timestamp\"") {
                return self.damage_ends(began, at);
            }
            if matches!(rest, [b'\n', b'{', b'"' | b' ' | b'\t' | b'\r', ..]) {
                return self.damage_ends(began, at + 1);
            }
            let Some(bytes) = self.header(at).filter(|&bytes| bytes <= self.n) else { continue };
            if self.checked + bytes as u64 > 16 * (at + bytes) as u64 {
                continue;
            }
            let Some(record) = rest.get(..bytes) else { continue };
            self.checked += bytes as u64;
            let (data, crc) = record.split_at(bytes - 4);
            if crc32c(&[&data[..60], &data[64..]].concat()).to_le_bytes() == crc {
                self.damage_ends(began, at);
                self.pieces.push((at as u64, Piece::Record(record.to_vec())));
                return at + bytes;
            }
            resume = resume.or(Some(at + bytes));
        }
        self.damage_ends(began, self.stream.len())
    }

    fn damage_ends(&mut self, began: usize, at: usize) -> usize {
        if at > began {
            self.pieces.push((began as u64, Piece::Damaged((at - began) as u64)));
        }
        at
    }

    /// Length of the record whose undamaged header stands at `at`.
    fn header(&self, at: usize) -> Option<usize> {
        let header = self.stream[at..].get(..64)?;
        let bytes = u32::from_le_bytes(header[8..12].try_into().unwrap()) as usize;
        let is_good = header.starts_with(MAGIC) && crc32c(&header[..60]).to_le_bytes() == header[60..];
        (is_good && bytes >= 68).then_some(bytes)
    }
}

/// Bit by bit: polynomial 1EDC6F41, reflected.
pub fn crc32c(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| crc >> 1 ^ if crc & 1 == 1 { 0x82f6_3b78 } else { 0 })
    })
}
