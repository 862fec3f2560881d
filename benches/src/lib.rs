//! Each routine beside a memcpy of the same bytes, measured in the same run.
//!
//! A time alone says little: machines differ and share their cores. The multiple of memcpy holds.

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{BenchmarkGroup, Criterion, Throughput, measurement::WallTime};

/// Input of one default chunk: 250 ms of 32,000 Hz stereo, as interleaved samples.
pub const CHUNK_INPUT: usize = 16_000;

/// Interleaved noise with a tone in it: repeatable, and nothing that a routine could skip.
#[must_use]
pub fn noise(samples: usize) -> Vec<i16> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    (0..samples)
        .map(|n| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let tone = 8_000.0 * (n as f64 * 0.098).sin();
            tone as i16 + (state >> 52) as i16
        })
        .collect()
}

/// One room's routines, and memcpy of `bytes`.
pub struct Room<'c> {
    group: BenchmarkGroup<'c, WallTime>,
    rows: Vec<(String, Duration)>,
}

impl<'c> Room<'c> {
    /// Begins a room with the memcpy that its routines are held against.
    pub fn new(criterion: &'c mut Criterion, name: &str, bytes: usize) -> Self {
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Bytes(bytes as u64));
        let mut room = Self { group, rows: Vec::new() };
        let from = vec![1u8; bytes];
        let mut to = vec![0u8; bytes];
        room.routine(&format!("memcpy of {bytes} bytes"), || {
            black_box(&mut to[..]).copy_from_slice(black_box(&from));
        });
        room
    }

    /// Times one routine.
    pub fn routine(&mut self, name: &str, mut routine: impl FnMut()) -> &mut Self {
        let mut each: Vec<Duration> = Vec::new();
        self.group.bench_function(name, |bencher| {
            bencher.iter_custom(|count| {
                let start = Instant::now();
                for _ in 0..count {
                    routine();
                }
                let elapsed = start.elapsed();
                each.push(elapsed / u32::try_from(count.max(1)).unwrap_or(u32::MAX));
                elapsed
            });
        });
        each.sort_unstable();
        if let Some(median) = each.get(each.len() / 2) {
            self.rows.push((name.to_owned(), *median));
        }
        self
    }

    /// Prints the table.
    pub fn finish(self) {
        self.group.finish();
        let memcpy = self.rows.first().map_or(1.0, |row| row.1.as_secs_f64().max(1e-12));
        println!("{:<44} {:>12} {:>12}", "median", "µs", "x memcpy");
        for (name, time) in &self.rows {
            println!("{name:<44} {:>12.3} {:>12.2}", time.as_secs_f64() * 1e6, time.as_secs_f64() / memcpy);
        }
        println!();
    }
}
