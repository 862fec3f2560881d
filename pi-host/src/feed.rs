//! The capture thread: from the source into the queue, and nothing else.

use std::sync::Arc;

use crate::capture::{Read, Source};
use crate::clock::Clock;
use crate::intake::{Event, Inlet};

/// Interleaved samples taken by one read: at least 40 ms of the widest input (32 channels, 192 kHz),
/// half a second of the usual one.
const READ_SAMPLES: usize = 1 << 15;
/// A small read keeps the latency low, and never cuts a sound card's period.
const READ_MS: usize = 100;

/// Moves sound from `source` until it ends or shall stop.
pub fn feed(source: &mut dyn Source, mut inlet: Inlet, clock: &Arc<dyn Clock>) {
    let mut buffer = vec![0; READ_SAMPLES];
    while !inlet.must_stop() {
        let length = read_length(source.spec().rate_hz, source.spec().channels);
        match source.read(&mut buffer[..length]) {
            Ok(Read::Samples(count)) => inlet.samples(&buffer[..count], clock.boot()),
            Ok(Read::Lost(reason)) => inlet.event(Event::Lost(reason)),
            Ok(Read::Idle) => {}
            Ok(Read::End) => break,
            Err(error) if error.retryable => {
                tracing::warn!("{error}");
                inlet.event(Event::Opened(source.spec().clone()));
            }
            Err(error) => {
                inlet.event(Event::Failed(error));
                break;
            }
        }
    }
}

/// Whole frames, at least one.
fn read_length(rate_hz: u32, channels: u16) -> usize {
    let channels = usize::from(channels.max(1));
    let frames = (rate_hz as usize * READ_MS / 1000).clamp(1, READ_SAMPLES / channels);
    frames * channels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_is_whole_frames_within_the_buffer() {
        for (rate_hz, channels) in [(1, 1), (8_000, 1), (32_000, 2), (192_000, 32), (44_100, 7)] {
            let length = read_length(rate_hz, channels);
            assert!((1..=READ_SAMPLES).contains(&length));
            assert!(length.is_multiple_of(usize::from(channels)));
        }
        assert_eq!(read_length(32_000, 2), 6_400);
    }
}
