//! A source without a pace of its own, taken at one second a second.

use std::sync::Arc;
use std::time::Duration;

use crate::capture::{CaptureError, POLL, Read, Source, Spec};
use crate::clock::Clock;

/// Frames come in pieces of this length: a sound card's usual period.
const PERIOD: Duration = Duration::from_millis(20);

/// A source whose n-th frame is given out n / rate seconds after the first call.
pub struct Paced {
    source: Box<dyn Source>,
    clock: Arc<dyn Clock>,
    began: Option<Duration>,
    frames: u64,
}

impl Paced {
    /// Paces `source`.
    pub fn new(source: Box<dyn Source>, clock: Arc<dyn Clock>) -> Self {
        Self { source, clock, began: None, frames: 0 }
    }
}

impl Source for Paced {
    fn spec(&self) -> &Spec {
        self.source.spec()
    }

    fn read(&mut self, buffer: &mut [i16]) -> Result<Read, CaptureError> {
        let (rate_hz, channels) = (u64::from(self.spec().rate_hz), usize::from(self.spec().channels));
        let period_frames = (rate_hz * PERIOD.as_millis() as u64 / 1000).max(1);
        let began = *self.began.get_or_insert_with(|| self.clock.boot());
        // From the count each time, so that no rounding adds up.
        let due_nanos = u128::from(self.frames + period_frames) * 1_000_000_000 / u128::from(rate_hz);
        let due = began + Duration::from_nanos(u64::try_from(due_nanos).unwrap_or(u64::MAX));
        let wait = due.saturating_sub(self.clock.boot());
        self.clock.sleep(wait.min(POLL));
        if wait > POLL {
            return Ok(Read::Idle);
        }
        let room = buffer.len().min(period_frames as usize * channels);
        let read = self.source.read(&mut buffer[..room])?;
        if let Read::Samples(samples) = read {
            self.frames += (samples / channels) as u64;
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::fake::FakeClock;

    struct Endless(Spec);

    impl Source for Endless {
        fn spec(&self) -> &Spec {
            &self.0
        }
        fn read(&mut self, buffer: &mut [i16]) -> Result<Read, CaptureError> {
            Ok(Read::Samples(buffer.len()))
        }
    }

    #[test]
    fn samples_come_when_they_are_due_and_catch_up_after_a_pause() {
        let clock = Arc::new(FakeClock::default());
        let spec = Spec { rate_hz: 44_100, channels: 2, name: String::new() };
        let mut paced = Paced::new(Box::new(Endless(spec)), Arc::<FakeClock>::clone(&clock));
        let mut buffer = [0; 8_192];
        let mut frames = 0;
        let mut read = |clock: &FakeClock| {
            if let Read::Samples(samples) = paced.read(&mut buffer).unwrap() {
                frames += samples as u64 / 2;
            }
            (frames, clock.boot())
        };
        let (mut frames, mut now) = (0, Duration::ZERO);
        while now < Duration::from_secs(10) {
            (frames, now) = read(&clock);
        }
        assert_eq!(frames, 441_000);
        clock.pass(Duration::from_secs(5));
        clock.step(-3_600_000_000);
        while now < Duration::from_secs(20) {
            (frames, now) = read(&clock);
        }
        assert_eq!(frames, 882_000);
    }
}
