//! Interleaved periods of any size in, chunks with their place in the run out.
//!
//! ```text
//! period -> channel -> decimate -> chunk buffer -> block
//! ```
//!
//! The chunk buffer stands behind the decimator, so that it holds one channel at the output rate
//! (4,000 bytes) instead of interleaved input (32,000 bytes), and every block but a stretch's last
//! has exactly 250 ms in either mode.
//!
//! ```
//! use dsp_core::{decimate::Mode, format::CHUNK_SAMPLES, pipeline::{Pipeline, Settings}};
//!
//! let settings = Settings { rate_in_hz: 32_000, rate_out_hz: 8_000, channels: 2, channel: 0, mode: Mode::Fir };
//! let mut pipeline = Pipeline::<CHUNK_SAMPLES>::new(settings).unwrap();
//! let mut blocks = 0;
//! for period in [[0; 6_400]; 4] {
//!     let mut rest = &period[..];
//!     while let (Some(block), unread) = pipeline.push(rest) {
//!         assert_eq!((block.seq, block.samples.len()), (blocks, 2_000));
//!         blocks += 1;
//!         rest = unread;
//!     }
//! }
//! // 12,800 frames are 3,200 samples: one chunk of 2,000, and 1,200 at the end.
//! assert_eq!(blocks, 1);
//! assert_eq!(pipeline.flush().unwrap().samples.len(), 1_200);
//! assert!(pipeline.flush().is_none());
//! ```

use crate::channel::Selector;
use crate::decimate::{Fir, Mode, RatioError};
use crate::format::{CHANNELS_MAX, RATE_HZ_MAX, chunk_samples};

/// What the pipeline does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Input rate in Hz.
    pub rate_in_hz: u32,
    /// Output rate in Hz; divides the input rate.
    pub rate_out_hz: u32,
    /// Interleaved channels of the input.
    pub channels: u16,
    /// The channel kept, from 0.
    pub channel: u16,
    /// How the rate is brought down.
    pub mode: Mode,
}

/// A setting that cannot work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingsError {
    /// The input rate is 0 or above [`RATE_HZ_MAX`].
    RateIn,
    /// The output rate is 0 or does not divide the input rate.
    Ratio,
    /// `fir` has no filter for this ratio; [`crate::decimate::FIR_RATIOS`] has.
    FirRatio,
    /// No channels, or more than [`CHANNELS_MAX`].
    Channels,
    /// The channel kept is not among the channels.
    Channel,
    /// `N` is smaller than a chunk at the output rate.
    Capacity,
}

/// A full chunk (or the short last one) inside the pipeline's buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block<'p> {
    /// Counts blocks and gaps of the run, from 0.
    pub seq: u64,
    /// Index in the run of the first sample.
    pub first_sample: u64,
    /// The samples.
    pub samples: &'p [i16],
}

/// A lost stretch's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Counts blocks and gaps of the run, from 0.
    pub seq: u64,
    /// Index in the run of the first missing sample.
    pub first_sample: u64,
    /// How many output samples are missing.
    pub gap_samples: u64,
}

/// Frames that pass through the channel choice at once on their way to the filter.
const SCRATCH: usize = 1_024;

/// `N`: samples of the chunk buffer, at least [`chunk_samples`] of the output rate.
pub struct Pipeline<const N: usize> {
    settings: Settings,
    selector: Selector,
    /// In [`Mode::Drop`] the selector strides over the dropped frames as well.
    fir: Option<Fir>,
    chunk: [i16; N],
    filled: usize,
    chunk_samples: usize,
    seq: u64,
    first_sample: u64,
}

