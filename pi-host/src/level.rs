//! `soundline level`: the level messages of stored lines or records.

use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Read, Write};
use std::path::Path;

use cloud_fns::frames::{BadFrame, Form};
use cloud_fns::level::{Event, Meter};

use crate::error::{Failure, plain};

const PIECE_BYTES: usize = 64 * 1024;
/// Bad frames told one by one; the others are counted.
const TOLD_MAX: u64 = 20;

/// Reads `path` (`-`: standard input) and writes its levels to standard output; frames that do not read
/// are told on standard error and left out.
///
/// # Errors
/// The file cannot be read, or a frame of it could not.
pub fn level(path: &Path, prototype_record_bytes: Option<usize>) -> Result<(), Failure> {
    let form = form(prototype_record_bytes);
    let meter = Meter::new(form).map_err(|error| Failure::usage(error.to_string()))?;
    let is_stdin = path == Path::new("-");
    let name = if is_stdin { "standard input".into() } else { path.display().to_string() };
    let cannot = |error: io::Error| Failure::failed(format!("{name}: {}", remedy(&error)));
    let mut input: Box<dyn Read> =
        if is_stdin { Box::new(io::stdin().lock()) } else { Box::new(File::open(path).map_err(cannot)?) };
    let mut levels = Levels { meter, out: BufWriter::new(io::stdout().lock()), bad: 0, good: 0, name: &name };
    match levels.all(&mut input) {
        Ok(()) => levels.verdict(),
        Err(Trouble::Closed) => Ok(()),
        Err(Trouble::Wav) => Err(Failure::failed(format!(
            "{name}: this is a WAV file, not stored lines or records; `soundline run --source wav:FILE --sink stdout | soundline level` has its levels"
        ))),
        Err(Trouble::In(error)) => Err(cannot(error)),
        Err(Trouble::Out(error)) => Err(Failure::failed(format!("standard output: {}", plain(&error)))),
    }
}

/// How stored bytes are framed, from the option's value.
#[must_use]
pub fn form(prototype_record_bytes: Option<usize>) -> Form {
    match prototype_record_bytes {
        Some(record_bytes) => Form::PrototypeBinary { record_bytes },
        None => Form::LinesAndRecords,
    }
}

enum Trouble {
    In(io::Error),
    Out(io::Error),
    /// Whoever read has enough.
    Closed,
    /// Not what is read here.
    Wav,
}

struct Levels<'a, W: Write> {
    meter: Meter,
    out: BufWriter<W>,
    bad: u64,
    good: u64,
    name: &'a str,
}

impl<W: Write> Levels<'_, W> {
    fn all(&mut self, input: &mut dyn Read) -> Result<(), Trouble> {
        let mut buffer = vec![0; PIECE_BYTES];
        let mut first = true;
        loop {
            let count = match input.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(Trouble::In(error)),
            };
            let mut bytes = &buffer[..count];
            if first && bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WAVE") {
                return Err(Trouble::Wav);
            }
            first = false;
            while let Some(event) = self.meter.next(&mut bytes) {
                self.event(event)?;
            }
            // A level belongs to now: it must not wait for the buffer to fill.
            self.out.flush().map_err(out)?;
        }
        while let Some(event) = self.meter.finish() {
            self.event(event)?;
        }
        self.out.flush().map_err(out)
    }

    fn event(&mut self, event: Result<Event, BadFrame>) -> Result<(), Trouble> {
        match event {
            Ok(Event::Level(level)) => {
                self.good += 1;
                let json = serde_json::to_string(&level).map_err(|error| Trouble::Out(error.into()))?;
                writeln!(self.out, "{json}").map_err(out)
            }
            Ok(Event::Gap(_)) => {
                self.good += 1;
                Ok(())
            }
            Err(bad) => {
                self.bad += 1;
                if self.bad <= TOLD_MAX {
                    // Nobody reading is no reason to leave out the levels.
                    let _ = writeln!(io::stderr(), "{}: {bad}", self.name);
                } else if self.bad == TOLD_MAX + 1 {
                    let _ = writeln!(io::stderr(), "{}: and more, which are counted only", self.name);
                }
                Ok(())
            }
        }
    }

    fn verdict(&self) -> Result<(), Failure> {
        match (self.bad, self.good) {
            (0, 0) => Err(Failure::failed(format!("{}: it is empty; there are no levels", self.name))),
            (0, _) => Ok(()),
            (bad, good) => Err(Failure::failed(format!(
                "{}: lines or records that do not read: {bad} of {}",
                self.name,
                bad + good
            ))),
        }
    }
}

fn remedy(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "there is no such file; check the path".into(),
        ErrorKind::PermissionDenied => "no permission; give this user the right to read it".into(),
        ErrorKind::IsADirectory => "this is a folder; name one of the files in it".into(),
        _ => plain(error),
    }
}

fn out(error: io::Error) -> Trouble {
    if error.kind() == ErrorKind::BrokenPipe { Trouble::Closed } else { Trouble::Out(error) }
}
