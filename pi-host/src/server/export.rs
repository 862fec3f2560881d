//! `GET /api/wav`: the WAV of a period.

use std::fs::File;
use std::io::{self, Seek};
use std::path::Path;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{ConnectInfo, Query, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use cloud_fns::archive::Store;
use cloud_fns::wav::{self, Cause, Options, Period, PeriodError, Plan, Report, WavError};
use serde::Deserialize;
use tokio_util::io::ReaderStream;

use super::limit::Work;
use super::{Shared, refuse};
use crate::disk::{Room, room};
use crate::error::plain;

/// Longest period that the page may ask for, in seconds: a day takes 1.4 GB on the disk for as long as
/// it is being sent. `soundline wav` has no such limit.
const SECONDS_MAX: u64 = 24 * 3600;
/// Room on the disk that an export leaves to the capture: half a day of sound at 8 kHz, time for a
/// person to act; on a small disk a tenth of it.
const RESERVE_BYTES: u64 = 1 << 30;
const RESERVE_PART: u64 = 10;
/// Bytes read at once while sending.
const PIECE_BYTES: usize = 64 * 1024;

#[derive(Deserialize)]
pub(super) struct Wish {
    start: Option<String>,
    seconds: Option<String>,
    utc_offset: Option<String>,
    device: Option<String>,
}

pub(super) async fn export(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(work): ConnectInfo<Work>,
    wish: Result<Query<Wish>, QueryRejection>,
) -> Response {
    let _working = work.begin();
    let Ok(Query(wish)) = wish else {
        return refuse(
            StatusCode::BAD_REQUEST,
            "give start, seconds, utc_offset and device at most once each",
        )
        .into_response();
    };
    match make(&shared, wish).await {
        Ok(response) => response,
        Err((status, why)) => refuse(status, &why).into_response(),
    }
}

async fn make(shared: &Arc<Shared>, wish: Wish) -> Result<Response, (StatusCode, String)> {
    let bad = |error: PeriodError| (StatusCode::BAD_REQUEST, error.to_string());
    let missing = |name| (StatusCode::BAD_REQUEST, format!("`{name}` is missing; ask for start and seconds"));
    let offset = wish.utc_offset.as_deref().filter(|text| !text.is_empty());
    let utc_offset_min = offset.map(wav::parse_utc_offset).transpose().map_err(bad)?.unwrap_or(0);
    let start = wish.start.ok_or_else(|| missing("start"))?;
    let seconds = wish.seconds.ok_or_else(|| missing("seconds"))?;
    let period = Period::parse(&start, &seconds, utc_offset_min).map_err(bad)?;
    // At 1 Hz, samples are seconds.
    if period.samples(1) > SECONDS_MAX {
        let why =
            format!("more than {SECONDS_MAX} seconds at once are for `soundline wav`, not for the page");
        return Err((StatusCode::BAD_REQUEST, why));
    }
    let Some(archive) = shared.archive.clone() else {
        return Err((StatusCode::NOT_FOUND, "there is no archive to export from".into()));
    };
    let Ok(permit) = Arc::clone(&shared.exports).try_acquire_owned() else {
        let why = "other exports are being made; try again in a moment";
        return Err((StatusCode::SERVICE_UNAVAILABLE, why.into()));
    };
    let options =
        Options { device: wish.device.filter(|name| !name.is_empty()), utc_offset_min, ..Options::default() };
    let device = options.device.clone();
    // The permit goes along: if the page goes away meanwhile, the export still takes its place.
    let made = tokio::task::spawn_blocking(move || {
        let store = Store::local(&archive).map_err(WavError::from)?;
        let folder = archive.parent().unwrap_or(&archive);
        let (file, bytes, report) =
            super::block_on(write(&store, period, &options, folder)).map_err(Made::File)??;
        Ok((file, bytes, report, permit))
    });
    let (file, bytes, report, permit) = match made.await {
        Ok(made) => made.map_err(|error: Made| error.answer())?,
        Err(_) => return Err((StatusCode::INTERNAL_SERVER_ERROR, "the export failed; see the log".into())),
    };
    let stream = ReaderStream::with_capacity(tokio::fs::File::from_std(file), PIECE_BYTES);
    // It stays taken as long as the file takes room on the disk.
    let body = Body::from_stream(Held { stream, _permit: permit });
    let mut response = Response::new(body);
    describe(&mut response, bytes, &report, &file_name(device.as_deref(), &start));
    Ok(response)
}

/// The WAV in a file without a name, so that not even a killed process leaves it behind.
async fn write(
    store: &Store,
    period: Period,
    options: &Options,
    folder: &Path,
) -> Result<(File, u64, Report), Made> {
    let plan = Plan::new(store, period, options, |_| {}).await?;
    let bytes = plan.wav_bytes();
    let mut file = tempfile::tempfile_in(folder).map_err(Made::File)?;
    if !fits(room(folder).map_err(Made::File)?, bytes) {
        return Err(Made::Room(bytes));
    }
    // What is promised to one export is not there for the next. Not every file system can promise.
    let _ = rustix::fs::fallocate(&file, rustix::fs::FallocateFlags::KEEP_SIZE, 0, bytes);
    plan.write(io::BufWriter::new(&mut file), |_| {}).await?;
    file.rewind().map_err(Made::File)?;
    Ok((file, bytes, plan.into_report()))
}

/// Whether a WAV of so many bytes leaves enough to the capture.
fn fits(room: Room, bytes: u64) -> bool {
    let reserve = RESERVE_BYTES.min(room.all_bytes / RESERVE_PART);
    room.free_bytes.checked_sub(bytes).is_some_and(|rest| rest >= reserve)
}

enum Made {
    /// So many bytes do not fit.
    Room(u64),
    File(io::Error),
    Wav(WavError),
}

impl From<WavError> for Made {
    fn from(error: WavError) -> Self {
        Self::Wav(error)
    }
}

impl Made {
    fn answer(self) -> (StatusCode, String) {
        match self {
            Self::Room(bytes) => {
                let mib = bytes.div_ceil(1 << 20);
                let why = format!(
                    "the disk of this machine has no room for the WAV ({mib} MiB) beside the capture; ask for less, or free some space"
                );
                (StatusCode::INSUFFICIENT_STORAGE, why)
            }
            Self::File(error) => {
                let why = format!("the WAV could not be written to the data folder: {}", plain(&error));
                (StatusCode::INSUFFICIENT_STORAGE, why)
            }
            Self::Wav(WavError::Output(error)) => {
                // It was to be a file without a name.
                let why = format!("the WAV could not be written to the data folder: {}", error.problem);
                (StatusCode::INSUFFICIENT_STORAGE, why)
            }
            Self::Wav(WavError::Nothing { period, cause }) => {
                let why = match *cause {
                    Cause::NoObjects { .. } => "nothing is stored yet".into(),
                    Cause::BadLines { bad_lines, .. } => {
                        format!(
                            "no sound in the archive from {period}, but {bad_lines} lines of it are damaged"
                        )
                    }
                    _ => format!("no sound in the archive from {period}; choose another time"),
                };
                (StatusCode::NOT_FOUND, why)
            }
            Self::Wav(WavError::Archive(error)) => {
                tracing::warn!("an export for the page failed: {error}");
                let why = format!("the archive could not be read: {}", error.problem);
                (StatusCode::INTERNAL_SERVER_ERROR, why)
            }
            Self::Wav(error) => (StatusCode::BAD_REQUEST, error.to_string()),
        }
    }
}

fn describe(response: &mut Response, bytes: u64, report: &Report, name: &str) {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("audio/wav"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    for (name, count) in [
        (header::CONTENT_LENGTH, bytes),
        (HeaderName::from_static("soundline-samples"), report.samples),
        (HeaderName::from_static("soundline-gap-samples"), report.gap_samples),
        (HeaderName::from_static("soundline-bad-lines"), report.bad_lines),
    ] {
        headers.insert(name, HeaderValue::from(count));
    }
    // Only letters, digits and `._-` are in the name.
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
}

fn file_name(device: Option<&str>, start: &str) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || ".-_".contains(c) { c } else { '-' };
    let name: String =
        format!("{}-{start}", device.unwrap_or("soundline")).chars().map(safe).take(80).collect();
    format!("{name}.wav")
}

/// A body that keeps its place among the exports until it is sent.
struct Held {
    stream: ReaderStream<tokio::fs::File>,
    _permit: tokio::sync::OwnedSemaphorePermit,
}

impl futures_util::Stream for Held {
    type Item = io::Result<axum::body::Bytes>;
    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        std::pin::Pin::new(&mut self.stream).poll_next(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_export_leaves_room_for_the_capture() {
        let room = |free_bytes, all_bytes| Room { free_bytes, all_bytes };
        assert!(fits(room((2 << 30) + 1_000, 64 << 30), 1 << 30));
        assert!(!fits(room((2 << 30) - 1, 64 << 30), 1 << 30));
        assert!(fits(room(200, 1_000), 100));
        assert!(!fits(room(199, 1_000), 100));
        assert!(!fits(room(50, 1_000), 100));
    }

    #[test]
    fn a_file_name_holds_nothing_that_a_header_or_a_shell_minds() {
        assert_eq!(file_name(Some("pi \"é\n"), "2026-01-01T00:00:00Z"), "pi-----2026-01-01T00-00-00Z.wav");
        assert_eq!(file_name(None, "2026"), "soundline-2026.wav");
    }
}
