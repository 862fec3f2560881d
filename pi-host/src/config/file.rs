//! The file of options as text, and what is wrong with it in the words of a user.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use crate::error::{Failure, plain};
use crate::options::Options;

/// Read when no `--config` is given and it exists.
pub const FILE_DEFAULT: &str = "/etc/soundline/soundline.toml";
/// A file of options is some 2 KB; more than this is something else by mistake.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// Reads the file that `--config` names, or the default one if it exists.
///
/// # Errors
/// The file cannot be read, is no TOML, or holds a key or value that is not known.
pub fn read_file(path: Option<&Path>) -> Result<Options, Failure> {
    let (path, must_exist) = match path {
        Some(path) => (path, true),
        None => (Path::new(FILE_DEFAULT), false),
    };
    let cannot = |error| Failure::failed(format!("config file {}: {}", path.display(), plain(&error)));
    match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound && !must_exist => return Ok(Options::default()),
        Err(error) => return Err(cannot(error)),
        Ok(about) if about.len() > FILE_BYTES_MAX => {
            return Err(Failure::failed(format!("config file {}: larger than 1 MiB", path.display())));
        }
        Ok(_) => {}
    }
    let text = fs::read_to_string(path).map_err(|error| match error.kind() {
        ErrorKind::InvalidData => {
            Failure::usage(format!("config file {}: it is not UTF-8 text", path.display()))
        }
        _ => cannot(error),
    })?;
    parse(&text).map_err(|why| Failure::usage(format!("config file {}{why}", path.display())))
}

/// # Errors
/// What is wrong, to be written behind the file's name: `, line 3: ...`.
pub fn parse(text: &str) -> Result<Options, String> {
    toml::from_str(text).map_err(|error: toml::de::Error| {
        let at = error.span().map_or(0, |span| span.start.min(text.len()));
        let line = text[..at].matches('\n').count() + 1;
        let key = text
            .lines()
            .nth(line - 1)
            .and_then(|line| line.split_once('='))
            .map_or("", |(key, _)| key.trim());
        let what = plainly(&error.message().replace('\n', ", "));
        match unknown_key(&what) {
            Some((key, Some(near))) => format!(", line {line}: unknown key `{key}`; did you mean `{near}`?"),
            Some((key, None)) => {
                format!(
                    ", line {line}: unknown key `{key}`; the keys are the long options of `soundline run`"
                )
            }
            None if key.is_empty() || what.contains(&format!("`{key}`")) => format!(", line {line}: {what}"),
            None => format!(", line {line}: {key}: {what}"),
        }
    })
}

/// What the library says, in the words of a user.
fn plainly(message: &str) -> String {
    if message.starts_with("string values must be quoted") {
        return "put the value in quotes".into();
    }
    let Some((found, expected)) = message
        .strip_prefix("invalid type: ")
        .or_else(|| message.strip_prefix("invalid value: "))
        .and_then(|rest| rest.split_once(", expected "))
    else {
        return message.into();
    };
    let found = found.split_once(' ').map_or(found, |(_, value)| value).replace('`', "");
    match expected {
        "u16" | "u32" => format!("must be a whole number, not {found}"),
        "a boolean" => format!("must be true or false, not {found}"),
        "a string" => format!("put the value in quotes, not {found}"),
        _ => message.into(),
    }
}

/// The unknown key and the nearest known one out of serde's "unknown field `a`, expected one of `b`, `c`".
fn unknown_key(message: &str) -> Option<(&str, Option<&str>)> {
    let mut quoted = message.strip_prefix("unknown field ")?.split('`').skip(1).step_by(2);
    let key = quoted.next()?;
    let near = quoted
        .map(|known| (strsim::jaro_winkler(&key.replace('-', "_"), known), known))
        .max_by(|a, b| a.0.total_cmp(&b.0));
    Some((key, near.filter(|(likeness, _)| *likeness > 0.7).map(|(_, known)| known)))
}
