//! Every fault of a device, made to happen in the real alsa crate by a plugin that the test steers.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::bench::{Scripted, WANTED, alone, frames, next, take};
use pi_host::capture::alsa::{Device, Options, Roots};
use pi_host::capture::supervise::{Supervised, supervise_alsa};
use pi_host::capture::{Read, Source, Wanted};

/// Short waits: what is tested is what happens, not how long it takes.
const QUICK: Options = Options { poll: Duration::from_millis(5), stall: Duration::from_millis(50) };
/// A stall that never comes.
const PATIENT: Options = Options { poll: Duration::from_millis(5), stall: Duration::from_secs(3600) };

fn device(options: &Options) -> Device {
    Device::open("mic", &WANTED, options).unwrap()
}

type Words = Arc<Mutex<Vec<&'static str>>>;

fn supervised(options: Options, words: &Words) -> Supervised {
    let words = words.clone();
    let hook = Box::new(move |state: &pi_host::capture::State| words.lock().unwrap().push(state.word()));
    supervise_alsa("mic", &WANTED, options, Roots::default(), &|| false, hook).unwrap().unwrap()
}

fn with_device(test: &str, body: impl FnOnce(&Scripted)) {
    with_settings(test, "", body);
}

fn with_settings(test: &str, settings: &str, body: impl FnOnce(&Scripted)) {
    alone(&format!("faults::{test}"), &Scripted::config(settings), Scripted::build, |dir: &Path| {
        body(&Scripted::at(dir))
    });
}

#[test]
fn a_healthy_device_gives_every_frame_once() {
    with_device("a_healthy_device_gives_every_frame_once", |mic| {
        let mut source = device(&PATIENT);
        assert_eq!((source.spec().rate_hz, source.spec().channels), (32_000, 2));
        let mut first = 0;
        // Steps below, at and above a period of 1,600 frames.
        for step in [1, 100, 1_600, 3_200, 5_000, 20_000] {
            mic.tick(step);
            assert_eq!(take(&mut source, 2 * step as usize), frames(first, first + step));
            first += step;
        }
        assert_eq!(source.read(&mut [0; 64]).unwrap(), Read::Idle);
    });
}

#[test]
fn every_period_wakes_the_reader_although_it_comes_a_little_late() {
    let test = "every_period_wakes_the_reader_although_it_comes_a_little_late";
    with_device(test, |mic| {
        // Long enough to be told from a wake-up on any machine.
        let mut source = device(&Options { poll: Duration::from_secs(30), ..PATIENT });
        mic.tick(1_612);
        let before = Instant::now();
        assert_eq!(next(&mut source, &mut [0; 6_400]), Ok(Read::Samples(3_200)));
        mic.tick(1_588);
        assert_eq!(next(&mut source, &mut [0; 6_400]), Ok(Read::Samples(3_200)));
        // In pieces that are smaller than a period, too.
        mic.tick(1_600);
        assert_eq!(take(&mut source, 2_000), frames(3_200, 4_200));
        assert_eq!(take(&mut source, 1_200), frames(4_200, 4_800));
        assert!(before.elapsed() < Duration::from_secs(30));
    });
}

#[test]
fn a_buffer_in_the_middle_of_a_frame_loses_nothing() {
    with_device("a_buffer_in_the_middle_of_a_frame_loses_nothing", |mic| {
        let mut source = device(&PATIENT);
        mic.tick(1_600);
        let mut all = Vec::new();
        let mut buffer = [0; 7];
        while all.len() < 3_200 {
            if let Read::Samples(count) = source.read(&mut buffer).unwrap() {
                assert!(count <= 6 && count % 2 == 0);
                all.extend_from_slice(&buffer[..count]);
            }
        }
        assert_eq!(all, frames(0, 1_600));
        assert_eq!(source.read(&mut [0; 1]).unwrap(), Read::Idle);
    });
}

#[test]
fn a_reader_that_stalls_for_a_second_loses_nothing() {
    with_device("a_reader_that_stalls_for_a_second_loses_nothing", |mic| {
        let mut source = device(&PATIENT);
        mic.tick(32_000);
        assert_eq!(take(&mut source, 64_000), frames(0, 32_000));
    });
}

