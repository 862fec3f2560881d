//! What a firmware does with dsp-core, and the proof that it needs neither a heap nor an
//! operating system: a static library is only built when every crate below it agrees to that.
//! `scripts/bare-metal` builds it for a Cortex-M4F.
#![no_std]

// On the developer's machine it is only checked and linted, and needs the machine's panic handler.
#[cfg(not(target_os = "none"))]
extern crate std;

use dsp_core::chunk::{Body, Chunk, Device, Header};
use dsp_core::decimate::Mode;
use dsp_core::format::CHUNK_SAMPLES;
use dsp_core::frame::line::{self, Keys};
use dsp_core::frame::record;
use dsp_core::frame::splitter::{Item, Splitter};
use dsp_core::frame::timestamp::Timestamp;
use dsp_core::level::Level;
use dsp_core::pipeline::{Pipeline, Settings, SettingsError};

/// Bytes of the longest line.
pub const LINE_BYTES: usize = line::bytes_max(CHUNK_SAMPLES);

/// All that the signal path keeps. It belongs in a `static`.
pub type Path = Pipeline<CHUNK_SAMPLES>;

// The path, a line's buffer and a splitter leave most of a small chip's 64 KiB for the rest.
const _: () = assert!(size_of::<Path>() < 12 * 1024);
const _: () = assert!(size_of::<Path>() + LINE_BYTES + size_of::<Splitter<LINE_BYTES>>() < 32 * 1024);

/// The prototype's settings: 32 kHz stereo in, the left channel at 8 kHz out.
///
/// # Errors
/// Never for these settings; they are checked when this is compiled.
pub const fn path() -> Result<Path, SettingsError> {
    Pipeline::new(Settings {
        rate_in_hz: 32_000,
        rate_out_hz: 8_000,
        channels: 2,
        channel: 0,
        mode: Mode::Fir,
    })
}
const _: () = assert!(path().is_ok());

/// Takes a period of interleaved samples from the converter and sends every line that it completes.
#[inline(never)]
pub fn period(
    path: &mut Path,
    mut samples: &[i16],
    run: Timestamp,
    device: &Device,
    line: &mut [u8; LINE_BYTES],
    send: &mut dyn FnMut(&[u8]),
) {
    while !samples.is_empty() {
        let rate = path.settings().rate_out_hz;
        let (block, rest) = path.push(samples);
        samples = rest;
        let Some(block) = block else { continue };
        let chunk = Chunk {
            header: Header {
                timestamp: run.after_samples(block.first_sample, rate),
                utc_offset_min: None,
                device: Some(device.clone()),
                run: Some(run),
                seq: Some(block.seq),
                first_sample: Some(block.first_sample),
                rate: Some(rate),
            },
            body: Body::Samples(block.samples),
        };
        // The buffer is as long as the longest line, so there is always one.
        if let Ok(bytes) = line::encode(&chunk, Keys::All, line) {
            send(&line[..bytes]);
        }
    }
}

/// Reads a stream of lines and records and tells each chunk's level.
#[inline(never)]
pub fn levels(
    splitter: &mut Splitter<LINE_BYTES>,
    mut bytes: &[u8],
    samples: &mut [i16; CHUNK_SAMPLES],
    tell: &mut dyn FnMut(Level),
) {
    while !bytes.is_empty() {
        let (item, rest) = splitter.push(bytes);
        bytes = rest;
        let chunk = match item {
            Some(Item::Line(line)) => line::decode(line, samples),
            Some(Item::Record(bytes)) => record::decode(bytes, samples),
            Some(Item::Damaged { .. } | Item::TooLong { .. }) | None => continue,
        };
        if let Ok(Chunk { body: Body::Samples(samples), .. }) = chunk {
            tell(Level::of(samples));
        }
    }
}

#[cfg(target_os = "none")]
#[panic_handler]
fn stop(_why: &core::panic::PanicInfo<'_>) -> ! {
    loop {
        core::hint::spin_loop();
    }
}
