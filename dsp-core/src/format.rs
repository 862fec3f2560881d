//! Every number that more than one room shares, with where it comes from.

/// Input rate asked for when nothing else is said, in Hz. The Python prototype captured at it.
pub const RATE_IN_HZ_DEFAULT: u32 = 32_000;
/// Output rate when nothing else is said, in Hz. The Python prototype stored at it.
pub const RATE_OUT_HZ_DEFAULT: u32 = 8_000;
/// Highest input rate accepted, in Hz: the fastest that common USB audio devices offer.
pub const RATE_HZ_MAX: u32 = 192_000;
/// Channels asked for when nothing else is said.
pub const CHANNELS_DEFAULT: u16 = 2;
/// Most interleaved channels accepted: the widest common USB audio interfaces.
pub const CHANNELS_MAX: u16 = 32;
/// Length of a chunk, in milliseconds: the prototype's, four a second.
pub const CHUNK_MS: u32 = 250;
/// Samples of a chunk at the default output rate.
pub const CHUNK_SAMPLES: usize = chunk_samples(RATE_OUT_HZ_DEFAULT);
/// Samples of a chunk at the highest rate: the most that a line or record holds.
pub const CHUNK_SAMPLES_MAX: usize = chunk_samples(RATE_HZ_MAX);
/// 0 dBFS: the absolute value of the most negative 16-bit sample.
pub const FULL_SCALE: u16 = 32_768;
/// Longest device name, in bytes. Kinesis allows 256 characters in a partition key;
/// 64 is the longest host name of Linux.
pub const DEVICE_BYTES_MAX: usize = 64;
/// Longest reason of a gap, in bytes.
pub const REASON_BYTES_MAX: usize = 32;

/// Samples in [`CHUNK_MS`] at `rate_hz`, rounded up where 250 ms is no whole number of samples.
#[must_use]
pub const fn chunk_samples(rate_hz: u32) -> usize {
    (rate_hz as u64 * CHUNK_MS as u64).div_ceil(1000) as usize
}

const _: () = {
    assert!(CHUNK_SAMPLES == 2_000);
    assert!(CHUNK_SAMPLES_MAX == 48_000);
    assert!(RATE_IN_HZ_DEFAULT.is_multiple_of(RATE_OUT_HZ_DEFAULT));
    assert!(FULL_SCALE as i32 == -(i16::MIN as i32));
};
