//! What happens to captured sound, without waiting: events in, chunks out to the sinks.

use std::sync::Arc;
use std::time::Duration;

use dsp_core::chunk::{Body, Chunk, Device, Header, Reason};
use dsp_core::decimate::Mode;
use dsp_core::format::CHUNK_SAMPLES_MAX;
use dsp_core::frame::timestamp::Timestamp;
use dsp_core::frame::{line, record};
use dsp_core::pipeline::{self, Pipeline, SettingsError};

use crate::anchor::{GapMeter, run_start_micros};
use crate::capture::{Spec, Wanted};
use crate::clock::Clock;
use crate::config::Settings;
use crate::sink::{Framed, Sink, SinkEnd};
use crate::values::{Decimate, Format};

/// Reason of a gap that the full queue made.
const HOST_BUSY: &str = "host busy";

type Chain = Pipeline<CHUNK_SAMPLES_MAX>;

/// Frames sound and hands it to the sinks.
pub struct Worker {
    form: Form,
    clock: Arc<dyn Clock>,
    start_micros: Option<i64>,
    wanted: Wanted,
    run: Option<Run>,
    outputs: Outputs,
}

struct Form {
    device: Device,
    utc_offset_min: i16,
    offset_micros: i64,
    format: Format,
    keys: line::Keys,
}

/// One uninterrupted count of samples.
struct Run {
    chain: Box<Chain>,
    channels: usize,
    meter: GapMeter,
    /// Microseconds UTC of sample 0; known with the first read.
    start_micros: Option<i64>,
    /// Interleaved samples read or lost so far.
    samples_in: u64,
    /// Why sound is missing before the next read.
    lost: Option<&'static str>,
    /// Interleaved samples of that which the queue dropped.
    lost_dropped: u64,
}

struct Outputs {
    sinks: Vec<Box<dyn Sink>>,
    bytes: Vec<u8>,
    failure: Option<String>,
    chunks: u64,
}

impl Worker {
    /// Hands everything to `sinks`.
    #[must_use]
    pub fn new(settings: &Settings, clock: Arc<dyn Clock>, sinks: Vec<Box<dyn Sink>>) -> Self {
        let room = line::bytes_max(CHUNK_SAMPLES_MAX).max(record::bytes_max(CHUNK_SAMPLES_MAX));
        Self {
            form: Form {
                device: settings.device.clone(),
                utc_offset_min: settings.utc_offset.minutes(),
                offset_micros: settings.utc_offset.micros(),
                format: settings.format,
                keys: if settings.compat { line::Keys::Compat } else { line::Keys::All },
            },
            clock,
            start_micros: settings.start_micros,
            wanted: wanted(settings),
            run: None,
            outputs: Outputs { sinks, bytes: vec![0; room], failure: None, chunks: 0 },
        }
    }

    /// Sound of this shape follows: ends the run there was and begins another.
    ///
    /// # Errors
    /// The shape cannot be brought to the output rate: one sentence.
    pub fn open(&mut self, spec: &Spec) -> Result<(), String> {
        self.end_run();
        let settings = pipeline::Settings {
            rate_in_hz: spec.rate_hz,
            rate_out_hz: self.wanted.output_rate_hz,
            channels: spec.channels,
            channel: self.wanted.channel,
            mode: self.wanted.mode,
        };
        let chain = Chain::new(settings).map_err(|error| explain(error, &settings, &spec.name))?;
        self.run = Some(Run {
            chain: Box::new(chain),
            channels: usize::from(spec.channels),
            meter: GapMeter::new(spec.rate_hz),
            // What --start-time names is the first sample of all; a later run is placed by the clock.
            start_micros: self.start_micros.take(),
            samples_in: 0,
            lost: None,
            lost_dropped: 0,
        });
        Ok(())
    }

    /// Sound was lost before the next read.
    pub fn lose(&mut self, reason: &'static str) {
        if let Some(run) = &mut self.run {
            // The first reason is the one that the others follow from.
            run.lost.get_or_insert(reason);
        }
    }

    /// So many interleaved samples were dropped; the last of them came to its end at `at`.
    pub fn drop_samples(&mut self, count: u64, at: Duration) {
        let Some(run) = &mut self.run else { return };
        let frames = count / run.channels as u64;
        run.anchor(frames, at, self.clock.as_ref());
        if run.lost.is_some() {
            // Sound of unknown length is missing within or before these: the clock tells all in one.
            run.lost_dropped += count;
            return;
        }
        run.gap(count, HOST_BUSY, &self.form, &mut self.outputs);
        run.meter.read(frames, at);
    }

