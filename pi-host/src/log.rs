//! Standard error, for which nobody waits.
//!
//! The log goes through a bounded queue to a thread of its own. Whoever reads it may stop doing so (a
//! terminal that was halted, a full pipe): messages are lost then and counted, but no sound is.

use std::io::{self, Write};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

/// Messages that wait: more than any fault makes at once.
const MESSAGES_MAX: usize = 256;
/// How long the end waits for the last messages.
const FLUSH_MAX: Duration = Duration::from_secs(1);
const LOOK_EVERY: Duration = Duration::from_millis(1);

static QUEUE: OnceLock<SyncSender<Vec<u8>>> = OnceLock::new();
static WAITING: AtomicUsize = AtomicUsize::new(0);
static LOST: AtomicU64 = AtomicU64::new(0);

/// Starts the thread. Without it, messages are written by whoever has them.
pub fn start() {
    let (sender, receiver) = sync_channel(MESSAGES_MAX);
    let thread = thread::Builder::new().name("log".into()).spawn(move || write_all(&receiver));
    if thread.is_ok() {
        // A second start can only come from a test; the first one serves it as well.
        let _ = QUEUE.set(sender);
    }
}

fn write_all(messages: &Receiver<Vec<u8>>) {
    for message in messages {
        let lost = LOST.swap(0, Ordering::Relaxed);
        // With standard error closed there is nothing left to tell it to.
        if lost > 0 {
            let _ = writeln!(io::stderr(), "{lost} messages are missing here: nobody read them");
        }
        let _ = io::stderr().write_all(&message);
        WAITING.fetch_sub(1, Ordering::Release);
    }
}

/// Writes one line, in order with the log.
pub fn say(line: &str) {
    // One that is lost is counted.
    let _ = Stderr.write_all(format!("{line}\n").as_bytes());
}

/// Waits until everything is written, a second at most.
pub fn flush() {
    let began = Instant::now();
    while WAITING.load(Ordering::Acquire) > 0 && began.elapsed() < FLUSH_MAX {
        thread::sleep(LOOK_EVERY);
    }
}

/// Takes one message with each write.
#[derive(Clone, Copy, Debug)]
pub struct Stderr;

impl Write for Stderr {
    fn write(&mut self, message: &[u8]) -> io::Result<usize> {
        let Some(queue) = QUEUE.get() else { return io::stderr().write(message) };
        WAITING.fetch_add(1, Ordering::Relaxed);
        if queue.try_send(message.to_vec()).is_err() {
            WAITING.fetch_sub(1, Ordering::Relaxed);
            LOST.fetch_add(1, Ordering::Relaxed);
        }
        Ok(message.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
