//! `soundline devices`: what there is to capture from, and what it can do.

use std::fmt;
use std::fs;

use alsa::card;
use alsa::ctl::{Ctl, DeviceIter};
use alsa::device_name::HintIter;
use alsa::pcm::{Format, HwParams, PCM};
use alsa::{Card, Direction, Output};

use super::alsa::{Roots, errno};

/// Formats that are told, the one that is captured first.
const FORMATS: [(Format, &str); 7] = [
    (Format::S16LE, "S16_LE"),
    (Format::S8, "S8"),
    (Format::U8, "U8"),
    (Format::S24LE, "S24_LE"),
    (Format::S243LE, "S24_3LE"),
    (Format::S32LE, "S32_LE"),
    (Format::FloatLE, "FLOAT_LE"),
];
/// Rates that are told where a device has them: the usual ones.
const RATES_HZ: [u32; 10] = [8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000, 192_000];
/// PCMs of the configuration that take sound from nowhere or are parts of others.
const NOT_DEVICES: [&str; 7] = ["null", "lavrate", "samplerate", "speexrate", "speex", "upmix", "vdownmix"];

/// What a device can do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Abilities {
    /// Fewest and most channels.
    pub channels: (u32, u32),
    /// Lowest and highest rate, in Hz.
    pub rate_hz: (u32, u32),
    /// Those of the usual rates that it has, in Hz.
    pub rates_hz: Vec<u32>,
    /// Its formats by ALSA's names; `S16_LE` is needed.
    pub formats: Vec<&'static str>,
}

/// A capture device of a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// The PCM to write into the configuration: `hw:CARD=Mic,DEV=0`. It holds the card's id,
    /// which stays when its number changes.
    pub pcm: String,
    /// What it is, for people: `Blue Snowball, USB Audio`.
    pub name: String,
    /// What it can do, or why that cannot be told now.
    pub abilities: Result<Abilities, String>,
}

/// A capture PCM of ALSA's configuration, such as `default` or `pulse`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The PCM's name.
    pub pcm: String,
    /// Its description, in one line.
    pub description: String,
}

/// Everything there is to capture from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// Devices of cards.
    pub devices: Vec<Device>,
    /// PCMs of the configuration that belong to no card.
    pub named: Vec<Named>,
    /// Cards that the kernel has, whether or not they may be opened.
    pub cards: usize,
}

/// Looks for everything to capture from. Opens each device for a moment; a busy one says so.
#[must_use]
pub fn list() -> Listing {
    list_with(&Roots::default())
}

/// [`list`] with the kernel's folders.
#[must_use]
pub fn list_with(roots: &Roots) -> Listing {
    // alsa-lib prints to standard error by itself; what it would say here is in the result.
    let _messages = Output::local_error_handler();
    let devices = card::Iter::new().map_while(Result::ok).flat_map(|card| of_card(&card)).collect();
    let entries = fs::read_dir(&roots.proc_asound).into_iter().flatten().filter_map(Result::ok);
    let is_card = |name: &str| name.strip_prefix("card").is_some_and(|index| index.parse::<u32>().is_ok());
    let cards = entries.filter(|entry| entry.file_name().to_str().is_some_and(is_card)).count();
    Listing { devices, named: named(), cards }
}

fn of_card(card: &Card) -> Vec<Device> {
    let Ok(ctl) = Ctl::from_card(card, true) else {
        return Vec::new();
    };
    let Ok(info) = ctl.card_info() else {
        return Vec::new();
    };
    let id = info.get_id().map_or_else(|_| card.get_index().to_string(), str::to_owned);
    let card_name = info.get_name().unwrap_or("a card").to_owned();
    DeviceIter::new(&ctl)
        .filter_map(|device| {
            let number = u32::try_from(device).ok()?;
            let info = ctl.pcm_info(number, 0, Direction::Capture).ok()?;
            let pcm = format!("hw:CARD={id},DEV={number}");
            let name = match info.get_name() {
                Ok(name) if !name.is_empty() => format!("{card_name}, {name}"),
                _ => card_name.clone(),
            };
            let abilities = abilities(&pcm).map_err(|error| match errno(&error) {
                rustix::io::Errno::BUSY => "in use by another program".to_owned(),
                errno => errno.to_string(),
            });
            Some(Device { pcm, name, abilities })
        })
        .collect()
}

