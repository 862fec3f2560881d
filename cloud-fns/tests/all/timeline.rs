//! The WAV of made-up archives against a naive twin that holds the whole period as `Option<i16>`.

use crate::common::{after, export, folder, gap_line, header, prototype_header, put, record, time};
use cloud_fns::wav::{Options, Scan, WavError};
use dsp_core::frame::timestamp::Timestamp;
use proptest::prelude::*;

const RATE_HZ: i64 = 8_000;
const MICROS_PER_SAMPLE: i64 = 1_000_000 / RATE_HZ;

/// A stored line: its place if it has one (start of the run, first sample), else its time.
#[derive(Clone, Debug)]
struct Stored {
    run: Option<(i64, i64)>,
    time: i64,
    samples: Vec<i16>,
    /// As a record instead of a line.
    binary: bool,
    gap: Option<u64>,
}

fn to_sample(micros: i64) -> i64 {
    (micros * RATE_HZ + 500_000).div_euclid(1_000_000)
}

/// What the module's docs say, sample by sample. `lines` are in the order in which they are stored;
/// times are counted from the period's start.
fn naive(lines: &[Stored], samples: usize) -> (Vec<Option<i16>>, u64) {
    let mut placed: Vec<(i64, i64, &[i16])> = Vec::new();
    let mut free: Vec<(i64, &[i16])> = Vec::new();
    for line in lines.iter().filter(|line| line.gap.is_none()) {
        match line.run {
            Some((start, first)) => placed.push((start, to_sample(start) + first, &line.samples)),
            None => free.push((to_sample(line.time), &line.samples)),
        }
    }
    placed.sort_by_key(|&(start, _, _)| start);
    free.retain(|(at, samples)| at + samples.len() as i64 > 0);
    free.sort_by_key(|&(at, _)| at);
    let mut end: Option<(i64, i64)> = None;
    for (at, samples) in &mut free {
        let length = samples.len() as i64;
        if let Some((end, before)) = end
            && (*at - end).abs() <= length.max(before) / 2
        {
            *at = end;
        }
        if end.is_none_or(|(end, _)| *at + length >= end) {
            end = Some((*at + length, length));
        }
    }
    let mut timeline = vec![None; samples];
    let mut stored = 0;
    let placed = placed.iter().map(|&(_, at, samples)| (at, samples));
    for (at, sound) in placed.chain(free.iter().copied()) {
        for (at, &sample) in (at..).zip(sound) {
            if let Some(place) = usize::try_from(at).ok().and_then(|at| timeline.get_mut(at)) {
                stored += 1;
                place.get_or_insert(sample);
            }
        }
    }
    (timeline, stored)
}

/// The silent stretches of a timeline.
fn holes(timeline: &[Option<i16>]) -> Vec<(u64, u64)> {
    let mut holes: Vec<(u64, u64)> = Vec::new();
    for (at, _) in timeline.iter().enumerate().filter(|(_, sample)| sample.is_none()) {
        match holes.last_mut() {
            Some((start, samples)) if *start + *samples == at as u64 => *samples += 1,
            _ => holes.push((at as u64, 1)),
        }
    }
    holes
}

/// A run: chunks and gaps one after the other.
fn run() -> impl Strategy<Value = Vec<Stored>> {
    let chunk = (1..60usize, any::<bool>(), prop::option::weighted(0.15, 1..90u64), any::<i16>());
    (-40_000..60_000i64, 0..200i64, prop::collection::vec(chunk, 1..14)).prop_map(|(start, first, chunks)| {
        let mut first = first;
        let mut run = Vec::new();
        for (count, binary, gap, seed) in chunks {
            let samples: Vec<i16> = (0..count as i16).map(|at| seed.wrapping_add(at)).collect();
            let time = start + first * MICROS_PER_SAMPLE;
            run.push(Stored { run: Some((start, first)), time, samples, binary, gap });
            first += gap.map_or(count as i64, |gap| gap as i64);
        }
        run
    })
}

/// The prototype's lines: each about where the one before ended, now and then far off.
fn free() -> impl Strategy<Value = Vec<Stored>> {
    let chunk = (1..60usize, -40..40i64, prop::option::weighted(0.1, -30_000..30_000i64), any::<i16>());
    (-20_000..30_000i64, prop::collection::vec(chunk, 0..14)).prop_map(|(start, chunks)| {
        let mut time = start;
        let mut lines = Vec::new();
        for (count, jitter, jump, seed) in chunks {
            let samples: Vec<i16> = (0..count as i16).map(|at| seed.wrapping_sub(at)).collect();
            let at = time + jump.unwrap_or(jitter * MICROS_PER_SAMPLE);
            lines.push(Stored { run: None, time: at, samples, binary: false, gap: None });
            time = at + count as i64 * MICROS_PER_SAMPLE;
        }
        lines
    })
}

