//! What ALSA's error numbers mean here, as sentences.

use std::time::Duration;

use rustix::io::Errno;

use crate::capture::CaptureError;

/// ALSA gives the numbers of the system's own errors, some calls with a minus sign.
pub(in crate::capture) fn errno(error: &::alsa::Error) -> Errno {
    Errno::from_raw_os_error(error.errno().saturating_abs())
}

/// `told` is what alsa-lib printed on the way.
///
/// A name that no configuration knows can never come to be, so it fails. A known name whose card is
/// missing can: a Pi boots faster than USB. Which of the two it is, only the printed text tells; where
/// that is silent, waiting is the safe side, since the state is visible.
pub(super) fn at_open(name: &str, errno: Errno, told: &str) -> CaptureError {
    tracing::debug!(device = name, %errno, told = told.trim_end(), "the device did not open");
    match errno {
        Errno::NOENT if told.contains("Unknown PCM") => CaptureError::fatal(format!(
            "there is no PCM called {name}: `soundline devices` lists those there are"
        )),
        Errno::NOENT | Errno::NODEV | Errno::NXIO => CaptureError::passing(format!(
            "{name} is not there: is it plugged in? `soundline devices` lists what is"
        )),
        Errno::BUSY => CaptureError::passing(format!(
            "{name} is in use by another program: `fuser -v /dev/snd/*` names it"
        )),
        Errno::ACCESS | Errno::PERM => CaptureError::fatal(format!(
            "{name} may not be opened: `sudo usermod -aG audio $USER` allows it after the next login"
        )),
        Errno::INVAL | Errno::NOSYS => CaptureError::fatal(format!(
            "{name} cannot be opened for capture ({errno}): `soundline devices` lists what can"
        )),
        _ => CaptureError::passing(format!("{name} cannot be opened: {errno}; is its sound server running?")),
    }
}

pub(super) fn at_start(name: &str, errno: Errno) -> CaptureError {
    CaptureError::passing(format!("{name} does not start: {errno}; if it stays so, plug it in again"))
}

pub(super) fn while_reading(name: &str, errno: Errno) -> CaptureError {
    match errno {
        Errno::NODEV | Errno::NXIO | Errno::NOTTY | Errno::BADFD => gone(name),
        _ => CaptureError::passing(format!("{name} fails: {errno}; if it stays so, plug it in again")),
    }
}

pub(super) fn gone(name: &str) -> CaptureError {
    CaptureError::passing(format!("{name} has gone away: plug it in again"))
}

pub(super) fn stalled(name: &str, after: Duration) -> CaptureError {
    CaptureError::passing(format!(
        "{name} has given no frames for {} s; if it stays so, plug it in again",
        after.as_secs_f32()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_come_back_is_waited_for_and_what_cannot_is_not() {
        for (number, told, retryable, part) in [
            (Errno::NOENT, "snd_pcm_open_noupdate: Unknown PCM mike\n", false, "soundline devices"),
            (Errno::NOENT, "_snd_pcm_hw_open: Invalid value for card\n", true, "plugged in"),
            (Errno::NODEV, "", true, "plugged in"),
            (Errno::BUSY, "", true, "fuser"),
            (Errno::ACCESS, "", false, "usermod -aG audio"),
            (Errno::INVAL, "", false, "soundline devices"),
            (Errno::CONNREFUSED, "", true, "sound server"),
        ] {
            let error = at_open("mike", number, told);
            assert_eq!(error.retryable, retryable, "{error}");
            assert!(error.message.starts_with("mike") || error.message.contains("called mike"), "{error}");
            assert!(error.message.contains(part), "{error}");
        }
        assert!(while_reading("mike", Errno::NODEV).message.contains("gone away"));
        assert!(while_reading("mike", Errno::PROTO).retryable);
    }

    #[test]
    fn the_sign_of_an_error_number_does_not_matter() {
        assert_eq!(errno(&::alsa::Error::new("f", -32)), Errno::PIPE);
        assert_eq!(errno(&::alsa::Error::new("f", 32)), Errno::PIPE);
    }
}
