//! `--source` as text.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use super::CaptureError;
use super::tone::Hz;

/// Which source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceKind {
    /// `alsa:PCM`: a capture device by its ALSA name, such as `hw:CARD=Mic,DEV=0`.
    Alsa(String),
    /// `wav:FILE`: a 16-bit PCM WAV file.
    Wav(PathBuf),
    /// `stdin`: raw interleaved 16-bit little-endian PCM.
    Stdin,
    /// `tone:HZ`: a sine.
    Tone(Hz),
    /// `demo`: a made-up sound that looks like speech on a meter.
    Demo,
}

const FORMS: &str = "alsa:PCM, wav:FILE, stdin, tone:HZ or demo";

impl FromStr for SourceKind {
    type Err = CaptureError;

    fn from_str(text: &str) -> Result<Self, CaptureError> {
        let bad = |what: &str| CaptureError::fatal(format!("source \"{}\" {what}", text.escape_debug()));
        if text.contains('\0') {
            return Err(bad("holds a NUL byte, which no name may"));
        }
        match text.split_once(':') {
            None if text == "stdin" => Ok(Self::Stdin),
            None if text == "demo" => Ok(Self::Demo),
            Some(("alsa", "")) => {
                Err(bad("names no device: `soundline devices` lists them, such as alsa:hw:CARD=Mic,DEV=0"))
            }
            Some(("alsa", name)) => Ok(Self::Alsa(name.to_owned())),
            Some(("wav", "")) => Err(bad("names no file: write wav:FILE")),
            Some(("wav", "-")) => Err(bad(
                "is a pipe: use `--source stdin` with raw PCM (`sox in.wav -t raw - | soundline run --source stdin`)",
            )),
            Some(("wav", path)) => Ok(Self::Wav(PathBuf::from(path))),
            Some(("tone", hz)) => hz.parse().map(Self::Tone),
            Some(("hw" | "plughw" | "default" | "sysdefault" | "plug", _)) => {
                Err(bad(&format!("lacks its kind: write alsa:{}", text.escape_debug())))
            }
            None if text == "default" => Err(bad("lacks its kind: write alsa:default")),
            _ => Err(bad(&format!("is none of {FORMS}"))),
        }
    }
}

impl fmt::Display for SourceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Alsa(name) => write!(f, "alsa:{name}"),
            Self::Wav(path) => write!(f, "wav:{}", path.display()),
            Self::Stdin => f.write_str("stdin"),
            Self::Tone(hz) => write!(f, "tone:{hz}"),
            Self::Demo => f.write_str("demo"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_read_and_written_back() {
        for text in [
            "alsa:default",
            "alsa:hw:CARD=Mic,DEV=0",
            "wav:a b.wav",
            "wav:C:x.wav",
            "stdin",
            "tone:1000",
            "demo",
        ] {
            let kind: SourceKind = text.parse().unwrap();
            assert_eq!(kind.to_string(), text);
        }
    }

    #[test]
    fn each_mistake_is_told_with_its_remedy() {
        for (text, part) in [
            ("", "is none of"),
            ("microphone", "is none of"),
            ("alsa:", "soundline devices"),
            ("wav:", "wav:FILE"),
            ("wav:-", "--source stdin"),
            ("hw:1,0", "alsa:hw:1,0"),
            ("default", "alsa:default"),
            ("alsa:a\0b", "NUL"),
            ("tone:", "tone:1000"),
            ("tone:loud", "tone:1000"),
            ("mp3:x", "is none of"),
        ] {
            let error = text.parse::<SourceKind>().unwrap_err();
            assert!(error.message.contains(part), "{text}: {error}");
            assert!(!error.message.contains('\n') && !error.retryable);
        }
    }
}
