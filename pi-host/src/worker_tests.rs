use std::sync::Mutex;

use dsp_core::frame::line::decode;

use super::*;
use crate::clock::fake::FakeClock;
use crate::options::Options;

/// What a test looks at of a chunk: time in µs, first sample, and samples or the gap with its reason.
#[derive(Clone, Debug, PartialEq)]
struct Seen(i64, u64, Result<Vec<i16>, (u64, String)>);

#[derive(Clone, Default)]
struct Eye(Arc<Mutex<Vec<Seen>>>);

impl Sink for Eye {
    fn put(&mut self, framed: Framed<'_>) -> Result<(), SinkEnd> {
        let mut room = vec![0; CHUNK_SAMPLES_MAX];
        // What is written must say the same as what is handed over.
        let chunk = decode(framed.bytes, &mut room).unwrap();
        assert_eq!(&chunk, framed.chunk);
        let body = match chunk.body {
            Body::Samples(samples) => Ok(samples.to_vec()),
            Body::Gap { gap_samples, reason } => Err((gap_samples, reason.as_str().to_owned())),
        };
        let Header { timestamp, first_sample, .. } = chunk.header;
        self.0.lock().unwrap().push(Seen(timestamp.micros(), first_sample.unwrap(), body));
        Ok(())
    }
    fn idle(&mut self) -> Result<(), SinkEnd> {
        Ok(())
    }
    fn finish(&mut self) -> Result<(), SinkEnd> {
        Ok(())
    }
}

const MS: Duration = Duration::from_millis(1);

fn spec(rate_hz: u32) -> Spec {
    Spec { rate_hz, channels: 2, name: "a microphone".into() }
}

/// A worker, its clock, and what comes out of it. 32 kHz, 2 channels, every fourth sample kept.
fn worker() -> (Worker, Arc<FakeClock>, Eye) {
    let options = Options { decimate: Some(Decimate::Drop), ..Options::default() };
    let settings = Settings::resolve(options).unwrap();
    let (clock, eye) = (Arc::new(FakeClock::default()), Eye::default());
    clock.step(1_000_000_000_000_000);
    let mut worker = Worker::new(&settings, Arc::<FakeClock>::clone(&clock), vec![Box::new(eye.clone())]);
    worker.open(&spec(32_000)).unwrap();
    (worker, clock, eye)
}

/// `ms` of sound pass and are read in one piece.
fn hear(worker: &mut Worker, clock: &FakeClock, ms: u32) {
    clock.pass(MS * ms);
    let samples = vec![7; ms as usize * 64];
    worker.read(samples.len(), clock.boot());
    worker.samples(&samples);
}

#[test]
fn the_first_sample_is_as_old_as_the_first_read_is_long() {
    let (mut worker, clock, eye) = worker();
    hear(&mut worker, &clock, 100);
    hear(&mut worker, &clock, 200);
    worker.finish().unwrap();
    let start = 1_000_000_000_000_000;
    let seen = eye.0.lock().unwrap().clone();
    assert_eq!(seen, [Seen(start, 0, Ok(vec![7; 2_000])), Seen(start + 250_000, 2_000, Ok(vec![7; 400]))]);
}

#[test]
fn a_step_of_the_wall_clock_moves_no_sample() {
    let (mut worker, clock, eye) = worker();
    for step in [0, 3_600_000_000, -86_400_000_000, 1] {
        hear(&mut worker, &clock, 250);
        clock.step(step);
    }
    worker.finish().unwrap();
    let times: Vec<i64> = eye.0.lock().unwrap().iter().map(|seen| seen.0 - 1_000_000_000_000_000).collect();
    assert_eq!(times, [0, 250_000, 500_000, 750_000]);
}

#[test]
fn an_overrun_is_a_gap_of_its_length_and_what_follows_is_in_place() {
    let (mut worker, clock, eye) = worker();
    hear(&mut worker, &clock, 300);
    worker.lose("overrun");
    clock.step(-7_000_000_000);
    clock.pass(MS * 1_500);
    hear(&mut worker, &clock, 100);
    worker.finish().unwrap();
    let start = 1_000_000_000_000_000;
    let seen = eye.0.lock().unwrap().clone();
    assert_eq!(
        seen,
        [
            Seen(start, 0, Ok(vec![7; 2_000])),
            Seen(start + 250_000, 2_000, Ok(vec![7; 400])),
            Seen(start + 300_000, 2_400, Err((12_000, "overrun".into()))),
            Seen(start + 1_800_000, 14_400, Ok(vec![7; 800])),
        ]
    );
}

