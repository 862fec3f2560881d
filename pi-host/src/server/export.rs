//! `GET /api/wav`: the WAV of a period.

use std::io::{self, Seek, Write};
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{ConnectInfo, Query, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use cloud_fns::archive::Store;
use cloud_fns::wav::{self, Options, Period, PeriodError, Report, WavError};
use serde::Deserialize;
use tokio_util::io::ReaderStream;

use super::limit::Work;
use super::{Shared, refuse};

/// Longest period that the page may ask for, in seconds: a day takes 1.4 GB on the disk for as long as
/// it is being sent. `soundline wav` has no such limit.
const SECONDS_MAX: u64 = 24 * 3600;
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
    Query(wish): Query<Wish>,
) -> Response {
    let _working = work.begin();
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
        // Without a name from the start, so that not even a killed process leaves it behind.
        let mut file = tempfile::tempfile_in(archive.parent().unwrap_or(&archive)).map_err(Made::File)?;
        let export = wav::export(&store, period, &options, io::BufWriter::new(&mut file), |_| {});
        let report = super::block_on(export).map_err(Made::File)??;
        file.flush().and_then(|()| file.rewind()).map_err(Made::File)?;
        let bytes = file.metadata().map_err(Made::File)?.len();
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

enum Made {
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
            Self::File(error) => {
                let why = format!(
                    "the WAV could not be written to the data folder: {}",
                    crate::error::plain(&error)
                );
                (StatusCode::INSUFFICIENT_STORAGE, why)
            }
            Self::Wav(error @ WavError::Nothing { .. }) => (StatusCode::NOT_FOUND, error.to_string()),
            Self::Wav(error @ (WavError::Archive(_) | WavError::Output { .. })) => {
                (StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
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
    use super::file_name;

    #[test]
    fn a_file_name_holds_nothing_that_a_header_or_a_shell_minds() {
        assert_eq!(file_name(Some("pi \"é\n"), "2026-01-01T00:00:00Z"), "pi-----2026-01-01T00-00-00Z.wav");
        assert_eq!(file_name(None, "2026"), "soundline-2026.wav");
    }
}
