//! Where samples stand in time: a run is anchored once to the wall clock and from then on counted.
//!
//! The wall clock is read once a run; when it is set later, no sample moves. How much was lost
//! between two reads is told by the clock since boot, which is never set.

use std::collections::VecDeque;
use std::time::Duration;

use dsp_core::frame::timestamp::Timestamp;

/// Reads come late by up to a period or two, never early: the earliest of the last 5 s tells best
/// when a sample really was taken. Longer would mix in the drift between the sound card and the
/// clock (100 ppm make 0.5 ms in 5 s).
const WINDOW: Duration = Duration::from_secs(5);
/// Reads looked back on: 5 s of 20 ms periods.
const READS_MAX: usize = 250;

/// Start of a run in microseconds UTC: the moment of the first read minus the length of what it gave.
#[must_use]
pub fn run_start_micros(first_read_utc_micros: i64, frames: u64, rate_hz: u32) -> i64 {
    first_read_utc_micros - Timestamp::from_micros(0).after_samples(frames, rate_hz).micros()
}

/// Tells how many frames are missing between two reads.
#[derive(Debug)]
pub struct GapMeter {
    rate_hz: u32,
    frames: u64,
    /// For each read: when it ended, and the moment at which frame 0 would have begun if it came on time.
    origins: VecDeque<(Duration, i128)>,
}

impl GapMeter {
    /// For a source of `rate_hz` frames a second.
    #[must_use]
    pub fn new(rate_hz: u32) -> Self {
        Self { rate_hz, frames: 0, origins: VecDeque::with_capacity(READS_MAX) }
    }

    /// A read of `frames` came to its end at `at`.
    pub fn read(&mut self, frames: u64, at: Duration) {
        self.frames += frames;
        let limit = at.saturating_sub(WINDOW);
        while self.origins.len() >= READS_MAX
            || self.origins.front().is_some_and(|(read_at, _)| *read_at < limit)
        {
            self.origins.pop_front();
        }
        self.origins.push_back((at, nanos(at) - self.nanos_of(self.frames)));
    }

    /// Frames missing before a read of `frames` that comes to its end at `at`, after a loss.
    /// Forgets what was before: call [`Self::read`] for that read next.
    pub fn missing(&mut self, frames: u64, at: Duration) -> u64 {
        let Some(origin) = self.origins.iter().map(|(_, origin)| *origin).min() else { return 0 };
        let ended = origin + self.nanos_of(self.frames);
        let began = nanos(at) - self.nanos_of(frames);
        self.origins.clear();
        let lost_nanos = u128::try_from(began - ended).unwrap_or(0);
        u64::try_from(lost_nanos * u128::from(self.rate_hz) / 1_000_000_000).unwrap_or(u64::MAX)
    }

    fn nanos_of(&self, frames: u64) -> i128 {
        i128::from(frames) * 1_000_000_000 / i128::from(self.rate_hz)
    }
}

fn nanos(at: Duration) -> i128 {
    i128::try_from(at.as_nanos()).unwrap_or(i128::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn the_first_read_began_its_own_length_ago() {
        assert_eq!(run_start_micros(10_000_000, 3_200, 32_000), 9_900_000);
    }

    #[test]
    fn a_loss_is_as_long_as_the_clock_says() {
        let mut meter = GapMeter::new(32_000);
        for read in 1..=10 {
            meter.read(640, MS * 20 * read);
        }
        // The last frame ended at 200 ms; the next read of 20 ms ends at 1,220 ms and so began at 1,200 ms.
        assert_eq!(meter.missing(640, MS * 1_220), 32_000);
        meter.read(640, MS * 1_220);
        assert_eq!(meter.missing(640, MS * 1_240), 0);
    }

    #[test]
    fn late_reads_do_not_hide_a_loss() {
        let mut meter = GapMeter::new(32_000);
        meter.read(640, MS * 20);
        // Two periods come together, one of them 20 ms late, the machine being busy.
        meter.read(640, MS * 60);
        meter.read(640, MS * 60);
        assert_eq!(meter.missing(640, MS * 180), 3_200);
    }

    #[test]
    fn a_slow_sound_card_is_no_loss() {
        let mut meter = GapMeter::new(32_000);
        // 200 ppm slow for an hour: 0.72 s by then, of which the meter may show what 5 s make.
        for read in 1..=180_000_u32 {
            meter.read(640, Duration::from_nanos(20_004_000) * read);
        }
        assert!(meter.missing(640, Duration::from_nanos(20_004_000) * 180_001) <= 32);
    }

    #[test]
    fn a_clock_that_says_less_than_was_read_loses_nothing() {
        let mut meter = GapMeter::new(32_000);
        meter.read(640, MS * 20);
        assert_eq!(meter.missing(6_400, MS * 21), 0);
        assert_eq!(GapMeter::new(8_000).missing(1, MS), 0);
    }
}