impl<const N: usize> Pipeline<N> {
    /// # Errors
    /// [`SettingsError`] names the setting that cannot work.
    pub const fn new(settings: Settings) -> Result<Self, SettingsError> {
        let Settings { rate_in_hz, rate_out_hz, channels, channel, mode } = settings;
        if rate_in_hz == 0 || rate_in_hz > RATE_HZ_MAX {
            return Err(SettingsError::RateIn);
        }
        if rate_out_hz == 0 || !rate_in_hz.is_multiple_of(rate_out_hz) {
            return Err(SettingsError::Ratio);
        }
        if channels == 0 || channels > CHANNELS_MAX {
            return Err(SettingsError::Channels);
        }
        if channel >= channels {
            return Err(SettingsError::Channel);
        }
        if N < chunk_samples(rate_out_hz) {
            return Err(SettingsError::Capacity);
        }
        let ratio = rate_in_hz / rate_out_hz;
        let (stride, fir) = match mode {
            Mode::Drop => (channels as usize * ratio as usize, None),
            Mode::Fir => match Fir::new(ratio) {
                Ok(fir) => (channels as usize, Some(fir)),
                Err(RatioError) => return Err(SettingsError::FirRatio),
            },
        };
        Ok(Self {
            settings,
            selector: Selector::new(stride, channel as usize),
            fir,
            chunk: [0; N],
            filled: 0,
            chunk_samples: chunk_samples(rate_out_hz),
            seq: 0,
            first_sample: 0,
        })
    }

    /// The settings.
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Takes interleaved samples of any count (also parts of a frame) until they are used up
    /// or a chunk is full. Call again with the unread rest while a block comes out.
    pub fn push<'p, 'a>(&'p mut self, period: &'a [i16]) -> (Option<Block<'p>>, &'a [i16]) {
        let mut rest = period;
        while !rest.is_empty() && self.filled < self.chunk_samples {
            let room = &mut self.chunk[self.filled..self.chunk_samples];
            let Some(fir) = &mut self.fir else {
                let (kept, unread) = self.selector.push(rest, room);
                self.filled += kept;
                rest = unread;
                continue;
            };
            let mut scratch = [0; SCRATCH];
            let frames = fir.room(room.len()).min(SCRATCH);
            let (kept, unread) = self.selector.push(rest, &mut scratch[..frames]);
            let (written, _) = fir.push(&scratch[..kept], room);
            self.filled += written;
            rest = unread;
        }
        let full = self.filled == self.chunk_samples;
        (full.then(|| self.block()), rest)
    }

