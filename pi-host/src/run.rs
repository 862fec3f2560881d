//! `soundline run`: opens everything, starts the capture thread, and works until the end.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;

use cloud_fns::archive::{self, Lock, Writer};

use crate::capture::{self, CaptureError, Source, SourceKind};
use crate::clock::{Clock, SystemClock};
use crate::config::Settings;
use crate::error::{Failure, plain};
use crate::feed::feed;
use crate::intake::{Event, Outlet, Stop, intake};
use crate::log;
use crate::pace::Paced;
use crate::server::hub::{Archive, Capture, Hub, Status};
use crate::server::{Bound, Server};
use crate::sink::Sink;
use crate::sink::local::Local;
use crate::sink::losses::Losses;
use crate::sink::queued::Queued;
use crate::sink::stdout;
use crate::values::SinkKind;
use crate::worker::{Worker, wanted};

/// Folder of the archive inside the data folder.
pub const ARCHIVE: &str = "archive";

/// Runs until the source ends, a sink fails, or `stop` is set. `listening` is told the page's address.
///
/// # Errors
/// Something could not be opened, or not everything captured is where it belongs.
pub fn run(settings: &Settings, stop: &Stop, listening: impl FnOnce(&str)) -> Result<(), Failure> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    // What can be refused at once comes before what waits for a device.
    let bound = settings.web.as_ref().map(Bound::new).transpose()?;
    let hub = Arc::new(Hub::new(first_status(settings)));
    let sinks = sinks(settings, &hub, &clock, stop)?;
    let server = match bound {
        Some(bound) => {
            let url = format!("http://{}", bound.address());
            let server = bound.serve(Arc::clone(&hub), Some(settings.data_dir.join(ARCHIVE)))?;
            listening(&url);
            Some(server)
        }
        None => None,
    };
    let Some(source) = open(settings, &hub, stop, &clock)? else { return Ok(()) };
    let result = work(source, settings, stop, Worker::new(settings, Arc::clone(&clock), sinks), &clock);
    end(&hub, &result, server);
    result
}

/// The page hears how it ended before the server goes.
fn end(hub: &Hub, result: &Result<(), Failure>, server: Option<Server>) {
    hub.status(|status| match result {
        Ok(()) => status.capture = Capture::Ended,
        Err(failure) => (status.capture, status.detail) = (Capture::Failed, failure.message.clone()),
    });
    drop(server);
}

fn first_status(settings: &Settings) -> Status {
    Status {
        device: settings.device.as_str().into(),
        capture: Capture::Starting,
        source: settings.source.to_string(),
        detail: String::new(),
        archive: if settings.sinks.contains(&SinkKind::Local) { Archive::Ok } else { Archive::Off },
        archive_detail: String::new(),
        rate: settings.output_rate_hz,
        version: env!("CARGO_PKG_VERSION"),
    }
}

/// The archive comes first: at the end it is closed before anyone waits for a reader.
fn sinks(
    settings: &Settings,
    hub: &Arc<Hub>,
    clock: &Arc<dyn Clock>,
    stop: &Stop,
) -> Result<Vec<Box<dyn Sink>>, Failure> {
    let mut sinks: Vec<Box<dyn Sink>> = Vec::new();
    if settings.sinks.contains(&SinkKind::Local) {
        let (writer, lock) = open_archive(&settings.data_dir)?;
        let (hub, clock) = (Arc::clone(hub), Arc::clone(clock));
        sinks.push(Box::new(Local::new(Box::new(writer), Some(lock), hub, clock, settings)));
    }
    if settings.sinks.contains(&SinkKind::Stdout) {
        let waits = match settings.source {
            SourceKind::Wav(_) | SourceKind::Stdin => true,
            SourceKind::Tone(_) | SourceKind::Demo => !settings.realtime,
            SourceKind::Alsa(_) => false,
        };
        sinks.push(Box::new(Queued::start(stdout::open()?, Losses::new(settings), waits, stop)?));
    }
    Ok(sinks)
}

fn open_archive(data_dir: &Path) -> Result<(Writer, Lock), Failure> {
    let refused = |error: archive::Error| Failure::failed(format!("data folder {error}"));
    let lock = Lock::take(data_dir).map_err(refused)?;
    let (writer, recovered) =
        Writer::open(&data_dir.join(ARCHIVE), archive::Settings::default()).map_err(refused)?;
    if recovered.objects > 0 {
        tracing::info!(
            "an earlier run ended without closing the archive: unfinished objects now finished: {}, bytes of half-written lines cut off: {}",
            recovered.objects,
            recovered.bytes_cut
        );
    }
    Ok((writer, lock))
}

