use super::fir::{FIR_RATIOS, IMPULSE_RESPONSE_MAX, impulse_response};
use super::{Decimator, Mode, naive};
use proptest::prelude::*;
use std::{f64::consts::TAU, vec, vec::Vec};

fn run(mode: Mode, ratio: u32, signal: &[i16]) -> Vec<i16> {
    run_cut(mode, ratio, signal, &[(usize::MAX, 4096)])
}

/// Pushes pieces of the given lengths into outputs of the given room, round and round.
fn run_cut(mode: Mode, ratio: u32, signal: &[i16], cuts: &[(usize, usize)]) -> Vec<i16> {
    let mut decimator = Decimator::new(mode, ratio).unwrap();
    let mut got = Vec::new();
    let mut rest = signal;
    let mut cuts_again = cuts.iter().cycle();
    while !rest.is_empty() {
        let (length, room) = *cuts_again.next().unwrap();
        let (mut piece, later) = rest.split_at(length.min(rest.len()));
        while !piece.is_empty() {
            let mut output = vec![0; room];
            let (written, unread) = decimator.push(piece, &mut output);
            assert!(written > 0 || unread.len() < piece.len(), "no progress");
            got.extend_from_slice(&output[..written]);
            piece = unread;
        }
        rest = later;
    }
    loop {
        let mut output = vec![0; cuts[0].1];
        match decimator.flush(&mut output) {
            0 => return got,
            written => got.extend_from_slice(&output[..written]),
        }
    }
}

fn sine(rate_hz: f64, tone_hz: f64, amplitude: f64, samples: usize) -> Vec<i16> {
    (0..samples).map(|n| (amplitude * (TAU * tone_hz * n as f64 / rate_hz).sin()).round() as i16).collect()
}

/// Power of `samples` at `tone_hz` by least squares, and of all the rest.
fn tone_and_rest(samples: &[i16], rate_hz: f64, tone_hz: f64) -> (f64, f64) {
    let n = samples.len() as f64;
    let (mut re, mut im, mut square) = (0.0, 0.0, 0.0);
    for (i, sample) in samples.iter().enumerate() {
        // A Hann window keeps other tones out of the estimate.
        let window = 1.0 - (TAU * (i as f64 + 0.5) / n).cos();
        let (sin, cos) = (TAU * tone_hz * i as f64 / rate_hz).sin_cos();
        re += window * f64::from(*sample) * cos;
        im += window * f64::from(*sample) * sin;
    }
    let (re, im) = (2.0 * re / n, 2.0 * im / n);
    for (i, sample) in samples.iter().enumerate() {
        let (sin, cos) = (TAU * tone_hz * i as f64 / rate_hz).sin_cos();
        let residue = f64::from(*sample) - re * cos - im * sin;
        square += residue * residue;
    }
    ((re * re + im * im) / 2.0, square / n)
}

fn db(ratio: f64) -> f64 {
    10.0 * ratio.log10()
}

/// The middle, clear of the signal's hard edges.
fn middle(samples: &[i16]) -> &[i16] {
    &samples[100..samples.len() - 100]
}

#[test]
fn pass_band_is_flat_within_a_tenth_of_a_db() {
    for ratio in FIR_RATIOS {
        let rate = 8_000.0 * f64::from(ratio);
        for tone in (100..=3_400).step_by(150) {
            let input = sine(rate, f64::from(tone), 30_000.0, 4_000 * ratio as usize);
            let output = run(Mode::Fir, ratio, &input);
            let (power, _) = tone_and_rest(middle(&output), 8_000.0, f64::from(tone));
            let gain_db = db(power / (30_000.0_f64.powi(2) / 2.0));
            assert!(gain_db.abs() < 0.1, "ratio {ratio}, {tone} Hz: {gain_db} dB");
        }
    }
}

#[test]
fn stop_band_is_89_db_down() {
    for ratio in FIR_RATIOS.into_iter().filter(|ratio| *ratio > 1) {
        let rate = 8_000.0 * f64::from(ratio);
        let tones =
            (4_600..=4_000 * ratio).step_by(100 * ratio as usize / 2 + 7).chain([4_820, 4_000 * ratio]);
        for tone in tones {
            // A cosine, so that the tone at half the rate is not silence.
            let input: Vec<i16> = (0..2_000 * ratio as usize)
                .map(|n| (32_767.0 * (TAU * f64::from(tone) * n as f64 / rate).cos()).round() as i16)
                .collect();
            let input_power = input.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / input.len() as f64;
            let output = run(Mode::Fir, ratio, &input);
            let steady = middle(&output);
            let power = steady.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / steady.len() as f64;
            let down_db = -db((power + 1e-9) / input_power);
            // Rounding holds up the others: of the largest taps at 3, between many stages at 12 and 24.
            let least_db = if matches!(ratio, 2 | 4 | 6 | 8) { 90.0 } else { 89.0 };
            assert!(down_db >= least_db, "ratio {ratio}, {tone} Hz: {down_db} dB down");
        }
    }
}

#[test]
fn full_scale_tone_keeps_its_signal_to_noise_ratio() {
    for ratio in FIR_RATIOS {
        let rate = 8_000.0 * f64::from(ratio);
        let output = run(Mode::Fir, ratio, &sine(rate, 1_000.0, 32_767.0, 8_200 * ratio as usize));
        // 8,000 samples hold whole periods.
        let (tone, rest) = tone_and_rest(&output[100..8_100], 8_000.0, 1_000.0);
        assert!(db(tone / rest) >= 90.0, "ratio {ratio}: {} dB", db(tone / rest));
    }
}

