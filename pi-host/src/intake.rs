//! The bounded way from the capture thread to the worker.
//!
//! Samples go through one ring, what happened to them through another; neither allocates after the
//! start and neither locks, so capture never waits for whatever the worker waits for.
//!
//! When the ring of samples is full (60 s), what a live source gives is dropped and counted, and
//! goes on as a lost stretch once a second of room is there. A file's reader waits instead: nothing
//! is lost by reading a file later.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::{self, Thread};
use std::time::Duration;

use rtrb::{Consumer, Producer, RingBuffer};

use crate::capture::{CaptureError, Spec};

/// How long the worker may stand still before sound is lost: longer than an SD card's worst pauses.
const HELD_S: usize = 60;
/// No more than this however many channels there are: 32 channels at 192 kHz would take 737 MB.
const HELD_SAMPLES_MAX: usize = 32 << 20;
/// Reads held. Sources read 10 ms or more at once, so 60 s are fewer than this.
const EVENTS_MAX: usize = 8_192;
/// An upper bound for a wait that is normally ended by the other side.
const WAIT: Duration = Duration::from_millis(100);

/// What happened at the source, in order.
#[derive(Debug)]
pub enum Event {
    /// Sound of this shape follows; a run begins.
    Opened(Spec),
    /// So many interleaved samples are next in the ring; their read ended at this time since boot.
    Samples(usize, Duration),
    /// Sound was lost before the next samples, for this reason; the clock tells how much.
    Lost(&'static str),
    /// So many interleaved samples were dropped here because the ring was full; the last of them ended
    /// at this time since boot.
    Dropped(u64, Duration),
    /// Nothing comes any more, and that is an error.
    Failed(CaptureError),
}

/// Asked of everything that loops: whether to stop.
pub type Stop = Arc<AtomicBool>;

/// The capture thread's end.
pub struct Inlet {
    samples: Producer<i16>,
    events: Producer<Event>,
    worker: Thread,
    waits: bool,
    stop: Stop,
    dropped: u64,
    dropped_at: Duration,
    room_again: usize,
    feeder: Arc<OnceLock<Thread>>,
}

/// The worker's end.
pub struct Outlet {
    samples: Consumer<i16>,
    events: Consumer<Event>,
    feeder: Arc<OnceLock<Thread>>,
}

/// Makes the way for sound of `spec`. `waits`: whether a full ring makes the source wait, or drops.
/// Call on the worker's thread.
#[must_use]
pub fn intake(spec: &Spec, waits: bool, stop: &Stop) -> (Inlet, Outlet) {
    let second = spec.rate_hz as usize * usize::from(spec.channels);
    // A file's reader waits anyway, so that 2 s are as good as 60.
    let held = second.saturating_mul(if waits { 2 } else { HELD_S }).clamp(1, HELD_SAMPLES_MAX);
    with_capacity(held, second.min(held / 2), waits, stop)
}

fn with_capacity(held: usize, room_again: usize, waits: bool, stop: &Stop) -> (Inlet, Outlet) {
    let (samples_in, samples_out) = RingBuffer::new(held);
    let (events_in, events_out) = RingBuffer::new(EVENTS_MAX);
    let feeder = Arc::new(OnceLock::new());
    let inlet = Inlet {
        samples: samples_in,
        events: events_in,
        worker: thread::current(),
        waits,
        stop: Arc::clone(stop),
        dropped: 0,
        dropped_at: Duration::ZERO,
        room_again,
        feeder: Arc::clone(&feeder),
    };
    (inlet, Outlet { samples: samples_out, events: events_out, feeder })
}

impl Inlet {
    /// Whether the run shall stop, or the worker is gone.
    #[must_use]
    pub fn must_stop(&self) -> bool {
        self.stop.load(Ordering::Relaxed) || self.events.is_abandoned()
    }

    /// Hands over what a read that ended at `at` gave.
    pub fn samples(&mut self, mut samples: &[i16], at: Duration) {
        if !self.waits {
            // One event is kept for the drop itself.
            let room = self.samples.slots() >= samples.len() && self.events.slots() >= 2;
            if !room || !self.report_dropped() {
                self.dropped += samples.len() as u64;
                self.dropped_at = at;
                return;
            }
        }
        while !samples.is_empty() {
            let room = self.samples.slots().min(samples.len());
            if room == 0 || self.events.slots() == 0 {
                if self.must_stop() {
                    return;
                }
                self.wait();
                continue;
            }
            let (now, later) = samples.split_at(room);
            let (_, _unwritten) = self.samples.push_partial_slice(now);
            self.push(Event::Samples(room, at));
            samples = later;
        }
    }

    /// Hands over something else. Waits for room: such things are rare, and none may be lost.
    pub fn event(&mut self, event: Event) {
        // A drop belongs to the run that it fell into.
        if matches!(event, Event::Opened(_)) {
            self.tell_dropped();
        }
        self.push(event);
    }

    fn push(&mut self, mut event: Event) {
        loop {
            match self.events.push(event) {
                Ok(()) => return self.worker.unpark(),
                Err(rtrb::PushError::Full(back)) => event = back,
            }
            if self.events.is_abandoned() {
                return;
            }
            self.wait();
        }
    }

