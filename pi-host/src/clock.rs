//! Time, as a trait so that tests own it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The clocks that a run looks at.
pub trait Clock: Send + Sync {
    /// Time since boot. It never steps, and goes on while the machine sleeps: a laptop that was shut
    /// for an hour has lost an hour of sound.
    fn boot(&self) -> Duration;
    /// UTC in microseconds since 1970. May step at any moment.
    fn utc_micros(&self) -> i64;
    /// Waits.
    fn sleep(&self, time: Duration);
}

/// The machine's clocks.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn boot(&self) -> Duration {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        // Time since boot is never negative, and nanoseconds are below a second.
        Duration::new(now.tv_sec.unsigned_abs(), now.tv_nsec as u32)
    }
    fn utc_micros(&self) -> i64 {
        match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_micros()).unwrap_or(i64::MAX),
            Err(before) => -i64::try_from(before.duration().as_micros()).unwrap_or(i64::MAX),
        }
    }
    fn sleep(&self, time: Duration) {
        std::thread::sleep(time);
    }
}

/// A clock that tests move by hand.
#[cfg(test)]
pub(crate) mod fake {
    use std::sync::Mutex;

    use super::{Clock, Duration};

    #[derive(Debug, Default)]
    pub(crate) struct FakeClock {
        now: Mutex<(Duration, i64)>,
    }

    impl FakeClock {
        /// Time passes on both clocks.
        pub(crate) fn pass(&self, time: Duration) {
            let mut now = self.now.lock().unwrap();
            now.0 += time;
            now.1 += time.as_micros() as i64;
        }
        /// Someone sets the wall clock.
        pub(crate) fn step(&self, micros: i64) {
            self.now.lock().unwrap().1 += micros;
        }
    }

    impl Clock for FakeClock {
        fn boot(&self) -> Duration {
            self.now.lock().unwrap().0
        }
        fn utc_micros(&self) -> i64 {
            self.now.lock().unwrap().1
        }
        fn sleep(&self, time: Duration) {
            self.pass(time);
        }
    }
}