#[test]
fn a_late_reader_gets_the_loss_and_then_goes_on() {
    with_device("a_late_reader_gets_the_loss_and_then_goes_on", |mic| {
        let mut source = device(&PATIENT);
        mic.tick(1_600);
        assert_eq!(take(&mut source, 3_200), frames(0, 1_600));
        mic.tick(100_000);
        assert_eq!(next(&mut source, &mut [0; 64]), Ok(Read::Lost("overrun")));
        mic.tick(1_600);
        assert_eq!(take(&mut source, 3_200), frames(101_600, 103_200));
        // As often as it happens.
        for turn in 1..6 {
            mic.tick(100_000);
            assert_eq!(next(&mut source, &mut [0; 64]), Ok(Read::Lost("overrun")));
            mic.tick(1_600);
            let first = 1_600 + turn * 101_600 + 100_000;
            assert_eq!(take(&mut source, 3_200), frames(first, first + 1_600));
        }
    });
}

#[test]
fn a_hiccup_is_mended_by_a_restart_and_a_lasting_fault_is_an_error() {
    with_device("a_hiccup_is_mended_by_a_restart_and_a_lasting_fault_is_an_error", |mic| {
        let mut source = device(&PATIENT);
        let mut buffer = [0; 64];
        mic.fault("eio");
        mic.tick(1_600);
        assert_eq!(next(&mut source, &mut buffer), Ok(Read::Lost("device error")));
        mic.fault("");
        mic.tick(1_600);
        assert_eq!(take(&mut source, 3_200), frames(1_600, 3_200));
        mic.fault("eio");
        for _ in 0..3 {
            mic.tick(1_600);
            assert_eq!(next(&mut source, &mut buffer), Ok(Read::Lost("device error")));
        }
        mic.tick(1_600);
        assert!(next(&mut source, &mut buffer).unwrap_err().contains("mic fails"));

        mic.fault("");
        let mut source = device(&PATIENT);
        mic.fault("dead");
        mic.tick(1_600);
        assert!(next(&mut source, &mut buffer).unwrap_err().contains("mic fails"));
    });
}

#[test]
fn a_suspended_device_is_started_again() {
    with_device("a_suspended_device_is_started_again", |mic| {
        let mut source = device(&PATIENT);
        mic.fault("suspend");
        assert_eq!(source.read(&mut [0; 64]).unwrap(), Read::Idle);
        mic.tick(5_000);
        mic.fault("");
        assert_eq!(next(&mut source, &mut [0; 64]), Ok(Read::Lost("suspended")));
        mic.tick(1_600);
        assert_eq!(take(&mut source, 3_200), frames(5_000, 6_600));
    });
}

#[test]
fn a_device_that_hangs_is_an_error_after_the_stall_time() {
    with_device("a_device_that_hangs_is_an_error_after_the_stall_time", |_| {
        let mut source = device(&QUICK);
        let error = (0..100).find_map(|_| source.read(&mut [0; 64]).err()).unwrap();
        assert!(error.retryable && error.message.contains("no frames"), "{error}");
    });
}

#[test]
fn a_device_that_is_pulled_gives_its_last_piece_and_comes_back() {
    with_device("a_device_that_is_pulled_gives_its_last_piece_and_comes_back", |mic| {
        let words = Words::default();
        let mut source = supervised(PATIENT, &words);
        mic.tick(1_600);
        assert_eq!(take(&mut source, 3_200), frames(0, 1_600));
        mic.tick(700);
        mic.pull();
        assert_eq!(take(&mut source, 1_400), frames(1_600, 2_300), "the short read before the end");
        for _ in 0..10 {
            assert_eq!(source.read(&mut [0; 64]).unwrap(), Read::Idle);
            mic.tick(1_000);
        }
        assert_eq!(*words.lock().unwrap(), ["starting", "running", "waiting", "waiting"]);
        mic.plug();
        assert_eq!(next(&mut source, &mut [0; 64]), Ok(Read::Lost("device away")));
        mic.tick(1_600);
        assert_eq!(take(&mut source, 3_200), frames(12_300, 13_900));
        assert_eq!(words.lock().unwrap().last(), Some(&"running"));
    });
}

#[test]
fn a_hanging_and_a_failing_device_are_opened_again() {
    with_device("a_hanging_and_a_failing_device_are_opened_again", |mic| {
        let words = Words::default();
        let mut source = supervised(QUICK, &words);
        assert_eq!(next(&mut source, &mut [0; 64]), Ok(Read::Lost("device away")), "no frames came: a stall");
        mic.tick(1_600);
        assert_eq!(take(&mut source, 3_200), frames(0, 1_600));
        mic.fault("dead");
        mic.tick(1_600);
        for _ in 0..20 {
            assert_eq!(source.read(&mut [0; 64]).unwrap(), Read::Idle);
        }
        mic.fault("");
        assert_eq!(next(&mut source, &mut [0; 64]), Ok(Read::Lost("device away")));
        mic.tick(1_600);
        assert_eq!(take(&mut source, 3_200), frames(3_200, 4_800));
    });
}

