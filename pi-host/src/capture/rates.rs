//! Which input rates and channel counts can be used, and which is nearest to the one asked for.

use dsp_core::decimate::{FIR_RATIOS, Mode};
use dsp_core::format::{CHANNELS_MAX, RATE_HZ_MAX};

use super::{CaptureError, Wanted};

/// Why an input rate cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unusable {
    Range,
    NotWhole,
    NoFilter,
}

fn usable(rate_hz: u32, wanted: &Wanted) -> Result<(), Unusable> {
    let out_hz = wanted.output_rate_hz;
    if rate_hz == 0 || rate_hz > RATE_HZ_MAX {
        Err(Unusable::Range)
    } else if out_hz == 0 || !rate_hz.is_multiple_of(out_hz) {
        Err(Unusable::NotWhole)
    } else if wanted.mode == Mode::Fir && !FIR_RATIOS.contains(&(rate_hz / out_hz)) {
        Err(Unusable::NoFilter)
    } else {
        Ok(())
    }
}

/// Every rate from which the output rate can be made, the nearest to the wanted one first
/// and of two equally near the higher one, which keeps more of the sound.
pub(super) fn candidates(wanted: &Wanted) -> Vec<u32> {
    if wanted.output_rate_hz == 0 {
        return Vec::new();
    }
    let ratio_max = RATE_HZ_MAX / wanted.output_rate_hz;
    let mut rates: Vec<u32> = (1..=ratio_max)
        .map(|ratio| ratio * wanted.output_rate_hz)
        .filter(|&rate_hz| usable(rate_hz, wanted).is_ok())
        .collect();
    rates.sort_by_key(|&rate_hz| (rate_hz.abs_diff(wanted.rate_hz), u32::MAX - rate_hz));
    rates
}

/// Every channel count that has the channel that is kept, the nearest to the wanted one first
/// and of two equally near the higher one.
pub(super) fn channel_counts(wanted: &Wanted) -> Vec<u16> {
    let mut counts: Vec<u16> = (wanted.channel.saturating_add(1)..=CHANNELS_MAX).collect();
    counts.sort_by_key(|&count| (count.abs_diff(wanted.channels), u16::MAX - count));
    counts
}

/// Checks a rate and a channel count that cannot be chosen (a file has them, a stream is told them).
///
/// `name` opens the sentence; `remedy` ends the one about the rate.
pub(super) fn check(
    name: &str,
    rate_hz: u32,
    channels: u16,
    wanted: &Wanted,
    remedy: &str,
) -> Result<(), CaptureError> {
    let out_hz = wanted.output_rate_hz;
    let what = match usable(rate_hz, wanted) {
        Ok(()) if channels == 0 || channels > CHANNELS_MAX => {
            format!("{name} has {channels} channels; 1 to {CHANNELS_MAX} are possible")
        }
        Ok(()) if wanted.channel >= channels => format!(
            "{name} has {channels} channel{}, so there is no channel {} (they count from 0): use --channel {}",
            if channels == 1 { "" } else { "s" },
            wanted.channel,
            channels - 1,
        ),
        Ok(()) => return Ok(()),
        Err(Unusable::Range) => {
            format!("{name} has {rate_hz} frames a second; 1 to {RATE_HZ_MAX} are possible: {remedy}")
        }
        Err(Unusable::NotWhole) => format!(
            "{name} has {rate_hz} frames a second, which is no whole multiple of the output rate {out_hz}: {remedy}"
        ),
        Err(Unusable::NoFilter) => format!(
            "{name} has {rate_hz} frames a second, {} times the output rate, and there is no filter for this ratio \
             (there is for {FIR_RATIOS:?}): use --decimate drop, or {remedy}",
            rate_hz / out_hz,
        ),
    };
    Err(CaptureError::fatal(what))
}

/// [`check`] for a source that is told its rate and channels.
pub(crate) fn check_told(name: &str, wanted: &Wanted) -> Result<(), CaptureError> {
    let best_hz = candidates(wanted).first().copied().unwrap_or(wanted.rate_hz);
    check(name, wanted.rate_hz, wanted.channels, wanted, &format!("use --rate {best_hz}"))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::capture) const WANTED: Wanted =
        Wanted { rate_hz: 32_000, channels: 2, channel: 0, output_rate_hz: 8_000, mode: Mode::Fir };

    #[test]
    fn the_nearest_rate_comes_first_and_of_two_equally_near_the_higher() {
        assert_eq!(candidates(&WANTED), [32_000, 24_000, 48_000, 16_000, 8_000, 64_000, 96_000, 192_000]);
        let drop = Wanted { mode: Mode::Drop, rate_hz: 40_000, ..WANTED };
        assert_eq!(candidates(&drop)[..3], [40_000, 48_000, 32_000]);
        assert!(candidates(&Wanted { output_rate_hz: 0, ..WANTED }).is_empty());
        assert!(candidates(&Wanted { output_rate_hz: u32::MAX, ..WANTED }).is_empty());
    }

    #[test]
    fn channel_counts_without_the_kept_channel_are_left_out() {
        assert_eq!(channel_counts(&WANTED)[..4], [2, 3, 1, 4]);
        assert_eq!(channel_counts(&Wanted { channel: 3, ..WANTED })[..2], [4, 5]);
        assert!(channel_counts(&Wanted { channel: u16::MAX, ..WANTED }).is_empty());
    }

    #[test]
    fn each_mistake_is_told_with_its_remedy() {
        for (rate_hz, channels, channel, part) in [
            (44_100, 2, 0, "44100 frames a second, which is no whole multiple"),
            (40_000, 2, 0, "--decimate drop"),
            (0, 2, 0, "1 to 192000"),
            (32_000, 0, 0, "1 to 32"),
            (32_000, 33, 0, "1 to 32"),
            (32_000, 1, 1, "use --channel 0"),
        ] {
            let wanted = Wanted { channel, ..WANTED };
            let error = check("in.wav", rate_hz, channels, &wanted, "REMEDY").unwrap_err();
            assert!(error.message.contains(part), "{error}");
        }
        assert_eq!(check("in.wav", 48_000, 1, &WANTED, ""), Ok(()));
        let told = check_told("standard input", &Wanted { rate_hz: 44_100, ..WANTED }).unwrap_err();
        assert!(told.message.ends_with("use --rate 48000"), "{told}");
    }
}
