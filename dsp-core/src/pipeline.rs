//! Interleaved periods of any size in, chunks with their place in the run out.

use crate::chunk::Reason;
use crate::decimate::Mode;

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
    /// The input rate is 0 or above [`crate::format::RATE_HZ_MAX`].
    RateIn,
    /// The output rate is 0 or does not divide the input rate.
    Ratio,
    /// `fir` has no filter for this ratio; [`crate::decimate::FIR_RATIOS`] has.
    FirRatio,
    /// No channels, or more than [`crate::format::CHANNELS_MAX`].
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

/// `N`: samples of the chunk buffer, at least [`crate::format::chunk_samples`] of the output rate.
pub struct Pipeline<const N: usize> {
    settings: Settings,
}

impl<const N: usize> Pipeline<N> {
    /// # Errors
    /// [`SettingsError`] names the setting that cannot work.
    pub const fn new(settings: Settings) -> Result<Self, SettingsError> {
        Ok(Self { settings })
    }

    /// The settings.
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Takes interleaved samples of any count (also parts of a frame) until they are used up
    /// or a chunk is full. Call again with the unread rest while a block comes out.
    pub fn push<'p, 'a>(&'p mut self, _period: &'a [i16]) -> (Option<Block<'p>>, &'a [i16]) {
        todo!()
    }

    /// Ends a stretch of sound: the filter's tail comes out. Call until `None`.
    /// The whole stretch has given ceil(frames / ratio) samples. A frame cut off in the middle is dropped.
    pub fn flush(&mut self) -> Option<Block<'_>> {
        todo!()
    }

    /// A lost stretch of `gap_samples` output samples. Call after [`Self::flush`] has given `None`.
    pub fn skip(&mut self, _gap_samples: u64) -> Gap {
        todo!()
    }

    /// Output samples so far, gaps included: where the next block begins.
    pub const fn position(&self) -> u64 {
        0
    }
}

const _: fn(&str) -> Result<Reason, crate::chunk::TextError> = Reason::new;
