//! Finds lines and records in a stream of bytes that arrives in pieces of any size.
//!
//! Both may be mixed, without anything between them. The bytes alone decide what comes out; how they
//! are cut into pushes changes nothing.
//!
//! **Where an item ends.** What begins with printable ASCII, a tab or an end of line is a line, up to
//! and with `\n`. What begins with a record's magic is a record, as long as its header says. Anything
//! else is damage.
//!
//! **How it finds back.** Damage ends where one of these begins:
//! - a record with both checksums right;
//! - `{"timestamp"`, as our lines and the prototype's begin;
//! - `{` with a quote or white space behind it, after a `\n`: other writers' lines;
//! - whatever stands where a record should end whose header is whole and whose last checksum is not.
//!
//! So a damaged or cut-off item costs itself alone, and a length that lies is not believed. A line
//! that is cut off by the header of a record ends there and is damage.
//!
//! **Limits.** `N` bytes of buffer and nothing else. A longer line is thrown away as it comes, a longer
//! record is damage. Each byte is checksummed 16 times on average at most: with headers forged to
//! overlap, more would be asked for; what goes beyond is taken for damage unseen.

use super::record::{self, HEADER_BYTES, MAGIC};
use begins::{Begins, begins};
use core::ops::Range;
use memchr::{memchr2, memchr3};

mod begins;

/// How often each byte of the stream may be checksummed on average. An undamaged stream needs it once,
/// the neighbour of a cut-off record twice.
const CHECKS_PER_BYTE_MAX: u64 = 16;

