//! One filter of the cascade, streaming: 16 bits in, 16 bits out, rounded once and saturated.

use super::filter::{Filter, GROUP_BITS, Pair};
use wide::{i16x8, i16x16, i32x8};

/// Outputs that one round computes at most. More saves little time, less wastes it on moving history.
pub(super) const BLOCK: usize = 128;
/// Outputs that are computed together: enough that reading the taps does not count.
const LANES: usize = 32;
const REGISTERS: usize = LANES / 8;
const PHASES_MAX: usize = 3;
/// Columns that the longest filter reads for one output.
const COLUMNS_MAX: usize = 40;
/// The last round of lanes reads on behind the block.
pub(super) const COLUMNS: usize = BLOCK + COLUMNS_MAX + LANES;

/// Fraction bits in which the accumulators are added. 1.8 times full scale still fits.
const SUM_BITS: u32 = 13;

/// Each column with the next one, phase after phase: the operands of the multiply-adds. What is in it
/// before a stage runs does not matter, so that all stages share one.
pub(super) struct Scratch([u32; COLUMNS * PHASES_MAX]);

impl Scratch {
    pub(super) const fn new() -> Self {
        Self([0; COLUMNS * PHASES_MAX])
    }
}

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
    pub(super) fn push(&mut self, input: &[i16], output: &mut [i16; BLOCK], scratch: &mut Scratch) -> usize {
        self.fill(input);
        let count = self.held.saturating_sub(self.lead()).div_ceil(self.filter.factor);
        debug_assert!(count <= BLOCK);
        if count > 0 {
            self.convolve(count, output, scratch);
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
            2 => split_in_two(rest, &mut self.phases, column),
            _ => split_in_three(rest, &mut self.phases, column),
        }
        self.held += input.len();
    }

    fn convolve(&self, count: usize, output: &mut [i16; BLOCK], scratch: &mut Scratch) {
        let columns = count.next_multiple_of(LANES) + self.filter.columns;
        let phases = if self.filter.half_band { 1..2 } else { 0..self.filter.factor };
        for phase in phases {
            let (samples, next) = (&self.phases[phase][..columns], &self.phases[phase][1..=columns]);
            let pairs = &mut scratch.0[phase * COLUMNS..][..columns];
            // As one number, because that becomes vector code.
            for ((pair, sample), next) in pairs.iter_mut().zip(samples).zip(next) {
                *pair = u32::from(*sample as u16) | u32::from(*next as u16) << 16;
            }
        }
        let centre_column = -self.filter.first as usize;
        for (round, out) in output[..count.next_multiple_of(LANES)].chunks_exact_mut(LANES).enumerate() {
            let from = round * LANES;
            let mut sum = [i32x8::splat(0); REGISTERS];
            if self.filter.half_band {
                let centre = &self.phases[0][from + centre_column..][..LANES];
                for (sum, centre) in sum.iter_mut().zip(centre.as_chunks::<8>().0) {
                    *sum = i32x8::from(centre.map(i32::from)) << (SUM_BITS - 1);
                }
            }
            for (group, bits) in self.filter.groups.iter().zip(GROUP_BITS) {
                let part = accumulate(group, scratch, from);
                for (sum, part) in sum.iter_mut().zip(part) {
                    *sum += part >> (bits - SUM_BITS);
                }
            }
            for (out, sum) in out.as_chunks_mut::<8>().0.iter_mut().zip(sum) {
                let rounded = (sum + i32x8::splat(1 << (SUM_BITS - 1))) >> SUM_BITS;
                *out = i16x8::from_i32x8_saturate(rounded).to_array();
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

/// Every second sample to its own phase. Two samples taken as one number become vector code.
fn split_in_two(input: &[i16], phases: &mut [[i16; COLUMNS]; PHASES_MAX], column: usize) {
    let [even, odd, _] = phases;
    let (whole, tail) = input.as_chunks::<2>();
    let end = column + whole.len();
    for ((even, odd), two) in even[column..end].iter_mut().zip(&mut odd[column..end]).zip(whole) {
        let two: u32 = bytemuck::cast(*two);
        *even = two as i16;
        *odd = (two >> 16) as i16;
    }
    if let [last] = tail {
        even[end] = *last;
    }
}

/// Every third sample to its own phase.
fn split_in_three(input: &[i16], phases: &mut [[i16; COLUMNS]; PHASES_MAX], column: usize) {
    for (phase, to) in phases.iter_mut().enumerate() {
        for (to, sample) in to[column..].iter_mut().zip(input.iter().skip(phase).step_by(3)) {
            *to = *sample;
        }
    }
}

/// Sums of one group for [`LANES`] outputs.
#[inline]
fn accumulate(group: &[Pair], scratch: &Scratch, from: usize) -> [i32x8; REGISTERS] {
    let samples: &[i16] = bytemuck::cast_slice(&scratch.0[from..]);
    let mut sums = [i32x8::splat(0); REGISTERS];
    for pair in group {
        let taps = i16x16::from(pair.taps);
        let window = &samples[2 * usize::from(pair.place)..][..2 * LANES];
        for (sum, samples) in sums.iter_mut().zip(window.as_chunks().0) {
            *sum += i16x16::from(*samples).dot(taps);
        }
    }
    sums
}
