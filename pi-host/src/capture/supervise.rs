//! A source that outlives its device.
//!
//! | while | error | what happens |
//! |---|---|---|
//! | the first attempt | may come back | `Waiting`, tried again for as long as it takes |
//! | the first attempt | cannot | `Failed`, at once: a wrong name must not hang silently |
//! | waiting, never ran | cannot | tried for `SETTLE` (udev gives rights a moment after the device), then `Failed` |
//! | reading | may come back | `Waiting`, opened again for as long as it takes |
//! | reading | cannot (a file) | `Failed` |
//! | opening again | any | `Waiting`: it worked before, so it will when it is whole again |
//!
//! Tries follow after 0.1 s and then twice as long each time, up to 2 s, until frames come.

use std::thread;
use std::time::{Duration, Instant};

use super::alsa::{Device, Finder, Options, Roots};
use super::{CaptureError, POLL, Read, Source, SourceKind, Spec, Wanted, open};

/// First pause between two tries: a sound server's restart is hardly heard.
const RETRY_MIN: Duration = Duration::from_millis(100);
/// Longest pause: a microphone that is plugged in again is heard after at most so long.
const RETRY_MAX: Duration = Duration::from_secs(2);
/// How long a device that has just appeared may refuse to open.
const SETTLE: Duration = Duration::from_secs(5);
/// Reason of the gap that ends when a device is back.
const AWAY: &str = "device away";

/// How the source is, for people and for the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Not tried yet.
    Starting,
    /// Frames may come.
    Running(Spec),
    /// It is tried again and again; the sentence says why.
    Waiting(CaptureError),
    /// The file or stream is at its end.
    Ended,
    /// It cannot go on; the sentence says why.
    Failed(CaptureError),
}

impl State {
    /// One word: `starting`, `running`, `waiting`, `ended` or `failed`.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Running(_) => "running",
            Self::Waiting(_) => "waiting",
            Self::Ended => "ended",
            Self::Failed(_) => "failed",
        }
    }

    /// One sentence, or nothing.
    #[must_use]
    pub fn detail(&self) -> &str {
        match self {
            Self::Waiting(error) | Self::Failed(error) => &error.message,
            Self::Starting | Self::Running(_) | Self::Ended => "",
        }
    }
}

/// Gets each new [`State`], on the thread that reads.
pub type StateHook = Box<dyn FnMut(&State) + Send>;

/// Makes one attempt to open the source.
type Opener = Box<dyn FnMut() -> Result<Box<dyn Source>, CaptureError> + Send>;

/// Time, so that tests need none.
trait Clock: Send {
    fn now(&self) -> Duration;
    fn sleep(&self, time: Duration);
}

struct Monotonic(Instant);

impl Clock for Monotonic {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }
    fn sleep(&self, time: Duration) {
        thread::sleep(time);
    }
}

/// Opens a source and keeps it open: waits for a device until it is there or `stop` says so (`None`).
///
/// Each change of state goes to `on_state`, the first of them before the first attempt.
///
/// # Errors
/// The source cannot be opened and waiting would not help.
pub fn supervise(
    kind: &SourceKind,
    wanted: &Wanted,
    stop: &dyn Fn() -> bool,
    on_state: StateHook,
) -> Result<Option<Supervised>, CaptureError> {
    let wanted = *wanted;
    match kind {
        SourceKind::Alsa(name) => {
            supervise_alsa(name, &wanted, Options::default(), Roots::default(), stop, on_state)
        }
        kind => {
            let kind = kind.clone();
            let opener: Opener = Box::new(move || open(&kind, &wanted));
            Supervised::start(opener, Box::new(Monotonic(Instant::now())), stop, on_state)
        }
    }
}

/// [`supervise()`] for a device, with its limits and the kernel's folders to look for cards in.
///
/// # Errors
/// As [`supervise()`].
pub fn supervise_alsa(
    name: &str,
    wanted: &Wanted,
    options: Options,
    roots: Roots,
    stop: &dyn Fn() -> bool,
    on_state: StateHook,
) -> Result<Option<Supervised>, CaptureError> {
    let wanted = *wanted;
    let mut finder = Finder::new(name, roots);
    let opener: Opener = Box::new(move || {
        let device = Device::open(&finder.name()?, &wanted, &options)?;
        finder.learn();
        Ok(Box::new(device))
    });
    Supervised::start(opener, Box::new(Monotonic(Instant::now())), stop, on_state)
}

/// What to do after an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Retry,
    Fail,
}

/// The decisions: no clock, no device.
#[derive(Debug, Default)]
struct Decider {
    ran: bool,
    waited: bool,
    tries: u32,
    refusing_since: Option<Duration>,
    retry_at: Duration,
}

impl Decider {
    fn opened(&mut self) {
        self.ran = true;
        self.refusing_since = None;
    }

    fn fed(&mut self) {
        self.tries = 0;
    }

    fn read_failed(&mut self, retryable: bool, now: Duration) -> Verdict {
        if retryable { self.retry(now) } else { Verdict::Fail }
    }

