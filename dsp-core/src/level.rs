//! Level of a chunk: largest sample, absolute peak, RMS, clipped count.

/// Level of a stretch of samples. All zero for an empty one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Level {
    /// Largest sample, signed: what the prototype calls level.
    pub level: i16,
    /// Largest absolute value, 0 to 32768.
    pub peak: u16,
    /// Sum of the squares.
    pub square_sum: u64,
    /// How many samples were measured.
    pub samples: u32,
    /// How many are at full scale (32767 or -32768).
    pub clipped: u32,
}

impl Level {
    /// Level of `samples`.
    #[must_use]
    pub fn of(samples: &[i16]) -> Self {
        let mut level = Self { samples: samples.len() as u32, ..Self::default() };
        level.level = samples.iter().copied().max().unwrap_or(0);
        for &sample in samples {
            level.peak = level.peak.max(sample.unsigned_abs());
            level.square_sum += u64::from(sample.unsigned_abs()).pow(2);
            level.clipped += u32::from(sample == i16::MAX || sample == i16::MIN);
        }
        level
    }

    /// Peak in dBFS (0 dBFS = 32768), at most 0. `None` for silence.
    #[must_use]
    pub fn peak_dbfs(&self) -> Option<f32> {
        todo!()
    }

    /// RMS in dBFS: a full-scale square wave is 0, a full-scale sine -3.01. `None` for silence.
    #[must_use]
    pub fn rms_dbfs(&self) -> Option<f32> {
        todo!()
    }
}