    /// A read of `count` interleaved samples came to its end at `at`; the samples follow by
    /// [`Worker::samples`].
    pub fn read(&mut self, count: usize, at: Duration) {
        let Some(run) = &mut self.run else { return };
        let frames = (count / run.channels) as u64;
        run.anchor(frames, at, self.clock.as_ref());
        if let Some(reason) = run.lost.take() {
            // Even if the clock cannot tell it from nothing: the source says that it lost something.
            let missing = run.meter.missing(frames, at).max(1) * run.channels as u64;
            let missing = missing.max(std::mem::take(&mut run.lost_dropped));
            run.gap(missing, reason, &self.form, &mut self.outputs);
        }
        run.meter.read(frames, at);
    }

    /// Interleaved samples.
    pub fn samples(&mut self, mut samples: &[i16]) {
        let Some(run) = &mut self.run else { return };
        run.samples_in += samples.len() as u64;
        let place = run.place(&self.form);
        while !samples.is_empty() {
            let (block, rest) = run.chain.push(samples);
            samples = rest;
            if let Some(block) = block {
                let body = Body::Samples(block.samples);
                self.outputs.put(&place.chunk(block.seq, block.first_sample, body), &self.form);
            }
        }
    }

    /// Nothing else is waiting.
    pub fn idle(&mut self) {
        self.outputs.each(|sink| sink.idle());
    }

    /// Whether any sink still takes chunks.
    #[must_use]
    pub fn has_sinks(&self) -> bool {
        !self.outputs.sinks.is_empty()
    }

    /// Everything has come: the short last chunk goes out, and the sinks end.
    ///
    /// # Errors
    /// The first sentence of a sink that failed.
    pub fn finish(mut self) -> Result<u64, String> {
        self.end_run();
        self.outputs.finish();
        match self.outputs.failure {
            Some(sentence) => Err(sentence),
            None => Ok(self.outputs.chunks),
        }
    }

    fn end_run(&mut self) {
        if let Some(mut run) = self.run.take() {
            if let (Some(reason), 1..) = (run.lost, run.lost_dropped) {
                // No read follows from which the clock could tell more.
                run.gap(run.lost_dropped, reason, &self.form, &mut self.outputs);
            }
            run.flush(&self.form, &mut self.outputs);
        }
    }
}

/// Everything of a header that stays the same for a run.
struct Place {
    header: Header,
    run: Timestamp,
    rate_hz: u32,
}

impl Place {
    fn chunk<'a>(&self, seq: u64, first_sample: u64, body: Body<'a>) -> Chunk<'a> {
        let timestamp = self.run.after_samples(first_sample, self.rate_hz);
        let header =
            Header { timestamp, seq: Some(seq), first_sample: Some(first_sample), ..self.header.clone() };
        Chunk { header, body }
    }
}

impl Run {
    /// Frames that ended at `at`, read or dropped, are the first of the run: it begins with them.
    fn anchor(&mut self, frames: u64, at: Duration, clock: &dyn Clock) {
        if self.start_micros.is_none() {
            // They are `late` old by now: the clocks differ only by what passed since.
            let late = clock.boot().saturating_sub(at);
            let read_at = clock.utc_micros() - i64::try_from(late.as_micros()).unwrap_or(0);
            self.start_micros = Some(run_start_micros(read_at, frames, self.chain.settings().rate_in_hz));
        }
    }

    fn place(&self, form: &Form) -> Place {
        let run = Timestamp::from_micros(self.start_micros.unwrap_or(0) + form.offset_micros);
        let rate_hz = self.chain.settings().rate_out_hz;
        let header = Header {
            timestamp: run,
            utc_offset_min: Some(form.utc_offset_min),
            device: Some(form.device.clone()),
            run: Some(run),
            seq: None,
            first_sample: None,
            rate: Some(rate_hz),
        };
        Place { header, run, rate_hz }
    }

    fn flush(&mut self, form: &Form, outputs: &mut Outputs) {
        let place = self.place(form);
        while let Some(block) = self.chain.flush() {
            outputs.put(&place.chunk(block.seq, block.first_sample, Body::Samples(block.samples)), form);
        }
    }