#[test]
fn full_scale_square_wave_saturates_and_does_not_wrap() {
    for ratio in FIR_RATIOS {
        let half = 40 * ratio as usize;
        let input: Vec<i16> =
            (0..40 * half).map(|n| if (n / half).is_multiple_of(2) { i16::MAX } else { i16::MIN }).collect();
        for (m, sample) in run(Mode::Fir, ratio, &input).iter().enumerate() {
            let from_edge = (m % 40).min(40 - m % 40);
            if from_edge > 2 && ratio > 1 {
                let high = (m / 40).is_multiple_of(2);
                assert_eq!(*sample > 0, high, "ratio {ratio}: sample {m} is {sample}");
                assert!(sample.unsigned_abs() > 25_000, "ratio {ratio}: sample {m} is {sample}");
            }
        }
    }
}

#[test]
fn an_impulse_stays_at_its_place() {
    for ratio in FIR_RATIOS {
        for place in [0, 1, 7, 150, 151] {
            let mut input = vec![0; 300 * ratio as usize];
            input[place * ratio as usize] = 30_000;
            let output = run(Mode::Fir, ratio, &input);
            let largest = output.iter().enumerate().max_by_key(|(_, x)| **x).unwrap().0;
            assert_eq!(largest, place, "ratio {ratio}");
        }
    }
}

#[test]
fn impulse_response_is_symmetric_and_sums_to_one() {
    for ratio in FIR_RATIOS {
        let mut taps = [0.0; IMPULSE_RESPONSE_MAX];
        let taps = impulse_response(ratio, &mut taps).unwrap();
        assert!((taps.iter().sum::<f64>() - 1.0).abs() < 1e-3);
        for (a, b) in taps.iter().zip(taps.iter().rev()) {
            assert!((a - b).abs() < 1e-9, "ratio {ratio}");
        }
    }
    assert!(impulse_response(5, &mut [0.0; IMPULSE_RESPONSE_MAX]).is_err());
}

#[test]
fn any_stretch_gives_its_length_over_the_ratio_rounded_up() {
    for mode in [Mode::Drop, Mode::Fir] {
        for ratio in FIR_RATIOS {
            for length in (0..60).chain(250..270).chain([1_023, 5_000]) {
                let got = run(mode, ratio, &vec![7; length]).len();
                assert_eq!(got, length.div_ceil(ratio as usize), "{mode:?} {ratio} {length}");
            }
        }
    }
}

#[test]
fn a_stretch_after_a_flush_begins_anew() {
    for mode in [Mode::Drop, Mode::Fir] {
        let signal = sine(32_000.0, 440.0, 20_000.0, 1_001);
        let mut decimator = Decimator::new(mode, 4).unwrap();
        let mut again = || {
            let mut output = vec![0; 1_000];
            let (mut written, rest) = decimator.push(&signal, &mut output);
            assert!(rest.is_empty());
            written += decimator.flush(&mut output[written..]);
            assert_eq!(decimator.flush(&mut output[written..]), 0);
            output.truncate(written);
            output
        };
        let first = again();
        assert_eq!(first, again());
        assert_eq!(first.len(), 251);
    }
}

#[test]
fn ratios_without_a_filter_are_refused() {
    assert!(Decimator::new(Mode::Drop, 0).is_err());
    assert!(Decimator::new(Mode::Drop, 5).is_ok());
    for ratio in [0, 5, 7, 9, 25, u32::MAX] {
        assert!(Decimator::new(Mode::Fir, ratio).is_err());
    }
}

fn signal() -> impl Strategy<Value = Vec<i16>> {
    // Up to 18,000 of 32,767: what the filters' overshoot (1.75) cannot bring to saturation.
    let quiet = prop::collection::vec(-18_000i16..18_000, 0..3_000);
    let impulses = prop::collection::vec(prop_oneof![20 => Just(0i16), 1 => -18_000i16..18_000], 0..3_000);
    prop_oneof![quiet, impulses]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_cut_gives_the_same_samples(
        signal in prop::collection::vec(any::<i16>(), 0..3_000),
        at in 0..FIR_RATIOS.len(),
        cuts in prop::collection::vec((1usize..700, 1usize..300), 1..20),
    ) {
        for mode in [Mode::Drop, Mode::Fir] {
            let whole = run(mode, FIR_RATIOS[at], &signal);
            prop_assert_eq!(run_cut(mode, FIR_RATIOS[at], &signal, &cuts), whole);
        }
    }

    #[test]
    fn fir_is_the_double_precision_convolution(signal in signal(), at in 0..FIR_RATIOS.len()) {
        let ratio = FIR_RATIOS[at];
        let mut taps = [0.0; IMPULSE_RESPONSE_MAX];
        let taps = impulse_response(ratio, &mut taps).unwrap();
        let within = if ratio <= 6 { 1 } else { 2 };
        for (m, fast) in run(Mode::Fir, ratio, &signal).into_iter().enumerate() {
            let exact = naive::quantize(naive::output(&signal, taps, ratio as usize, m));
            prop_assert!((i32::from(fast) - i32::from(exact)).abs() <= within, "{m}: {fast} for {exact}");
        }
    }

    #[test]
    fn drop_is_step_by(signal in prop::collection::vec(any::<i16>(), 0..500), ratio in 1u32..30) {
        let expected: Vec<i16> = signal.iter().step_by(ratio as usize).copied().collect();
        prop_assert_eq!(run(Mode::Drop, ratio, &signal), expected);
    }
}
