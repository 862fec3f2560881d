use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use super::*;

/// A clock that only sleeping moves.
#[derive(Clone, Default)]
struct Virtual(Arc<AtomicU64>);

impl Clock for Virtual {
    fn now(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::Relaxed))
    }
    fn sleep(&self, time: Duration) {
        assert!(time <= POLL, "a read may not sleep longer than the poll time");
        self.0.fetch_add(time.as_millis() as u64, Ordering::Relaxed);
    }
}

/// A source that plays a list of answers.
struct Script(Spec, VecDeque<Result<Read, CaptureError>>);

impl Source for Script {
    fn spec(&self) -> &Spec {
        &self.0
    }
    fn read(&mut self, _: &mut [i16]) -> Result<Read, CaptureError> {
        self.1.pop_front().unwrap_or(Ok(Read::Idle))
    }
}

type Attempt = Result<(u32, Vec<Result<Read, CaptureError>>), CaptureError>;

/// Plays a list of attempts to open; the last error is repeated for ever.
struct Stage {
    clock: Virtual,
    attempts: Arc<Mutex<(VecDeque<Attempt>, Vec<Duration>)>>,
    words: Arc<Mutex<Vec<String>>>,
}

impl Stage {
    fn new(attempts: impl IntoIterator<Item = Attempt>) -> Self {
        let attempts = Arc::new(Mutex::new((attempts.into_iter().collect(), Vec::new())));
        Self { clock: Virtual::default(), attempts, words: Arc::default() }
    }

    fn start(&self, stop: &dyn Fn() -> bool) -> Result<Option<Supervised>, CaptureError> {
        let (clock, attempts, words) = (self.clock.clone(), self.attempts.clone(), self.words.clone());
        let opener: Opener = Box::new(move || {
            let (left, at) = &mut *attempts.lock().unwrap();
            at.push(clock.now());
            let attempt =
                if left.len() == 1 && left[0].is_err() { left[0].clone() } else { left.pop_front().unwrap() };
            let (rate_hz, reads) = attempt?;
            let spec = Spec { rate_hz, channels: 2, name: "mic".to_owned() };
            Ok(Box::new(Script(spec, reads.into())) as Box<dyn Source>)
        });
        let hook: StateHook = Box::new(move |state| {
            words.lock().unwrap().push(format!("{} {}", state.word(), state.detail()).trim_end().to_owned());
        });
        Supervised::start(opener, Box::new(self.clock.clone()), stop, hook)
    }

    fn running(&self) -> Supervised {
        self.start(&|| false).unwrap().unwrap()
    }

    fn words(&self) -> Vec<String> {
        self.words.lock().unwrap().clone()
    }

    fn tries_at_ms(&self) -> Vec<u128> {
        self.attempts.lock().unwrap().1.iter().map(Duration::as_millis).collect()
    }
}

fn gone<T>() -> Result<T, CaptureError> {
    Err(CaptureError::passing("gone"))
}

fn wrong<T>() -> Result<T, CaptureError> {
    Err(CaptureError::fatal("wrong"))
}

/// The answers but for the idle ones, until `count` are there.
fn busy(source: &mut Supervised, count: usize) -> Vec<Result<Read, CaptureError>> {
    let mut answers = Vec::new();
    for _ in 0..10_000 {
        match source.read(&mut [0; 8]) {
            Ok(Read::Idle) => {}
            answer => answers.push(answer),
        }
        if answers.len() == count {
            return answers;
        }
    }
    panic!("only {answers:?} came");
}

#[test]
fn a_device_that_leaves_is_opened_again_and_the_loss_is_told_when_it_is_back() {
    let first = vec![Ok(Read::Samples(4)), gone()];
    let stage = Stage::new([Ok((32_000, first)), gone(), gone(), Ok((32_000, vec![Ok(Read::Samples(6))]))]);
    let mut source = stage.running();
    let answers = busy(&mut source, 3);
    assert_eq!(answers, [Ok(Read::Samples(4)), Ok(Read::Lost("device away")), Ok(Read::Samples(6))]);
    assert_eq!(stage.words(), ["starting", "running", "waiting gone", "running"]);
    assert_eq!(stage.tries_at_ms(), [0, 100, 300, 700]);
}

#[test]
fn it_is_tried_for_ever_at_most_two_seconds_apart() {
    let stage = Stage::new([Ok((32_000, vec![gone()])), gone()]);
    let mut source = stage.running();
    for _ in 0..100_000 {
        assert_eq!(source.read(&mut [0; 8]), Ok(Read::Idle));
    }
    let tries = stage.tries_at_ms();
    assert_eq!(tries[..8], [0, 100, 300, 700, 1500, 3100, 5100, 7100]);
    assert!(tries.len() > 4000, "{}", tries.len());
    assert_eq!(stage.words().len(), 3, "the same state is told once");
}

