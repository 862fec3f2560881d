//! Tones through the program: 16-bit in, 16-bit out, with the default filter.
//!
//! Limits: the pass band, 0 to 3,400 Hz, is the telephone's voice band; above 4,600 Hz everything
//! would fold onto it (8,000 - 4,600 = 3,400).

use crate::program::{pcm, soundline};
use crate::twin;
use dsp_core::chunk::Body;
use dsp_core::format::CHUNK_SAMPLES;
use dsp_core::frame::line;
use std::f64::consts::TAU;

const RATE_OUT_HZ: usize = 8_000;
/// Samples at either end that a tone's start and end reach.
const EDGE: usize = 500;
const FULL_SCALE: f64 = 32_767.0;

/// `input` on standard input of `run --source stdin`, one channel; the samples of its lines.
fn through(input: &[i16], rate_in_hz: usize) -> Vec<i16> {
    let rate = rate_in_hz.to_string();
    let mut args = vec!["run", "--source", "stdin", "--rate", &rate, "--channels", "1", "--channel", "0"];
    args.extend(["--sink", "stdout", "--no-web", "--start-time", "2026-01-01T00:00:00"]);
    let lines = soundline(args).stdin(pcm(input)).output();
    let mut samples = vec![0; CHUNK_SAMPLES];
    let mut output = Vec::new();
    for bytes in lines.split_inclusive(|byte| *byte == b'\n') {
        match line::decode(bytes, &mut samples).unwrap().body {
            Body::Samples(samples) => output.extend_from_slice(samples),
            Body::Gap { .. } => panic!("a file has no gaps"),
        }
    }
    assert_eq!(output.len(), input.len().div_ceil(rate_in_hz / RATE_OUT_HZ));
    output
}

/// A second of a tone.
fn tone(frequency_hz: f64, amplitude: f64, rate_hz: usize) -> Vec<i16> {
    (0..rate_hz)
        .map(|n| (amplitude * (TAU * frequency_hz * n as f64 / rate_hz as f64).sin()).round() as i16)
        .collect()
}

/// Amplitude of the tone at `frequency_hz` that fits best, and the RMS of what it leaves.
/// The fitted stretch holds whole periods of every whole multiple of 20 Hz.
fn fit(samples: &[i16], frequency_hz: f64) -> (f64, f64) {
    let length = 7_000 / 400 * 400;
    let part = &samples[EDGE..EDGE + length];
    let angle = |n: usize| TAU * frequency_hz * n as f64 / RATE_OUT_HZ as f64;
    let mean = part.iter().map(|s| f64::from(*s)).sum::<f64>() / length as f64;
    let (mut sine, mut cosine) = (0.0, 0.0);
    for (n, sample) in part.iter().enumerate() {
        sine += f64::from(*sample) * angle(n).sin();
        cosine += f64::from(*sample) * angle(n).cos();
    }
    (sine, cosine) = (sine * 2.0 / length as f64, cosine * 2.0 / length as f64);
    let rest = part.iter().enumerate().map(|(n, sample)| {
        (f64::from(*sample) - mean - sine * angle(n).sin() - cosine * angle(n).cos()).powi(2)
    });
    (sine.hypot(cosine), (rest.sum::<f64>() / length as f64).sqrt())
}

fn rms(samples: &[i16]) -> f64 {
    (samples.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / samples.len() as f64).sqrt()
}

fn db(ratio: f64) -> f64 {
    20.0 * ratio.log10()
}

#[test]
fn the_pass_band_is_flat_within_a_tenth_of_a_decibel() {
    for rate in [16_000, 32_000, 48_000] {
        for frequency in [20.0, 100.0, 440.0, 1_000.0, 1_700.0, 2_400.0, 3_000.0, 3_200.0, 3_300.0, 3_400.0] {
            let amplitude = 0.9 * FULL_SCALE;
            let (found, _) = fit(&through(&tone(frequency, amplitude, rate), rate), frequency);
            let gain = db(found / amplitude);
            assert!(gain.abs() <= 0.1, "{frequency} Hz at {rate} Hz: {gain:.3} dB");
        }
    }
}

#[test]
fn what_would_fold_into_the_voice_is_80_db_down() {
    for rate in [16_000, 32_000, 48_000] {
        let highest = rate as f64 / 2.0 - 100.0;
        let steps = [0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.45, 0.6, 0.75, 0.9, 1.0];
        for frequency in steps.map(|step: f64| (4_600.0 + step * (highest - 4_600.0)).round()) {
            let input = tone(frequency, FULL_SCALE, rate);
            let output = through(&input, rate);
            // Everything that is left counts, wherever it folded to.
            let left = db(rms(&output[EDGE..output.len() - EDGE]).max(1e-9) / rms(&input));
            assert!(left <= -80.0, "{frequency} Hz at {rate} Hz: {left:.1} dB");
        }
    }
}

#[test]
fn a_full_scale_tone_of_1_khz_has_85_db_over_noise_and_distortion() {
    for rate in [16_000, 32_000, 48_000] {
        let (amplitude, noise) = fit(&through(&tone(1_000.0, FULL_SCALE, rate), rate), 1_000.0);
        let ratio = db(amplitude / 2f64.sqrt() / noise);
        assert!(ratio >= 85.0, "at {rate} Hz: {ratio:.1} dB");
    }
}

#[test]
fn a_full_scale_square_wave_saturates_and_does_not_wrap() {
    for half_period in [16, 160] {
        let square: Vec<i16> =
            (0..32_000).map(|n| if n / half_period % 2 == 0 { i16::MAX } else { i16::MIN }).collect();
        let output = through(&square, 32_000);
        let twin = twin::fir(&square, 4);
        assert!(output.contains(&i16::MAX) && output.contains(&i16::MIN), "it never saturated");
        for (n, (ours, twin)) in output.iter().zip(&twin).enumerate() {
            // A stage in between may saturate too, which moves a sample but never turns its sign.
            let far = (i32::from(*ours) - i32::from(*twin)).abs();
            assert!(far < 8_192, "sample {n}: {ours} instead of {twin}");
        }
    }
}

#[test]
fn an_impulse_stays_at_its_place() {
    for rate in [16_000, 32_000, 48_000] {
        let ratio = rate / RATE_OUT_HZ;
        let mut input = vec![0; rate / 2];
        input[1_001 * ratio] = 20_000;
        let output = through(&input, rate);
        let loudest = (0..output.len()).max_by_key(|n| output[*n].unsigned_abs());
        assert_eq!(loudest, Some(1_001), "at {rate} Hz");
        // The filter is symmetric, so what stands before the impulse stands behind it.
        for n in 1..20 {
            assert!(output[1_001 - n].abs_diff(output[1_001 + n]) <= 1, "at {rate} Hz, {n} from it");
        }
    }
}