    /// Whether the way is free of an unreported drop.
    fn report_dropped(&mut self) -> bool {
        if self.dropped > 0 {
            // Without this room a host that is just too slow would give a gap with every read.
            if self.samples.slots() < self.room_again {
                return false;
            }
            self.tell_dropped();
        }
        true
    }

    fn tell_dropped(&mut self) {
        let dropped = std::mem::take(&mut self.dropped);
        if dropped > 0 {
            self.push(Event::Dropped(dropped, self.dropped_at));
        }
    }

    fn wait(&self) {
        let _ = self.feeder.set(thread::current());
        self.worker.unpark();
        thread::park_timeout(WAIT);
    }
}

impl Drop for Inlet {
    fn drop(&mut self) {
        self.tell_dropped();
        self.worker.unpark();
    }
}

impl Outlet {
    /// The next event, or `None` if nothing has happened for a tenth of a second.
    pub fn wait(&mut self) -> Option<Event> {
        self.try_next().or_else(|| {
            thread::park_timeout(WAIT);
            self.try_next()
        })
    }

    /// The next event if it is there.
    pub fn try_next(&mut self) -> Option<Event> {
        self.events.pop().ok()
    }

    /// Whether nothing can come any more.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.events.is_abandoned() && self.events.is_empty()
    }

    /// Gives the `count` samples of [`Event::Samples`] to `take`, in one or two pieces.
    pub fn take(&mut self, count: usize, mut take: impl FnMut(&[i16])) {
        // The samples were in the ring before their event was.
        if let Ok(chunk) = self.samples.read_chunk(count) {
            let (first, second) = chunk.as_slices();
            take(first);
            if !second.is_empty() {
                take(second);
            }
            chunk.commit_all();
        }
        if let Some(feeder) = self.feeder.get() {
            feeder.unpark();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Duration = Duration::from_secs(1);

    fn drain(outlet: &mut Outlet) -> (Vec<i16>, Vec<u64>) {
        let (mut samples, mut dropped) = (Vec::new(), Vec::new());
        while let Some(event) = outlet.try_next() {
            match event {
                Event::Samples(count, at) => {
                    assert_eq!(at, AT);
                    outlet.take(count, |piece| samples.extend_from_slice(piece));
                }
                Event::Dropped(count, at) => {
                    assert_eq!(at, AT);
                    dropped.push(count);
                }
                other => panic!("{other:?}"),
            }
        }
        (samples, dropped)
    }

    #[test]
    fn a_full_ring_drops_whole_reads_and_counts_them_once_there_is_room() {
        let stop = Stop::default();
        let (mut inlet, mut outlet) = with_capacity(8, 4, false, &stop);
        inlet.samples(&[1, 2, 3, 4, 5, 6], AT);
        inlet.samples(&[7, 8, 9], AT);
        inlet.samples(&[10, 11], AT);
        assert_eq!(drain(&mut outlet), (vec![1, 2, 3, 4, 5, 6], vec![]));
        inlet.samples(&[12, 13], AT);
        assert_eq!(drain(&mut outlet), (vec![12, 13], vec![5]));
    }

    #[test]
    fn a_drop_is_told_before_the_run_that_follows_it() {
        let stop = Stop::default();
        let (mut inlet, mut outlet) = with_capacity(2, 1, false, &stop);
        inlet.samples(&[1, 2], AT);
        inlet.samples(&[3], AT);
        inlet.event(Event::Opened(Spec { rate_hz: 8_000, channels: 1, name: String::new() }));
        let mut order = Vec::new();
        while let Some(event) = outlet.try_next() {
            order.push(match event {
                Event::Samples(..) => "samples",
                Event::Dropped(1, AT) => "dropped",
                Event::Opened(_) => "opened",
                _ => "other",
            });
        }
        assert_eq!(order, ["samples", "dropped", "opened"]);
    }

    #[test]
    fn a_drop_at_the_end_is_told_too() {
        let stop = Stop::default();
        let (mut inlet, mut outlet) = with_capacity(2, 1, false, &stop);
        inlet.samples(&[1, 2], AT);
        inlet.samples(&[3], AT);
        drop(inlet);
        assert_eq!(drain(&mut outlet), (vec![1, 2], vec![1]));
        assert!(outlet.is_over());
    }

    #[test]
    fn a_file_waits_and_loses_nothing() {
        let stop = Stop::default();
        let (mut inlet, mut outlet) = with_capacity(7, 3, true, &stop);
        let all: Vec<i16> = (0..1_000).collect();
        let given = all.clone();
        let feeder = thread::spawn(move || {
            for piece in given.chunks(13) {
                inlet.samples(piece, AT);
            }
        });
        let mut got = Vec::new();
        while !outlet.is_over() {
            if let Some(Event::Samples(count, _)) = outlet.wait() {
                outlet.take(count, |piece| got.extend_from_slice(piece));
            }
        }
        feeder.join().unwrap();
        assert_eq!(got, all);
    }

    #[test]
    fn a_waiting_file_stops_when_it_shall() {
        let stop = Stop::default();
        let (mut inlet, _outlet) = with_capacity(2, 1, true, &stop);
        stop.store(true, Ordering::Relaxed);
        inlet.samples(&[0; 100], AT);
        assert!(inlet.must_stop());
    }
}