/// What came out of the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item<'b> {
    /// A line without its `\n` or `\r\n`, blank ones too, so that lines can be counted.
    /// What is inside is for [`super::line::decode`].
    Line(&'b [u8]),
    /// A whole record whose CRC-32C matches.
    Record(&'b [u8]),
    /// Bytes that are neither, thrown away; reading goes on behind them.
    Damaged {
        /// How many.
        bytes: u64,
    },
    /// A line longer than the buffer, thrown away up to its `\n`.
    TooLong {
        /// How many bytes, without the `\n`.
        bytes: u64,
    },
}

/// `N`: bytes of the longest line (with its `\n`) or record that it holds.
pub struct Splitter<const N: usize> {
    buffer: [u8; N],
    /// Bytes `start..end` of the buffer are taken and not yet given out or thrown away.
    start: usize,
    end: usize,
    /// Bytes taken since the stream began: where `end` stands in it.
    taken: u64,
    /// Where in the stream the item began that is under way, and the one given out last.
    began: u64,
    offset: u64,
    mode: Mode,
    /// From `start` on, in a line: free of anything that ends it.
    settled: usize,
    /// Bytes thrown away that no item has told of yet.
    lost: u64,
    /// Where in the stream the record should end whose last checksum did not match.
    resume: Option<u64>,
    /// Bytes checksummed since the stream began.
    checked: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// Between items.
    Start,
    /// In a line.
    Line,
    /// In a line that is too long.
    LongLine,
    /// At a record, or in damage and on the way to what comes next.
    Binary,
    /// At a record of so many bytes, whose checksum matches.
    Record(usize),
}

/// An item without its borrow.
enum Found {
    Line(Range<usize>),
    Record(Range<usize>),
    Damaged(u64),
    TooLong(u64),
}

/// What is needed to go on.
enum Need {
    /// This many bytes.
    Bytes(usize),
    /// All up to a byte that means something in this mode.
    Mark,
}

impl<const N: usize> Splitter<N> {
    /// An empty one.
    #[must_use]
    pub const fn new() -> Self {
        const { assert!(N >= 2 * HEADER_BYTES, "too small for any record") };
        Self {
            buffer: [0; N],
            start: 0,
            end: 0,
            taken: 0,
            began: 0,
            offset: 0,
            mode: Mode::Start,
            settled: 0,
            lost: 0,
            resume: None,
            checked: 0,
        }
    }

    /// Takes bytes until an item is whole or the bytes are used up; call again with the unread rest
    /// until it gives `None`, also when the rest is empty: behind damage, more than one item may lie
    /// in the buffer.
    ///
    /// ```
    /// use dsp_core::frame::splitter::{Item, Splitter};
    ///
    /// let mut splitter = Splitter::<256>::new();
    /// let mut lines = 0;
    /// for piece in [&b"{\"one\": 1}\n{\"ot"[..], b"her\": 2}\n"] {
    ///     let mut rest = piece;
    ///     while let (Some(item), unread) = splitter.push(rest) {
    ///         assert!(matches!(item, Item::Line(_)));
    ///         lines += 1;
    ///         rest = unread;
    ///     }
    /// }
    /// assert_eq!((lines, splitter.finish()), (2, None));
    /// ```
    pub fn push<'b, 'a>(&'b mut self, mut bytes: &'a [u8]) -> (Option<Item<'b>>, &'a [u8]) {
        loop {
            match self.next(false) {
                Ok(found) => return (Some(self.item(found)), bytes),
                Err(_) if bytes.is_empty() => return (None, bytes),
                Err(need) => bytes = self.take(bytes, &need),
            }
        }
    }

    /// Where the last item began, in bytes from the start of the stream: a reader that keeps it can
    /// come back for that line or record alone, `offset..offset + len`.
    #[must_use]
    pub const fn offset(&self) -> u64 {
        self.offset
    }

    /// The stream has ended: what is left of it (a line without `\n`, or damage). Call until `None`;
    /// the splitter then stands at the start of a new stream.
    pub fn finish(&mut self) -> Option<Item<'_>> {
        let found = self.next(true).ok().or_else(|| self.rest())?;
        Some(self.item(found))
    }

    /// What the end of the stream cuts off.
    fn rest(&mut self) -> Option<Found> {
        let rest = self.start..self.end;
        let lost = self.lost + rest.len() as u64;
        let mode = self.mode;
        self.begin(self.end);
        match mode {
            Mode::Line => Some(self.line(rest)),
            Mode::LongLine => Some(Found::TooLong(lost)),
            Mode::Binary if lost > 0 => Some(Found::Damaged(lost)),
            _ => {
                (self.taken, self.began, self.checked) = (0, 0, 0);
                None
            }
        }
    }

    fn item(&self, found: Found) -> Item<'_> {
        match found {
            Found::Line(range) => Item::Line(&self.buffer[range]),
            Found::Record(range) => Item::Record(&self.buffer[range]),
            Found::Damaged(bytes) => Item::Damaged { bytes },
            Found::TooLong(bytes) => Item::TooLong { bytes },
        }
    }

    /// The next item in the buffer. At the end of the stream, what is not whole never will be.
    fn next(&mut self, is_end: bool) -> Result<Found, Need> {
        loop {
            let found = match self.mode {
                Mode::Start => self.next_start()?,
                Mode::Line | Mode::LongLine => self.next_line(is_end)?,
                Mode::Binary => self.next_binary(is_end)?,
                Mode::Record(bytes) => {
                    let record = self.start..self.start + bytes;
                    self.begin(record.end);
                    Some(Found::Record(record))
                }
            };
            if let Some(found) = found {
                return Ok(found);
            }
        }
    }

    fn next_start(&mut self) -> Result<Option<Found>, Need> {
        match self.buffer[self.start..self.end].first() {
            None => return Err(Need::Bytes(1)),
            Some(b'\t' | b'\n' | b'\r' | b' '..=b'~') => self.mode = Mode::Line,
            Some(_) => self.mode = Mode::Binary,
        }
        Ok(None)
    }

    fn next_line(&mut self, is_end: bool) -> Result<Option<Found>, Need> {
        let window = &self.buffer[self.start..self.end];
        let Some(mark) = memchr2(b'\n', MAGIC[0], &window[self.settled..]) else {
            self.settled = window.len();
            return Err(Need::Mark);
        };
        self.settled += mark;
        let mark = &window[self.settled..];
        if mark[0] == b'\n' {
            let line = self.start..self.start + self.settled;
            let (mode, lost) = (self.mode, self.lost);
            self.begin(line.end + 1);
            return Ok(Some(match mode {
                Mode::LongLine => Found::TooLong(lost + line.len() as u64),
                _ => self.line(line),
            }));
        }
        match begins(mark) {
            Begins::Unknown(bytes) if !is_end => return Err(Need::Bytes(bytes)),
            // Torn off: no line has such a byte, and a whole header is no accident.
            Begins::Record(_) => {
                self.throw(self.settled);
                self.mode = Mode::Binary;
            }
            _ => self.settled += 1,
        }
        Ok(None)
    }

    fn next_binary(&mut self, is_end: bool) -> Result<Option<Found>, Need> {
        let position = self.position();
        let window = &self.buffer[self.start..self.end];
        let resume = self.resume.and_then(|resume| usize::try_from(resume - position).ok());
        let end = resume.map_or(window.len(), |resume| resume.min(window.len()));
        let Some(mark) = memchr3(MAGIC[0], b'{', b'\n', &window[..end]) else {
            self.throw(end);
            if resume == Some(end) {
                return Ok(self.damage_ends());
            }
            return Err(Need::Mark);
        };
        self.throw(mark);
        let position = self.position();
        let window = &self.buffer[self.start..self.end];
        match begins(window) {
            Begins::Unknown(bytes) if !is_end => return Err(Need::Bytes(bytes)),
            Begins::Line(before) => {
                self.throw(before);
                return Ok(self.damage_ends());
            }
            Begins::Record(bytes) if bytes <= N && self.may_check(position, bytes) => {
                let Some(record) = window.get(..bytes) else {
                    if is_end {
                        self.throw(1);
                        return Ok(None);
                    }
                    return Err(Need::Bytes(bytes - window.len()));
                };
                self.checked += bytes as u64;
                if record::is_whole(record) {
                    let damage = self.damage_ends();
                    self.mode = Mode::Record(bytes);
                    return Ok(damage);
                }
                self.resume.get_or_insert(position + bytes as u64);
                self.throw(1);
            }
            _ => self.throw(1),
        }
        Ok(None)
    }

    /// Whether a record at `position` may cost its bytes.
    fn may_check(&self, position: u64, bytes: usize) -> bool {
        let bytes = bytes as u64;
        self.checked + bytes <= (position + bytes).saturating_mul(CHECKS_PER_BYTE_MAX)
    }

    /// Where `start` stands in the stream.
    fn position(&self) -> u64 {
        self.taken - (self.end - self.start) as u64
    }

    /// The line without `\r`.
    fn line(&self, line: Range<usize>) -> Found {
        let text = &self.buffer[line.clone()];
        let bytes = text.strip_suffix(b"\r").unwrap_or(text).len();
        Found::Line(line.start..line.start + bytes)
    }

    /// Something new begins at `start`.
    fn begin(&mut self, start: usize) {
        self.start = start;
        self.offset = self.began;
        self.began = self.position();
        self.mode = Mode::Start;
        self.settled = 0;
        self.lost = 0;
        self.resume = None;
    }

    fn damage_ends(&mut self) -> Option<Found> {
        let lost = self.lost;
        self.begin(self.start);
        (lost > 0).then_some(Found::Damaged(lost))
    }

    fn throw(&mut self, bytes: usize) {
        self.start += bytes;
        self.settled = self.settled.saturating_sub(bytes);
        self.lost += bytes as u64;
    }

    /// Takes what is needed of `bytes`, as far as there is room, and returns the rest.
    fn take<'a>(&mut self, bytes: &'a [u8], need: &Need) -> &'a [u8] {
        let wanted = match (need, self.mode) {
            (Need::Bytes(wanted), _) => Some(*wanted),
            (Need::Mark, Mode::Binary) => memchr3(MAGIC[0], b'{', b'\n', bytes).map(|mark| mark + 1),
            (Need::Mark, _) => memchr2(b'\n', MAGIC[0], bytes).map(|mark| mark + 1),
        };
        let wanted = wanted.unwrap_or(bytes.len()).min(bytes.len());
        if wanted > N - self.end {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.end == N {
            // Only a line gets here: what is waited for in a record always fits.
            self.mode = Mode::LongLine;
            self.throw(self.settled);
            return self.take(bytes, need);
        }
        let (taken, rest) = bytes.split_at(wanted.min(N - self.end));
        self.buffer[self.end..self.end + taken.len()].copy_from_slice(taken);
        self.end += taken.len();
        self.taken += taken.len() as u64;
        rest
    }
}

impl<const N: usize> Default for Splitter<N> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests;
