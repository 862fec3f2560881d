//! Which rate, channels and buffer a device is set to.

use ::alsa::ValueOr;
use ::alsa::pcm::{Access, Format, Frames, HwParams, PCM};

use super::fault;
use crate::capture::{CaptureError, Wanted, rates};

/// Longest buffer asked for: what a loaded Pi may stop the reader for (a slow SD card, an update)
/// without a lost sample. Longer would only make a late reader later.
const BUFFER_US_MAX: u32 = 2_000_000;
/// Below this a busy machine loses sound, so a longer period is tried to get a longer buffer.
const BUFFER_US_MIN: u32 = 500_000;
/// How often the device wakes the reader: a fifth of a chunk keeps the meter smooth at 20 wake-ups
/// a second. The longer ones are for devices that allow few periods.
const PERIODS_US: [u32; 3] = [50_000, 100_000, 250_000];

/// Formats that a refusal names when the device has them.
const OTHER_FORMATS: [(Format, &str); 6] = [
    (Format::S8, "S8"),
    (Format::U8, "U8"),
    (Format::S24LE, "S24_LE"),
    (Format::S243LE, "S24_3LE"),
    (Format::S32LE, "S32_LE"),
    (Format::FloatLE, "FLOAT_LE"),
];

/// What the device was set to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Got {
    pub(super) rate_hz: u32,
    pub(super) channels: u16,
    /// Frames between two wake-ups; at least 1.
    pub(super) period_frames: usize,
}

/// Sets the PCM to interleaved 16-bit little-endian frames at the wanted rate and channels, or the
/// nearest from which the output rate can be made.
///
/// A rate that the device has by itself always comes before one that ALSA would make: its default
/// converter folds high tones into the voice, and our decimation does not. Only where there is no such
/// rate may ALSA convert, which a `hw:` device never does and `plughw:` or `default` were chosen for.
pub(super) fn negotiate(pcm: &PCM, name: &str, wanted: &Wanted) -> Result<Got, CaptureError> {
    if base(pcm, false).is_err() {
        return Err(no_format(pcm, name));
    }
    for converted in [false, true] {
        let Some((rate_hz, channels)) =
            choose(wanted, |rate_hz, channels| fits(pcm, converted, rate_hz, channels))
        else {
            continue;
        };
        let (buffer_frames, period_frames) = set(pcm, converted, rate_hz, channels)
            .map_err(|error| fault::at_open(name, fault::errno(&error), ""))?;
        if rate_hz != wanted.rate_hz || channels != wanted.channels {
            tracing::warn!(
                device = name,
                asked_hz = wanted.rate_hz,
                rate_hz,
                asked_channels = wanted.channels,
                channels,
                "the device does not do what was asked for: the nearest was taken"
            );
        }
        if converted {
            tracing::warn!(device = name, rate_hz, "ALSA converts the rate");
        }
        tracing::debug!(device = name, rate_hz, channels, buffer_frames, period_frames, "the device is set");
        let period_frames = usize::try_from(period_frames).unwrap_or(1).max(1);
        return Ok(Got { rate_hz, channels, period_frames });
    }
    Err(no_setting(pcm, name, wanted))
}

/// The first rate, and for it the first channel count, that the device takes.
fn choose(wanted: &Wanted, mut fits: impl FnMut(u32, Option<u16>) -> bool) -> Option<(u32, u16)> {
    let counts = rates::channel_counts(wanted);
    for rate_hz in rates::candidates(wanted) {
        if !fits(rate_hz, None) {
            continue;
        }
        if let Some(&channels) = counts.iter().find(|&&channels| fits(rate_hz, Some(channels))) {
            return Some((rate_hz, channels));
        }
    }
    None
}

fn base(pcm: &PCM, converted: bool) -> ::alsa::Result<HwParams<'_>> {
    let params = HwParams::any(pcm)?;
    params.set_rate_resample(converted)?;
    params.set_access(Access::RWInterleaved)?;
    params.set_format(Format::S16LE)?;
    Ok(params)
}

fn with(pcm: &PCM, converted: bool, rate_hz: u32, channels: Option<u16>) -> ::alsa::Result<HwParams<'_>> {
    let params = base(pcm, converted)?;
    params.set_rate(rate_hz, ValueOr::Nearest)?;
    if let Some(channels) = channels {
        params.set_channels(channels.into())?;
    }
    Ok(params)
}

fn fits(pcm: &PCM, converted: bool, rate_hz: u32, channels: Option<u16>) -> bool {
    with(pcm, converted, rate_hz, channels).is_ok()
}