#[test]
fn what_opening_refuses_is_told_with_its_remedy() {
    with_device("what_opening_refuses_is_told_with_its_remedy", |mic| {
        let refused = |name| Device::open(name, &WANTED, &QUICK).err().unwrap();
        for (word, retryable, part) in
            [("busy", true, "another program"), ("denied", false, "usermod -aG audio")]
        {
            mic.fault(word);
            let error = refused("mic");
            assert!(error.retryable == retryable && error.message.contains(part), "{error}");
        }
        let error = refused("mike");
        assert!(!error.retryable && error.message.contains("no PCM called mike"), "{error}");
        mic.pull();
        let error = refused("mic");
        assert!(error.retryable && error.message.contains("plugged in"), "{error}");
    });
}

#[test]
fn a_device_that_is_late_at_the_start_is_waited_for() {
    with_device("a_device_that_is_late_at_the_start_is_waited_for", |mic| {
        mic.pull();
        let words = Words::default();
        let seen = words.clone();
        // The hook plugs it in once the wait has been told.
        let steer = mic.clone();
        let hook = Box::new(move |state: &pi_host::capture::State| {
            seen.lock().unwrap().push(state.word());
            if state.word() == "waiting" {
                assert!(state.detail().contains("plugged in"), "{}", state.detail());
                steer.plug();
            }
        });
        let mut source =
            supervise_alsa("mic", &WANTED, PATIENT, Roots::default(), &|| false, hook).unwrap().unwrap();
        mic.tick(1_600);
        assert_eq!(take(&mut source, 3_200), frames(0, 1_600));
        assert_eq!(*words.lock().unwrap(), ["starting", "waiting", "running"]);
    });
}

#[test]
fn the_nearest_rate_and_channel_count_are_taken() {
    let settings = "rates [ 16000 44100 48000 ] channels [ 1 4 ]";
    with_settings("the_nearest_rate_and_channel_count_are_taken", settings, |mic| {
        let mut source = device(&PATIENT);
        assert_eq!((source.spec().rate_hz, source.spec().channels), (48_000, 1));
        mic.tick(2_400);
        assert_eq!(take(&mut source, 2_400)[..3], [0, 1, 2]);
        let wanted = Wanted { channel: 1, ..WANTED };
        let source = Device::open("mic", &wanted, &PATIENT).unwrap();
        assert_eq!((source.spec().rate_hz, source.spec().channels), (48_000, 4));
    });
}

#[test]
fn a_device_without_a_whole_ratio_is_refused() {
    with_settings("a_device_without_a_whole_ratio_is_refused", "rates [ 44100 ]", |_| {
        let error = Device::open("mic", &WANTED, &QUICK).err().unwrap();
        assert!(!error.retryable && error.message.contains("44100 frames a second alone"), "{error}");
    });
}

#[test]
fn a_device_without_16_bit_samples_is_refused() {
    // 10 is S32_LE in alsa/pcm.h.
    with_settings("a_device_without_16_bit_samples_is_refused", "formats [ 10 ]", |_| {
        let error = Device::open("mic", &WANTED, &QUICK).err().unwrap();
        assert!(!error.retryable && error.message.contains("it has S32_LE"), "{error}");
    });
}

#[test]
fn a_channel_that_no_setting_has_is_refused() {
    with_settings("a_channel_that_no_setting_has_is_refused", "channels [ 1 ]", |_| {
        let wanted = Wanted { channel: 1, ..WANTED };
        let error = Device::open("mic", &wanted, &QUICK).err().unwrap();
        assert!(!error.retryable && error.message.contains("there is no channel 1"), "{error}");
    });
}

#[test]
fn a_device_with_a_small_buffer_is_taken_as_it_is() {
    let settings = "buffer_bytes_max 16384";
    with_settings("a_device_with_a_small_buffer_is_taken_as_it_is", settings, |mic| {
        let mut source = device(&PATIENT);
        mic.tick(4_000);
        assert_eq!(take(&mut source, 8_000), frames(0, 4_000));
        mic.tick(4_096);
        assert_eq!(next(&mut source, &mut [0; 64]), Ok(Read::Lost("overrun")));
    });
}