/// What a PCM can do.
///
/// # Errors
/// It cannot be opened.
pub fn abilities(pcm: &str) -> alsa::Result<Abilities> {
    let pcm = PCM::new(pcm, Direction::Capture, true)?;
    let params = HwParams::any(&pcm)?;
    params.set_rate_resample(false)?;
    Ok(Abilities {
        channels: (params.get_channels_min()?, params.get_channels_max()?),
        rate_hz: (params.get_rate_min()?, params.get_rate_max()?),
        rates_hz: RATES_HZ.into_iter().filter(|&rate_hz| params.test_rate(rate_hz).is_ok()).collect(),
        formats: FORMATS
            .into_iter()
            .filter(|(format, _)| params.test_format(*format).is_ok())
            .map(|(_, name)| name)
            .collect(),
    })
}

fn named() -> Vec<Named> {
    let Ok(hints) = HintIter::new(None, c"pcm") else {
        return Vec::new();
    };
    hints
        .filter(|hint| hint.direction != Some(Direction::Playback))
        .filter_map(|hint| {
            let pcm = hint.name?;
            let description = hint.desc.unwrap_or_default().replace('\n', ", ");
            let of_a_card = pcm.contains("CARD=");
            (!of_a_card && !NOT_DEVICES.contains(&pcm.as_str())).then_some(Named { pcm, description })
        })
        .collect()
}

impl fmt::Display for Listing {
    /// Several lines for people, each ended.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for device in &self.devices {
            writeln!(f, "alsa:{}\n    {}", device.pcm, device.name)?;
            match &device.abilities {
                Ok(abilities) => writeln!(f, "    {abilities}")?,
                Err(why) => writeln!(f, "    cannot be looked at now: {why}")?,
            }
        }
        if self.devices.is_empty() {
            if self.cards == 0 {
                writeln!(f, "There is no sound card: plug in a USB microphone and look again.")?;
            } else {
                writeln!(
                    f,
                    "No capture device can be seen on {} sound card(s): plug in a microphone, or, if there is one, \
                     allow yourself to use it with `sudo usermod -aG audio $USER` and log in again.",
                    self.cards,
                )?;
            }
        } else {
            writeln!(f, "\nUse one with `soundline run --source alsa:hw:CARD=..,DEV=..`.")?;
            writeln!(f, "One without S16_LE or without a fitting rate: the same with plughw instead of hw.")?;
        }
        if !self.named.is_empty() {
            writeln!(f, "\nALSA's configuration also knows:")?;
        }
        for named in &self.named {
            writeln!(f, "alsa:{:<16} {}", named.pcm, named.description)?;
        }
        Ok(())
    }
}

impl fmt::Display for Abilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let range =
            |(low, high): (u32, u32)| if low == high { low.to_string() } else { format!("{low} to {high}") };
        let rates: Vec<String> = self.rates_hz.iter().map(u32::to_string).collect();
        let rates = if rates.is_empty() { range(self.rate_hz) } else { rates.join(", ") };
        write!(
            f,
            "channels: {}; rates in Hz: {rates}; formats: {}",
            range(self.channels),
            self.formats.join(", ")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_without_a_card_says_what_to_do() {
        let text = Listing::default().to_string();
        assert!(text.contains("no sound card") && text.contains("plug in"), "{text}");
        let text = Listing { cards: 1, ..Listing::default() }.to_string();
        assert!(text.contains("usermod -aG audio"), "{text}");
    }

    #[test]
    fn a_device_is_printed_with_the_name_to_use() {
        let abilities = Abilities {
            channels: (1, 1),
            rate_hz: (44_100, 48_000),
            rates_hz: vec![44_100, 48_000],
            formats: vec!["S16_LE"],
        };
        let device =
            |abilities| Device { pcm: "hw:CARD=Mic,DEV=0".into(), name: "Mic, USB".into(), abilities };
        let listing = Listing {
            devices: vec![device(Ok(abilities)), device(Err("in use by another program".into()))],
            named: vec![Named { pcm: "default".into(), description: "Default Device".into() }],
            cards: 1,
        };
        let text = listing.to_string();
        for part in [
            "alsa:hw:CARD=Mic,DEV=0\n",
            "channels: 1; rates in Hz: 44100, 48000; formats: S16_LE\n",
            "in use by another program",
            "alsa:default",
        ] {
            assert!(text.contains(part), "{text}");
        }
    }

    #[test]
    fn looking_never_fails() {
        let nowhere = Roots { proc_asound: "/nonexistent".into(), sys_sound: "/nonexistent".into() };
        assert_eq!(list_with(&nowhere).cards, 0);
    }
}
