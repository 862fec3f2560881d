//! Mono 16-bit samples into a WAV, by hound.

use super::WavError;
use crate::archive;
use hound::{SampleFormat, WavSpec, WavWriter};
use std::future;
use std::io::{self, Seek, Write};
use std::path::Path;
use std::task::Poll;

/// Silence written at a time, in samples.
const SILENCE_SAMPLES: usize = 8_192;
/// Silence written before others get their turn, in samples: some 10 ms of work.
const TURN_SAMPLES: u64 = 1 << 20;

pub(super) struct Wav<W: Write + Seek> {
    writer: WavWriter<W>,
    /// Samples written.
    pub(super) at: u64,
}

impl<W: Write + Seek> Wav<W> {
    pub(super) fn new(out: W, rate_hz: u32) -> Result<Self, WavError> {
        let sample_format = SampleFormat::Int;
        let spec = WavSpec { channels: 1, sample_rate: rate_hz, bits_per_sample: 16, sample_format };
        Ok(Self { writer: WavWriter::new(out, spec).map_err(failed)?, at: 0 })
    }

    /// `samples`: at most those of a chunk.
    pub(super) fn write(&mut self, samples: &[i16]) -> Result<(), WavError> {
        let mut block = self.writer.get_i16_writer(samples.len() as u32);
        for &sample in samples {
            block.write_sample(sample);
        }
        block.flush().map_err(failed)?;
        self.at += samples.len() as u64;
        Ok(())
    }

    /// Silence up to the sample `to`. Long silence gives way now and then, so that it can be dropped.
    pub(super) async fn silence_to(&mut self, to: u64) -> Result<(), WavError> {
        let mut turn = self.at;
        while self.at < to {
            if self.at - turn >= TURN_SAMPLES {
                turn = self.at;
                give_way().await;
            }
            let samples = (to - self.at).min(SILENCE_SAMPLES as u64) as usize;
            self.write(&[0; SILENCE_SAMPLES][..samples])?;
        }
        Ok(())
    }

    /// Completes the header; dropping the writer would hide an error of it.
    pub(super) fn finish(self) -> Result<(), WavError> {
        self.writer.finalize().map_err(failed)
    }
}

/// Lets whoever polls look after something else, whatever runtime that is.
pub(super) async fn give_way() {
    let mut given = false;
    future::poll_fn(|context| {
        if given {
            return Poll::Ready(());
        }
        given = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// The output has no name here; [`super::file`] puts the true one in its place.
fn failed(error: hound::Error) -> WavError {
    let source = match error {
        hound::Error::IoError(source) => source,
        other => io::Error::other(other),
    };
    WavError::Output(archive::Error::new(Path::new("output"), source))
}
