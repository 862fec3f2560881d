//! The options of `run`: on the command line, in the environment (`SOUNDLINE_...`) and in the
//! file (TOML), in this order of precedence.

use std::path::PathBuf;

use clap::Args;
use clap::builder::BoolishValueParser;
use serde::Deserialize;

use crate::capture::SourceKind;
use crate::values::{
    DateTime, Decimate, Format, LogLevel, Pace, SinkKind, UtcOffset, from_text, list, non_empty, path, time,
};

/// What was said about `run`, wherever it was said. `None`: nothing.
#[derive(Args, Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Where the sound comes from: a capture device (see `soundline devices`), a 16-bit WAV file,
    /// raw interleaved 16-bit PCM on standard input, or a sine [default: alsa:default]
    #[arg(long, env = "SOUNDLINE_SOURCE", value_name = "alsa:PCM|wav:FILE|stdin|tone:HZ", hide_env = true)]
    #[serde(deserialize_with = "from_text")]
    pub source: Option<SourceKind>,

    /// Where it goes: `local` is the archive on this machine and the page, `stdout` writes the lines
    /// or records; may be given more than once [default: local]
    #[arg(long, env = "SOUNDLINE_SINK", value_name = "local|stdout", value_delimiter = ',', hide_env = true)]
    #[serde(deserialize_with = "list")]
    pub sink: Option<Vec<SinkKind>>,

    /// Folder that holds archive/ [default: $XDG_DATA_HOME/soundline or ~/.local/share/soundline]
    #[arg(long, env = "SOUNDLINE_DATA_DIR", value_name = "DIR", hide_env = true)]
    #[serde(deserialize_with = "path")]
    pub data_dir: Option<PathBuf>,

    /// How fast a file or a tone is taken. `auto`: a file without a page as fast as the machine, a file
    /// with a page and a tone at one second a second; standard input and devices have their own pace
    /// [default: auto]
    #[arg(long, env = "SOUNDLINE_PACE", value_enum, hide_env = true)]
    pub pace: Option<Pace>,

    /// Frames a second asked for; a WAV file has its own [default: 32000]
    #[arg(long, env = "SOUNDLINE_RATE", value_name = "HZ", hide_env = true)]
    pub rate: Option<u32>,

    /// Samples a second stored; divides the rate [default: 8000]
    #[arg(long, env = "SOUNDLINE_OUTPUT_RATE", value_name = "HZ", hide_env = true)]
    pub output_rate: Option<u32>,

    /// Interleaved channels asked for; a WAV file has its own [default: 2]
    #[arg(long, env = "SOUNDLINE_CHANNELS", value_name = "N", hide_env = true)]
    pub channels: Option<u16>,

    /// The channel kept, from 0 [default: 0]
    #[arg(long, env = "SOUNDLINE_CHANNEL", value_name = "N", hide_env = true)]
    pub channel: Option<u16>,

    /// How the rate is brought down [default: fir]
    #[arg(long, env = "SOUNDLINE_DECIMATE", value_enum, hide_env = true)]
    pub decimate: Option<Decimate>,

    /// How a chunk is written [default: line]
    #[arg(long, env = "SOUNDLINE_FORMAT", value_enum, hide_env = true)]
    pub format: Option<Format>,

    /// Write the two keys of the Python prototype alone; lost stretches are then left out
    #[arg(long, env = "SOUNDLINE_COMPAT", value_parser = BoolishValueParser::new(), num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "true|false", hide_env = true, hide_possible_values = true)]
    pub compat: Option<bool>,

    /// Time of the first sample instead of now, so that a file gives the same timestamps each time
    #[arg(long, env = "SOUNDLINE_START_TIME", value_name = "2026-01-01T00:00:00", hide_env = true)]
    #[serde(deserialize_with = "time")]
    pub start_time: Option<DateTime>,

    /// How far the clock in the timestamps is ahead of UTC [default: +00:00]
    #[arg(
        long,
        env = "SOUNDLINE_UTC_OFFSET",
        value_name = "+09:00",
        allow_hyphen_values = true,
        hide_env = true
    )]
    #[serde(deserialize_with = "from_text")]
    pub utc_offset: Option<UtcOffset>,

    /// The device's name in each line [default: the host name]
    #[arg(long, env = "SOUNDLINE_DEVICE", value_name = "NAME", hide_env = true)]
    #[serde(deserialize_with = "non_empty")]
    pub device: Option<String>,

    /// Address of the page; port 0 takes any free one. A file or standard input is shown on a page
    /// only if this is given [default: 127.0.0.1:8080]
    #[arg(long, env = "SOUNDLINE_LISTEN", value_name = "ADDR", hide_env = true)]
    #[serde(deserialize_with = "non_empty")]
    pub listen: Option<String>,

    /// A further host name under which the page may be opened; may be given more than once
    #[arg(long, env = "SOUNDLINE_ALLOW_HOST", value_name = "NAME", value_delimiter = ',', hide_env = true)]
    pub allow_host: Option<Vec<String>>,

    /// No page
    #[arg(long, env = "SOUNDLINE_NO_WEB", value_parser = BoolishValueParser::new(), num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "true|false", hide_env = true, hide_possible_values = true)]
    pub no_web: Option<bool>,

    /// How much is logged on standard error [default: info]
    // Every command takes it, so the command line has it once for all of them.
    #[arg(skip)]
    pub log: Option<LogLevel>,
}

impl Options {
    /// What `self` says, and where it says nothing, what `other` says.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            source: self.source.or(other.source),
            sink: self.sink.or(other.sink),
            data_dir: self.data_dir.or(other.data_dir),
            pace: self.pace.or(other.pace),
            rate: self.rate.or(other.rate),
            output_rate: self.output_rate.or(other.output_rate),
            channels: self.channels.or(other.channels),
            channel: self.channel.or(other.channel),
            decimate: self.decimate.or(other.decimate),
            format: self.format.or(other.format),
            compat: self.compat.or(other.compat),
            start_time: self.start_time.or(other.start_time),
            utc_offset: self.utc_offset.or(other.utc_offset),
            device: self.device.or(other.device),
            listen: self.listen.or(other.listen),
            allow_host: self.allow_host.or(other.allow_host),
            no_web: self.no_web.or(other.no_web),
            log: self.log.or(other.log),
        }
    }
}
