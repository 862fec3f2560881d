//! `stdin`: raw interleaved 16-bit little-endian PCM.

use std::io::{self, IsTerminal, Stdin};
use std::os::fd::AsFd;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, read};

use super::{CaptureError, POLL, Read, Source, Spec, Wanted, rates};

/// Bytes of one read: a pipe holds 64 KiB.
const BYTES_MAX: usize = 65_536;

/// Standard input.
///
/// # Errors
/// It is a terminal, or the rate or the channels do not fit.
pub fn open(wanted: &Wanted) -> Result<Raw<Stdin>, CaptureError> {
    if io::stdin().is_terminal() {
        return Err(CaptureError::fatal(
            "standard input is a terminal: pipe raw PCM into it, \
             such as `arecord -t raw -f S16_LE -r 32000 -c 2 | soundline run --source stdin`",
        ));
    }
    Raw::new(io::stdin(), "standard input", wanted)
}

/// A byte stream as a source.
///
/// Half a sample at the end of a read is kept for the next one. A stream that ends within a sample or a
/// frame has given everything before that, and then fails: its format is not what was said, or it was cut.
#[derive(Debug)]
pub struct Raw<F> {
    from: F,
    spec: Spec,
    bytes: Vec<u8>,
    half: Option<u8>,
    samples: u64,
}

impl<F: AsFd> Raw<F> {
    /// Reads from any descriptor; `name` is for people. It must not be buffered by anyone else.
    ///
    /// # Errors
    /// The rate or the channels do not fit.
    pub fn new(from: F, name: &str, wanted: &Wanted) -> Result<Self, CaptureError> {
        rates::check_told(name, wanted)?;
        let spec = Spec { rate_hz: wanted.rate_hz, channels: wanted.channels, name: name.to_owned() };
        Ok(Self { from, spec, bytes: vec![0; BYTES_MAX], half: None, samples: 0 })
    }