/// Sets the PCM, with the first period that allows a long enough buffer, else the longest buffer.
fn set(pcm: &PCM, converted: bool, rate_hz: u32, channels: u16) -> ::alsa::Result<(Frames, Frames)> {
    let plain = || with(pcm, converted, rate_hz, Some(channels));
    let sized = |period_us| -> ::alsa::Result<(u32, HwParams<'_>)> {
        let params = plain()?;
        params.set_period_time_near(period_us, ValueOr::Nearest)?;
        Ok((params.set_buffer_time_near(BUFFER_US_MAX, ValueOr::Nearest)?, params))
    };
    let mut best: Option<(u32, HwParams<'_>)> = None;
    for period_us in PERIODS_US {
        let buffer_us = best.as_ref().map_or(0, |best| best.0);
        if buffer_us >= BUFFER_US_MIN {
            break;
        }
        best = sized(period_us).ok().filter(|longer| longer.0 > buffer_us).or(best);
    }
    // A device that takes no size of ours has one of its own.
    let params = best.map_or_else(plain, |(_, params)| Ok(params))?;
    pcm.hw_params(&params)?;
    let now = pcm.hw_params_current()?;
    Ok((now.get_buffer_size()?, now.get_period_size()?))
}

fn refusal(name: &str, what: &str) -> CaptureError {
    let remedy = match name.strip_prefix("hw:") {
        Some(device) => format!("use alsa:plughw:{device}, which converts"),
        None => "`soundline devices` lists what other devices do".to_owned(),
    };
    CaptureError::fatal(format!("{name} {what}: {remedy}"))
}

/// A device that is being pulled right now has no settings at all; it may come back.
fn silent(name: &str) -> CaptureError {
    CaptureError::passing(format!("{name} tells no settings: plug it in again"))
}

fn no_format(pcm: &PCM, name: &str) -> CaptureError {
    let Ok(params) = HwParams::any(pcm) else {
        return silent(name);
    };
    let has: Vec<&str> = OTHER_FORMATS
        .iter()
        .filter(|(format, _)| params.test_format(*format).is_ok())
        .map(|(_, name)| *name)
        .collect();
    let has = if has.is_empty() { String::new() } else { format!(" (it has {})", has.join(", ")) };
    refusal(name, &format!("has no interleaved 16-bit little-endian samples{has}"))
}

fn no_setting(pcm: &PCM, name: &str, wanted: &Wanted) -> CaptureError {
    let limits = base(pcm, true)
        .and_then(|params| Ok((params.get_channels_max()?, params.get_rate_min()?, params.get_rate_max()?)));
    let Ok((channels_max, low, high)) = limits else {
        return silent(name);
    };
    if channels_max <= u32::from(wanted.channel) {
        return CaptureError::fatal(format!(
            "{name} has at most {channels_max} channels, so there is no channel {} (they count from 0): \
             choose another --channel",
            wanted.channel,
        ));
    }
    let range = if low == high {
        format!("does {low} frames a second alone")
    } else {
        format!("does {low} to {high} frames a second")
    };
    refusal(
        name,
        &format!(
            "{range}, none of which is a usable whole multiple of the output rate {}",
            wanted.output_rate_hz
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::rates::tests::WANTED;

    fn on(device: &[(u32, &[u16])], wanted: &Wanted) -> Option<(u32, u16)> {
        choose(wanted, |rate_hz, channels| {
            device.iter().any(|(rate, counts)| {
                *rate == rate_hz && channels.is_none_or(|channels| counts.contains(&channels))
            })
        })
    }

    #[test]
    fn the_exact_setting_is_taken_where_there_is_one() {
        assert_eq!(on(&[(16_000, &[2]), (32_000, &[1, 2]), (48_000, &[2])], &WANTED), Some((32_000, 2)));
    }

    #[test]
    fn a_plain_usb_microphone_gives_48_khz_mono() {
        assert_eq!(on(&[(44_100, &[1]), (48_000, &[1])], &WANTED), Some((48_000, 1)));
    }

    #[test]
    fn a_rate_whose_channels_lack_the_kept_one_is_passed_over() {
        let wanted = Wanted { channel: 1, ..WANTED };
        assert_eq!(on(&[(32_000, &[1]), (48_000, &[2])], &wanted), Some((48_000, 2)));
        assert_eq!(on(&[(32_000, &[1])], &wanted), None);
    }

    #[test]
    fn a_rate_without_a_whole_ratio_is_never_taken() {
        assert_eq!(on(&[(44_100, &[2]), (22_050, &[2])], &WANTED), None);
    }
}
