//! Which objects may hold sound of the period.
//!
//! A device that catches up writes old sound into new objects, and a clock that is wrong writes new
//! sound into old ones. So the name's time of arrival does not decide. A few places of an object are
//! read, and all of it if these show times near the period. An object that arrived in the hours in
//! which late sound does is left out only if all places show one run that goes on: nothing else is
//! mixed into it then.

use super::index::utc_micros;
use super::{Options, Period, Progress, Scan, WavError};
use crate::archive::{Object, Store};
use crate::frames::{Form, Frames};
use bytes::Bytes;
use dsp_core::chunk::{Body, Header};
use futures_util::{StreamExt, TryStreamExt, stream};
use std::ops::Range;

const MICROS_PER_SECOND: i64 = 1_000_000;
/// An object takes frames for 15 minutes at most (Firehose), so sound of the period's start may lie in
/// one opened that much before; an hour also covers a clock that is a little wrong.
const BEFORE_MICROS: i64 = 3_600 * MICROS_PER_SECOND;
/// Late sound arrives within these: Firehose and Kinesis keep for 24 hours what they cannot deliver.
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
    /// How many there were to choose from.
    pub(super) objects_total: u64,
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
        .list(|object| match options.scan {
            Scan::Probe if object.bytes >= SMALL_BYTES => others.push(object),
            _ => objects.push(object),
        })
        .await?;
    let (mut probed, others_total) = (0, others.len() as u64);
    let objects_total = others_total + objects.len() as u64;
    progress(Progress::Choosing { objects: 0, objects_total: others_total });
    let mut places = stream::iter(others)
        .map(|object| async {
            let places = store.read(&object, &places(object.bytes, options.form)).await?;
            Ok::<_, WavError>((object, places))
        })
        .buffered(PROBED_TOGETHER);
    let mut frames = Frames::new(options.form)?;
    while let Some((object, places)) = places.try_next().await? {
        let seen = look(&mut frames, &places, options);
        let in_hours = hours.contains(&object.opened.micros());
        if seen.is_none_or(|seen| seen.is_near(period) || (in_hours && !seen.one_run)) {
            objects.push(object);
        }
        probed += 1;
        progress(Progress::Choosing { objects: probed, objects_total: others_total });
    }
    objects.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    // The final name comes first and stays.
    objects.dedup_by(|second, first| second.final_path() == first.final_path());
    Ok(Chosen { objects, objects_total, foreign })
}

/// Places of an object of `bytes` that are looked at.
fn places(bytes: u64, form: Form) -> Vec<Range<u64>> {
    // Nothing in a record of the prototype tells where it begins: only whole ones read right.
    let unit = match form {
        Form::LinesAndRecords => 1,
        Form::PrototypeBinary { record_bytes } => (record_bytes as u64).max(1),
    };
    let probe_bytes = PROBE_BYTES.max(unit) / unit * unit;
    let last = bytes.saturating_sub(probe_bytes);
    let from = |place| last * place / (PROBES - 1) / unit * unit;
    (0..PROBES).map(from).map(|from| from..from + probe_bytes).collect()
}

/// What the places of an object show.
struct Seen {
    /// Earliest and latest time, in microseconds UTC.
    first: i64,
    last: i64,
    /// All is of one run, which goes on from place to place.
    one_run: bool,
}

impl Seen {
    fn is_near(&self, period: Period) -> bool {
        self.first.saturating_sub(PROBE_MARGIN_MICROS) < period.end().micros()
            && self.last.saturating_add(PROBE_MARGIN_MICROS) > period.start().micros()
    }
}

/// Looks at `places`. `None` if one of them has no sound that reads.
fn look(frames: &mut Frames, places: &[Bytes], options: &Options) -> Option<Seen> {
    let mut seen = Seen { first: i64::MAX, last: i64::MIN, one_run: true };
    let mut before: Option<Header> = None;
    for place in places {
        let mut bytes: &[u8] = place;
        let mut has_sound = false;
        loop {
            let chunk = match frames.next(&mut bytes) {
                Some(Ok(chunk)) => chunk,
                // The place begins and ends within a frame.
                Some(Err(_)) => continue,
                None => break,
            };
            if matches!(chunk.body, Body::Samples(_)) {
                let at = utc_micros(&chunk.header, chunk.header.timestamp, options);
                (seen.first, seen.last) = (seen.first.min(at), seen.last.max(at));
                seen.one_run &= goes_on(before.as_ref(), &chunk.header);
                before = Some(chunk.header);
                has_sound = true;
            }
        }
        while frames.finish().is_some() {}
        if !has_sound {
            return None;
        }
    }
    Some(seen)
}

/// Whether `header` names its run and follows `before` in it.
fn goes_on(before: Option<&Header>, header: &Header) -> bool {
    header.run.is_some()
        && header.first_sample.is_some()
        && before.is_none_or(|before| {
            (before.run, &before.device) == (header.run, &header.device)
                && before.first_sample <= header.first_sample
        })
}
