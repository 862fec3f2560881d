//! What the page is told: the last ten minutes, the state, and each chunk as it comes.
//!
//! Messages are made once, however many pages listen. A page that reads too slowly is cut off and
//! comes back to a fresh history; it never holds up the others, nor the capture.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cloud_fns::level;
use dsp_core::chunk::Chunk;
use dsp_core::format::CHUNK_MS;
use serde::Serialize;
use tokio::sync::broadcast;

use crate::values::UtcOffset;

/// Ten minutes of chunks.
const HISTORY_MAX: usize = (10 * 60 * 1000 / CHUNK_MS) as usize;
/// Devices remembered; the one that was silent longest makes room.
const DEVICES_MAX: usize = 16;
/// Messages that a page may be behind: 15 s of four a second.
const BEHIND_MAX: usize = 64;

/// A message, ready to send.
pub type Message = Arc<str>;

/// What the microphone does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Capture {
    /// Nothing has come yet.
    Starting,
    /// Sound comes.
    Running,
    /// It is away, or does not answer, and is waited for.
    Waiting,
    /// The source has ended.
    Ended,
    /// It cannot go on.
    Failed,
}

/// How the archive does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Archive {
    /// It takes what comes.
    Ok,
    /// It does not; sound is being lost.
    Failing,
    /// There is none.
    Off,
}

/// State of one device, as the page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Status {
    /// The device's name.
    pub device: String,
    /// What the microphone does.
    pub capture: Capture,
    /// What the source is.
    pub source: String,
    /// A sentence about `capture`, or nothing.
    pub detail: String,
    /// How the archive does.
    pub archive: Archive,
    /// A sentence about `archive`, or nothing.
    pub archive_detail: String,
    /// Output rate in Hz.
    pub rate: u32,
    /// Version of this program.
    pub version: &'static str,
}

/// The hub.
pub struct Hub {
    inner: Mutex<Inner>,
    sender: broadcast::Sender<Message>,
}

struct Inner {
    status: Status,
    /// Each device's messages, and the number of its newest.
    devices: BTreeMap<String, (u64, VecDeque<Message>)>,
    count: u64,
}

#[derive(Serialize)]
struct Tagged<'a, T> {
    r#type: &'a str,
    #[serde(flatten)]
    what: &'a T,
    #[serde(flatten)]
    chunk: Option<OfChunk>,
}

/// What the page needs besides and a level message does not have.
#[derive(Clone, Serialize)]
struct OfChunk {
    duration_ms: u64,
    /// Clock of the timestamp, if it is not UTC: `+09:00`.
    #[serde(skip_serializing_if = "Option::is_none")]
    utc_offset: Option<String>,
}

impl OfChunk {
    fn of(chunk: &Chunk<'_>) -> Self {
        let utc_offset = chunk.header.utc_offset_min.filter(|minutes| *minutes != 0);
        Self {
            duration_ms: level::duration_ms(chunk),
            utc_offset: utc_offset.map(|minutes| UtcOffset(minutes).to_string()),
        }
    }
}

