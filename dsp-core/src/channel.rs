//! Choice of one channel out of interleaved frames, and of every n-th frame where that is all.

/// Takes every `stride`-th item of a stream that arrives in pieces of any size.
///
/// With `stride` = channels it keeps one channel; with `stride` = channels x ratio it is the
/// prototype's downsampling `x[channel::channels][::ratio]` in one pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Selector {
    stride: usize,
    offset: usize,
    /// Items to pass over before the next one kept; below `stride`.
    skip: usize,
}

impl Selector {
    /// Keeps the items `offset`, `offset + stride`, ... of the stream. A stride of 0 counts as 1,
    /// an offset is taken modulo the stride.
    #[must_use]
    pub const fn new(stride: usize, offset: usize) -> Self {
        let stride = if stride == 0 { 1 } else { stride };
        let offset = offset % stride;
        Self { stride, offset, skip: offset }
    }

    /// Fills `kept` from `items` until either is used up. Returns how many were kept and the unread rest.
    pub fn push<'a>(&mut self, items: &'a [i16], kept: &mut [i16]) -> (usize, &'a [i16]) {
        let Some(from) = items.get(self.skip..).filter(|from| !from.is_empty()) else {
            self.skip -= items.len();
            return (0, &[]);
        };
        let count = from.len().div_ceil(self.stride).min(kept.len());
        match self.stride {
            1 => kept[..count].copy_from_slice(&from[..count]),
            2 => gather::<2>(from, &mut kept[..count]),
            8 => gather::<8>(from, &mut kept[..count]),
            stride => {
                for (to, item) in kept[..count].iter_mut().zip(from.iter().step_by(stride)) {
                    *to = *item;
                }
            }
        }
        let next = self.skip + count * self.stride;
        let used = next.min(items.len());
        self.skip = next - used;
        (count, &items[used..])
    }

    /// Forgets where in the stream it is: the next item is the stream's first.
    pub const fn reset(&mut self) {
        self.skip = self.offset;
    }
}

/// A stride that the compiler knows becomes vector code. The last item may stand in a part of a stride.
fn gather<const STRIDE: usize>(from: &[i16], kept: &mut [i16]) {
    let (whole, _) = from.as_chunks::<STRIDE>();
    for (to, frame) in kept.iter_mut().zip(whole) {
        *to = frame[0];
    }
    if let (Some(to), Some(item)) = (kept.get_mut(whole.len()), from.get(whole.len() * STRIDE)) {
        *to = *item;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::vec::Vec;

    proptest! {
        #[test]
        fn any_cut_gives_what_step_by_gives(
            items in prop::collection::vec(any::<i16>(), 0..400),
            stride in 1usize..12,
            offset in 0usize..12,
            cuts in prop::collection::vec((0usize..40, 1usize..9), 1..60),
        ) {
            let offset = offset % stride;
            let expected: Vec<i16> = items.iter().skip(offset).step_by(stride).copied().collect();
            let mut selector = Selector::new(stride, offset);
            let mut got = Vec::new();
            let mut rest = &items[..];
            for (take, room) in cuts.into_iter().chain([(items.len(), 400)]) {
                let (mut piece, later) = rest.split_at(take.min(rest.len()));
                while !piece.is_empty() {
                    let mut kept = [0; 400];
                    let (count, unread) = selector.push(piece, &mut kept[..room]);
                    got.extend_from_slice(&kept[..count]);
                    prop_assert!(unread.len() < piece.len());
                    piece = unread;
                }
                rest = later;
            }
            prop_assert_eq!(got, expected);
        }
    }

    #[test]
    fn reset_begins_at_the_offset_again() {
        let mut selector = Selector::new(2, 1);
        let mut kept = [0; 4];
        assert_eq!(selector.push(&[1, 2, 3], &mut kept).0, 1);
        selector.reset();
        assert_eq!(selector.push(&[5, 6], &mut kept).0, 1);
        assert_eq!(kept[0], 6);
    }

    #[test]
    fn no_room_takes_nothing_but_what_is_passed_over() {
        let mut selector = Selector::new(2, 1);
        let (count, rest) = selector.push(&[1, 2, 3], &mut []);
        assert_eq!((count, rest), (0, &[2, 3][..]));
        let mut kept = [0; 2];
        assert_eq!(selector.push(rest, &mut kept), (1, &[][..]));
        assert_eq!(kept[0], 2);
    }
}
