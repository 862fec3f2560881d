//! `wav:FILE`: a 16-bit PCM WAV file, at its own rate and with its own channels.

use std::fs::File;
use std::io::{BufReader, ErrorKind};
use std::path::Path;

use hound::{SampleFormat, WavReader};

use super::{CaptureError, Read, Source, Spec, Wanted, rates};

/// A program that writes a WAV into a pipe cannot know its length and writes nearly the largest
/// that a reader with signed sizes takes, or larger. From here on the length is no promise.
const ENDLESS_BYTES: u64 = 0x7fff_0000;

/// The source.
///
/// A file whose header promises more than is there (a recorder was cut off) gives what is there,
/// whole frames only, and then fails with a sentence that says so.
pub struct Wav {
    spec: Spec,
    path: String,
    reader: WavReader<BufReader<File>>,
    promised_samples: u64,
    given_samples: u64,
    done: Option<Result<(), CaptureError>>,
}

impl Wav {
    /// # Errors
    /// The file is missing, unreadable, no WAV, holds no sound, or another format than 16-bit PCM at
    /// a rate that is a whole multiple of the output rate: each says how to mend it.
    pub fn open(path: &Path, wanted: &Wanted) -> Result<Self, CaptureError> {
        let name = path.display().to_string();
        let file = open_file(path, &name)?;
        let remedy = |option: &str| {
            let rate_hz = rates::candidates(wanted).first().copied().unwrap_or(wanted.rate_hz);
            format!("`sox {option}{} -r {rate_hz} -b 16 -e signed out.wav` converts it", quoted(&name))
        };
        let reader = match WavReader::new(BufReader::new(file)) {
            Ok(reader) => reader,
            Err(error) => return Err(no_wav(&name, &error, &remedy)),
        };
        let header = reader.spec();
        let plain = remedy("");
        if header.sample_format == SampleFormat::Float || header.bits_per_sample != 16 {
            let format = if header.sample_format == SampleFormat::Float { "float" } else { "whole-number" };
            return Err(CaptureError::fatal(format!(
                "{name} has {}-bit {format} samples, not 16-bit PCM: {plain}",
                header.bits_per_sample,
            )));
        }
        rates::check(&name, header.sample_rate, header.channels, wanted, &plain)?;
        let promised_samples = u64::from(reader.len());
        if promised_samples == 0 {
            return Err(CaptureError::fatal(format!(
                "{name} says that it holds no sound; if it is longer than its header, {}",
                remedy("--ignore-length "),
            )));
        }
        let spec = Spec { rate_hz: header.sample_rate, channels: header.channels, name: name.clone() };
        Ok(Self { spec, path: name, reader, promised_samples, given_samples: 0, done: None })
    }

    fn cut_off(&self) -> Result<(), CaptureError> {
        let channels = u64::from(self.spec.channels);
        let (frames, promised_frames) = (self.given_samples / channels, self.promised_samples / channels);
        if self.promised_samples * 2 >= ENDLESS_BYTES {
            tracing::warn!(
                file = self.path,
                frames,
                "the header tells no true length, as of a program that wrote into a pipe: read to the end of the file"
            );
            return Ok(());
        }
        Err(CaptureError::fatal(format!(
            "{} is cut off: {frames} of the {promised_frames} frames that its header promises are there; \
             `sox --ignore-length {} out.wav` mends the header",
            self.path,
            quoted(&self.path),
        )))
    }
}

impl Source for Wav {
    fn spec(&self) -> &Spec {
        &self.spec
    }

    fn read(&mut self, buffer: &mut [i16]) -> Result<Read, CaptureError> {
        if let Some(done) = &self.done {
            return done.clone().map(|()| Read::End);
        }
        let channels = usize::from(self.spec.channels);
        let whole = buffer.len() - buffer.len() % channels;
        let mut count = 0;
        for (slot, sample) in buffer[..whole].iter_mut().zip(self.reader.samples::<i16>()) {
            match sample {
                Ok(value) => *slot = value,
                // hound says `Other` for an end that comes too early.
                Err(hound::Error::IoError(error))
                    if matches!(error.kind(), ErrorKind::Other | ErrorKind::UnexpectedEof) =>
                {
                    break;
                }
                Err(error) => {
                    let message = format!("{} cannot be read any further: {error}", self.path);
                    self.done = Some(Err(CaptureError::fatal(message)));
                    break;
                }
            }
            count += 1;
        }
        let frames = count - count % channels;
        self.given_samples += frames as u64;
        if count < whole && self.done.is_none() {
            let all = self.given_samples == self.promised_samples;
            self.done = Some(if all { Ok(()) } else { self.cut_off() });
        }
        if frames > 0 {
            return Ok(Read::Samples(frames));
        }
        self.done.clone().map_or(Ok(Read::Idle), |done| done.map(|()| Read::End))
    }
}

/// Opens a regular file: a folder has no sound and a pipe could block for ever.
fn open_file(path: &Path, name: &str) -> Result<File, CaptureError> {
    let failed = |error: &std::io::Error| {
        CaptureError::fatal(match error.kind() {
            ErrorKind::NotFound => format!("there is no file {name}: is the path right?"),
            ErrorKind::PermissionDenied => {
                format!("{name} may not be read: `chmod +r {}` allows it", quoted(name))
            }
            _ => format!("{name} cannot be opened: {error}"),
        })
    };
    let kind = std::fs::metadata(path).map_err(|error| failed(&error))?;
    if kind.is_dir() {
        return Err(CaptureError::fatal(format!("{name} is a folder: name a WAV file in it")));
    }
    if !kind.is_file() {
        return Err(CaptureError::fatal(format!(
            "{name} is no plain file: use `--source stdin` with raw PCM (`sox in.wav -t raw -`)"
        )));
    }
    if kind.len() == 0 {
        return Err(CaptureError::fatal(format!("{name} is empty: record or copy it again")));
    }
    File::open(path).map_err(|error| failed(&error))
}

fn no_wav(name: &str, error: &hound::Error, remedy: &dyn Fn(&str) -> String) -> CaptureError {
    CaptureError::fatal(match error {
        hound::Error::FormatError(what @ ("no RIFF tag found" | "no WAVE tag found")) => {
            format!("{name} is no WAV file ({what}): if it is sound in another form, {}", remedy(""))
        }
        hound::Error::FormatError(
            what @ ("data chunk length is not a multiple of sample size" | "invalid data chunk length"),
        ) => {
            format!("{name} has a wrong length in its header ({what}): {}", remedy("--ignore-length "))
        }
        hound::Error::IoError(error)
            if matches!(error.kind(), ErrorKind::Other | ErrorKind::UnexpectedEof) =>
        {
            format!("{name} ends within its header: record or copy it again")
        }
        hound::Error::Unsupported => format!("{name} holds compressed sound, not 16-bit PCM: {}", remedy("")),
        other => format!("{name} cannot be read as a WAV file ({other}): {}", remedy("")),
    })
}

/// A file's name as a shell takes it.
fn quoted(name: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-+,:@%".contains(c);
    if !name.is_empty() && !name.starts_with('-') && name.chars().all(plain) {
        name.to_owned()
    } else {
        format!("'{}'", name.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
#[path = "wav_tests.rs"]
mod tests;
