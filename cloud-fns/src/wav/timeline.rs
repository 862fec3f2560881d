//! What stands where in the period: joins lines that have only a time, decides who wins where sound
//! overlaps, and finds the holes.

use super::index::{Entry, Gap, Run};
use super::{HOLES_MAX, Hole};
use std::collections::BTreeMap;

/// Samples of one entry that stand in the period, from `from` to before `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// Index of the entry.
    pub(super) entry: u32,
    pub(super) from: u32,
    pub(super) to: u32,
}

/// The period, laid out.
#[derive(Debug, Default)]
pub(super) struct Timeline {
    /// In order, not overlapping.
    pub(super) pieces: Vec<Piece>,
    pub(super) holes: Vec<Hole>,
    pub(super) holes_total: u64,
    pub(super) captured_samples: u64,
    pub(super) duplicate_samples: u64,
}

/// Lays `entries` out on a timeline of `samples`, which are fewer than 2^32. Joined entries get their
/// place; the order of the entries is changed.
pub(super) fn lay(entries: &mut [Entry], runs: &[Run], gaps: &[Gap], samples: u32) -> Timeline {
    let start = |entry: &Entry| runs.get(entry.run as usize).and_then(|run| run.start_micros);
    // Who comes first keeps his place: the run that began first, in it what was stored first; then
    // the lines without a run in the order of their times.
    entries.sort_unstable_by_key(|entry| match start(entry) {
        Some(start) => (false, start, i64::from(entry.run), entry.object, entry.offset),
        None => (true, entry.place, 0, entry.object, entry.offset),
    });
    let placed = entries.partition_point(|entry| start(entry).is_some());
    join(entries.get_mut(placed..).unwrap_or_default());

    let mut timeline = Timeline::default();
    let mut taken = Taken::default();
    let mut stored = 0;
    for (at, entry) in entries.iter().enumerate() {
        let from = entry.place.clamp(0, i64::from(samples)) as u32;
        let to = (entry.place + i64::from(entry.samples)).clamp(0, i64::from(samples)) as u32;
        stored += u64::from(to - from);
        taken.take(from, to, |from, to| timeline.pieces.push(Piece { entry: at as u32, from, to }));
    }
    timeline.pieces.sort_unstable_by_key(|piece| piece.from);

    let mut end = 0;
    for (&from, &to) in &taken.0 {
        timeline.hole(end, from, gaps);
        timeline.captured_samples += u64::from(to - from);
        end = to;
    }
    timeline.hole(end, samples, gaps);
    timeline.duplicate_samples = stored - timeline.captured_samples;
    timeline
}

/// The prototype's times jitter: a line that begins within half a chunk (of the longer of the two) of
/// where the one before ended is taken to go on there. A line further off stands at its own time. The
/// first one, which is the first that reaches into the period by its own time, does too.
fn join(lines: &mut [Entry]) {
    let mut before: Option<(i64, u32)> = None;
    for line in lines {
        if let Some((end, samples)) = before {
            let off = line.place.abs_diff(end);
            if off <= u64::from(line.samples.max(samples) / 2) {
                line.place = end;
            }
        }
        let end = line.place + i64::from(line.samples);
        // A late copy does not move the end back.
        if before.is_none_or(|(before, _)| end >= before) {
            before = Some((end, line.samples));
        }
    }
}

/// Stretches already taken: start to end, apart from each other.
#[derive(Default)]
struct Taken(BTreeMap<u32, u32>);

impl Taken {
    /// Takes what is free from `from` to before `to` and tells each stretch of it.
    fn take(&mut self, from: u32, to: u32, mut free: impl FnMut(u32, u32)) {
        if from >= to {
            return;
        }
        let (mut start, mut end) = (from, to);
        // The one that begins before and reaches here, or up to here.
        let mut at = from;
        if let Some((&before, &before_end)) = self.0.range(..=from).next_back()
            && before_end >= from
        {
            (start, at) = (before, before_end);
        }
        while let Some((&next, &next_end)) = self.0.range(start..=to).next() {
            if next > at {
                free(at, next);
            }
            at = at.max(next_end);
            end = end.max(next_end);
            self.0.remove(&next);
        }
        if at < to {
            free(at, to);
        }
        self.0.insert(start, end);
    }
}

impl Timeline {
    fn hole(&mut self, from: u32, to: u32, gaps: &[Gap]) {
        if from >= to {
            return;
        }
        self.holes_total += 1;
        if self.holes.len() < HOLES_MAX {
            let tells = |gap: &&Gap| {
                gap.place < i64::from(to) && gap.place.saturating_add_unsigned(gap.samples) > i64::from(from)
            };
            self.holes.push(Hole {
                start_sample: from.into(),
                samples: u64::from(to - from),
                reason: gaps.iter().find(tells).map(|gap| gap.reason.as_str().to_owned()),
            });
        }
    }
}
