//! `demo`: a made-up sound for the meter of a machine without a microphone.
//!
//! Syllables with the pitch and the formants of a voice, pauses between phrases, and now and then
//! a bang that clips, so that every part of the meter moves. The same samples on every machine.

use std::f64::consts::{PI, TAU};

use super::{CaptureError, Read, Source, Spec, Wanted, rates};

/// First and second formant in Hz of five vowels, rounded from the usual phonetics tables.
const VOWELS_HZ: [(f64, f64); 5] =
    [(730.0, 1_090.0), (530.0, 1_840.0), (270.0, 2_290.0), (570.0, 840.0), (300.0, 870.0)];
/// Loudest syllable before the formants' own gain; leaves the voice around -10 dBFS.
const VOICE: f64 = 2_500.0;
/// The bang begins 6 dB above full scale: it clips, as a knock on a microphone does.
const BANG: f64 = 65_536.0;
/// Time in which the bang falls to 37 %, in seconds.
const BANG_DECAY_S: f64 = 0.06;
/// Hiss of a cheap microphone, about -66 dBFS: silence on a meter should not look broken.
const HISS: f64 = 16.0;

/// What is sounding.
#[derive(Clone, Copy, Debug)]
enum Part {
    Syllable { pitch_hz: f64, loudness: f64 },
    Pause,
    Bang,
}

/// A resonance with two poles.
#[derive(Clone, Copy, Debug, Default)]
struct Formant {
    gain: f64,
    back1: f64,
    back2: f64,
    last: [f64; 2],
}

impl Formant {
    fn tune(&mut self, hz: f64, width_hz: f64, rate_hz: f64) {
        let radius = libm::exp(-PI * width_hz / rate_hz);
        self.back1 = 2.0 * radius * libm::cos(TAU * hz / rate_hz);
        self.back2 = -radius * radius;
        self.gain = 1.0 - radius;
    }

    fn push(&mut self, input: f64) -> f64 {
        let output = self.gain * input + self.back1 * self.last[0] + self.back2 * self.last[1];
        self.last = [output, self.last[0]];
        output
    }
}

/// The source.
#[derive(Debug)]
pub struct Demo {
    spec: Spec,
    part: Part,
    done_frames: u32,
    length_frames: u32,
    syllables_left: u32,
    pauses: u32,
    phase: f64,
    formants: [Formant; 2],
    random: u32,
}

impl Demo {
    /// # Errors
    /// The rate does not fit the output rate, or the channel kept is not among the channels.
    pub fn new(wanted: &Wanted) -> Result<Self, CaptureError> {
        rates::check_told("the demo's sound", wanted)?;
        Ok(Self {
            spec: Spec {
                rate_hz: wanted.rate_hz,
                channels: wanted.channels,
                name: "a made-up sound".to_owned(),
            },
            part: Part::Pause,
            done_frames: 0,
            length_frames: 0,
            syllables_left: 6,
            pauses: 0,
            phase: 0.0,
            formants: [Formant::default(); 2],
            // Any start but 0 will do.
            random: 0x536f_756e,
        })
    }

