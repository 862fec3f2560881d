//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::options::Options;
use crate::values::{LogLevel, UtcOffset};

const EXAMPLES: &str = "\
Examples:
  soundline demo                                  a made-up sound, to look around
  soundline devices                               which microphones there are
  soundline run --source alsa:hw:CARD=Mic         meter, page and archive of a microphone
  soundline wav --archive ~/.local/share/soundline --start \"2026-01-31 18:30:00\" --seconds 50 --output out.wav

Exit codes: 0 done, 1 failed, 2 wrong usage. Logs go to standard error.";

const RUN_EXAMPLES: &str = "\
Examples:
  soundline run --source alsa:hw:CARD=Mic --data-dir /srv/sound
      A microphone into an archive, with the page on http://127.0.0.1:8080
  soundline run --source wav:talk.wav --sink stdout --start-time 2026-01-01T00:00:00
      A file as lines, the same ones each time
  arecord -f S16_LE -r 32000 -c 2 -t raw | soundline run --source stdin --listen 127.0.0.1:8080
      Any program's sound, with the page
  soundline run --source tone:1000 --sink stdout --format record | soundline level
      Records, and their levels

Each option is also a key of the file (`data_dir = \"/srv/sound\"`) and a variable (SOUNDLINE_DATA_DIR);
the command line beats the variable beats the file.
SIGINT or SIGTERM ends a run within 5 seconds, with everything captured stored; a second one at once.";

const WAV_EXAMPLES: &str = "\
Examples:
  soundline wav --archive /srv/sound --start \"2026-01-31 18:30:00\" --seconds 50 --output out.wav
  soundline wav --archive /srv/sound --start 2026-01-31T18:30:00+09:00 --seconds 0.5 --output out.wav

The WAV has exactly SECONDS x rate samples; what was not captured is silence, and is reported.";

/// A microphone's sound as a live level, an archive and WAV files.
#[derive(Debug, Parser)]
#[command(name = "soundline", version, after_help = EXAMPLES, max_term_width = 100)]
pub struct Cli {
    /// How much is logged on standard error [default: info]
    #[arg(long, global = true, env = "SOUNDLINE_LOG", value_enum, hide_env = true)]
    pub log: Option<LogLevel>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// A made-up sound in real time, with meter, archive and WAV
    Demo(DemoArgs),
    /// Capture sound and store it, show it or write it out
    #[command(after_help = RUN_EXAMPLES)]
    Run(Box<RunArgs>),
    /// The WAV of a period
    #[command(after_help = WAV_EXAMPLES)]
    Wav(WavArgs),
    /// Level messages of stored lines or records
    Level(LevelArgs),
    /// The capture devices, with what they can do
    Devices,
    /// Whether config, device, disk, clock and port are in order: one line each
    Check(Box<RunArgs>),
}

/// Arguments of `demo`.
#[derive(Args, Debug)]
pub struct DemoArgs {
    /// Address of the page [default: 127.0.0.1:8080, or the next free port]
    #[arg(long, env = "SOUNDLINE_LISTEN", hide_env = true, value_name = "ADDR")]
    pub listen: Option<String>,
    /// Folder for the archive and the WAV [default: demo/ in the data folder of `run`]
    #[arg(long, env = "SOUNDLINE_DATA_DIR", hide_env = true, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Do not open a browser
    #[arg(long)]
    pub no_open: bool,
    /// End by itself after so many seconds
    #[arg(long, value_name = "SECONDS")]
    pub seconds: Option<u32>,
}

/// Arguments of `run` and `check`.
#[derive(Args, Debug)]
pub struct RunArgs {
    /// File with options [default: /etc/soundline/soundline.toml if it exists]
    #[arg(long, env = "SOUNDLINE_CONFIG", value_name = "FILE", hide_env = true)]
    pub config: Option<PathBuf>,
    /// The options.
    #[command(flatten)]
    pub options: Options,
}

/// Arguments of `wav`.
#[derive(Args, Debug)]
pub struct WavArgs {
    /// The archive's folder, or the data folder that holds archive/
    #[arg(long, env = "SOUNDLINE_ARCHIVE", hide_env = true, value_name = "DIR")]
    pub archive: String,
    /// Where the period begins, on the --utc-offset clock unless it ends in Z or +09:00
    #[arg(long, env = "SOUNDLINE_START", hide_env = true, value_name = "TIME", allow_hyphen_values = true)]
    pub start: String,
    /// How long it is; parts of a second are allowed
    #[arg(
        long,
        env = "SOUNDLINE_SECONDS",
        hide_env = true,
        value_name = "SECONDS",
        allow_hyphen_values = true
    )]
    pub seconds: String,
    /// How far the clock of --start, and of the lines that name none, is ahead of UTC
    #[arg(
        long,
        env = "SOUNDLINE_UTC_OFFSET",
        hide_env = true,
        value_name = "+09:00",
        allow_hyphen_values = true,
        default_value = "+00:00"
    )]
    pub utc_offset: UtcOffset,
    /// Only this device's sound; needed if the period has more than one
    #[arg(long, env = "SOUNDLINE_DEVICE", hide_env = true, value_name = "NAME")]
    pub device: Option<String>,
    /// The archive holds the prototype's binary records of so many bytes, their 8-byte clock included
    #[arg(long, env = "SOUNDLINE_PROTOTYPE_RECORD_BYTES", hide_env = true, value_name = "BYTES")]
    pub prototype_record_bytes: Option<usize>,
    /// Read every stored object, also those that look as if they were of another time
    #[arg(long, env = "SOUNDLINE_SCAN_ALL", hide_env = true)]
    pub scan_all: bool,
    /// The WAV file; one that exists is replaced once the new one is whole
    #[arg(long, env = "SOUNDLINE_OUTPUT", hide_env = true, value_name = "FILE")]
    pub output: PathBuf,
}

/// Arguments of `level`.
#[derive(Args, Debug)]
pub struct LevelArgs {
    /// Lines or records; `-` or nothing: standard input
    #[arg(value_name = "FILE", default_value = "-")]
    pub file: PathBuf,
    /// It holds the prototype's binary records of so many bytes, their 8-byte clock included
    #[arg(long, env = "SOUNDLINE_PROTOTYPE_RECORD_BYTES", hide_env = true, value_name = "BYTES")]
    pub prototype_record_bytes: Option<usize>,
}
