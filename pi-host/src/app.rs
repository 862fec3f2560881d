//! From the command line to the command, and back to the exit code.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;
use tracing_subscriber::filter::LevelFilter;

use crate::cli::{Cli, Command, RunArgs};
use crate::config::{self, Settings};
use crate::error::Failure;
use crate::intake::Stop;
use crate::options::Options;
use crate::values::LogLevel;
use crate::{check, demo, devices, level, run, signals, wav};

/// Does what the command line says.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return refuse(&error),
    };
    match command(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            tell(&failure.message);
            ExitCode::from(failure.code)
        }
    }
}

fn command(cli: Cli) -> Result<(), Failure> {
    let stop = Stop::default();
    match cli.command {
        Command::Run(arguments) => {
            let options = options(*arguments, cli.log)?;
            log(options.log);
            let settings = Settings::resolve(options)?;
            signals::install(&stop)?;
            run::run(&settings, &stop, run::say_page)
        }
        Command::Check(arguments) => {
            log(cli.log);
            check::check(*arguments)
        }
        Command::Demo(arguments) => {
            // The demo says in plain words what there is to say.
            log(cli.log.or(Some(LogLevel::Warn)));
            signals::install(&stop)?;
            demo::demo(&arguments, &stop)
        }
        Command::Wav(arguments) => {
            log(cli.log);
            signals::install(&stop)?;
            wav::export(&arguments, &stop)
        }
        Command::Level(arguments) => {
            log(cli.log);
            level::level(&arguments.file, arguments.prototype_record_bytes)
        }
        Command::Devices => {
            log(cli.log);
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

fn log(level: Option<LogLevel>) {
    let level = match level.unwrap_or(LogLevel::Info) {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    let colours = io::IsTerminal::is_terminal(&io::stderr());
    // A second logger can only be asked for by a test; the first one serves it as well.
    let _ = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(io::stderr)
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
    tell(&one_line(&error.render().to_string()));
    ExitCode::from(2)
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
    let _ = writeln!(io::stderr(), "error: {message}");
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

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
