//! From the input rate to the output rate by a whole ratio.

/// How the rate is brought down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Downsampling: every n-th sample, bit for bit the prototype's `x[0::2][0::4]`. Aliases.
    Drop,
    /// Decimation: a low-pass filter first, then every n-th sample.
    Fir,
}

/// Ratios for which [`Mode::Fir`] has a filter.
pub const FIR_RATIOS: [u32; 8] = [1, 2, 3, 4, 6, 8, 12, 24];
