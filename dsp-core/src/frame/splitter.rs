//! Finds lines and records in a stream of bytes that arrives in pieces of any size.

/// What came out of the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item<'b> {
    /// A line without its `\n`, blank ones too, so that lines can be counted.
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

/// `N`: bytes of the longest line or record that it holds.
pub struct Splitter<const N: usize> {
    buffer: [u8; N],
}

impl<const N: usize> Splitter<N> {
    /// An empty one.
    #[must_use]
    pub const fn new() -> Self {
        Self { buffer: [0; N] }
    }
    /// Takes bytes until an item is whole or the bytes are used up; call again with the unread rest.
    pub fn push<'b, 'a>(&'b mut self, _bytes: &'a [u8]) -> (Option<Item<'b>>, &'a [u8]) {
        let _ = &self.buffer;
        todo!()
    }
    /// Where the last item began, in bytes from the start of the stream: a reader that keeps it can
    /// come back for that line (its end is `offset + len + 1`) or record (`offset + len`) alone.
    #[must_use]
    pub const fn offset(&self) -> u64 {
        0
    }
    /// The stream has ended: what is left of it (a line without `\n`, or damage). Call until `None`;
    /// the splitter then stands at the start of a new stream.
    pub fn finish(&mut self) -> Option<Item<'_>> {
        todo!()
    }
}

impl<const N: usize> Default for Splitter<N> {
    fn default() -> Self {
        Self::new()
    }
}