    /// A stretch of `count` interleaved input samples is missing here.
    fn gap(&mut self, count: u64, reason: &str, form: &Form, outputs: &mut Outputs) {
        self.flush(form, outputs);
        self.samples_in += count;
        let settings = *self.chain.settings();
        let ratio = u64::from(settings.rate_in_hz / settings.rate_out_hz);
        // From all frames so far, so that the rounding of many gaps does not add up.
        let position = (self.samples_in / self.channels as u64).div_ceil(ratio);
        let gap_samples = position.saturating_sub(self.chain.position());
        // Less than one output sample: the flush has rounded it up already.
        if gap_samples == 0 {
            return;
        }
        let gap = self.chain.skip(gap_samples);
        let Ok(reason) = Reason::new(reason) else { return };
        let body = Body::Gap { gap_samples: gap.gap_samples, reason };
        outputs.put(&self.place(form).chunk(gap.seq, gap.first_sample, body), form);
    }
}

impl Outputs {
    fn put(&mut self, chunk: &Chunk<'_>, form: &Form) {
        let is_gap = matches!(chunk.body, Body::Gap { .. });
        let encoded = match form.format {
            // The prototype has no form for a gap and would fail on a line without samples.
            Format::Line if is_gap && form.keys == line::Keys::Compat => Ok(0),
            Format::Line => line::encode(chunk, form.keys, &mut self.bytes),
            Format::Record => record::encode(chunk, &mut self.bytes),
        };
        let Ok(length) = encoded else {
            // The buffer is as long as the longest chunk of the pipeline needs.
            self.failure.get_or_insert_with(|| format!("a chunk could not be written: {encoded:?}"));
            return;
        };
        self.chunks += 1;
        let bytes = std::mem::take(&mut self.bytes);
        self.each(|sink| sink.put(Framed { chunk, bytes: &bytes[..length] }));
        self.bytes = bytes;
    }

    fn each(&mut self, mut call: impl FnMut(&mut dyn Sink) -> Result<(), SinkEnd>) {
        let mut failed = Vec::new();
        self.sinks.retain_mut(|sink| match call(sink.as_mut()) {
            Ok(()) => true,
            Err(SinkEnd::Closed) => false,
            Err(SinkEnd::Failed(sentence)) => {
                failed.push(sentence);
                false
            }
        });
        for sentence in failed {
            // Without any sink the run ends with this sentence.
            if !self.sinks.is_empty() {
                tracing::error!("{sentence}; the run goes on without it");
            }
            self.failed(sentence);
        }
    }

    fn finish(&mut self) {
        for mut sink in std::mem::take(&mut self.sinks) {
            if let Err(SinkEnd::Failed(sentence)) = sink.finish() {
                self.failed(sentence);
            }
        }
    }

    fn failed(&mut self, sentence: String) {
        match &mut self.failure {
            None => self.failure = Some(sentence),
            Some(all) => *all = format!("{all}; {sentence}"),
        }
    }
}

/// What the source must be able to give.
#[must_use]
pub fn wanted(settings: &Settings) -> Wanted {
    Wanted {
        rate_hz: settings.rate_hz,
        channels: settings.channels,
        channel: settings.channel,
        output_rate_hz: settings.output_rate_hz,
        mode: match settings.decimate {
            Decimate::Fir => Mode::Fir,
            Decimate::Drop => Mode::Drop,
        },
    }
}

fn explain(error: SettingsError, settings: &pipeline::Settings, name: &str) -> String {
    let pipeline::Settings { rate_in_hz, rate_out_hz, channels, channel, .. } = settings;
    match error {
        SettingsError::RateIn => {
            format!("{name}: a rate of {rate_in_hz} Hz is out of range; take one up to 192000")
        }
        SettingsError::Ratio => format!(
            "{name}: {rate_in_hz} Hz is no whole multiple of the output rate of {rate_out_hz} Hz; \
             resample it (sox in.wav -r 32000 out.wav) or choose another --output-rate"
        ),
        SettingsError::FirRatio => {
            format!(
                "{name}: no filter goes from {rate_in_hz} to {rate_out_hz} Hz; take --decimate drop or another rate"
            )
        }
        SettingsError::Channels => format!("{name}: {channels} channels; 1 to 32 can be read"),
        SettingsError::Channel => format!(
            "{name}: there is no channel {channel}; it has {channels}, counted from 0: choose another --channel"
        ),
        SettingsError::Capacity => format!("--output-rate {rate_out_hz}: take a lower one"),
    }
}

#[cfg(test)]
#[path = "worker_tests.rs"]
mod tests;
