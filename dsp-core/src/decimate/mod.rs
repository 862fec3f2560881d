//! From the input rate to the output rate by a whole ratio.
//!
//! | mode | what | passes | stops |
//! |---|---|---|---|
//! | [`Mode::Drop`] | every n-th sample | everything | nothing: it aliases |
//! | [`Mode::Fir`] | linear-phase low-pass, then every n-th sample | 0 to 0.425 of the output rate (3,400 Hz at 8 kHz) within 0.1 dB | from 0.575 of it (4,600 Hz) by at least 90 dB at ratios 2, 4, 6 and 8, 89 dB at 3, 12 and 24, measured 16 bits in and out |
//!
//! Either gives ceil(samples / ratio) samples for a stretch, and output sample m stands where input
//! sample m x ratio stood: the filter's delay is taken out and its tail is flushed.

mod filter;
pub mod fir;
pub mod naive;
mod stage;

#[cfg(test)]
mod tests;

use crate::channel::Selector;
pub use fir::{FIR_RATIOS, Fir};

/// How the rate is brought down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Downsampling: every n-th sample, bit for bit the prototype's `x[0::2][0::4]`. Aliases.
    Drop,
    /// Decimation: a low-pass filter first, then every n-th sample.
    Fir,
}

/// The ratio is 0, or [`Mode::Fir`] has no filter for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RatioError;

/// Either mode, over one channel.
pub struct Decimator(Inner);

// The filter's state is the larger by far; there is no heap to put it on.
#[allow(clippy::large_enum_variant)]
enum Inner {
    Drop(Selector),
    Fir(Fir),
}

impl Decimator {
    /// # Errors
    /// [`RatioError`] for a ratio of 0, or one that is not among [`FIR_RATIOS`] with [`Mode::Fir`].
    pub const fn new(mode: Mode, ratio: u32) -> Result<Self, RatioError> {
        match mode {
            Mode::Drop if ratio == 0 => Err(RatioError),
            Mode::Drop => Ok(Self(Inner::Drop(Selector::new(ratio as usize, 0)))),
            Mode::Fir => match Fir::new(ratio) {
                Ok(fir) => Ok(Self(Inner::Fir(fir))),
                Err(error) => Err(error),
            },
        }
    }

    /// Reads samples until they are used up or `output` is full. Returns how many were written and
    /// the unread rest.
    pub fn push<'a>(&mut self, input: &'a [i16], output: &mut [i16]) -> (usize, &'a [i16]) {
        match &mut self.0 {
            Inner::Drop(selector) => selector.push(input, output),
            Inner::Fir(fir) => fir.push(input, output),
        }
    }

    /// Ends the stretch: writes what the filter still holds. Call until it returns 0; then the next
    /// [`Self::push`] begins a new stretch.
    pub fn flush(&mut self, output: &mut [i16]) -> usize {
        match &mut self.0 {
            Inner::Drop(selector) => {
                selector.reset();
                0
            }
            Inner::Fir(fir) => fir.flush(output),
        }
    }
}
