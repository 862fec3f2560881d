//! One filter of the cascade, streaming: 16 bits in, 16 bits out, rounded once and saturated.

use super::filter::{Filter, GROUP_BITS, Pair};
use wide::{i16x16, i32x8};

/// Outputs that one round computes at most. More saves little time, less wastes it on moving history.
pub(super) const BLOCK: usize = 128;
/// Outputs that are computed together: two registers of eight.
const LANES: usize = 16;
const PHASES_MAX: usize = 3;
/// Columns that the longest filter reads for one output.
const COLUMNS_MAX: usize = 40;
/// The last round of lanes reads on behind the block.
const COLUMNS: usize = BLOCK + COLUMNS_MAX + LANES;

/// Fraction bits in which the accumulators are added. 1.8 times full scale still fits.
const SUM_BITS: u32 = 13;

/// Input samples split by phase, from the first column that the next output reads.
pub(super) struct Stage {
    filter: &'static Filter,
    phases: [[i16; COLUMNS]; PHASES_MAX],
    /// Samples held, counted across the phases: the next one goes to column `held / factor`.
    held: usize,
}

impl Stage {
    /// `start`: index of the first input sample; all before it are silence.
    pub(super) const fn new(filter: &'static Filter, start: isize) -> Self {
        assert!(filter.factor <= PHASES_MAX && filter.columns <= COLUMNS_MAX);
        let mut stage = Self { filter, phases: [[0; COLUMNS]; PHASES_MAX], held: 0 };
        stage.held = stage.held_at(start);
        stage
    }

    /// Forgets the past.
    pub(super) fn reset(&mut self, start: isize) {
        self.phases = [[0; COLUMNS]; PHASES_MAX];
        self.held = self.held_at(start);
    }

    /// Index of the first output that a signal beginning at input index `start` can reach.
    pub(super) const fn first_output(filter: &Filter, start: isize) -> isize {
        let reach = start - filter.half_length as isize;
        reach.div_euclid(filter.factor as isize) + (reach.rem_euclid(filter.factor as isize) != 0) as isize
    }

    const fn held_at(&self, start: isize) -> usize {
        let column = Self::first_output(self.filter, start) + self.filter.first;
        (start - column * self.filter.factor as isize) as usize
    }

    /// Samples that must be held before the next output can be computed, less one.
    const fn lead(&self) -> usize {
        (self.filter.half_length as isize - self.filter.first * self.filter.factor as isize) as usize
    }

    /// Takes all of `input`, at most [`BLOCK`] x factor samples, and returns the outputs written.
    pub(super) fn push(&mut self, input: &[i16], output: &mut [i16; BLOCK]) -> usize {
        self.fill(input);
        let count = self.held.saturating_sub(self.lead()).div_ceil(self.filter.factor);
        debug_assert!(count <= BLOCK);
        if count > 0 {
            self.convolve(count, output);
            self.forget(count);
        }
        count
    }

    fn fill(&mut self, input: &[i16]) {
        let factor = self.filter.factor;
        let (mut column, mut phase) = (self.held / factor, self.held % factor);
        let mut rest = input;
        while phase != 0
            && let Some((first, behind)) = rest.split_first()
        {
            self.phases[phase][column] = *first;
            rest = behind;
            phase = (phase + 1) % factor;
            column += usize::from(phase == 0);
        }
        match factor {
            2 => split::<2>(rest, &mut self.phases, column),
            _ => split::<3>(rest, &mut self.phases, column),
        }
        self.held += input.len();
    }

    fn convolve(&self, count: usize, output: &mut [i16; BLOCK]) {
        let mut pairs = [[[0i16; 2]; COLUMNS]; PHASES_MAX];
        let columns = count.next_multiple_of(LANES) + self.filter.columns;
        let phases = if self.filter.half_band { 1..2 } else { 0..self.filter.factor };
        for phase in phases {
            let samples = &self.phases[phase][..columns];
            for (pair, two) in pairs[phase].iter_mut().zip(samples.windows(2)) {
                *pair = [two[0], two[1]];
            }
        }
        let centre_column = -self.filter.first as usize;
        for (round, out) in output[..count.next_multiple_of(LANES)].chunks_exact_mut(LANES).enumerate() {
            let from = round * LANES;
            let mut sum = if self.filter.half_band {
                let centre = &self.phases[0][from + centre_column..][..LANES];
                [0, 8].map(|at| {
                    let centre: [i16; 8] = core::array::from_fn(|i| centre[at + i]);
                    i32x8::from(centre.map(i32::from)) << (SUM_BITS - 1)
                })
            } else {
                [i32x8::splat(0); 2]
            };
            for (group, bits) in self.filter.groups.iter().zip(GROUP_BITS) {
                let part = accumulate(group, &pairs, from);
                for (sum, part) in sum.iter_mut().zip(part) {
                    *sum += part >> (bits - SUM_BITS);
                }
            }
            for (out, sum) in out.chunks_exact_mut(8).zip(sum) {
                let rounded = (sum + i32x8::splat(1 << (SUM_BITS - 1))) >> SUM_BITS;
                for (out, value) in out.iter_mut().zip(rounded.to_array()) {
                    *out = value.clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16;
                }
            }
        }
    }

    /// Moves the history of the next output to the front.
    fn forget(&mut self, count: usize) {
        self.held -= count * self.filter.factor;
        let kept = self.held.div_ceil(self.filter.factor);
        for phase in &mut self.phases[..self.filter.factor] {
            phase.copy_within(count..count + kept, 0);
        }
    }
}

fn split<const FACTOR: usize>(input: &[i16], phases: &mut [[i16; COLUMNS]; PHASES_MAX], column: usize) {
    let (whole, tail) = input.as_chunks::<FACTOR>();
    for (phase, to) in phases.iter_mut().enumerate().take(FACTOR) {
        for (to, samples) in to[column..].iter_mut().zip(whole) {
            *to = samples[phase];
        }
    }
    for (phase, sample) in phases.iter_mut().zip(tail) {
        phase[column + whole.len()] = *sample;
    }
}

/// Sums of one group for 16 outputs.
#[inline]
fn accumulate(group: &[Pair], pairs: &[[[i16; 2]; COLUMNS]; PHASES_MAX], from: usize) -> [i32x8; 2] {
    let mut sums = [i32x8::splat(0); 2];
    for pair in group {
        let taps = i16x16::from(pair.taps);
        let samples =
            pairs[usize::from(pair.phase)][from + usize::from(pair.column)..][..LANES].as_flattened();
        for (sum, samples) in sums.iter_mut().zip(samples.as_chunks::<16>().0) {
            *sum += i16x16::from(*samples).dot(taps);
        }
    }
    sums
}
