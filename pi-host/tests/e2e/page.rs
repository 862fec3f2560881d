//! The page's server, over real sockets.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::Value;
use tungstenite::client::IntoClientRequest as _;
use tungstenite::{Message, WebSocket};

use crate::common::*;

pub(crate) struct Socket(WebSocket<TcpStream>);

pub(crate) fn socket(address: &str) -> Socket {
    connect(address, None).unwrap()
}

fn connect(address: &str, origin: Option<&str>) -> Result<Socket, String> {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut request = format!("ws://{address}/api/live").into_client_request().unwrap();
    if let Some(origin) = origin {
        request.headers_mut().insert("origin", origin.parse().unwrap());
    }
    tungstenite::client(request, stream).map(|(socket, _)| Socket(socket)).map_err(|error| error.to_string())
}

impl Socket {
    pub(crate) fn next(&mut self) -> Option<Value> {
        loop {
            match self.0.read() {
                Ok(Message::Text(text)) => return Some(serde_json::from_str(&text).unwrap()),
                Ok(Message::Close(why)) => {
                    eprintln!("closed: {why:?}");
                    return None;
                }
                Err(why) => {
                    eprintln!("broken: {why}");
                    return None;
                }
                Ok(_) => {}
            }
        }
    }

    /// The next message that is `wanted`.
    pub(crate) fn until(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let message = self.next().expect("the server has closed");
            if wanted(&message) {
                return message;
            }
        }
    }
}

/// Status, headers in lower case, body.
fn get(address: &str, path: &str, headers: &[(&str, &str)]) -> (u16, String, Vec<u8>) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut request = format!("GET {path} HTTP/1.1\r\nConnection: close\r\n");
    if !headers.iter().any(|(name, _)| *name == "Host") {
        request += &format!("Host: {address}\r\n");
    }
    for (name, value) in headers {
        request += &format!("{name}: {value}\r\n");
    }
    stream.write_all((request + "\r\n").as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, head.to_lowercase(), answer[end + 4..].to_vec())
}

fn error_of(body: &[u8]) -> String {
    serde_json::from_slice::<Value>(body).unwrap()["error"].as_str().unwrap().to_owned()
}

#[test]
fn only_its_own_pages_may_talk_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(&[
        "--source",
        "tone:440",
        "--data-dir",
        folder.path().to_str().unwrap(),
        "--allow-host",
        "meter.example",
    ]);
    let address = &running.address;
    let port = address.rsplit_once(':').unwrap().1;
    let (status, head, _) = get(address, "/", &[]);
    assert_eq!(status, 200);
    assert!(head.contains("content-type: text/html"), "{head}");
    assert!(head.contains("content-security-policy: default-src 'self'"), "{head}");
    assert!(head.contains("x-content-type-options: nosniff") && !head.contains("access-control-"), "{head}");

    let own = format!("http://{address}");
    let localhost = format!("localhost:{port}");
    let (named, named_origin) = (format!("meter.example:{port}"), format!("http://meter.example:{port}"));
    for good in [
        &[("Origin", own.as_str())][..],
        &[("Host", localhost.as_str())],
        &[("Host", named.as_str()), ("Origin", named_origin.as_str())],
    ] {
        assert_eq!(get(address, "/api/status", good).0, 200, "{good:?}");
    }
    for bad in [
        &[("Host", "evil.example")][..],
        &[("Host", "")],
        &[("Origin", "http://evil.example")],
        &[("Origin", "null")],
        &[("Origin", "http://localhost:1")],
        &[("Sec-Fetch-Site", "cross-site")],
    ] {
        for path in ["/api/status", "/api/live", "/api/wav?start=2026-01-01T00:00:00&seconds=1"] {
            let (status, _, body) = get(address, path, bad);
            assert_eq!(status, 403, "{bad:?}");
            assert!(!error_of(&body).is_empty());
        }
    }
    assert!(connect(address, Some(&own)).is_ok());
    assert!(connect(address, Some("http://evil.example")).is_err_and(|error| error.contains("403")));
    assert_eq!(get(address, "/nothing", &[]).0, 404);
    assert_eq!(get(address, "/../Cargo.toml", &[]).0, 404);
    running.signal("-TERM");
    running.end().assert_done();
}

#[test]
fn a_page_hears_the_state_the_history_the_levels_and_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(&[
        "--source",
        "tone:1000",
        "--device",
        "porch",
        "--data-dir",
        folder.path().to_str().unwrap(),
    ]);
    let mut first = socket(&running.address);
    let status = first.next().unwrap();
    assert_eq!(
        (&status["type"], &status["device"], &status["rate"]),
        (&"status".into(), &"porch".into(), &8_000.into())
    );
    assert_eq!(first.next().unwrap()["type"], "history");
    let running_now = |message: &Value| message["type"] == "status" && message["capture"] == "running";
    if status["capture"] != "running" {
        first.until(running_now);
    }
    let level = first.until(|message| message["type"] == "level" && message["seq"].as_u64() >= Some(1));
    assert_eq!(
        (&level["device"], &level["duration_ms"], &level["clipped"]),
        (&"porch".into(), &250.into(), &0.into())
    );
    // A quarter of full scale.
    assert!((level["peak_dbfs"].as_f64().unwrap() + 12.04).abs() < 0.1, "{level}");
    assert!((level["rms_dbfs"].as_f64().unwrap() + 15.05).abs() < 0.1, "{level}");

    // A page that comes later misses nothing and hears nothing twice.
    let mut second = socket(&running.address);
    let status = second.next().unwrap();
    assert_eq!((&status["capture"], &status["archive"]), (&"running".into(), &"ok".into()));
    let history = second.next().unwrap();
    let mut seqs: Vec<u64> =
        history["levels"].as_array().unwrap().iter().map(|level| level["seq"].as_u64().unwrap()).collect();
    seqs.push(second.until(|message| message["type"] == "level")["seq"].as_u64().unwrap());
    assert_eq!(seqs, (0..seqs.len() as u64).collect::<Vec<_>>());

    running.signal("-TERM");
    second.until(|message| message["capture"] == "ended");
    running.end().assert_done();
}

