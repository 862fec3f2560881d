//! A stage's filter as tables. `build.rs` designs them and says how.

use super::stage::COLUMNS;

/// Bits after the point of each group's accumulator; `build.rs` has the same.
pub(super) const GROUP_BITS: [u32; 4] = [15, 16, 17, 19];

/// Taps of one stage: output m is the sum of `taps * x[factor * (m + first + column) + phase]`,
/// and half of `x[factor * m]` more in a half-band filter.
pub(super) struct Filter {
    pub(super) factor: usize,
    /// Taps on either side of the centre.
    pub(super) half_length: usize,
    /// Column of the earliest tap, relative to the output; not above 0.
    pub(super) first: isize,
    /// Columns that an output reads; even.
    pub(super) columns: usize,
    /// The centre is exactly one half and not among the pairs.
    pub(super) half_band: bool,
    /// Pairs by group; within a group the absolute taps add up to less than 2^16 steps, so that
    /// 32-bit accumulators hold whatever the input is.
    pub(super) groups: [&'static [Pair]; 4],
}

/// Two taps of one phase in neighbouring columns, eight times over: one operand of a multiply-add.
#[repr(align(32))]
pub(super) struct Pair {
    pub(super) taps: [i16; 16],
    /// Where the columns of the first output stand in [`super::stage::Scratch`].
    pub(super) place: u16,
    phase: u8,
    column: u8,
}

impl Pair {
    const fn new(phase: u8, column: u8, a: i16, b: i16) -> Self {
        let place = phase as u16 * COLUMNS as u16 + column as u16;
        Self { taps: [a, b, a, b, a, b, a, b, a, b, a, b, a, b, a, b], place, phase, column }
    }
}

include!(concat!(env!("OUT_DIR"), "/filters.rs"));

impl Filter {
    /// Calls `each` with every tap: its distance from the centre in input samples, and its value.
    pub(super) fn taps(&self, mut each: impl FnMut(isize, f64)) {
        if self.half_band {
            each(0, 0.5);
        }
        for (group, bits) in self.groups.iter().zip(GROUP_BITS) {
            for pair in *group {
                for (i, tap) in pair.taps[..2].iter().enumerate() {
                    let column = self.first + pair.column as isize + i as isize;
                    let at = self.factor as isize * column + pair.phase as isize;
                    if *tap != 0 {
                        each(at, f64::from(*tap) / f64::from(1u32 << bits));
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_input_overflows_an_accumulator() {
        for filter in [&HALF_FIRST, &HALF_LAST, &THIRD_FIRST, &THIRD_LAST] {
            for group in filter.groups {
                let sum: i64 =
                    group.iter().map(|p| i64::from(p.taps[0]).abs() + i64::from(p.taps[1]).abs()).sum();
                assert!(sum * 32_768 <= i64::from(i32::MAX), "{sum}");
            }
        }
    }

    #[test]
    fn filters_are_symmetric_and_let_a_constant_pass() {
        for filter in [&HALF_FIRST, &HALF_LAST, &THIRD_FIRST, &THIRD_LAST] {
            let mut sum = 0.0;
            let mut odd = 0.0;
            filter.taps(|at, value| {
                sum += value;
                odd += value * at as f64;
                assert!(at.unsigned_abs() <= filter.half_length);
            });
            assert!((sum - 1.0).abs() < 1e-3, "{sum}");
            // Taps on either side are rounded alike, so that the first moment vanishes.
            assert!(odd.abs() < 1e-3, "{odd}");
        }
    }
}