    fn wait(&self) -> Result<bool, Errno> {
        let limit = Timespec { tv_sec: 0, tv_nsec: Duration::subsec_nanos(&POLL).into() };
        match poll(&mut [PollFd::new(&self.from, PollFlags::IN)], Some(&limit)) {
            Ok(ready) => Ok(ready > 0),
            Err(Errno::INTR) => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn fill(&mut self, samples_max: usize) -> Result<Option<usize>, Errno> {
        if !self.wait()? {
            return Ok(None);
        }
        let kept = usize::from(self.half.is_some());
        if let Some(half) = self.half.take() {
            self.bytes[0] = half;
        }
        let end = (2 * samples_max).clamp(2, BYTES_MAX);
        let result = read(&self.from, &mut self.bytes[kept..end]);
        if kept == 1 && !matches!(result, Ok(got) if got > 0) {
            self.half = Some(self.bytes[0]);
        }
        match result {
            Ok(got) => Ok(Some(if got == 0 { 0 } else { kept + got })),
            Err(Errno::INTR | Errno::AGAIN) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn end(&self) -> Result<Read, CaptureError> {
        let Spec { name, channels, .. } = &self.spec;
        if self.half.is_none() && self.samples == 0 {
            return Err(CaptureError::fatal(format!(
                "{name} gave no sound: pipe raw PCM into it, \
                 such as `arecord -t raw -f S16_LE -r 32000 -c 2 | soundline run --source stdin`"
            )));
        }
        if self.half.is_some() {
            return Err(CaptureError::fatal(format!(
                "{name} ended in the middle of a sample, after {} whole ones: it must be 16-bit little-endian PCM \
                 (`sox in.wav -t raw -e signed -b 16 -L -`)",
                self.samples,
            )));
        }
        if !self.samples.is_multiple_of(u64::from(*channels)) {
            return Err(CaptureError::fatal(format!(
                "{name} ended in the middle of a frame: {} samples are no whole number of frames of {channels} \
                 channels: check --channels",
                self.samples,
            )));
        }
        Ok(Read::End)
    }
}

impl<F: AsFd + Send> Source for Raw<F> {
    fn spec(&self) -> &Spec {
        &self.spec
    }

    fn read(&mut self, buffer: &mut [i16]) -> Result<Read, CaptureError> {
        if buffer.is_empty() {
            return Ok(Read::Idle);
        }
        let got = match self.fill(buffer.len()) {
            Ok(None) => return Ok(Read::Idle),
            Ok(Some(0)) => return self.end(),
            Ok(Some(got)) => got,
            Err(error) => {
                return Err(CaptureError::fatal(format!("{} cannot be read: {error}", self.spec.name)));
            }
        };
        let bytes = &self.bytes[..got];
        if self.samples == 0 && bytes.starts_with(b"RIFF") {
            return Err(CaptureError::fatal(format!(
                "{} begins with a WAV header: use `--source wav:FILE`, or take it off with `sox in.wav -t raw -`",
                self.spec.name,
            )));
        }
        let (pairs, odd) = bytes.as_chunks::<2>();
        for (sample, pair) in buffer.iter_mut().zip(pairs) {
            *sample = i16::from_le_bytes(*pair);
        }
        self.half = odd.first().copied();
        self.samples += pairs.len() as u64;
        Ok(if pairs.is_empty() { Read::Idle } else { Read::Samples(pairs.len()) })
    }
}

#[cfg(test)]
mod tests {
    use std::io::{PipeReader, Write, pipe};

    use super::super::rates::tests::WANTED;
    use super::*;

    fn raw(from: PipeReader) -> Raw<PipeReader> {
        Raw::new(from, "standard input", &WANTED).unwrap()
    }

    fn fed(bytes: &[u8]) -> Raw<PipeReader> {
        let (from, mut to) = pipe().unwrap();
        to.write_all(bytes).unwrap();
        raw(from)
    }

    #[test]
    fn bytes_that_come_one_by_one_give_the_same_samples() {
        let (from, mut to) = pipe().unwrap();
        let mut source = raw(from);
        let mut buffer = [0; 64];
        let mut samples = Vec::new();
        for byte in [1, 0, 255, 255, 0, 128, 255, 127] {
            to.write_all(&[byte]).unwrap();
            if let Read::Samples(count) = source.read(&mut buffer).unwrap() {
                samples.extend_from_slice(&buffer[..count]);
            }
        }
        drop(to);
        assert_eq!(samples, [1, -1, i16::MIN, i16::MAX]);
        assert_eq!(source.read(&mut buffer), Ok(Read::End));
        assert_eq!(source.read(&mut buffer), Ok(Read::End));
    }

    #[test]
    fn a_silent_stream_is_idle_and_never_blocks_for_long() {
        let (from, to) = pipe().unwrap();
        assert_eq!(raw(from).read(&mut [0; 4]), Ok(Read::Idle));
        drop(to);
    }

    #[test]
    fn no_more_is_taken_than_the_buffer_holds() {
        let mut source = fed(&[1, 0, 2, 0, 3, 0, 4, 0]);
        let mut buffer = [0; 3];
        assert_eq!(source.read(&mut buffer), Ok(Read::Samples(3)));
        assert_eq!(buffer, [1, 2, 3]);
        assert_eq!(source.read(&mut buffer), Ok(Read::Samples(1)));
        assert_eq!(buffer[0], 4);
    }

    #[test]
    fn an_end_within_a_sample_or_a_frame_is_told_after_what_came_before() {
        let mut buffer = [0; 64];
        for (bytes, count, part) in
            [(&[1, 0, 2, 0, 9][..], 2, "middle of a sample"), (&[1, 0, 2, 0, 3, 0], 3, "middle of a frame")]
        {
            let mut source = fed(bytes);
            assert_eq!(source.read(&mut buffer), Ok(Read::Samples(count)));
            let error = source.read(&mut buffer).unwrap_err();
            assert!(error.message.contains(part) && !error.retryable, "{error}");
        }
    }

    #[test]
    fn nothing_at_all_is_an_error_as_of_a_file() {
        let error = fed(&[]).read(&mut [0; 64]).unwrap_err();
        assert!(error.message.contains("gave no sound") && !error.retryable, "{error}");
    }

    #[test]
    fn a_wav_header_is_no_sound() {
        let error = fed(b"RIFF\x24\0\0\0WAVEfmt ").read(&mut [0; 64]).unwrap_err();
        assert!(error.message.contains("wav:FILE"), "{error}");
    }
}
