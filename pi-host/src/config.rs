//! What the options come to once the defaults are filled in.

mod file;

use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;

use dsp_core::chunk::Device;
use dsp_core::format;

use crate::capture::{self, SourceKind};
use crate::error::Failure;
use crate::options::Options;
use crate::values::{Decimate, Format, Pace, SinkKind, UtcOffset};
use crate::worker::wanted;

pub use self::file::{FILE_DEFAULT, parse, read_file};

/// Where the page is when nothing else is said.
pub const LISTEN_DEFAULT: &str = "127.0.0.1:8080";

/// Where and for whom the page is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Web {
    /// Address to listen on.
    pub listen: SocketAddr,
    /// Host names under which it may be opened, besides loopback ones and the address itself.
    pub allow_hosts: Vec<String>,
}

/// What `run` shall do, complete and checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Where the sound comes from.
    pub source: SourceKind,
    /// Where it goes; at least one, each once.
    pub sinks: Vec<SinkKind>,
    /// Folder that holds `archive/`.
    pub data_dir: PathBuf,
    /// Whether sound without a pace of its own is taken at one second a second.
    pub realtime: bool,
    /// Input rate asked for, in Hz.
    pub rate_hz: u32,
    /// Input channels asked for.
    pub channels: u16,
    /// Whether the input's shape was asked for in so many words, so that a file must have it.
    pub shape_given: (bool, bool),
    /// Output rate in Hz.
    pub output_rate_hz: u32,
    /// The channel kept, from 0.
    pub channel: u16,
    /// How the rate is brought down.
    pub decimate: Decimate,
    /// How a chunk is written.
    pub format: Format,
    /// Only the prototype's keys.
    pub compat: bool,
    /// Time of the first sample, in microseconds UTC; now if `None`.
    pub start_micros: Option<i64>,
    /// The clock in the timestamps.
    pub utc_offset: UtcOffset,
    /// The device's name.
    pub device: Device,
    /// The page, if there is one.
    pub web: Option<Web>,
}

impl Settings {
    /// Fills in the defaults and checks what can be checked without opening anything.
    ///
    /// # Errors
    /// Usage: a value out of range, or two that exclude each other.
    pub fn resolve(options: Options) -> Result<Self, Failure> {
        let source = options.source.unwrap_or_else(|| SourceKind::Alsa("default".into()));
        let mut sinks = options.sink.unwrap_or_else(|| vec![SinkKind::Local]);
        let mut seen = Vec::new();
        sinks.retain(|sink| !seen.contains(sink) && (seen.push(*sink), true).1);
        let format = options.format.unwrap_or(Format::Line);
        let compat = options.compat.unwrap_or(false);
        if compat && format == Format::Record {
            return Err(Failure::usage("--compat is about lines; take --format line"));
        }
        if options.listen.is_some() && !sinks.contains(&SinkKind::Local) {
            tracing::warn!("there is no page: it belongs to --sink local");
        }
        let is_endless = !matches!(source, SourceKind::Wav(_) | SourceKind::Stdin);
        let web = web(
            options.listen,
            options.allow_host.unwrap_or_default(),
            options.no_web.unwrap_or(false) || !sinks.contains(&SinkKind::Local),
            is_endless,
        )?;
        let realtime = match options.pace.unwrap_or(Pace::Auto) {
            Pace::Realtime => true,
            Pace::Fast => false,
            // Whoever writes into a pipe sets its pace; a second pace on top would drift against it.
            Pace::Auto => source != SourceKind::Stdin && (is_endless || web.is_some()),
        };
        let utc_offset = options.utc_offset.unwrap_or_default();
        let settings = Self {
            realtime,
            shape_given: (options.rate.is_some(), options.channels.is_some()),
            rate_hz: options.rate.unwrap_or(format::RATE_IN_HZ_DEFAULT),
            channels: options.channels.unwrap_or(format::CHANNELS_DEFAULT),
            output_rate_hz: options.output_rate.unwrap_or(format::RATE_OUT_HZ_DEFAULT),
            channel: options.channel.unwrap_or(0),
            decimate: options.decimate.unwrap_or(Decimate::Fir),
            start_micros: options.start_time.map(|time| time.utc_micros(utc_offset)),
            device: match options.device {
                Some(name) => device(&name)?,
                None => host_name(),
            },
            data_dir: options.data_dir.unwrap_or_else(data_dir_default),
            source,
            sinks,
            format,
            compat,
            utc_offset,
            web,
        };
        settings.check_ranges()?;
        settings.check_told()?;
        Ok(settings)
    }

