//! First pass: the index and what becomes of it. Second pass: the sound.
//!
//! # Panics
//! The numbers of entries, runs and objects that are used as indices here come from the very lists that
//! they index, and a plan does not change: they cannot be out of range, whatever the archive holds.

use super::choose::choose;
use super::index::{ENTRY_BYTES_MAX, Entry, Index, Run, SKIPPED_BYTES_MAX, place, run_of};
use super::timeline::{Piece, lay};
use super::wave::{Wav, give_way};
use super::{BAD_MAX, Cause, Options, Period, Progress, Report, WavError};
use crate::archive::{Object, Store};
use crate::frames::{BadFrame, Frames};
use bytes::Bytes;
use dsp_core::chunk::{Body, Chunk};
use futures_util::{StreamExt, TryStreamExt, stream};
use std::io::{Seek, Write};
use std::ops::Range;

/// Bytes read at a time in the first pass: a folder gives them at full speed, a store in one request.
const READ_BYTES: u64 = 1 << 20;
/// Reads under way together: hides a store's delay, and reads a folder while the last piece is decoded.
const READ_AHEAD: usize = 4;
/// What the WAV's header counts: 32 bits of bytes, 36 of them in the header itself.
const SAMPLES_MAX: u64 = (u32::MAX as u64 - 36) / 2;
/// Header of a mono 16-bit WAV, in bytes.
const HEADER_BYTES: u64 = 44;

/// A period whose sound has been found: what its WAV will be, before it is written.
pub struct Plan<'a> {
    store: &'a Store,
    period: Period,
    options: &'a Options,
    objects: Vec<Object>,
    runs: Vec<Run>,
    entries: Vec<Entry>,
    pieces: Vec<Piece>,
    report: Report,
}

impl<'a> Plan<'a> {
    /// Reads the archive for where the sound of `period` lies.
    ///
    /// # Errors
    /// [`WavError`] if there is none, or no one WAV of it.
    pub async fn new(
        store: &'a Store,
        period: Period,
        options: &'a Options,
        mut progress: impl FnMut(Progress),
    ) -> Result<Self, WavError> {
        let chosen = choose(store, period, options, &mut progress).await?;
        let mut report = Report {
            foreign_objects: chosen.foreign,
            objects_read: chosen.objects.len() as u64,
            ..Report::default()
        };
        let index = read(store, &chosen.objects, period, options, &mut report, &mut progress).await?;
        let nothing = |report: &Report| {
            let cause = Cause::of(report, chosen.objects_total, options).into();
            Err(WavError::Nothing { period, cause })
        };
        let Some(rate_hz) = index.rate_hz()? else { return nothing(&report) };
        let samples = period.samples(rate_hz);
        let samples = match u32::try_from(samples) {
            Ok(0) => return Err(WavError::TooShort { period, rate_hz }),
            Ok(count) if samples <= SAMPLES_MAX => count,
            _ => {
                let seconds_max = SAMPLES_MAX / u64::from(rate_hz.max(1));
                return Err(WavError::TooLong { period, rate_hz, seconds_max });
            }
        };
        let Index { mut entries, runs, mut gaps, .. } = index;
        gaps.sort_unstable_by(|a, b| (a.place, a.reason.as_str()).cmp(&(b.place, b.reason.as_str())));
        let timeline = lay(&mut entries, &runs, &gaps, samples);
        if timeline.captured_samples == 0 {
            return nothing(&report);
        }
        report.rate_hz = rate_hz;
        report.samples = u64::from(samples);
        report.captured_samples = timeline.captured_samples;
        report.gap_samples = report.samples - report.captured_samples;
        report.holes = timeline.holes;
        report.holes_total = timeline.holes_total;
        report.duplicate_samples = timeline.duplicate_samples;
        let (objects, pieces) = (chosen.objects, timeline.pieces);
        Ok(Self { store, period, options, objects, runs, entries, pieces, report })
    }

    /// What the WAV holds, when the plan is done with.
    #[must_use]
    pub fn into_report(self) -> Report {
        self.report
    }

    /// How long the WAV will be, in bytes.
    #[must_use]
    pub fn wav_bytes(&self) -> u64 {
        HEADER_BYTES + 2 * self.report.samples
    }

    /// Writes the WAV to `out`, which is at its start.
    ///
    /// # Errors
    /// [`WavError`] if the sound cannot be read again or `out` cannot be written; what `out` holds
    /// then is no WAV.
    pub async fn write<W: Write + Seek>(
        &self,
        out: W,
        mut progress: impl FnMut(Progress),
    ) -> Result<(), WavError> {
        let mut wav = Wav::new(out, self.report.rate_hz)?;
        let mut frames = Frames::new(self.options.form)?;
        let batches = Batches { plan: self, at: 0 };
        let mut reads = stream::iter(batches)
            .map(|batch| async move {
                let object = &self.objects[batch.object];
                let bytes = self.store.read(object, std::slice::from_ref(&batch.bytes)).await?;
                Ok::<_, WavError>((batch, bytes.into_iter().next().unwrap_or_default()))
            })
            .buffered(READ_AHEAD);
        while let Some((batch, bytes)) = reads.try_next().await? {
            for piece in &self.pieces[batch.pieces.clone()] {
                self.write_piece(piece, &batch, &bytes, &mut frames, &mut wav).await?;
            }
            progress(Progress::Writing { samples: wav.at, samples_total: self.report.samples });
            give_way().await;
        }
        wav.silence_to(self.report.samples).await?;
        progress(Progress::Writing { samples: wav.at, samples_total: self.report.samples });
        wav.finish()
    }

