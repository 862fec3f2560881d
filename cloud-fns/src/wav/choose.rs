//! Which objects may hold sound of the period.
//!
//! A device that catches up writes old sound into new objects, and a clock that is wrong writes new
//! sound into old ones. So the name's time of arrival only says where to look at every line; of the
//! other objects a few places are read, and all of it if these show times near the period.

use super::index::utc_micros;
use super::{Options, Period, Progress, Scan, WavError};
use crate::archive::{Object, Store};
use crate::frames::Frames;
use bytes::Bytes;
use dsp_core::chunk::Body;
use futures_util::{StreamExt, TryStreamExt, stream};
use std::ops::Range;

const MICROS_PER_SECOND: i64 = 1_000_000;
/// An object takes frames for 15 minutes at most (Firehose), so sound of the period's start may lie in
/// one opened that much before; an hour also covers a clock that is a little wrong.
const BEFORE_MICROS: i64 = 3_600 * MICROS_PER_SECOND;
/// Firehose and Kinesis keep data they cannot deliver for 24 hours.
const AFTER_MICROS: i64 = 25 * 3_600 * MICROS_PER_SECOND;
/// Times between the places looked at may be a little outside of theirs: retries come minutes late.
const PROBE_MARGIN_MICROS: i64 = 600 * MICROS_PER_SECOND;
/// Three lines of 250 ms at 8 kHz: at least one is whole wherever the place begins.
const PROBE_BYTES: u64 = 16 * 1024;
/// Places looked at: the head, the tail, and three between.
const PROBES: u64 = 5;
/// A smaller object is read whole: three times what looking at its places costs.
const SMALL_BYTES: u64 = 256 * 1024;
const _: () = assert!(SMALL_BYTES > PROBES * PROBE_BYTES);
/// Objects looked at together: hides a store's delay of some 50 ms. Holds 1.3 MB.
const PROBED_TOGETHER: usize = 16;

/// What is read whole, by name, so that every run reads in one order.
pub(super) struct Chosen {
    pub(super) objects: Vec<Object>,
    pub(super) foreign: u64,
}

/// Chooses. Holds the paths of all objects outside the hours: some 20 MB for a year of one device.
pub(super) async fn choose(
    store: &Store,
    period: Period,
    options: &Options,
    progress: &mut impl FnMut(Progress),
) -> Result<Chosen, WavError> {
    let hours = period.start().micros().saturating_sub(BEFORE_MICROS)
        ..=period.end().micros().saturating_add(AFTER_MICROS);
    let (mut objects, mut others) = (Vec::new(), Vec::new());
    let foreign = store
        .list(|object| {
            if options.scan == Scan::All || hours.contains(&object.opened.micros()) {
                objects.push(object);
            } else if options.scan == Scan::Probe {
                if object.bytes < SMALL_BYTES { objects.push(object) } else { others.push(object) }
            }
        })
        .await?;
    let (mut probed, objects_total) = (0, others.len() as u64);
    progress(Progress::Choosing { objects: 0, objects_total });
    let mut places = stream::iter(others)
        .map(|object| async {
            let places = store.read(&object, &places(object.bytes)).await?;
            Ok::<_, WavError>((object, places))
        })
        .buffered(PROBED_TOGETHER);
    let mut frames = Frames::new(options.form)?;
    while let Some((object, places)) = places.try_next().await? {
        if may_hold(&mut frames, &places, period, options) {
            objects.push(object);
        }
        probed += 1;
        progress(Progress::Choosing { objects: probed, objects_total });
    }
    objects.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    Ok(Chosen { objects, foreign })
}

/// Places of an object of `bytes` that are looked at.
fn places(bytes: u64) -> Vec<Range<u64>> {
    let last = bytes.saturating_sub(PROBE_BYTES);
    (0..PROBES).map(|place| last * place / (PROBES - 1)).map(|from| from..from + PROBE_BYTES).collect()
}

/// Whether the times in `places` reach near the period, or some place has none that reads.
fn may_hold(frames: &mut Frames, places: &[Bytes], period: Period, options: &Options) -> bool {
    let (mut first, mut last) = (i64::MAX, i64::MIN);
    for place in places {
        let mut bytes: &[u8] = place;
        let mut seen = false;
        loop {
            let chunk = match frames.next(&mut bytes) {
                Some(Ok(chunk)) => chunk,
                // The place begins and ends within a frame.
                Some(Err(_)) => continue,
                None => break,
            };
            if matches!(chunk.body, Body::Samples(_)) {
                let at = utc_micros(&chunk.header, chunk.header.timestamp, options);
                (first, last, seen) = (first.min(at), last.max(at), true);
            }
        }
        while frames.finish().is_some() {}
        if !seen {
            return true;
        }
    }
    first.saturating_sub(PROBE_MARGIN_MICROS) < period.end().micros()
        && last.saturating_add(PROBE_MARGIN_MICROS) > period.start().micros()
}
