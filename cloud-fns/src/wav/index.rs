//! Where in the objects the period's sound lies, without the sound itself.

use super::{Options, Period, WavError};
use crate::frames::Span;
use dsp_core::chunk::{Body, Chunk, Device, Header, Reason};
use dsp_core::format::CHUNK_SAMPLES_MAX;
use dsp_core::frame::timestamp::Timestamp;
use std::collections::{BTreeSet, HashMap};

const MICROS_PER_SECOND: i128 = 1_000_000;
const MICROS_PER_MINUTE: i64 = 60_000_000;
/// Entries held, 32 MiB. Our lines join into entries of [`ENTRY_BYTES_MAX`], so that the 4 GiB of a WAV
/// take some 6,000; lines that join nothing reach it after 72 h of one device at 8 kHz.
const ENTRIES_MAX: usize = 1 << 20;
/// Bytes of one entry: what is read at once.
pub(super) const ENTRY_BYTES_MAX: u64 = 1 << 20;
/// Bytes of other devices' frames within an entry, read and thrown away rather than read around.
pub(super) const SKIPPED_BYTES_MAX: u64 = 64 * 1024;
/// Runs held, some 10 MB: far more than a device can begin in the longest period.
const RUNS_MAX: usize = 1 << 16;
/// Gap lines held, for the reasons of holes: as many as holes are listed.
const GAPS_MAX: usize = super::HOLES_MAX;
/// Devices named in an error: what still reads as one sentence.
const DEVICES_MAX: usize = 16;

/// Frames of one run without a seam, close together in one object; or one line without a place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    /// First sample, counted from the period's start.
    pub(super) place: i64,
    pub(super) offset: u64,
    pub(super) bytes: u32,
    pub(super) samples: u32,
    pub(super) object: u32,
    pub(super) run: u32,
}
const _: () = assert!(size_of::<Entry>() == 32);

/// What lines have in common that belong to one timeline.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Run {
    pub(super) device: Option<Device>,
    /// Start in microseconds of UTC; `None` for lines that have only their own time.
    pub(super) start_micros: Option<i64>,
    pub(super) rate_hz: u32,
}

/// A gap line in the period.
#[derive(Clone, Debug)]
pub(super) struct Gap {
    pub(super) place: i64,
    pub(super) samples: u64,
    pub(super) reason: Reason,
}

/// The index while it grows.
pub(super) struct Index<'o> {
    period: Period,
    options: &'o Options,
    pub(super) entries: Vec<Entry>,
    pub(super) runs: Vec<Run>,
    pub(super) gaps: Vec<Gap>,
    ids: HashMap<Run, u32>,
    /// The last entry of each run in the object being read.
    last: HashMap<u32, usize>,
    /// Devices with sound in the period, the wanted ones and the others.
    wanted: BTreeSet<String>,
    others: BTreeSet<String>,
}

impl<'o> Index<'o> {
    pub(super) fn new(period: Period, options: &'o Options) -> Self {
        Self {
            period,
            options,
            entries: Vec::new(),
            runs: Vec::new(),
            gaps: Vec::new(),
            ids: HashMap::new(),
            last: HashMap::new(),
            wanted: BTreeSet::new(),
            others: BTreeSet::new(),
        }
    }

    /// The next object begins.
    pub(super) fn next_object(&mut self) {
        self.last.clear();
    }

    /// Takes note of `chunk`, which lies at `span` of the object with the number `object`.
    pub(super) fn add(&mut self, object: u32, span: Span, chunk: &Chunk<'_>) -> Result<(), WavError> {
        let run = run_of(&chunk.header, self.options);
        let place = place(&run, &chunk.header, self.period, self.options);
        // Sound in a period that is shorter than a sample tells which rate that is.
        let samples_total = self.period.samples(run.rate_hz).max(1) as i64;
        let samples = match &chunk.body {
            Body::Samples(samples) => samples.len() as u64,
            Body::Gap { gap_samples, reason } => {
                let within = place < samples_total && place.saturating_add_unsigned(*gap_samples) > 0;
                if within && self.is_wanted(&run) && self.gaps.len() < GAPS_MAX {
                    self.gaps.push(Gap { place, samples: *gap_samples, reason: reason.clone() });
                }
                return Ok(());
            }
        };
        // A line that has only its own time may be joined to one that ends a little earlier.
        let reach = if run.start_micros.is_some() { 0 } else { CHUNK_SAMPLES_MAX as i64 / 2 };
        if samples == 0 || place >= samples_total + reach || place + (samples as i64) <= 0 {
            return Ok(());
        }
        let name = run.device.as_ref().map_or("", Device::as_str);
        let wanted = self.is_wanted(&run);
        let devices = if wanted { &mut self.wanted } else { &mut self.others };
        if devices.len() < DEVICES_MAX && !devices.contains(name) {
            devices.insert(name.to_owned());
        }
        // With a second device there will be no WAV, only the list of them.
        if !wanted || self.wanted.len() > 1 {
            return Ok(());
        }
        let joins = run.start_micros.is_some();
        let run = self.id(run)?;
        if joins && self.join(object, span, place, samples, run) {
            return Ok(());
        }
        if self.entries.len() == ENTRIES_MAX {
            return Err(WavError::Scattered { period: self.period, pieces: ENTRIES_MAX });
        }
        self.last.insert(run, self.entries.len());
        self.entries.push(Entry {
            place,
            offset: span.offset,
            // A frame has at most FRAME_BYTES_MAX bytes.
            bytes: span.bytes as u32,
            samples: samples as u32,
            object,
            run,
        });
        Ok(())
    }

