//! From the command line to the command, and back to the exit code.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{CommandFactory, FromArgMatches};
use tracing_subscriber::filter::LevelFilter;

use crate::cli::{Cli, Command, RunArgs};
use crate::config::{self, Settings};
use crate::error::Failure;
use crate::intake::Stop;
use crate::options::Options;
use crate::values::LogLevel;
use crate::{check, demo, devices, level, log, run, signals, wav};

/// Does what the command line says.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match parse() {
        Ok(cli) => cli,
        Err(error) => return refuse(&error),
    };
    match command(cli) {
        Ok(()) => {
            log::flush();
            ExitCode::SUCCESS
        }
        Err(failure) => {
            tell(&failure.message);
            ExitCode::from(failure.code)
        }
    }
}

fn parse() -> Result<Cli, clap::Error> {
    let mut command = without_empty(Cli::command());
    let matches = command.try_get_matches_from_mut(std::env::args_os())?;
    let mut cli = Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command))?;
    if let (Command::Run(arguments) | Command::Check(arguments), Some((_, matches))) =
        (&mut cli.command, matches.subcommand())
        && matches.value_source("listen") == Some(ValueSource::CommandLine)
        && matches.value_source("no_web") == Some(ValueSource::EnvVariable)
    {
        arguments.options.no_web = Some(false);
    }
    Ok(cli)
}

/// An empty variable is one that is not set: that is how a service's file switches one off.
fn without_empty(command: clap::Command) -> clap::Command {
    let set = |name: &OsStr| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    command
        .mut_args(|argument| match argument.get_env() {
            Some(name) if !set(name) => argument.env(None::<&'static str>),
            _ => argument,
        })
        .mut_subcommands(without_empty)
}

/// `message` about `--option`, with the name it has where it was said.
fn named(message: String, arguments: &[String], file: &str) -> String {
    let Some(rest) = message.strip_prefix("--") else { return message };
    let (name, rest) = rest.split_at(rest.find([' ', ':']).unwrap_or(rest.len()));
    let flag = format!("--{name}");
    if arguments.iter().any(|said| said.split('=').next() == Some(&flag)) {
        return message;
    }
    let key = name.replace('-', "_");
    let variable = format!("SOUNDLINE_{}", key.to_uppercase());
    match std::env::var_os(&variable) {
        Some(value) if !value.is_empty() => format!("{variable}{rest}"),
        _ => format!("config file {file}: {key}{rest}"),
    }
}

/// As [`Settings::resolve`], and an error names where the value was said.
///
/// # Errors
/// As [`options`] and [`Settings::resolve`].
pub fn settings(arguments: RunArgs, log: Option<LogLevel>) -> Result<Settings, Failure> {
    let file = arguments.config.clone().unwrap_or_else(|| config::FILE_DEFAULT.into());
    resolve(options(arguments, log)?, &file)
}

fn resolve(options: Options, file: &Path) -> Result<Settings, Failure> {
    Settings::resolve(options).map_err(|failure| {
        let said: Vec<String> = std::env::args_os().map(|said| said.to_string_lossy().into_owned()).collect();
        Failure { message: named(failure.message, &said, &file.display().to_string()), ..failure }
    })
}

fn command(cli: Cli) -> Result<(), Failure> {
    let stop = Stop::default();
    match cli.command {
        Command::Run(arguments) => {
            let file = arguments.config.clone().unwrap_or_else(|| config::FILE_DEFAULT.into());
            let options = options(*arguments, cli.log)?;
            start_log(options.log);
            let settings = resolve(options, &file)?;
            signals::install(&stop)?;
            run::run(&settings, &stop, run::say_page)
        }
        Command::Check(arguments) => {
            start_log(cli.log);
            check::check(*arguments)
        }
        Command::Demo(arguments) => {
            // The demo says in plain words what there is to say.
            start_log(cli.log.or(Some(LogLevel::Warn)));
            signals::install(&stop)?;
            demo::demo(&arguments, &stop)
        }
        Command::Wav(arguments) => {
            start_log(cli.log);
            signals::install(&stop)?;
            wav::export(&arguments, &stop)
        }
        Command::Level(arguments) => {
            start_log(cli.log);
            level::level(&arguments.file, arguments.prototype_record_bytes)
        }
        Command::Devices => {
            start_log(cli.log);
            devices::devices()
        }
    }
}

/// What the command line and the environment say, and behind them the file.
///
/// # Errors
/// The file cannot be read.
pub fn options(arguments: RunArgs, log: Option<LogLevel>) -> Result<Options, Failure> {
    let file = config::read_file(arguments.config.as_deref())?;
    let said = Options { log, ..arguments.options };
    // Whoever says where the page shall be wants one, whatever the file says, and the other way round.
    let said = match (&said.listen, said.no_web) {
        (Some(_), None) => Options { no_web: Some(false), ..said },
        _ => said,
    };
    Ok(said.or(file))
}

fn start_log(level: Option<LogLevel>) {
    let level = match level.unwrap_or(LogLevel::Info) {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    log::start();
    let colours = io::IsTerminal::is_terminal(&io::stderr());
    // A second logger can only be asked for by a test; the first one serves it as well.
    let _ = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(|| log::Stderr)
        .with_ansi(colours)
        .with_target(false)
        .try_init();
}

/// The help, the version, or what is wrong with the command line in one line.
fn refuse(error: &clap::Error) -> ExitCode {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        // Whoever closed the pipe has seen enough of the help.
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        let _ = error.print();
        tell("no command given; `soundline demo` is a good first one");
        return ExitCode::from(2);
    }
    tell(&from_variable(error, one_line(&error.render().to_string())));
    ExitCode::from(2)
}

/// Clap names the option also where its variable is meant.
fn from_variable(error: &clap::Error, told: String) -> String {
    let Some(ContextValue::String(argument)) = error.get(ContextKind::InvalidArg) else { return told };
    let flag = argument.split([' ', '[', '=']).next().unwrap_or_default();
    let said = |said: OsString| said.to_string_lossy().split('=').next() == Some(flag);
    let variable = format!("SOUNDLINE_{}", flag.trim_start_matches('-').replace('-', "_").to_uppercase());
    if std::env::args_os().any(said) || std::env::var_os(&variable).is_none() {
        return told;
    }
    told.replace(argument.as_str(), &variable)
}

/// Clap's paragraphs without its usage, in one line.
fn one_line(rendered: &str) -> String {
    let told: Vec<&str> = rendered
        .lines()
        .map(str::trim)
        .take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more information"))
        .filter(|line| !line.is_empty())
        .collect();
    told.join("; ").trim_start_matches("error: ").replace(":; ", ": ")
}

fn tell(message: &str) {
    let message = message.replace('\n', " ");
    // With standard error closed, the exit code has to do.
    log::say(&format!("error: {message}"));
    log::flush();
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn wrong_usage_is_one_line() {
        for line in [
            &["soundline", "run", "--decimate", "both"][..],
            &["soundline", "run", "--sink", "kinesis"],
            &["soundline", "wav", "--archive", "x"],
            &["soundline", "rum"],
            &["soundline", "run", "--chanel", "1"],
        ] {
            let told = one_line(&Cli::try_parse_from(line).unwrap_err().render().to_string());
            assert!(!told.contains('\n') && !told.contains("Usage") && told.len() > 20, "{told}");
        }
    }
}
