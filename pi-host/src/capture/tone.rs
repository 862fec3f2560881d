//! `tone:HZ`: a sine at -12 dBFS on all channels, for ever.

use std::f64::consts::TAU;
use std::fmt;
use std::str::FromStr;

use super::{CaptureError, Read, Source, Spec, Wanted, rates};

/// A quarter of full scale: -12 dBFS, loud enough to see and 12 dB away from clipping.
const AMPLITUDE: f64 = 8_192.0;

/// A tone's frequency, kept in thousandths of a hertz so that the phase is exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hz {
    millihertz: u64,
}

impl FromStr for Hz {
    type Err = CaptureError;

    /// Reads `1000` or `440.5`: up to three decimals.
    fn from_str(text: &str) -> Result<Self, CaptureError> {
        let bad = || {
            CaptureError::fatal(format!(
                "\"{}\" is no frequency in hertz: write for example tone:1000 or tone:440.5",
                text.escape_debug()
            ))
        };
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
        if !digits(whole) || !digits(decimals) || !(1..=3).contains(&decimals.len()) {
            return Err(bad());
        }
        let hertz: u32 = whole.parse().map_err(|_| bad())?;
        let thousandths: u64 = format!("{decimals:0<3}").parse().map_err(|_| bad())?;
        Ok(Self { millihertz: u64::from(hertz) * 1000 + thousandths })
    }
}

impl fmt::Display for Hz {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.millihertz % 1000 {
            0 => write!(f, "{}", self.millihertz / 1000),
            thousandths => {
                let text = format!("{}.{thousandths:03}", self.millihertz / 1000);
                f.write_str(text.trim_end_matches('0'))
            }
        }
    }
}

/// The source.
#[derive(Debug)]
pub struct Tone {
    spec: Spec,
    step: u64,
    turn: u64,
    /// Part of `turn` already gone, in `0..turn`: an integer, so that no error adds up over months.
    phase: u64,
}

impl Tone {
    /// # Errors
    /// The frequency is 0 or not below half the rate, or the rate does not fit the output rate.
    pub fn new(hz: Hz, wanted: &Wanted) -> Result<Self, CaptureError> {
        rates::check_told("the tone", wanted)?;
        let turn = u64::from(wanted.rate_hz) * 1000;
        if hz.millihertz == 0 || hz.millihertz * 2 >= turn {
            return Err(CaptureError::fatal(format!(
                "tone:{hz} is out of range: more than 0 and less than {} Hz, half of --rate {}, are possible",
                f64::from(wanted.rate_hz) / 2.0,
                wanted.rate_hz,
            )));
        }
        let name = format!("a tone of {hz} Hz");
        let spec = Spec { rate_hz: wanted.rate_hz, channels: wanted.channels, name };
        Ok(Self { spec, step: hz.millihertz, turn, phase: 0 })
    }
}

impl Source for Tone {
    fn spec(&self) -> &Spec {
        &self.spec
    }

    fn read(&mut self, buffer: &mut [i16]) -> Result<Read, CaptureError> {
        let channels = usize::from(self.spec.channels);
        let mut samples = 0;
        for frame in buffer.chunks_exact_mut(channels) {
            // libm, not the platform's sine: the same samples on every machine.
            let sine = libm::sin(TAU * (self.phase as f64 / self.turn as f64));
            frame.fill((AMPLITUDE * sine).round() as i16);
            self.phase = (self.phase + self.step) % self.turn;
            samples += channels;
        }
        Ok(if samples == 0 { Read::Idle } else { Read::Samples(samples) })
    }
}

#[cfg(test)]
mod tests {
    use super::super::rates::tests::WANTED;
    use super::*;

    fn tone(hz: &str) -> Tone {
        Tone::new(hz.parse().unwrap(), &WANTED).unwrap()
    }

    #[test]
    fn a_turn_later_the_samples_are_the_same_however_it_is_cut() {
        let mut whole = vec![0; 2 * 64_000];
        assert_eq!(tone("440.5").read(&mut whole), Ok(Read::Samples(128_000)));
        // 881 turns of 440.5 Hz take exactly two seconds.
        let mut cut = tone("440.5");
        let mut pieces = vec![0; 2 * 64_000];
        for piece in pieces.chunks_mut(2 * 777) {
            cut.read(piece).unwrap();
        }
        assert_eq!(pieces, whole);
        let mut next = vec![0; 2 * 1000];
        cut.read(&mut next).unwrap();
        assert_eq!(next, whole[..2000]);
    }

    #[test]
    fn it_is_a_sine_at_a_quarter_of_full_scale_on_all_channels() {
        let mut buffer = [0; 2 * 32];
        tone("1000").read(&mut buffer).unwrap();
        let left: Vec<i16> = buffer.iter().step_by(2).copied().collect();
        let right: Vec<i16> = buffer.iter().skip(1).step_by(2).copied().collect();
        assert_eq!(left, right);
        assert_eq!((left[0], left[8], left[16], left[24]), (0, 8192, 0, -8192));
    }

    #[test]
    fn a_frequency_that_cannot_be_is_refused() {
        for hz in ["0", "16000", "16000.001", "99999"] {
            let error = Tone::new(hz.parse().unwrap(), &WANTED).unwrap_err();
            assert!(error.message.contains("less than 16000 Hz"), "{error}");
        }
        assert!(Tone::new("15999.999".parse().unwrap(), &WANTED).is_ok());
        for hz in ["", ".", "1.", "-1", "1e3", "0.0001", "1 000", "99999999999"] {
            assert!(hz.parse::<Hz>().is_err(), "{hz}");
        }
        assert_eq!("440.50".parse::<Hz>().unwrap().to_string(), "440.5");
    }

    #[test]
    fn a_buffer_below_a_frame_stays_untouched() {
        assert_eq!(tone("1000").read(&mut [7]), Ok(Read::Idle));
    }
}