    /// Adds the frame to its run's last entry, if it goes on there without a seam.
    fn join(&mut self, object: u32, span: Span, place: i64, samples: u64, run: u32) -> bool {
        let Some(last) = self.last.get(&run).and_then(|&at| self.entries.get_mut(at)) else { return false };
        let end = last.offset + u64::from(last.bytes);
        let bytes = span.offset.saturating_add(span.bytes).saturating_sub(last.offset);
        let near = span.offset.checked_sub(end).is_some_and(|skipped| skipped <= SKIPPED_BYTES_MAX)
            && bytes <= ENTRY_BYTES_MAX;
        if last.object != object || last.place + i64::from(last.samples) != place || !near {
            return false;
        }
        last.bytes = bytes as u32;
        last.samples += samples as u32;
        true
    }

    fn id(&mut self, run: Run) -> Result<u32, WavError> {
        if let Some(&id) = self.ids.get(&run) {
            return Ok(id);
        }
        if self.runs.len() == RUNS_MAX {
            return Err(WavError::Scattered { period: self.period, pieces: RUNS_MAX });
        }
        let id = self.runs.len() as u32;
        self.runs.push(run.clone());
        self.ids.insert(run, id);
        Ok(id)
    }

    fn is_wanted(&self, run: &Run) -> bool {
        let name = run.device.as_ref().map_or("", Device::as_str);
        self.options.device.as_ref().is_none_or(|wanted| wanted == name)
    }

    /// The one rate of the period; `None` if it has no sound.
    pub(super) fn rate_hz(&self) -> Result<Option<u32>, WavError> {
        if self.wanted.len() > 1 {
            return Err(WavError::Devices(list(&self.wanted)));
        }
        let rates: BTreeSet<u32> = self.runs.iter().map(|run| run.rate_hz).collect();
        let mut rates_hz = rates.iter().copied();
        match (rates_hz.next(), rates_hz.next()) {
            (Some(rate_hz), None) => Ok(Some(rate_hz)),
            (Some(_), Some(_)) => {
                let rates: Vec<String> = rates.iter().take(DEVICES_MAX).map(u32::to_string).collect();
                Err(WavError::Rates(rates.join(", ")))
            }
            (None, _) => match &self.options.device {
                Some(device) if !self.others.is_empty() => Err(WavError::Device {
                    device: device.clone(),
                    period: self.period,
                    others: list(&self.others),
                }),
                _ => Ok(None),
            },
        }
    }
}

fn list(devices: &BTreeSet<String>) -> String {
    let name = |device: &String| if device.is_empty() { "\"\" (no name)".into() } else { device.clone() };
    let names: Vec<String> = devices.iter().map(name).collect();
    let more = if names.len() == DEVICES_MAX { " and perhaps others" } else { "" };
    names.join(", ") + more
}

/// Which run a line belongs to.
pub(super) fn run_of(header: &Header, options: &Options) -> Run {
    let start = header.run.filter(|_| header.first_sample.is_some());
    Run {
        device: header.device.clone(),
        start_micros: start.map(|start| utc_micros(header, start, options)),
        rate_hz: header.rate.unwrap_or(options.rate_hz),
    }
}

/// Where a line of `run` begins, in samples from the period's start: by its count in the run, whose
/// start is rounded to a sample once, so that no seam comes in between; else by its own time.
pub(super) fn place(run: &Run, header: &Header, period: Period, options: &Options) -> i64 {
    let (origin, first) = match (run.start_micros, header.first_sample) {
        (Some(start), Some(first)) => (start, first),
        _ => (utc_micros(header, header.timestamp, options), 0),
    };
    let micros = i128::from(origin) - i128::from(period.start().micros());
    let scaled = micros * i128::from(run.rate_hz);
    let origin = (scaled + MICROS_PER_SECOND / 2).div_euclid(MICROS_PER_SECOND);
    // Far from any period, and sums with a chunk's length stay in range.
    const FAR: i128 = i64::MAX as i128 / 4;
    (origin + i128::from(first)).clamp(-FAR, FAR) as i64
}

/// `time` of the line with `header` as microseconds of UTC. Lines of ours say how far their clock is
/// from it, by silence if it is not; the reader must be told of others.
pub(super) fn utc_micros(header: &Header, time: Timestamp, options: &Options) -> i64 {
    let told = if header.run.is_some() { 0 } else { options.utc_offset_min };
    let offset_min = i64::from(header.utc_offset_min.unwrap_or(told));
    time.micros().saturating_sub(offset_min * MICROS_PER_MINUTE)
}