    fn open_failed(&mut self, retryable: bool, now: Duration) -> Verdict {
        if retryable || self.ran {
            self.refusing_since = None;
            return self.retry(now);
        }
        let since = *self.refusing_since.get_or_insert(now);
        if self.waited && now.saturating_sub(since) < SETTLE { self.retry(now) } else { Verdict::Fail }
    }

    fn retry(&mut self, now: Duration) -> Verdict {
        let pause = RETRY_MIN.saturating_mul(1 << self.tries.min(16)).min(RETRY_MAX);
        self.tries += 1;
        self.waited = true;
        self.retry_at = now + pause;
        Verdict::Retry
    }
}

/// A source that opens its device again, made by [`supervise()`].
///
/// While the device is away it answers [`Read::Idle`]; when it is back, [`Read::Lost`]. Should it come
/// back with another rate or channel count, it answers once with a retryable error.
pub struct Supervised {
    opener: Opener,
    clock: Box<dyn Clock>,
    on_state: StateHook,
    state: State,
    decider: Decider,
    source: Option<Box<dyn Source>>,
    spec: Spec,
}

impl Supervised {
    fn start(
        opener: Opener,
        clock: Box<dyn Clock>,
        stop: &dyn Fn() -> bool,
        mut on_state: StateHook,
    ) -> Result<Option<Self>, CaptureError> {
        on_state(&State::Starting);
        let spec = Spec { rate_hz: 0, channels: 0, name: String::new() };
        let decider = Decider::default();
        let mut this = Self { opener, clock, on_state, state: State::Starting, decider, source: None, spec };
        while !stop() {
            if this.try_open()? {
                return Ok(Some(this));
            }
        }
        Ok(None)
    }

    /// Sleeps no longer than [`POLL`]; when a try is due, makes it. Whether the source is open now.
    fn try_open(&mut self) -> Result<bool, CaptureError> {
        let left = self.decider.retry_at.saturating_sub(self.clock.now());
        if !left.is_zero() {
            self.clock.sleep(left.min(POLL));
            return Ok(false);
        }
        match (self.opener)() {
            Ok(source) => {
                self.decider.opened();
                self.spec = source.spec().clone();
                self.source = Some(source);
                self.enter(State::Running(self.spec.clone()));
                Ok(true)
            }
            Err(error) => {
                let verdict = self.decider.open_failed(error.retryable, self.clock.now());
                self.after(verdict, error).map(|()| false)
            }
        }
    }

    fn after(&mut self, verdict: Verdict, error: CaptureError) -> Result<(), CaptureError> {
        match verdict {
            Verdict::Retry => {
                self.enter(State::Waiting(error));
                Ok(())
            }
            Verdict::Fail => {
                self.enter(State::Failed(error.clone()));
                Err(error)
            }
        }
    }

    fn enter(&mut self, state: State) {
        if state == self.state {
            return;
        }
        match &state {
            State::Waiting(error) => tracing::warn!("waiting for the source: {error}"),
            State::Running(spec) => {
                tracing::info!(
                    source = spec.name,
                    rate_hz = spec.rate_hz,
                    channels = spec.channels,
                    "capturing"
                );
            }
            // The caller ends with the sentence, or with success.
            State::Starting | State::Ended | State::Failed(_) => {}
        }
        (self.on_state)(&state);
        self.state = state;
    }

    fn reopen(&mut self) -> Result<Read, CaptureError> {
        let (rate_hz, channels) = (self.spec.rate_hz, self.spec.channels);
        if !self.try_open()? {
            return Ok(Read::Idle);
        }
        if (rate_hz, channels) == (self.spec.rate_hz, self.spec.channels) {
            return Ok(Read::Lost(AWAY));
        }
        Err(CaptureError::passing(format!(
            "{} came back with {} frames a second and {} channels instead of {rate_hz} and {channels}: \
             a new run has to begin",
            self.spec.name, self.spec.rate_hz, self.spec.channels,
        )))
    }
}

impl Source for Supervised {
    fn spec(&self) -> &Spec {
        &self.spec
    }

    fn read(&mut self, buffer: &mut [i16]) -> Result<Read, CaptureError> {
        match &self.state {
            State::Ended => return Ok(Read::End),
            State::Failed(error) => return Err(error.clone()),
            State::Starting | State::Running(_) | State::Waiting(_) => {}
        }
        let Some(source) = &mut self.source else {
            return self.reopen();
        };
        match source.read(buffer) {
            Ok(read) => {
                match read {
                    Read::Samples(_) => self.decider.fed(),
                    Read::End => self.enter(State::Ended),
                    Read::Lost(_) | Read::Idle => {}
                }
                Ok(read)
            }
            Err(error) => {
                // Closed before it is opened again: a device has one reader.
                self.source = None;
                let verdict = self.decider.read_failed(error.retryable, self.clock.now());
                self.after(verdict, error).map(|()| Read::Idle)
            }
        }
    }
}

#[cfg(test)]
#[path = "supervise_tests.rs"]
mod tests;