/// Lines in the order in which they are stored, and in how many objects.
fn archive() -> impl Strategy<Value = (Vec<Stored>, Vec<usize>)> {
    let runs = prop::collection::vec(run(), 0..4);
    let copies = prop::collection::vec(any::<prop::sample::Index>(), 0..6);
    (runs, free(), copies, any::<bool>(), prop::collection::vec(0..20usize, 0..5)).prop_flat_map(
        |(runs, free, copies, in_order, cuts)| {
            let mut lines: Vec<Stored> = runs.into_iter().flatten().chain(free).collect();
            for copy in copies {
                if !lines.is_empty() {
                    lines.push(copy.get(&lines).clone());
                }
            }
            let lines = if in_order { Just(lines).boxed() } else { Just(lines).prop_shuffle().boxed() };
            (lines, Just(cuts))
        },
    )
}

fn encode(line: &Stored, start: Timestamp) -> Vec<u8> {
    let Some((run, first)) = line.run else {
        return crate::common::line(prototype_header(after(start, line.time)), &line.samples);
    };
    let mut header = header("mic", after(start, run), 0, first as u64, RATE_HZ as u32);
    // So that both kinds are of one device.
    header.device = None;
    match line.gap {
        Some(gap) => gap_line(header, gap, "overrun"),
        None if line.binary => record(header, &line.samples),
        None => crate::common::line(header, &line.samples),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_wav_is_what_the_naive_twin_says(
        (lines, cuts) in archive(),
        midnight in prop::sample::select(vec!["2021-04-15T00:00:00", "2021-05-01T00:00:00", "2024-03-01T00:00:00", "2022-01-01T00:00:00"]),
        before in 0..30_000i64,
        micros in 1_000..80_000i64,
        days in prop::collection::vec(-3..30i64, 6),
        scan in prop::sample::select(vec![Scan::Probe, Scan::All]),
    ) {
        let start = after(time(midnight), -before);
        let dir = folder();
        // What is stored first lies in the object that arrived first.
        let mut days = days;
        days.sort_unstable();
        let mut rest = &lines[..];
        for (number, &day) in days.iter().enumerate() {
            let count = cuts.get(number).copied().unwrap_or(rest.len()).min(rest.len());
            let (now, later) = rest.split_at(count);
            rest = later;
            let content: Vec<u8> = now.iter().flat_map(|line| encode(line, start)).collect();
            put(dir.path(), after(start, day * 86_400_000_000), number as u32, &content);
        }
        let stored = &lines[..lines.len() - rest.len()];

        let text = String::from_utf8(start.format().to_vec()).expect("ASCII");
        let seconds = format!("0.{micros:06}");
        let samples = to_sample(micros) as usize;
        let (timeline, count) = naive(stored, samples);
        let captured = timeline.iter().flatten().count() as u64;
        match export(dir.path(), &text, &seconds, &Options { scan, ..Options::default() }) {
            Ok((wav, report)) => {
                let wanted: Vec<i16> = timeline.iter().map(|sample| sample.unwrap_or(0)).collect();
                prop_assert_eq!(wav, wanted);
                prop_assert_eq!(report.captured_samples, captured);
                prop_assert_eq!(report.duplicate_samples, count - captured);
                prop_assert_eq!(report.bad_lines, 0);
                let found: Vec<(u64, u64)> = report.holes.iter().map(|hole| (hole.start_sample, hole.samples)).collect();
                prop_assert_eq!(found, holes(&timeline));
            }
            Err(WavError::Nothing { .. }) => prop_assert_eq!(captured, 0),
            Err(error) => prop_assert!(false, "{}", error),
        }
    }
}

#[test]
fn lines_of_the_naive_twin_are_lines() {
    let line = Stored { run: None, time: 0, samples: vec![1, 2], binary: false, gap: None };
    let text = String::from_utf8(encode(&line, time("2021-04-14T13:24:00"))).expect("text");
    assert!(
        text.starts_with("{\"timestamp\": \"2021-04-14T13:24:00.000000\", \"raw_data\": \"AQAC"),
        "{text}"
    );
}
