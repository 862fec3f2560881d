//! A recording through ALSA's own `file` plugin: the real path of samples, without a sound card.

use std::fs;

use crate::bench::{WANTED, alone, take};
use pi_host::capture::alsa::{Device, Options};
use pi_host::capture::{Source, SourceKind, open};

const CONFIG: &str = "\
pcm.nothing { type null }
pcm.recording { type file slave.pcm nothing file \"/dev/null\" infile \"{dir}/in.raw\" format raw }
pcm.converted { type plug slave { pcm recording format S16_LE channels 2 rate 48000 } }
";

/// A second of noise, the same each time.
fn noise() -> Vec<i16> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) as i16
    };
    (0..64_000).map(|_| next()).collect()
}

#[test]
fn every_sample_of_a_recording_comes_through() {
    let set_up = |dir: &std::path::Path| {
        let bytes: Vec<u8> = noise().into_iter().flat_map(i16::to_le_bytes).collect();
        fs::write(dir.join("in.raw"), bytes).unwrap();
    };
    alone("file::every_sample_of_a_recording_comes_through", CONFIG, set_up, |_| {
        let kind: SourceKind = "alsa:recording".parse().unwrap();
        let mut source = open(&kind, &WANTED).unwrap();
        assert_eq!((source.spec().rate_hz, source.spec().channels), (32_000, 2));
        let samples = noise();
        // The plugin goes on with garbage after its file, so no more than the file is read.
        assert!(take(source.as_mut(), samples.len()) == samples, "a sample differs");
    });
}

#[test]
fn a_converting_pcm_gives_its_own_rate_rather_than_a_made_up_one() {
    let set_up = |dir: &std::path::Path| fs::write(dir.join("in.raw"), [0; 64]).unwrap();
    alone("file::a_converting_pcm_gives_its_own_rate_rather_than_a_made_up_one", CONFIG, set_up, |_| {
        let source = Device::open("converted", &WANTED, &Options::default()).unwrap();
        assert_eq!((source.spec().rate_hz, source.spec().channels), (48_000, 2));
    });
}

#[test]
fn a_card_that_is_not_there_may_come_and_a_name_that_is_none_may_not() {
    alone(
        "file::a_card_that_is_not_there_may_come_and_a_name_that_is_none_may_not",
        "",
        |_| {},
        |_| {
            for name in ["hw:31,0", "plughw:31", "hw:CARD=NoSuchMic,DEV=0", "plughw:CARD=NoSuchMic"] {
                let error = Device::open(name, &WANTED, &Options::default()).err().unwrap();
                assert!(error.retryable && error.message.contains("soundline devices"), "{name}: {error}");
            }
            let error = Device::open("nosuchname", &WANTED, &Options::default()).err().unwrap();
            assert!(!error.retryable && error.message.contains("soundline devices"), "{error}");
        },
    );
}