    fn check_ranges(&self) -> Result<(), Failure> {
        let within = |name: &str, value: u32, max: u32| {
            if (1..=max).contains(&value) {
                return Ok(());
            }
            Err(Failure::usage(format!("--{name} {value}: must be from 1 to {max}")))
        };
        within("rate", self.rate_hz, format::RATE_HZ_MAX)?;
        within("output-rate", self.output_rate_hz, format::RATE_HZ_MAX)?;
        within("channels", self.channels.into(), format::CHANNELS_MAX.into())?;
        Ok(())
    }

    /// A source that is told its shape can be refused before anything is opened.
    fn check_told(&self) -> Result<(), Failure> {
        let wanted = wanted(self);
        let checked = match &self.source {
            SourceKind::Alsa(_) | SourceKind::Wav(_) => Ok(()),
            SourceKind::Stdin => capture::rates::check_told("standard input", &wanted),
            SourceKind::Tone(_) | SourceKind::Demo => capture::open(&self.source, &wanted).map(drop),
        };
        checked.map_err(|error| Failure::usage(error.message))
    }
}

fn web(
    listen: Option<String>,
    allow_hosts: Vec<String>,
    never: bool,
    endless: bool,
) -> Result<Option<Web>, Failure> {
    if never || (listen.is_none() && !endless) {
        return Ok(None);
    }
    let text = listen.as_deref().unwrap_or(LISTEN_DEFAULT);
    Ok(Some(Web { listen: address(text)?, allow_hosts }))
}

/// # Errors
/// Usage: `text` is no address with a port.
pub fn address(text: &str) -> Result<SocketAddr, Failure> {
    let found = text.to_socket_addrs().ok().and_then(|mut addresses| addresses.next());
    found.ok_or_else(|| {
        Failure::usage(format!("--listen {text}: write it as ADDRESS:PORT, such as {LISTEN_DEFAULT}"))
    })
}

/// # Errors
/// Usage: the name is empty, too long, or holds a control character.
pub fn device(name: &str) -> Result<Device, Failure> {
    Device::new(name).map_err(|_| {
        Failure::usage(format!(
            "--device {name:?}: a name has 1 to {} bytes and no control characters",
            format::DEVICE_BYTES_MAX
        ))
    })
}

fn host_name() -> Device {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    Device::new(&name).unwrap_or_else(|_| fallback_device())
}

fn fallback_device() -> Device {
    // A literal of 9 letters keeps every rule of a name.
    Device::new("soundline").unwrap_or_else(|_| unreachable!("a constant that keeps the rules"))
}

