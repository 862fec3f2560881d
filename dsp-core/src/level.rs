//! Level of a chunk: largest sample, absolute peak, RMS, clipped count.

use crate::format::FULL_SCALE;

/// Level of a stretch of samples. All zero for an empty one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Level {
    /// Largest sample, signed: what the prototype calls level. It is no peak: of (-32768, 5) it is 5.
    pub level: i16,
    /// Largest absolute value, 0 to 32768.
    pub peak: u16,
    /// Sum of the squares.
    pub square_sum: u64,
    /// How many samples were measured.
    pub samples: u32,
    /// How many are at full scale (32767 or -32768), where the converter may have clipped.
    pub clipped: u32,
}

impl Level {
    /// Level of `samples`, at most 2^32 - 1 of them.
    #[must_use]
    pub fn of(samples: &[i16]) -> Self {
        if samples.is_empty() {
            return Self::default();
        }
        let (mut max, mut min, mut clipped, mut square_sum) = (i16::MIN, i16::MAX, 0, 0);
        // Short blocks with narrow sums become vector code: a square is at most 2^30, so two fit 32 bits.
        for block in samples.chunks(1_024) {
            let mut clipped_here = 0u16;
            for &sample in block {
                max = max.max(sample);
                min = min.min(sample);
                clipped_here += u16::from(sample == i16::MAX) + u16::from(sample == i16::MIN);
            }
            clipped += u32::from(clipped_here);
            let (pairs, odd) = block.as_chunks::<2>();
            let square = |sample: i16| (i32::from(sample) * i32::from(sample)) as u32;
            square_sum += pairs.iter().map(|[a, b]| u64::from(square(*a) + square(*b))).sum::<u64>();
            square_sum += odd.iter().map(|a| u64::from(square(*a))).sum::<u64>();
        }
        let peak = max.unsigned_abs().max(min.unsigned_abs());
        Self { level: max, peak, square_sum, samples: samples.len() as u32, clipped }
    }

    /// Peak in dBFS (0 dBFS = 32768), -90.31 to 0. `None` for silence.
    #[must_use]
    pub fn peak_dbfs(&self) -> Option<f64> {
        let ratio = f64::from(self.peak) / f64::from(FULL_SCALE);
        (self.peak > 0).then(|| 20.0 * libm::log10(ratio))
    }

    /// RMS in dBFS: a square wave at -32768 and 32767 is 0, a full-scale sine -3.01. `None` for silence.
    #[must_use]
    pub fn rms_dbfs(&self) -> Option<f64> {
        let full = f64::from(FULL_SCALE) * f64::from(FULL_SCALE);
        let mean = self.square_sum as f64 / f64::from(self.samples.max(1));
        (self.square_sum > 0).then(|| 10.0 * libm::log10(mean / full))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::vec::Vec;

    fn naive(samples: &[i16]) -> Level {
        let wide = || samples.iter().map(|sample| i64::from(*sample));
        Level {
            level: samples.iter().copied().max().unwrap_or(0),
            peak: wide().map(i64::abs).max().unwrap_or(0) as u16,
            square_sum: wide().map(|x| (x * x) as u64).sum(),
            samples: samples.len() as u32,
            clipped: wide().filter(|x| *x == 32_767 || *x == -32_768).count() as u32,
        }
    }

    proptest! {
        #[test]
        fn equals_its_twin(
            samples in prop::collection::vec(
                prop_oneof![any::<i16>(), Just(i16::MIN), Just(i16::MAX)], 0..5_000)
        ) {
            prop_assert_eq!(Level::of(&samples), naive(&samples));
        }
    }

    #[test]
    fn all_full_scale() {
        let samples = [i16::MIN; 48_000];
        let level = Level::of(&samples);
        assert_eq!(level, naive(&samples));
        assert_eq!((level.level, level.peak, level.clipped), (-32_768, 32_768, 48_000));
        assert_eq!((level.peak_dbfs(), level.rms_dbfs()), (Some(0.0), Some(0.0)));
    }

    #[test]
    fn the_prototype_s_level_is_the_signed_maximum() {
        assert_eq!(Level::of(&[-20_000; 2_000]).level, -20_000);
        let level = Level::of(&[-32_768, 5]);
        assert_eq!((level.level, level.peak, level.clipped), (5, 32_768, 1));
    }

    #[test]
    fn silence_and_nothing_have_no_dbfs() {
        for samples in [&[][..], &[0; 2_000]] {
            let level = Level::of(samples);
            assert_eq!((level.level, level.peak), (0, 0));
            assert_eq!((level.peak_dbfs(), level.rms_dbfs()), (None, None));
        }
    }

    #[test]
    fn a_full_scale_sine_is_3_01_db_below_a_square() {
        let sine: Vec<i16> = (0..8_000)
            .map(|n| (32_767.0 * libm::sin(core::f64::consts::TAU * f64::from(n) / 80.0)) as i16)
            .collect();
        let level = Level::of(&sine);
        assert!((level.rms_dbfs().unwrap() + 3.01).abs() < 0.01);
        assert!((level.peak_dbfs().unwrap()).abs() < 0.001);
    }

    #[test]
    fn the_least_sample_is_90_31_db_down() {
        let level = Level::of(&[1]);
        assert!((level.peak_dbfs().unwrap() + 90.309).abs() < 0.001);
        assert_eq!(level.peak_dbfs(), level.rms_dbfs());
    }
}