#[test]
fn a_device_that_opens_and_dies_at_once_is_not_hammered() {
    let dead = || Ok((32_000, vec![gone()]));
    let stage = Stage::new([dead(), dead(), dead(), dead(), gone()]);
    let mut source = stage.running();
    for _ in 0..100 {
        source.read(&mut [0; 8]).unwrap();
    }
    assert_eq!(stage.tries_at_ms()[..5], [0, 100, 300, 700, 1500]);
}

#[test]
fn after_frames_the_pauses_begin_short_again() {
    let alive = || Ok((32_000, vec![Ok(Read::Samples(2)), gone()]));
    let stage = Stage::new([alive(), gone(), gone(), alive(), gone()]);
    let mut source = stage.running();
    busy(&mut source, 3);
    for _ in 0..10 {
        source.read(&mut [0; 8]).unwrap();
    }
    assert_eq!(stage.tries_at_ms()[3..6], [700, 800, 1000]);
}

#[test]
fn a_device_that_is_not_there_yet_is_waited_for() {
    let stage = Stage::new([gone(), gone(), Ok((48_000, vec![Ok(Read::Samples(2))]))]);
    let mut source = stage.running();
    assert_eq!(source.spec().rate_hz, 48_000);
    assert_eq!(busy(&mut source, 1), [Ok(Read::Samples(2))], "nothing was lost: nothing had begun");
    assert_eq!(stage.words(), ["starting", "waiting gone", "running"]);
}

#[test]
fn what_can_never_be_fails_at_once() {
    let stage = Stage::new([wrong()]);
    assert_eq!(stage.start(&|| false).err().unwrap().message, "wrong");
    assert_eq!(stage.words(), ["starting", "failed wrong"]);
    assert_eq!(stage.tries_at_ms(), [0]);
}

#[test]
fn a_device_that_has_just_appeared_gets_five_seconds_to_settle() {
    let stage = Stage::new([gone(), wrong(), wrong(), Ok((32_000, vec![]))]);
    assert!(stage.start(&|| false).unwrap().is_some());
    let stage = Stage::new([gone(), wrong()]);
    assert_eq!(stage.start(&|| false).err().unwrap().message, "wrong");
    assert_eq!(stage.tries_at_ms(), [0, 100, 300, 700, 1500, 3100, 5100]);
}

#[test]
fn once_it_ran_even_a_refusal_is_waited_out() {
    let stage =
        Stage::new([Ok((32_000, vec![gone()])), wrong(), wrong(), Ok((32_000, vec![Ok(Read::Samples(2))]))]);
    let mut source = stage.running();
    assert_eq!(busy(&mut source, 2), [Ok(Read::Lost("device away")), Ok(Read::Samples(2))]);
    assert_eq!(stage.words(), ["starting", "running", "waiting gone", "waiting wrong", "running"]);
}

#[test]
fn another_rate_asks_for_a_new_run_and_reading_goes_on() {
    let stage = Stage::new([Ok((32_000, vec![gone()])), Ok((48_000, vec![Ok(Read::Samples(2))]))]);
    let mut source = stage.running();
    let answers = busy(&mut source, 2);
    let error = answers[0].clone().unwrap_err();
    assert!(error.retryable && error.message.contains("48000 frames a second"), "{error}");
    assert_eq!(source.spec().rate_hz, 48_000);
    assert_eq!(answers[1], Ok(Read::Samples(2)));
}

#[test]
fn the_end_and_a_failure_stay() {
    let stage = Stage::new([Ok((32_000, vec![Ok(Read::End)]))]);
    let mut source = stage.running();
    assert_eq!(busy(&mut source, 2), [Ok(Read::End), Ok(Read::End)]);
    assert_eq!(stage.words(), ["starting", "running", "ended"]);

    let stage = Stage::new([Ok((32_000, vec![wrong()]))]);
    let mut source = stage.running();
    assert_eq!(busy(&mut source, 2), [wrong(), wrong()]);
    assert_eq!(stage.words(), ["starting", "running", "failed wrong"]);
}

#[test]
fn a_wait_for_the_first_opening_can_be_stopped() {
    let stage = Stage::new([gone()]);
    let clock = stage.clock.clone();
    assert!(stage.start(&|| clock.now() > Duration::from_secs(60)).unwrap().is_none());
    assert_eq!(stage.words(), ["starting", "waiting gone"]);
}
