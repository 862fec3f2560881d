//! `alsa:PCM`: a capture device.
//!
//! The PCM is opened non-blocking and waited for with a limit, so that a dead device never holds the
//! reader. What goes wrong while it runs is mended here when `prepare` and `start` mend it (and told
//! as [`Read::Lost`]); everything else is an error after which [`supervise`](mod@super::supervise) opens
//! the device again. `docs/capture.md` lists every fault with what happens.

mod fault;
mod identity;
mod params;

use std::ffi::CString;
use std::thread;
use std::time::{Duration, Instant};

use ::alsa::pcm::{PCM, State};
use ::alsa::{Card, Direction, Output};
use rustix::io::Errno;

pub(super) use self::fault::errno;
pub use self::identity::{Finder, Roots};
use super::{CaptureError, POLL, Read, Source, Spec, Wanted};

/// Restarts without a sample between them before the device is closed and opened anew.
/// A restart mends a hiccup; the third in a row mends nothing.
const RESTARTS_MAX: u32 = 3;

/// Limits of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Longest wait of one read.
    pub poll: Duration,
    /// Silence of a running device (no frames, not frames of silence) after which it is opened anew.
    pub stall: Duration,
}

impl Default for Options {
    /// A stall of 5 s is 100 periods: no scheduling delay, but a device or a sound server that hangs.
    fn default() -> Self {
        Self { poll: POLL, stall: Duration::from_secs(5) }
    }
}

/// A running capture PCM.
pub struct Device {
    pcm: PCM,
    spec: Spec,
    options: Options,
    fed_at: Instant,
    restarts: u32,
    period_frames: usize,
    /// Frames read of the period that is being read.
    phase_frames: usize,
    /// Whether the rest of that period is known to be there.
    rest_is_there: bool,
}

impl Device {
    /// Opens and starts a PCM: one attempt.
    ///
    /// # Errors
    /// Retryable: it is not there, or in use. Not retryable: no such name, no right to open it,
    /// or no setting that the output rate can be made from.
    pub fn open(name: &str, wanted: &Wanted, options: &Options) -> Result<Self, CaptureError> {
        // alsa-lib prints to standard error by itself. Collected anew at each opening, so that months
        // of retries neither flood the log nor fill the memory.
        let messages = Output::local_error_handler().ok();
        let told = || messages.as_ref().map(|output| output.borrow().to_string()).unwrap_or_default();
        let c_name = CString::new(name).map_err(|_| fault::at_open(name, Errno::INVAL, ""))?;
        let pcm = PCM::open(&c_name, Direction::Capture, true)
            .map_err(|error| fault::at_open(name, fault::errno(&error), &told()))?;
        let got = params::negotiate(&pcm, name, wanted)?;
        // The kernel gives EIO for a read below its start threshold unless the stream was started.
        pcm.start().map_err(|error| fault::at_start(name, fault::errno(&error)))?;
        let spec = Spec { rate_hz: got.rate_hz, channels: got.channels, name: label(&pcm, name) };
        Ok(Self {
            pcm,
            spec,
            options: *options,
            fed_at: Instant::now(),
            restarts: 0,
            period_frames: got.period_frames,
            phase_frames: 0,
            rest_is_there: false,
        })
    }

    fn read_frames(&self, buffer: &mut [i16]) -> Result<usize, Errno> {
        let io = self.pcm.io_i16().map_err(|error| fault::errno(&error))?;
        match io.readi(buffer) {
            Ok(frames) => Ok(frames),
            Err(error) => match fault::errno(&error) {
                Errno::AGAIN | Errno::INTR => Ok(0),
                errno => Err(errno),
            },
        }
    }

    fn is_gone(&self) -> bool {
        self.pcm.state_raw() == State::Disconnected as i32
    }

    fn mend(&mut self, errno: Errno) -> Result<Read, CaptureError> {
        if self.is_gone() {
            return Err(fault::gone(&self.spec.name));
        }
        match errno {
            Errno::PIPE => self.restart(errno, "overrun"),
            Errno::IO => self.restart(errno, "device error"),
            Errno::STRPIPE => match self.pcm.resume() {
                Err(error) if fault::errno(&error) == Errno::AGAIN => {
                    thread::sleep(self.options.poll);
                    self.idle()
                }
                // Resumed or unable to: either way from a known point, with nothing old in the buffer.
                _ => self.restart(errno, "suspended"),
            },
            _ => Err(fault::while_reading(&self.spec.name, errno)),
        }
    }

    fn restart(&mut self, errno: Errno, reason: &'static str) -> Result<Read, CaptureError> {
        self.restarts += 1;
        let failed = |errno| fault::while_reading(&self.spec.name, errno);
        if self.restarts > RESTARTS_MAX {
            return Err(failed(errno));
        }
        self.pcm.prepare().map_err(|error| failed(fault::errno(&error)))?;
        self.pcm.start().map_err(|error| failed(fault::errno(&error)))?;
        self.fed_at = Instant::now();
        (self.phase_frames, self.rest_is_there) = (0, false);
        tracing::warn!(device = self.spec.name, reason, "sound was lost");
        Ok(Read::Lost(reason))
    }

    fn idle(&self) -> Result<Read, CaptureError> {
        if self.fed_at.elapsed() < self.options.stall {
            return Ok(Read::Idle);
        }
        Err(fault::stalled(&self.spec.name, self.options.stall))
    }
}

impl Source for Device {
    fn spec(&self) -> &Spec {
        &self.spec
    }

    fn read(&mut self, buffer: &mut [i16]) -> Result<Read, CaptureError> {
        let channels = usize::from(self.spec.channels);
        // A wake-up comes when a whole period is waiting, as a period ends. A read that took some frames of
        // the next one as well would leave that one short when it ends, and sleep through it.
        let most = (buffer.len() / channels).min(self.period_frames - self.phase_frames);
        if most == 0 {
            return Ok(Read::Idle);
        }
        let waited = if self.rest_is_there {
            Ok(true)
        } else {
            self.pcm.wait(Some(self.options.poll.as_millis() as u32))
        };
        self.rest_is_there = false;
        // Whatever the wait said: a device that goes away may leave a last short piece, and a driver
        // that forgets to wake its reader is read all the same.
        match self.read_frames(&mut buffer[..most * channels]) {
            Ok(0) => match waited {
                Ok(_) if self.is_gone() => Err(fault::gone(&self.spec.name)),
                Ok(_) => self.idle(),
                Err(error) => self.mend(fault::errno(&error)),
            },
            Ok(frames) => {
                self.fed_at = Instant::now();
                self.restarts = 0;
                self.phase_frames = (self.phase_frames + frames) % self.period_frames;
                self.rest_is_there = frames == most && self.phase_frames != 0;
                Ok(Read::Samples(frames * channels))
            }
            Err(errno) => self.mend(errno),
        }
    }
}

/// What people call it: `USB PnP Sound Device (hw:CARD=Device,DEV=0)`.
fn label(pcm: &PCM, name: &str) -> String {
    let card = pcm.info().ok().map(|info| info.get_card()).filter(|&index| index >= 0);
    match card.and_then(|index| Card::new(index).get_name().ok()) {
        Some(card) => format!("{card} ({name})"),
        None => name.to_owned(),
    }
}