    async fn write_piece<W: Write + Seek>(
        &self,
        piece: &Piece,
        batch: &Batch,
        bytes: &Bytes,
        frames: &mut Frames,
        wav: &mut Wav<W>,
    ) -> Result<(), WavError> {
        let entry = &self.entries[piece.entry as usize];
        let from = (entry.offset - batch.bytes.start) as usize;
        let mut bytes = bytes.get(from..).unwrap_or_default();
        bytes = bytes.get(..entry.bytes as usize).unwrap_or(bytes);
        wav.silence_to(piece.from.into()).await?;
        while let Some(frame) = frames.next(&mut bytes) {
            if let Ok(chunk) = frame {
                self.write_chunk(piece, entry, &chunk, wav)?;
            }
        }
        while let Some(frame) = frames.finish() {
            if let Ok(chunk) = frame {
                self.write_chunk(piece, entry, &chunk, wav)?;
            }
        }
        if wav.at == u64::from(piece.to) {
            Ok(())
        } else {
            Err(WavError::Changed(self.objects[entry.object as usize].path.clone()))
        }
    }

    /// Writes what `chunk` has of `piece`, if it is of that run.
    fn write_chunk<W: Write + Seek>(
        &self,
        piece: &Piece,
        entry: &Entry,
        chunk: &Chunk<'_>,
        wav: &mut Wav<W>,
    ) -> Result<(), WavError> {
        let Body::Samples(samples) = chunk.body else { return Ok(()) };
        let run = run_of(&chunk.header, self.options);
        if run != self.runs[entry.run as usize] {
            return Ok(());
        }
        // A line without a count was given its place by the join.
        let place = match run.start_micros {
            Some(_) => place(&run, &chunk.header, self.period, self.options),
            None => entry.place,
        };
        let index = |at: u32| (i64::from(at) - place).clamp(0, samples.len() as i64) as usize;
        wav.write(&samples[index(piece.from)..index(piece.to)])
    }
}

/// First pass over `objects`, which are in order.
async fn read<'o>(
    store: &Store,
    objects: &[Object],
    period: Period,
    options: &'o Options,
    report: &mut Report,
    progress: &mut impl FnMut(Progress),
) -> Result<Index<'o>, WavError> {
    let mut index = Index::new(period, options);
    let mut frames = Frames::new(options.form)?;
    let (mut read, bytes_total) = (0, objects.iter().map(|object| object.bytes).sum());
    let mut pieces = stream::iter(Reads { objects, object: 0, start: 0 })
        .map(|(number, range)| async move {
            let object = &objects[number];
            let last = range.end == object.bytes;
            let bytes = store.read(object, std::slice::from_ref(&range)).await?;
            Ok::<_, WavError>((number, last, bytes.into_iter().next().unwrap_or_default()))
        })
        .buffered(READ_AHEAD);
    while let Some((number, last, piece)) = pieces.try_next().await? {
        let object = &objects[number];
        let mut bytes: &[u8] = &piece;
        while let Some((span, frame)) = frames.next_at(&mut bytes) {
            match frame {
                Ok(chunk) => index.add(number as u32, span, &chunk)?,
                Err(bad) => report.note(object, bad),
            }
        }
        while last && let Some((span, frame)) = frames.finish_at() {
            match frame {
                // The frame at the end of an unfinished object is still being written.
                _ if object.is_open() => {}
                Ok(chunk) => index.add(number as u32, span, &chunk)?,
                Err(bad) => report.note(object, bad),
            }
        }
        if last {
            index.next_object();
        }
        read += piece.len() as u64;
        progress(Progress::Reading { bytes: read, bytes_total });
    }
    Ok(index)
}

impl Report {
    fn note(&mut self, object: &Object, bad: BadFrame) {
        self.bad_lines += 1;
        if self.bad.len() < BAD_MAX {
            self.bad.push((object.path.clone(), bad));
        }
    }
}

/// The objects one after the other, [`READ_BYTES`] at a time: which one, and what of it. With closures
/// in its place the export could not move between threads.
struct Reads<'o> {
    objects: &'o [Object],
    object: usize,
    start: u64,
}

impl Iterator for Reads<'_> {
    type Item = (usize, Range<u64>);

    fn next(&mut self) -> Option<Self::Item> {
        while self.objects.get(self.object)?.bytes <= self.start {
            (self.object, self.start) = (self.object + 1, 0);
        }
        let end = (self.start + READ_BYTES).min(self.objects.get(self.object)?.bytes);
        let range = self.start..end;
        self.start = end;
        Some((self.object, range))
    }
}

/// Pieces that follow each other in one object, read together.
struct Batch {
    object: usize,
    bytes: Range<u64>,
    pieces: Range<usize>,
}

/// Cuts a plan's pieces into batches.
struct Batches<'p> {
    plan: &'p Plan<'p>,
    at: usize,
}

impl Iterator for Batches<'_> {
    type Item = Batch;

    fn next(&mut self) -> Option<Batch> {
        let Plan { pieces, entries, .. } = self.plan;
        let place = |piece: &Piece| {
            let entry = &entries[piece.entry as usize];
            (entry.object as usize, entry.offset..entry.offset + u64::from(entry.bytes))
        };
        let first = self.at;
        let (object, mut bytes) = place(pieces.get(first)?);
        self.at += 1;
        while let Some((next_object, next)) = pieces.get(self.at).map(place) {
            let near = next.start >= bytes.start && next.start <= bytes.end + SKIPPED_BYTES_MAX;
            if next_object != object || !near || next.end - bytes.start > ENTRY_BYTES_MAX {
                break;
            }
            bytes.end = bytes.end.max(next.end);
            self.at += 1;
        }
        Some(Batch { object, bytes, pieces: first..self.at })
    }
}