    /// Ends a stretch of sound: the filter's tail comes out. Call until `None`.
    /// The whole stretch has given ceil(frames / ratio) samples; a last frame that is cut off counts
    /// if it holds the channel kept.
    pub fn flush(&mut self) -> Option<Block<'_>> {
        if let Some(fir) = &mut self.fir {
            self.filled += fir.flush(&mut self.chunk[self.filled..self.chunk_samples]);
        }
        if self.filled == 0 {
            self.selector.reset();
            return None;
        }
        Some(self.block())
    }

    /// A lost stretch of `gap_samples` output samples. Call after [`Self::flush`] has given `None`.
    pub fn skip(&mut self, gap_samples: u64) -> Gap {
        let gap = Gap { seq: self.seq, first_sample: self.first_sample, gap_samples };
        self.seq += 1;
        self.first_sample += gap_samples;
        gap
    }

    /// Index in the run of the sample that the next block begins with.
    pub const fn position(&self) -> u64 {
        self.first_sample
    }

    fn block(&mut self) -> Block<'_> {
        let samples = &self.chunk[..self.filled];
        let block = Block { seq: self.seq, first_sample: self.first_sample, samples };
        self.seq += 1;
        self.first_sample += self.filled as u64;
        self.filled = 0;
        block
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::CHUNK_SAMPLES;
    use proptest::prelude::*;
    use std::vec::Vec;

    const SETTINGS: Settings =
        Settings { rate_in_hz: 32_000, rate_out_hz: 8_000, channels: 2, channel: 0, mode: Mode::Drop };

    fn pipeline(settings: Settings) -> Pipeline<CHUNK_SAMPLES> {
        Pipeline::new(settings).unwrap()
    }

    /// Seq, first sample and samples of every block until the flush.
    fn run(
        pipeline: &mut Pipeline<CHUNK_SAMPLES>,
        input: &[i16],
        pieces: &[usize],
    ) -> Vec<(u64, u64, Vec<i16>)> {
        let mut got = Vec::new();
        let keep = |block: Block<'_>| (block.seq, block.first_sample, block.samples.to_vec());
        let mut at = 0;
        for length in pieces.iter().cycle() {
            let mut piece = &input[at..input.len().min(at + length)];
            at += piece.len();
            while let (Some(block), unread) = pipeline.push(piece) {
                got.push(keep(block));
                piece = unread;
            }
            if at == input.len() {
                break;
            }
        }
        while let Some(block) = pipeline.flush() {
            got.push(keep(block));
        }
        got
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn blocks_follow_each_other_however_the_input_is_cut(
            frames in 0usize..20_000,
            channels in 1u16..4,
            pieces in prop::collection::vec(1usize..9_000, 1..8),
            fir in any::<bool>(),
        ) {
            let mode = if fir { Mode::Fir } else { Mode::Drop };
            let settings = Settings { channels, channel: channels - 1, mode, ..SETTINGS };
            let input: Vec<i16> =
                (0..frames * usize::from(channels)).map(|i| (i * 7_919 % 65_536) as u16 as i16).collect();
            let whole = run(&mut pipeline(settings), &input, &[input.len().max(1)]);
            let cut = run(&mut pipeline(settings), &input, &pieces);
            prop_assert_eq!(&cut, &whole);
            let mut position = 0;
            for (at, (seq, first_sample, samples)) in whole.iter().enumerate() {
                prop_assert_eq!((*seq, *first_sample), (at as u64, position));
                prop_assert!(at + 1 == whole.len() || samples.len() == CHUNK_SAMPLES);
                position += samples.len() as u64;
            }
            prop_assert_eq!(position, frames.div_ceil(4) as u64);
            if mode == Mode::Drop {
                let kept = input.iter().skip(usize::from(channels) - 1).step_by(usize::from(channels)).step_by(4);
                let samples = whole.iter().flat_map(|(_, _, samples)| samples);
                prop_assert!(samples.eq(kept));
            }
        }
    }

    #[test]
    fn a_gap_takes_its_place_and_the_sound_goes_on_behind_it() {
        for mode in [Mode::Drop, Mode::Fir] {
            let mut pipeline = pipeline(Settings { mode, ..SETTINGS });
            let before = run(&mut pipeline, &[100; 2 * 4 * 2_500], &[640]);
            assert_eq!(before.iter().map(|b| b.2.len()).collect::<Vec<_>>(), [2_000, 500]);
            assert_eq!(pipeline.skip(77), Gap { seq: 2, first_sample: 2_500, gap_samples: 77 });
            assert_eq!(pipeline.position(), 2_577);
            let after = run(&mut pipeline, &[100; 2 * 4 * 10], &[640]);
            assert_eq!((after[0].0, after[0].1, after[0].2.len()), (3, 2_577, 10));
        }
    }

    #[test]
    fn a_full_chunk_comes_out_at_once_in_drop() {
        let mut pipeline = pipeline(SETTINGS);
        let input = [1; 16_000];
        // The last frame that counts is the 7,997th; what follows it belongs to the next chunk's skip.
        let (block, _) = pipeline.push(&input[..15_994]);
        assert_eq!(block.map(|b| b.samples.len()), Some(2_000));
    }

    #[test]
    fn settings_that_cannot_work_are_named() {
        let new = |settings| Pipeline::<CHUNK_SAMPLES>::new(settings).err();
        assert_eq!(new(SETTINGS), None);
        assert_eq!(new(Settings { rate_in_hz: 0, ..SETTINGS }), Some(SettingsError::RateIn));
        assert_eq!(new(Settings { rate_in_hz: 192_001, ..SETTINGS }), Some(SettingsError::RateIn));
        assert_eq!(new(Settings { rate_in_hz: 192_000, ..SETTINGS }), None);
        assert_eq!(new(Settings { rate_in_hz: 44_100, ..SETTINGS }), Some(SettingsError::Ratio));
        assert_eq!(new(Settings { rate_out_hz: 0, ..SETTINGS }), Some(SettingsError::Ratio));
        let fir = Settings { mode: Mode::Fir, ..SETTINGS };
        assert_eq!(new(Settings { rate_in_hz: 40_000, ..fir }), Some(SettingsError::FirRatio));
        assert_eq!(new(Settings { rate_in_hz: 40_000, ..SETTINGS }), None);
        assert_eq!(new(Settings { channels: 0, ..SETTINGS }), Some(SettingsError::Channels));
        assert_eq!(new(Settings { channels: 33, ..SETTINGS }), Some(SettingsError::Channels));
        assert_eq!(new(Settings { channel: 2, ..SETTINGS }), Some(SettingsError::Channel));
        assert_eq!(new(Settings { rate_out_hz: 16_000, ..SETTINGS }), Some(SettingsError::Capacity));
    }
}
