//! A sink on a thread of its own, so that whoever reads it slowly holds up nobody else.
//!
//! Frames wait in a bounded queue. When it is full, a source that can wait does, and a live one goes
//! on: the frames are lost for this sink only, and become a gap in it as soon as there is room.

use std::collections::VecDeque;
use std::io::Write;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::losses::Losses;
use super::stdout::end;
use super::{Framed, Sink, SinkEnd};
use crate::error::{Failure, plain};
use crate::intake::Stop;

/// Frames that wait: 60 s of the usual rate, some 1.3 MB.
pub const FRAMES_MAX: usize = 240;
/// Room, in frames, before a reader that was too slow gets a gap and what follows: without it, one that
/// is always a little too slow would get a gap before every frame.
const ROOM_AGAIN: usize = FRAMES_MAX / 4;
/// How often a source that waits looks whether it shall stop.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Reason of the gap.
const READER_BUSY: &str = "reader busy";

/// The end of the queue that takes frames.
#[derive(Debug)]
pub struct Queued {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    losses: Losses,
    waits: bool,
    stop: Stop,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    frames: VecDeque<Vec<u8>>,
    finished: bool,
    end: Option<SinkEnd>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing is done under the lock that could leave it half-done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queued {
    /// Starts the thread that writes to `out`. `waits`: whether a full queue makes [`Sink::put`] wait
    /// (until `stop`), or loses frames.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(
        out: impl Write + Send + 'static,
        losses: Losses,
        waits: bool,
        stop: &Stop,
    ) -> Result<Self, Failure> {
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        let thread = thread::Builder::new().name("stdout".into()).spawn(move || write_all(out, &theirs));
        let thread = thread
            .map_err(|error| Failure::failed(format!("no thread for standard output: {}", plain(&error))))?;
        Ok(Self { shared, thread: Some(thread), losses, waits, stop: Stop::clone(stop) })
    }

    fn has_room(&self, state: &State) -> bool {
        let needed = if self.losses.is_empty() { 1 } else { ROOM_AGAIN };
        FRAMES_MAX.saturating_sub(state.frames.len()) >= needed
    }

    fn push(losses: &mut Losses, state: &mut State, frame: &[u8]) {
        let gap = |gap: &[u8]| -> Result<(), SinkEnd> {
            state.frames.push_back(gap.to_vec());
            Ok(())
        };
        // Memory takes every gap.
        let _ = losses.write(READER_BUSY, gap);
        if !frame.is_empty() {
            state.frames.push_back(frame.to_vec());
        }
    }
}

impl Sink for Queued {
    fn put(&mut self, framed: Framed<'_>) -> Result<(), SinkEnd> {
        let mut state = self.shared.lock();
        // Once it shall stop, what is left of the sound is a few seconds: it finds its place.
        while self.waits
            && state.end.is_none()
            && !self.has_room(&state)
            && !self.stop.load(Ordering::Relaxed)
        {
            let waited = self.shared.changed.wait_timeout(state, LOOK_EVERY);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        if let Some(end) = &state.end {
            return Err(end.clone());
        }
        if !self.waits && !self.has_room(&state) {
            if self.losses.is_empty() {
                tracing::warn!("whoever reads standard output is too slow; what is lost there becomes a gap");
            }
            self.losses.add(framed.chunk);
            return Ok(());
        }
        Self::push(&mut self.losses, &mut state, framed.bytes);
        self.shared.changed.notify_all();
        Ok(())
    }

    fn idle(&mut self) -> Result<(), SinkEnd> {
        match &self.shared.lock().end {
            Some(end) => Err(end.clone()),
            None => Ok(()),
        }
    }

    fn finish(&mut self) -> Result<(), SinkEnd> {
        {
            let mut state = self.shared.lock();
            Self::push(&mut self.losses, &mut state, &[]);
            state.finished = true;
            self.shared.changed.notify_all();
        }
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            return Err(SinkEnd::Failed("the thread of standard output has died; see above".into()));
        }
        self.idle()
    }
}

/// Writes until there is nothing more, and makes all visible whenever nothing waits.
fn write_all(mut out: impl Write, shared: &Shared) {
    loop {
        let mut state = shared.lock();
        while state.frames.is_empty() && !state.finished {
            state = shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let Some(frame) = state.frames.pop_front() else { return };
        let is_last = state.frames.is_empty();
        drop(state);
        shared.changed.notify_all();
        let written = out.write_all(&frame).and_then(|()| if is_last { out.flush() } else { Ok(()) });
        if let Err(error) = written {
            let mut state = shared.lock();
            state.end = Some(end(&error));
            state.frames.clear();
            shared.changed.notify_all();
            return;
        }
    }
}

#[cfg(test)]
#[path = "queued_tests.rs"]
mod tests;
