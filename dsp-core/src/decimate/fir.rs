//! The filtering decimator: a cascade of stages, each of which halves or thirds the rate.
//!
//! Accuracy: every stage rounds once, to the nearest 16-bit value, and saturates. As long as nothing
//! saturates between two stages, the result of one or two stages (ratios 1 to 6) is within 1 of the
//! rounded double-precision convolution with [`impulse_response`]: half a step of rounding grows by
//! the last filter's absolute sum, 1.75, to at most 0.88 of a step. Three and four stages stay
//! within 2.

use super::RatioError;
use super::filter::{Filter, HALF_FIRST, HALF_LAST, THIRD_FIRST, THIRD_LAST};
use super::stage::{BLOCK, Scratch, Stage};

/// Ratios that have a filter: 8 to 192 kHz in at 8 kHz out.
pub const FIR_RATIOS: [u32; 8] = [1, 2, 3, 4, 6, 8, 12, 24];

/// Input that any first stage takes at once.
const PIECE: usize = 2 * BLOCK;
const STAGES_MAX: usize = 4;
/// Reach of the longest cascade, for ratio 24.
const REACH_MAX: usize =
    HALF_FIRST.half_length * 3 + THIRD_FIRST.half_length * 4 + HALF_LAST.half_length * 12;
/// Most taps of [`impulse_response`], over all ratios.
pub const IMPULSE_RESPONSE_MAX: usize = 2 * REACH_MAX + 1;

/// The filters for a ratio, first stage first.
const fn cascade(ratio: u32) -> Result<&'static [&'static Filter], RatioError> {
    Ok(match ratio {
        1 => &[],
        2 => const { &[&HALF_LAST] },
        3 => const { &[&THIRD_LAST] },
        4 => const { &[&HALF_FIRST, &HALF_LAST] },
        6 => const { &[&THIRD_FIRST, &HALF_LAST] },
        8 => const { &[&HALF_FIRST, &HALF_FIRST, &HALF_LAST] },
        12 => const { &[&HALF_FIRST, &THIRD_FIRST, &HALF_LAST] },
        24 => const { &[&HALF_FIRST, &HALF_FIRST, &THIRD_FIRST, &HALF_LAST] },
        _ => return Err(RatioError),
    })
}

/// The filtering decimator of one channel. Some 7 KiB, whatever the ratio.
pub struct Fir {
    ratio: u64,
    stages: [Option<Stage>; STAGES_MAX],
    scratch: Scratch,
    /// Input samples on either side of an output's place that it depends on.
    reach: u64,
    /// Outputs before the place of the first input sample, which are thrown away.
    early: u64,
    skip: u64,
    received: u64,
    written: u64,
}

impl Fir {
    /// # Errors
    /// [`RatioError`] if `ratio` is not among [`FIR_RATIOS`].
    pub const fn new(ratio: u32) -> Result<Self, RatioError> {
        let filters = match cascade(ratio) {
            Ok(filters) => filters,
            Err(error) => return Err(error),
        };
        let mut fir = Self {
            ratio: ratio as u64,
            stages: [None, None, None, None],
            scratch: Scratch::new(),
            reach: 0,
            early: 0,
            skip: 0,
            received: 0,
            written: 0,
        };
        let (mut at, mut start, mut step) = (0, 0, 1);
        while at < filters.len() {
            fir.stages[at] = Some(Stage::new(filters[at], start));
            fir.reach += step * filters[at].half_length as u64;
            step *= filters[at].factor as u64;
            start = Stage::first_output(filters[at], start);
            at += 1;
        }
        fir.early = start.unsigned_abs() as u64;
        fir.skip = fir.early;
        Ok(fir)
    }

    /// Reads samples until they are used up or `output` is full. Returns how many were written and
    /// the unread rest.
    pub fn push<'a>(&mut self, input: &'a [i16], output: &mut [i16]) -> (usize, &'a [i16]) {
        let (take, rest) = input.split_at(self.room(output.len()).min(input.len()));
        self.received += take.len() as u64;
        let mut written = 0;
        for piece in take.chunks(PIECE) {
            written += self.step(piece, &mut output[written..]);
        }
        self.written += written as u64;
        (written, rest)
    }

    /// Ends the stretch: writes what the filter still holds, so that ceil(samples / ratio) have come
    /// out of it in all. Call until it returns 0; then the next [`Self::push`] begins a new stretch.
    pub fn flush(&mut self, output: &mut [i16]) -> usize {
        let due = (self.received.div_ceil(self.ratio) - self.written).min(output.len() as u64) as usize;
        if due == 0 && !output.is_empty() {
            self.reset();
            return 0;
        }
        let silence = [0; BLOCK];
        let mut written = 0;
        while written < due {
            // Silence for one output at a time, so that none comes out that is not due.
            written += self.step(&silence[..self.ratio as usize], &mut output[written..due]);
        }
        self.written += written as u64;
        written
    }

    fn reset(&mut self) {
        let mut start = 0;
        for (stage, filter) in self.stages.iter_mut().flatten().zip(cascade(self.ratio as u32).unwrap_or(&[]))
        {
            stage.reset(start);
            start = Stage::first_output(filter, start);
        }
        (self.skip, self.received, self.written) = (self.early, 0, 0);
    }

    /// Input samples that give at most `outputs` more outputs.
    pub fn room(&self, outputs: usize) -> usize {
        let last = self.ratio * (self.written + outputs as u64) + self.reach;
        let room = if self.ratio == 1 { outputs as u64 } else { last - self.received };
        usize::try_from(room).unwrap_or(usize::MAX)
    }

    /// One piece through all stages.
    fn step(&mut self, piece: &[i16], output: &mut [i16]) -> usize {
        let (mut from, mut to) = ([0; BLOCK], [0; BLOCK]);
        let mut stages = self.stages.iter_mut().flatten();
        let Some(first) = stages.next() else {
            output[..piece.len()].copy_from_slice(piece);
            return piece.len();
        };
        let mut count = first.push(piece, &mut from, &mut self.scratch);
        let (mut here, mut there) = (&mut from, &mut to);
        for stage in stages {
            count = stage.push(&here[..count], there, &mut self.scratch);
            core::mem::swap(&mut here, &mut there);
        }
        let skip = self.skip.min(count as u64) as usize;
        self.skip -= skip as u64;
        let kept = &here[skip..count];
        output[..kept.len()].copy_from_slice(kept);
        kept.len()
    }
}

/// Writes the whole cascade's impulse response at the input rate, centre in the middle, and returns
/// the part of `taps` written: 2 x reach + 1 values that add up to 1. For twins and plots.
///
/// # Errors
/// [`RatioError`] if `ratio` is not among [`FIR_RATIOS`].
pub fn impulse_response(ratio: u32, taps: &mut [f64; IMPULSE_RESPONSE_MAX]) -> Result<&[f64], RatioError> {
    const CENTRE: usize = IMPULSE_RESPONSE_MAX / 2;
    let mut step = 1;
    let mut reach = 0;
    taps.fill(0.0);
    taps[CENTRE] = 1.0;
    for filter in cascade(ratio)? {
        let before = *taps;
        let reached = reach;
        taps.fill(0.0);
        filter.taps(|at, value| {
            let shift = at * step as isize;
            for i in CENTRE - reached..=CENTRE + reached {
                taps[i.wrapping_add_signed(shift)] += before[i] * value;
            }
        });
        reach += step * filter.half_length;
        step *= filter.factor;
    }
    Ok(&taps[CENTRE - reach..=CENTRE + reach])
}