/// The source, at its pace. `None`: stopped before it was there.
fn open(
    settings: &Settings,
    hub: &Arc<Hub>,
    stop: &Stop,
    clock: &Arc<dyn Clock>,
) -> Result<Option<Box<dyn Source>>, Failure> {
    let told = Arc::clone(hub);
    let on_state = Box::new(move |state: &capture::State| {
        told.status(|status| {
            status.capture = match state {
                capture::State::Starting => Capture::Starting,
                capture::State::Running(spec) => {
                    status.source.clone_from(&spec.name);
                    Capture::Running
                }
                capture::State::Waiting(_) => Capture::Waiting,
                // Whether it is stored too is for `end` to say.
                capture::State::Ended => return,
                capture::State::Failed(_) => Capture::Failed,
            };
            state.detail().clone_into(&mut status.detail);
        });
    });
    let stopped = || stop.load(Ordering::Relaxed);
    let Some(source) = capture::supervise(&settings.source, &wanted(settings), &stopped, on_state)? else {
        return Ok(None);
    };
    if let SourceKind::Wav(_) = settings.source {
        check_shape(settings, &source)?;
    }
    let paced = settings.realtime && !matches!(settings.source, SourceKind::Alsa(_));
    let source: Box<dyn Source> = Box::new(source);
    Ok(Some(if paced { Box::new(Paced::new(source, Arc::clone(clock))) } else { source }))
}

/// A file has its own shape; asking for another in so many words is a mistake.
fn check_shape(settings: &Settings, source: &dyn Source) -> Result<(), Failure> {
    let spec = source.spec();
    let (rate_given, channels_given) = settings.shape_given;
    if rate_given && spec.rate_hz != settings.rate_hz {
        return Err(Failure::usage(format!(
            "--rate {}: {} has {} Hz; leave --rate out, or resample the file first (sox)",
            settings.rate_hz, settings.source, spec.rate_hz
        )));
    }
    if channels_given && spec.channels != settings.channels {
        return Err(Failure::usage(format!(
            "--channels {}: {} has {}; leave --channels out",
            settings.channels, settings.source, spec.channels
        )));
    }
    Ok(())
}

fn work(
    mut source: Box<dyn Source>,
    settings: &Settings,
    stop: &Stop,
    mut worker: Worker,
    clock: &Arc<dyn Clock>,
) -> Result<(), Failure> {
    let waits = !matches!(settings.source, SourceKind::Alsa(_));
    let spec = source.spec().clone();
    worker.open(&spec).map_err(Failure::failed)?;
    let (inlet, mut outlet) = intake(&spec, waits, stop);
    let feeder_clock = Arc::clone(clock);
    let feeder = thread::Builder::new().name("capture".into());
    let feeder = feeder.spawn(move || feed(source.as_mut(), inlet, &feeder_clock));
    let feeder =
        feeder.map_err(|error| Failure::failed(format!("no thread for the capture: {}", plain(&error))))?;
    let failed = drain(&mut outlet, &mut worker, stop);
    let stored = worker.finish();
    // Its last act was to give up its end of the queue, which `drain` has waited for.
    if feeder.join().is_err() {
        return Err(Failure::failed("the capture thread has died; see above"));
    }
    let chunks = stored.map_err(Failure::failed)?;
    tracing::debug!("{chunks} chunks are stored");
    let kept = chunks > 0 && settings.sinks.contains(&SinkKind::Local);
    let rest = if kept { "; what was captured before is stored" } else { "" };
    failed.map_err(|error| Failure::failed(format!("{error}{rest}")))
}

/// Takes events until there can be no more.
fn drain(outlet: &mut Outlet, worker: &mut Worker, stop: &Stop) -> Result<(), CaptureError> {
    let mut result = Ok(());
    loop {
        let event = match outlet.try_next() {
            Some(event) => Some(event),
            None => {
                worker.idle();
                if outlet.is_over() {
                    return result;
                }
                outlet.wait()
            }
        };
        match event {
            None => {}
            Some(Event::Samples(count, at)) => {
                worker.read(count, at);
                outlet.take(count, |samples| worker.samples(samples));
            }
            Some(Event::Lost(reason)) => worker.lose(reason),
            Some(Event::Dropped(count, at)) => {
                tracing::warn!("this machine was too slow for 60 s; {count} samples are lost");
                worker.drop_samples(count, at);
            }
            Some(Event::Opened(spec)) => {
                if let Err(message) = worker.open(&spec) {
                    result = Err(CaptureError { message, retryable: false });
                    stop.store(true, Ordering::Relaxed);
                }
            }
            Some(Event::Failed(error)) => result = Err(error),
        }
        if !worker.has_sinks() {
            stop.store(true, Ordering::Relaxed);
        }
    }
}

/// Says where the page is, on standard error whatever the log's level: tests and people look for it.
pub fn say_page(url: &str) {
    log::say(&format!("page: {url}"));
}