fn json<T: Serialize>(r#type: &str, what: &T, chunk: Option<OfChunk>) -> Message {
    // Structs of text and numbers always have a JSON form.
    serde_json::to_string(&Tagged { r#type, what, chunk }).unwrap_or_default().into()
}

impl Hub {
    /// A hub whose first state is `status`.
    #[must_use]
    pub fn new(status: Status) -> Self {
        let inner = Inner { status, devices: BTreeMap::new(), count: 0 };
        Self { inner: Mutex::new(inner), sender: broadcast::Sender::new(BEHIND_MAX) }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing in here is half done when a thread dies.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A chunk was captured.
    pub fn chunk(&self, chunk: &Chunk<'_>) {
        let more = Some(OfChunk::of(chunk));
        let (device, message) = match level::Event::of(chunk) {
            level::Event::Level(level) => (level.device.clone(), json("level", &level, more)),
            level::Event::Gap(gap) => (gap.device.clone(), json("gap", &gap, more)),
        };
        let mut inner = self.lock();
        inner.remember(device.unwrap_or_default(), &message);
        // No page listening is no error. Under the lock, so that a new page misses none and sees none twice.
        let _ = self.sender.send(message);
    }

    /// The state changes; told only if it really does.
    pub fn status(&self, change: impl FnOnce(&mut Status)) {
        let mut inner = self.lock();
        let before = inner.status.clone();
        change(&mut inner.status);
        if inner.status != before {
            let _ = self.sender.send(json("status", &inner.status, None));
        }
    }

    /// The state now.
    #[must_use]
    pub fn status_now(&self) -> Status {
        self.lock().status.clone()
    }

    /// What a new page needs first, and everything after that.
    #[must_use]
    pub fn subscribe(&self) -> ([Message; 2], broadcast::Receiver<Message>) {
        let inner = self.lock();
        let levels: Vec<&str> = inner
            .devices
            .values()
            .flat_map(|(_, messages)| messages.iter().map(|message| &**message))
            .collect();
        let history = format!(r#"{{"type":"history","levels":[{}]}}"#, levels.join(","));
        ([json("status", &inner.status, None), history.into()], self.sender.subscribe())
    }
}

impl Inner {
    fn remember(&mut self, device: String, message: &Message) {
        self.count += 1;
        if !self.devices.contains_key(&device) && self.devices.len() >= DEVICES_MAX {
            let oldest =
                self.devices.iter().min_by_key(|(_, (newest, _))| *newest).map(|(name, _)| name.clone());
            oldest.and_then(|name| self.devices.remove(&name));
        }
        let (newest, messages) = self.devices.entry(device).or_default();
        *newest = self.count;
        if messages.len() >= HISTORY_MAX {
            messages.pop_front();
        }
        messages.push_back(Arc::clone(message));
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use dsp_core::chunk::{Body, Device, Header, Reason};
    use dsp_core::frame::timestamp::Timestamp;
    use serde_json::Value;

    use super::*;

    pub(crate) fn status() -> Status {
        Status {
            device: "pi".into(),
            capture: Capture::Starting,
            source: "a tone".into(),
            detail: String::new(),
            archive: Archive::Ok,
            archive_detail: String::new(),
            rate: 8_000,
            version: "0.0.0",
        }
    }

    fn put(hub: &Hub, device: &str, seq: u64, body: Body<'_>) {
        let header = Header {
            timestamp: Timestamp::from_micros(0),
            utc_offset_min: Some(0),
            device: Device::new(device).ok(),
            run: Some(Timestamp::from_micros(0)),
            seq: Some(seq),
            first_sample: Some(0),
            rate: Some(8_000),
        };
        hub.chunk(&Chunk { header, body });
    }

    fn history(hub: &Hub) -> Vec<Value> {
        let value: Value = serde_json::from_str(&hub.subscribe().0[1]).unwrap();
        assert_eq!(value["type"], "history");
        value["levels"].as_array().unwrap().clone()
    }

    #[test]
    fn a_level_and_a_gap_read_as_the_page_expects() {
        let hub = Hub::new(status());
        let (_, mut messages) = hub.subscribe();
        put(&hub, "pi", 7, Body::Samples(&[0, 16_384, -32_768, 0]));
        put(&hub, "pi", 8, Body::Gap { gap_samples: 16_000, reason: Reason::new("overrun").unwrap() });
        let level: Value = serde_json::from_str(&messages.try_recv().unwrap()).unwrap();
        assert_eq!(
            (
                &level["type"],
                &level["seq"],
                &level["level"],
                &level["peak"],
                &level["peak_dbfs"],
                &level["clipped"]
            ),
            (&"level".into(), &7.into(), &16_384.into(), &32_768.into(), &0.0.into(), &1.into())
        );
        let gap: Value = serde_json::from_str(&messages.try_recv().unwrap()).unwrap();
        assert_eq!(
            (&gap["type"], &gap["gap_samples"], &gap["reason"], &gap["duration_ms"]),
            (&"gap".into(), &16_000.into(), &"overrun".into(), &2_000.into())
        );
        assert_eq!(history(&hub), [level, gap]);
    }

    #[test]
    fn a_clock_that_is_not_utc_is_named() {
        let hub = Hub::new(status());
        for (utc_offset_min, expected) in [(Some(540), Some("+09:00")), (Some(0), None), (None, None)] {
            let header = Header { utc_offset_min, ..Header::at(Timestamp::from_micros(0)) };
            hub.chunk(&Chunk { header, body: Body::Samples(&[1]) });
            let newest = history(&hub).pop().unwrap();
            assert_eq!(newest["utc_offset"].as_str(), expected);
        }
    }

    #[test]
    fn only_a_real_change_of_state_is_told() {
        let hub = Hub::new(status());
        let (_, mut messages) = hub.subscribe();
        hub.status(|status| status.capture = Capture::Starting);
        assert!(messages.try_recv().is_err());
        hub.status(|status| status.capture = Capture::Waiting);
        let told: Value = serde_json::from_str(&messages.try_recv().unwrap()).unwrap();
        assert_eq!((&told["type"], &told["capture"]), (&"status".into(), &"waiting".into()));
    }

    #[test]
    fn the_history_is_bounded_in_length_and_devices() {
        let hub = Hub::new(status());
        for seq in 0..HISTORY_MAX as u64 + 10 {
            put(&hub, "pi", seq, Body::Samples(&[1]));
        }
        let kept = history(&hub);
        assert_eq!((kept.len(), &kept[0]["seq"]), (HISTORY_MAX, &10.into()));
        for device in 0..DEVICES_MAX {
            put(&hub, &format!("device {device}"), 0, Body::Samples(&[1]));
        }
        let kept = history(&hub);
        assert_eq!(kept.len(), DEVICES_MAX);
        assert!(kept.iter().all(|level| level["device"] != "pi"));
    }

    #[test]
    fn a_page_that_does_not_read_is_told_that_it_lags() {
        let hub = Hub::new(status());
        let (_, mut messages) = hub.subscribe();
        for seq in 0..=BEHIND_MAX as u64 {
            put(&hub, "pi", seq, Body::Samples(&[1]));
        }
        assert!(matches!(messages.try_recv(), Err(broadcast::error::TryRecvError::Lagged(1))));
    }
}