#[test]
fn what_the_queue_dropped_is_counted_exactly() {
    let (mut worker, clock, eye) = worker();
    hear(&mut worker, &clock, 250);
    clock.pass(MS * 10);
    worker.drop_samples(64 * 10, clock.boot());
    hear(&mut worker, &clock, 250);
    worker.finish().unwrap();
    let seen = eye.0.lock().unwrap().clone();
    assert_eq!(seen[1], Seen(seen[0].0 + 250_000, 2_000, Err((80, "host busy".into()))));
    assert_eq!(seen[2].1, 2_080);
}

#[test]
fn an_overrun_within_a_long_drop_is_told_by_the_clock() {
    let (mut worker, clock, eye) = worker();
    hear(&mut worker, &clock, 250);
    // 8 s were dropped, and 2 s within them were not even read.
    clock.pass(MS * 10_000);
    worker.lose("overrun");
    worker.drop_samples(64 * 8_000, clock.boot());
    hear(&mut worker, &clock, 250);
    worker.lose("overrun");
    worker.drop_samples(64 * 1_000, clock.boot());
    worker.finish().unwrap();
    let seen = eye.0.lock().unwrap().clone();
    let start = seen[0].0;
    assert_eq!(seen[1], Seen(start + 250_000, 2_000, Err((80_000, "overrun".into()))));
    assert_eq!(seen[2], Seen(start + 10_250_000, 82_000, Ok(vec![7; 2_000])));
    // At the end at least what is known.
    assert_eq!(seen[3], Seen(start + 10_500_000, 84_000, Err((8_000, "overrun".into()))));
}

#[test]
fn a_run_that_begins_with_a_drop_begins_when_it_did() {
    let (mut worker, clock, eye) = worker();
    clock.pass(MS * 1_000);
    let at = clock.boot();
    clock.pass(MS * 30_000);
    worker.drop_samples(64 * 500, at);
    worker.finish().unwrap();
    let start = 1_000_000_000_500_000;
    assert_eq!(*eye.0.lock().unwrap(), [Seen(start, 0, Err((4_000, "host busy".into())))]);
}

#[test]
fn many_small_losses_do_not_add_up_to_an_error() {
    let (mut worker, clock, eye) = worker();
    // Five frames lost after five read, a thousand times: 10,000 frames make 2,500 samples.
    for _ in 0..1_000 {
        worker.read(10, clock.boot());
        worker.samples(&[7; 10]);
        worker.drop_samples(10, clock.boot());
    }
    worker.finish().unwrap();
    let seen = eye.0.lock().unwrap().clone();
    let mut next = 0;
    for Seen(_, first, body) in &seen {
        assert_eq!(*first, next);
        next += body.as_ref().map_or_else(|(gap, _)| *gap, |samples| samples.len() as u64);
    }
    assert!(next.abs_diff(2_500) <= 1, "{next}");
}

#[test]
fn a_device_that_comes_back_with_another_rate_begins_a_new_run() {
    let (mut worker, clock, eye) = worker();
    hear(&mut worker, &clock, 100);
    worker.open(&spec(16_000)).unwrap();
    clock.pass(MS * 1_000);
    worker.read(16 * 2 * 100, clock.boot());
    worker.samples(&[9; 16 * 2 * 100]);
    worker.finish().unwrap();
    let seen = eye.0.lock().unwrap().clone();
    let start = 1_000_000_000_000_000;
    assert_eq!(seen, [Seen(start, 0, Ok(vec![7; 800])), Seen(start + 1_000_000, 0, Ok(vec![9; 800]))]);
}

#[test]
fn a_rate_that_does_not_divide_is_told_with_a_remedy() {
    let (mut worker, ..) = worker();
    let told = worker.open(&spec(44_100)).unwrap_err();
    assert!(told.contains("44100") && told.contains("8000") && told.contains("--output-rate"), "{told}");
}