#[test]
fn the_page_gets_the_wav_of_a_period() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().to_str().unwrap();
    let input = noise(2 * 32_000 * 2, 12);
    let start = ["--start-time", "2026-01-01T00:00:00", "--decimate", "drop", "--device", "porch"];
    let mut arguments = vec!["run", "--source", "stdin", "--data-dir", data_dir];
    arguments.extend(start);
    run_with(&arguments, &bytes_of(&input)).assert_done();

    let running = Running::start(&["--source", "tone:440", "--data-dir", data_dir]);
    let address = &running.address;
    let path = "/api/wav?start=2026-01-01T00:00:00Z&seconds=3&device=porch";
    let (status, head, body) = get(address, path, &[]);
    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
    for line in [
        "content-type: audio/wav",
        "content-length: 48044",
        "soundline-samples: 24000",
        "soundline-gap-samples: 8000",
        "soundline-bad-lines: 0",
    ] {
        assert!(head.contains(line), "{line}: {head}");
    }
    let samples: Vec<i16> =
        hound::WavReader::new(body.as_slice()).unwrap().into_samples::<i16>().map(Result::unwrap).collect();
    let formula: Vec<i16> = input.iter().step_by(2).step_by(4).copied().collect();
    assert_eq!(samples[..16_000], formula);
    assert!(samples[16_000..].iter().all(|&sample| sample == 0));

    // The same period on another clock.
    let path = "/api/wav?start=2026-01-01%2009:00:00&seconds=1&utc_offset=%2B09:00";
    assert_eq!(get(address, path, &[]).0, 200);
    for (path, status, word) in [
        ("/api/wav", 400, "start"),
        ("/api/wav?start=2026-01-01T00:00:00", 400, "seconds"),
        ("/api/wav?start=a&start=b", 400, "once"),
        ("/api/wav?start=soon&seconds=1", 400, "soon"),
        ("/api/wav?start=2026-01-01T00:00:00&seconds=0", 400, "no length"),
        ("/api/wav?start=2026-01-01T00:00:00&seconds=-1", 400, "before it begins"),
        ("/api/wav?start=2026-01-01T00:00:00&seconds=90000", 400, "soundline wav"),
        ("/api/wav?start=2020-01-01T00:00:00&seconds=1", 404, "another time"),
    ] {
        let (got, _, body) = get(address, path, &[]);
        assert_eq!(got, status, "{path}: {}", String::from_utf8_lossy(&body));
        assert!(error_of(&body).contains(word), "{path}: {}", error_of(&body));
    }
    running.signal("-INT");
    running.end().assert_done();
}

#[test]
fn a_port_that_is_taken_is_told_with_the_remedy() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("data");
    let ended =
        run(&["run", "--source", "tone:1", "--listen", &address, "--data-dir", data_dir.to_str().unwrap()]);
    assert_eq!(ended.code, 1);
    assert!(
        ended.last_line().contains(&address) && ended.last_line().contains("--listen 127.0.0.1:"),
        "{}",
        ended.stderr
    );
    assert!(!data_dir.exists(), "a run that cannot be leaves nothing");
}

#[test]
fn a_file_with_a_page_is_shown_in_real_time_and_then_ends() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("in.wav");
    // Long enough that even on a busy machine the page is there before the end.
    write_wav(&file, 8_000, 1, &noise(80_000, 13));
    let source = format!("wav:{}", file.display());
    let data_dir = folder.path().join("data");
    let began = std::time::Instant::now();
    let running = Running::start(&["--source", &source, "--data-dir", data_dir.to_str().unwrap()]);
    let mut socket = socket(&running.address);
    socket.until(|message| message["capture"] == "ended");
    running.end().assert_done();
    assert!(began.elapsed().as_millis() >= 10_000);
    assert_eq!(assert_seamless(&archived(&data_dir)), 80_000);
}

#[test]
fn more_connections_than_there_are_places_wait_their_turn() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(&["--source", "tone:440", "--data-dir", folder.path().to_str().unwrap()]);
    let open = || std::fs::read_dir(format!("/proc/{}/fd", running.child.id())).unwrap().count();
    let before = open();
    let idle: Vec<TcpStream> = (0..140).map(|_| TcpStream::connect(&running.address).unwrap()).collect();
    wait_for("the places to be taken", || (open() >= before + 128).then_some(()));
    // The archive may have opened its object meanwhile.
    assert!(open() < before + 135, "{} open files, {before} before", open());
    drop(idle);
    assert_eq!(get(&running.address, "/api/status", &[]).0, 200);
    running.signal("-TERM");
    running.end().assert_done();
}