    fn random(&mut self) -> u32 {
        // Marsaglia's xorshift, 32 bits.
        self.random ^= self.random << 13;
        self.random ^= self.random >> 17;
        self.random ^= self.random << 5;
        self.random
    }

    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * f64::from(self.random()) / f64::from(u32::MAX)
    }

    fn next_part(&mut self) {
        let rate_hz = f64::from(self.spec.rate_hz);
        let length_s = if self.syllables_left > 0 {
            self.syllables_left -= 1;
            let (first_hz, second_hz) = VOWELS_HZ[self.random() as usize % VOWELS_HZ.len()];
            self.formants[0].tune(first_hz, 90.0, rate_hz);
            self.formants[1].tune(second_hz, 120.0, rate_hz);
            self.part = Part::Syllable {
                pitch_hz: self.between(95.0, 165.0),
                loudness: VOICE * self.between(0.2, 1.0),
            };
            self.between(0.12, 0.28)
        } else if matches!(self.part, Part::Syllable { .. }) {
            self.pauses += 1;
            self.part = Part::Pause;
            self.between(0.4, 1.2)
        } else if matches!(self.part, Part::Pause) && self.pauses.is_multiple_of(6) {
            self.part = Part::Bang;
            6.0 * BANG_DECAY_S
        } else {
            self.syllables_left = 5 + self.random() % 8;
            return self.next_part();
        };
        self.done_frames = 0;
        self.length_frames = (length_s * rate_hz) as u32;
    }

    fn sample(&mut self) -> i16 {
        // At a rate of a few hertz a part may have no frames at all; bounded, so that none can hang it.
        for _ in 0..3 {
            if self.done_frames >= self.length_frames {
                self.next_part();
            }
        }
        let rate_hz = f64::from(self.spec.rate_hz);
        let noise = self.between(-1.0, 1.0);
        let sound = match self.part {
            Part::Syllable { pitch_hz, loudness } => {
                let gone = f64::from(self.done_frames) / f64::from(self.length_frames.max(1));
                let swell = libm::sin(PI * gone);
                // The pitch falls a little in every syllable, as in speech.
                self.phase = (self.phase + pitch_hz * (1.1 - 0.2 * gone) / rate_hz).fract();
                // A sawtooth has all the harmonics of a voice; a little breath is added.
                let throat = (1.0 - 2.0 * self.phase + 0.1 * noise) * loudness * swell * swell;
                let [low, high] = &mut self.formants;
                2.0 * low.push(throat) + 1.2 * high.push(throat)
            }
            Part::Pause => 0.0,
            Part::Bang => BANG * noise * libm::exp(-f64::from(self.done_frames) / (BANG_DECAY_S * rate_hz)),
        };
        self.done_frames += 1;
        // `as` saturates: a bang clips and does not wrap.
        (sound + HISS * noise).round() as i16
    }
}

impl Source for Demo {
    fn spec(&self) -> &Spec {
        &self.spec
    }

    fn read(&mut self, buffer: &mut [i16]) -> Result<Read, CaptureError> {
        let channels = usize::from(self.spec.channels);
        let mut samples = 0;
        for frame in buffer.chunks_exact_mut(channels) {
            frame.fill(self.sample());
            samples += channels;
        }
        Ok(if samples == 0 { Read::Idle } else { Read::Samples(samples) })
    }
}

#[cfg(test)]
mod tests {
    use super::super::rates::tests::WANTED;
    use super::*;

    fn seconds(wanted: &Wanted, count: usize) -> Vec<i16> {
        let mut demo = Demo::new(wanted).unwrap();
        let mut buffer = vec![0; count * (wanted.rate_hz * u32::from(wanted.channels)) as usize];
        assert_eq!(demo.read(&mut buffer), Ok(Read::Samples(buffer.len())));
        buffer.into_iter().step_by(usize::from(wanted.channels)).collect()
    }

    #[test]
    fn a_minute_of_it_moves_every_part_of_a_meter() {
        let sound = seconds(&WANTED, 60);
        let peaks: Vec<u16> = sound
            .chunks(8_000)
            .map(|chunk| chunk.iter().map(|sample| sample.unsigned_abs()).max().unwrap())
            .collect();
        let quiet = peaks.iter().filter(|&&peak| peak < 100).count();
        let speech = peaks.iter().filter(|&&peak| (1_000..20_000).contains(&peak)).count();
        let clipped = peaks.iter().filter(|&&peak| peak >= 32_767).count();
        assert!(quiet > 10, "{peaks:?}");
        assert!(speech > 120, "{peaks:?}");
        assert!((1..20).contains(&clipped), "{peaks:?}");
        let sum: i64 = sound.iter().map(|&sample| i64::from(sample)).sum();
        assert!(sum.unsigned_abs() < 30 * sound.len() as u64, "it has no offset worth speaking of");
    }

    #[test]
    fn it_is_the_same_however_it_is_cut() {
        let whole = seconds(&WANTED, 3);
        let mut demo = Demo::new(&WANTED).unwrap();
        let mut cut = vec![0; 2 * 3 * 32_000];
        for piece in cut.chunks_mut(2 * 321) {
            demo.read(piece).unwrap();
        }
        assert_eq!(cut.into_iter().step_by(2).collect::<Vec<_>>(), whole);
    }

    #[test]
    fn low_rates_neither_hang_nor_blow_up() {
        for rate_hz in [1, 10, 8_000, 192_000] {
            let wanted = Wanted { rate_hz, output_rate_hz: rate_hz, channels: 1, ..WANTED };
            assert_eq!(seconds(&wanted, 2).len(), 2 * rate_hz as usize);
        }
    }
}