/// The data folder when none is named: the service's own, the user's, or the system's.
#[must_use]
pub fn data_dir_default() -> PathBuf {
    let of = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    // systemd sets STATE_DIRECTORY for a unit with `StateDirectory=`.
    of("STATE_DIRECTORY")
        .or_else(|| of("XDG_DATA_HOME").map(|home| home.join("soundline")))
        .or_else(|| of("HOME").map(|home| home.join(".local/share/soundline")))
        .unwrap_or_else(|| PathBuf::from("/var/lib/soundline"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = include_str!("../soundline.toml");

    /// The sample with its options switched on: `#rate = 32000` becomes `rate = 32000`.
    fn sample_on() -> String {
        let on = |line: &str| match line.strip_prefix('#') {
            Some(option) if option.starts_with(|c: char| c.is_ascii_lowercase()) => format!("{option}\n"),
            _ => format!("{line}\n"),
        };
        SAMPLE.lines().map(on).collect()
    }

    #[test]
    fn the_sample_as_it_is_says_nothing() {
        assert_eq!(parse(SAMPLE), Ok(Options::default()));
    }

    #[test]
    fn every_key_of_the_sample_has_the_default_as_its_value() {
        let from_sample = Settings::resolve(parse(&sample_on()).unwrap()).unwrap();
        let mut defaults = Settings::resolve(Options::default()).unwrap();
        defaults.shape_given = (true, true);
        assert_eq!(from_sample, defaults);
    }

    #[test]
    fn the_sample_has_every_key() {
        let keys: toml::Table = toml::from_str(&sample_on()).unwrap();
        let refused = parse("no_such_key_at_all = 1").unwrap_err();
        assert!(refused.contains("no_such_key_at_all"), "{refused}");
        let known = toml::from_str::<Options>("zzz = 1").unwrap_err().message().to_owned();
        let known: Vec<&str> = known.split('`').skip(3).step_by(2).collect();
        assert!(known.len() > 10, "{known:?}");
        for key in known {
            assert!(keys.contains_key(key), "{key} is missing in soundline.toml");
        }
    }

    #[test]
    fn every_option_of_run_is_a_key_and_a_variable() {
        use clap::Args;
        let command = Options::augment_args(clap::Command::new("run"));
        let keys: toml::Table = toml::from_str(&sample_on()).unwrap();
        for argument in command.get_arguments() {
            let key = argument.get_long().unwrap().replace('-', "_");
            assert!(keys.contains_key(&key), "{key}");
            let variable = format!("SOUNDLINE_{}", key.to_uppercase());
            assert_eq!(argument.get_env().and_then(|name| name.to_str()), Some(variable.as_str()));
        }
    }

    #[test]
    fn a_wrong_file_is_told_by_line_and_key() {
        for (text, expected) in [
            ("rate = 32000\nchanels = 2\n", ", line 2: unknown key `chanels`; did you mean `channels`?"),
            ("data-dir = 'x'\n", ", line 1: unknown key `data-dir`; did you mean `data_dir`?"),
            (
                "xyzzy = 2\n",
                ", line 1: unknown key `xyzzy`; the keys are the long options of `soundline run`",
            ),
            ("\nrate = 'fast'\n", ", line 2: rate: must be a whole number, not \"fast\""),
            ("rate = -1\n", ", line 1: rate: must be a whole number, not -1"),
            ("no_web = 1\n", ", line 1: no_web: must be true or false, not 1"),
            ("source = stdin\n", ", line 1: source: put the value in quotes"),
            ("device = 5\n", ", line 1: device: put the value in quotes, not 5"),
            ("start_time = 07:32:00\n", ", line 1: start_time: `07:32:00` is no time"),
            ("source = 'mic'\n", ", line 1: source: source \"mic\" is none of"),
            ("sink = ['local', 'kinesis']\n", ", line 1: sink: this build cannot send to Kinesis"),
            ("rate = \n", ", line 1"),
            ("rate = 1\nrate = 2\n", ", line 2"),
        ] {
            let told = parse(text).unwrap_err();
            assert!(told.starts_with(expected), "{text:?}: {told}");
            assert!(!told.contains('\n'), "{told}");
        }
    }

    #[test]
    fn a_file_is_fast_and_pageless_until_a_page_is_asked_for() {
        let of = |source: &str, listen: Option<&str>| {
            let options = Options {
                source: Some(source.parse().unwrap()),
                listen: listen.map(Into::into),
                ..Options::default()
            };
            let settings = Settings::resolve(options).unwrap();
            (settings.realtime, settings.web.is_some())
        };
        assert_eq!(of("wav:x", None), (false, false));
        assert_eq!(of("stdin", None), (false, false));
        assert_eq!(of("wav:x", Some("127.0.0.1:0")), (true, true));
        assert_eq!(of("stdin", Some("127.0.0.1:0")), (false, true));
        assert_eq!(of("tone:1000", None), (true, true));
        assert_eq!(of("alsa:default", None), (true, true));
    }

    #[test]
    fn a_time_needs_no_quotes() {
        let quoted = parse("start_time = '2026-01-01T00:00:00Z'\n").unwrap();
        assert!(quoted.start_time.is_some());
        assert_eq!(parse("start_time = 2026-01-01T00:00:00Z\n").unwrap(), quoted);
    }

    #[test]
    fn values_that_cannot_be_are_wrong_usage() {
        let refused = |options: Options| Settings::resolve(options).unwrap_err();
        for (options, word) in [
            (Options { rate: Some(0), ..Options::default() }, "--rate 0"),
            (Options { output_rate: Some(200_000), ..Options::default() }, "--output-rate"),
            (Options { channels: Some(0), ..Options::default() }, "--channels 0"),
            (Options { device: Some("a\nb".into()), ..Options::default() }, "--device"),
            (Options { listen: Some("8080".into()), ..Options::default() }, "127.0.0.1:8080"),
            (Options { source: "tone:0".parse().ok(), ..Options::default() }, "tone:0"),
            (Options { source: "tone:16000".parse().ok(), ..Options::default() }, "half of --rate"),
            (
                Options { source: "stdin".parse().ok(), output_rate: Some(7_000), ..Options::default() },
                "7000",
            ),
            (Options { source: "stdin".parse().ok(), channel: Some(5), ..Options::default() }, "--channel"),
            (Options { compat: Some(true), format: Some(Format::Record), ..Options::default() }, "--compat"),
        ] {
            let failure = refused(options);
            assert_eq!(failure.code, 2);
            assert!(failure.message.contains(word), "{failure}");
        }
    }

    #[test]
    fn said_first_wins() {
        let flag = Options { rate: Some(1), ..Options::default() };
        let file = Options { rate: Some(2), channel: Some(1), ..Options::default() };
        let both = flag.or(file);
        assert_eq!((both.rate, both.channel, both.channels), (Some(1), Some(1), None));
    }
}
