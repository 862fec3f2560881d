//! Designs the decimation filters and writes them as 16-bit tables.
//!
//! Every filter is linear phase with 2 D + 1 taps, the best in the minimax sense: least squares
//! on a dense grid, reweighted by the error until the ripple is even (Lawson 1961). `libm` instead
//! of the host's maths library makes the tables the same on every build machine.
//!
//! Band edges follow from the promise (flat to 3,400 Hz, stopped from 4,600 Hz at 8,000 Hz out).
//! The last stage keeps it by itself. A stage before it must only keep clean what the last stage
//! lets through, 0 to 4,600 Hz, so it stops what would fold there.

use std::fmt::Write as _;
use std::path::PathBuf;

/// Pass and stop edge of the whole, in Hz, at an output rate of 8,000 Hz.
const PASS_HZ: f64 = 3_400.0;
const STOP_HZ: f64 = 4_600.0;

/// Bits after the point of the accumulators, from the few largest taps to the many small.
/// One common scale of 16-bit taps cannot reach 90 dB.
const GROUP_BITS: [u32; 4] = [15, 16, 17, 19];

struct Plan {
    name: &'static str,
    doc: &'static str,
    factor: usize,
    /// D: taps on either side of the centre.
    half_length: usize,
    /// Edges as a fraction of the stage's input rate.
    pass: f64,
    stop: f64,
}

impl Plan {
    /// Column of the earliest tap, and how many columns an output reads: an even number.
    fn columns(&self) -> (isize, usize) {
        let (factor, half) = (self.factor as isize, self.half_length as isize);
        let first = (-half).div_euclid(factor);
        (first, ((half / factor - first + 1) as usize).next_multiple_of(2))
    }
}

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let plans = [
        Plan {
            name: "HALF_FIRST",
            doc: "Half-band, 2:1, for every halving but the last: designed at 32 kHz in, good for any higher rate.",
            factor: 2,
            half_length: 13,
            pass: STOP_HZ / 32e3,
            stop: (16e3 - STOP_HZ) / 32e3,
        },
        Plan {
            name: "HALF_LAST",
            doc: "Half-band, 2:1, the last stage: 16 kHz in, 8 kHz out.",
            factor: 2,
            half_length: 39,
            pass: PASS_HZ / 16e3,
            stop: STOP_HZ / 16e3,
        },
        Plan {
            name: "THIRD_FIRST",
            doc: "3:1 before a last halving: 48 kHz in, 16 kHz out.",
            factor: 3,
            half_length: 23,
            pass: STOP_HZ / 48e3,
            stop: (16e3 - STOP_HZ) / 48e3,
        },
        Plan {
            name: "THIRD_LAST",
            doc: "3:1, the last stage: 24 kHz in, 8 kHz out.",
            factor: 3,
            half_length: 59,
            pass: PASS_HZ / 24e3,
            stop: STOP_HZ / 24e3,
        },
    ];
    let text: String = plans.iter().map(|plan| table(plan, &groups(plan))).collect();
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR")).join("filters.rs");
    std::fs::write(out, text).expect("OUT_DIR can be written");
}

fn cos_turns(turns: f64) -> f64 {
    libm::cos(core::f64::consts::TAU * turns)
}

/// h[0..=D], the centre first, with the taps in `fixed` as they are. A half-band filter has 0.5 in
/// the centre and no other even taps.
fn design(plan: &Plan, fixed: &[Option<f64>]) -> Vec<f64> {
    let half_band = plan.factor == 2;
    let grid_points = 8 * plan.half_length;
    let band = |from: f64, to: f64| {
        // Denser towards the edges, where the extremes crowd.
        (0..=grid_points)
            .map(move |i| from + (to - from) * (0.5 - 0.5 * cos_turns(0.5 * i as f64 / grid_points as f64)))
    };
    let points: Vec<(f64, f64, f64)> = if half_band {
        // The stop band mirrors the pass band, so that one band is enough.
        band(0.0, plan.pass).map(|f| (f, 1.0, 1.0)).collect()
    } else {
        // Ripple of 0.01 dB may pass; what may not pass counts 30 times as much.
        let pass = band(0.0, plan.pass).map(|f| (f, 1.0, 1.0));
        pass.chain(band(plan.stop, 0.5).map(|f| (f, 0.0, 30.0))).collect()
    };
    let response = |k: usize, f: f64| if k == 0 { 1.0 } else { 2.0 * cos_turns(f * k as f64) };
    let free: Vec<usize> = (0..=plan.half_length).filter(|&k| fixed[k].is_none()).collect();
    let rows: Vec<Vec<f64>> = points
        .iter()
        .map(|&(f, _, weight)| free.iter().map(|&k| weight * response(k, f)).collect())
        .collect();
    let targets: Vec<f64> = points
        .iter()
        .map(|&(f, target, weight)| {
            let there: f64 =
                fixed.iter().enumerate().filter_map(|(k, tap)| Some((*tap)? * response(k, f))).sum();
            weight * (target - there)
        })
        .collect();
    let mut solution = minimax(&rows, &targets).into_iter();
    fixed
        .iter()
        .map(|tap| tap.unwrap_or_else(|| solution.next().expect("one value for each free tap")))
        .collect()
}

/// Lawson's iteration: least squares whose weights grow where the error is large.
fn minimax(rows: &[Vec<f64>], targets: &[f64]) -> Vec<f64> {
    let mut weights = vec![1.0 / rows.len() as f64; rows.len()];
    let mut best = (f64::INFINITY, Vec::new());
    for _ in 0..60 {
        let solution = least_squares(rows, targets, &weights);
        let errors: Vec<f64> = rows
            .iter()
            .zip(targets)
            .map(|(row, target)| (row.iter().zip(&solution).map(|(a, b)| a * b).sum::<f64>() - target).abs())
            .collect();
        let worst = errors.iter().copied().fold(0.0, f64::max);
        if worst < best.0 {
            best = (worst, solution);
        }
        let sum: f64 = weights.iter().zip(&errors).map(|(w, e)| w * e).sum();
        for (weight, error) in weights.iter_mut().zip(&errors) {
            *weight *= error / sum;
        }
    }
    best.1
}

/// Weighted least squares by the normal equations and Gaussian elimination with pivoting.
#[allow(clippy::needless_range_loop)] // indices say what a symmetric matrix is
fn least_squares(rows: &[Vec<f64>], targets: &[f64], weights: &[f64]) -> Vec<f64> {
    let n = rows[0].len();
    let mut matrix = vec![vec![0.0; n + 1]; n];
    for ((row, target), weight) in rows.iter().zip(targets).zip(weights) {
        for i in 0..n {
            let weighted = weight * row[i];
            // The other half is its mirror.
            for j in i..n {
                matrix[i][j] += weighted * row[j];
            }
            matrix[i][n] += weighted * target;
        }
    }
    for i in 1..n {
        for j in 0..i {
            matrix[i][j] = matrix[j][i];
        }
    }
    for column in 0..n {
        let pivot = (column..n)
            .max_by(|&a, &b| matrix[a][column].abs().total_cmp(&matrix[b][column].abs()))
            .expect("column is below n");
        matrix.swap(column, pivot);
        let pivot_row = matrix[column].clone();
        for row in matrix.iter_mut().skip(column + 1) {
            let factor = row[column] / pivot_row[column];
            for (value, above) in row.iter_mut().zip(&pivot_row) {
                *value -= factor * above;
            }
        }
    }
    let mut solution = vec![0.0; n];
    for i in (0..n).rev() {
        let known: f64 = (i + 1..n).map(|j| matrix[i][j] * solution[j]).sum();
        solution[i] = (matrix[i][n] - known) / matrix[i][i];
    }
    solution
}

/// Two neighbouring taps of one phase: what one multiply-add instruction takes.
struct Pair {
    phase: usize,
    column: usize,
    taps: [f64; 2],
    /// Distances from the centre.
    at: [usize; 2],
}

/// Splits the taps into phases, pairs and groups, and rounds them.
///
/// Output m is the sum over phase r and column c of `taps[r][c] * x[P (m + first + c) + r]`.
/// The groups are rounded from the coarsest to the finest, and the taps still free are designed anew
/// each time, so that they make up for the error of those that are fixed.
fn groups(plan: &Plan) -> [Vec<Pair>; 4] {
    let half_band = plan.factor == 2;
    let mut fixed: Vec<Option<f64>> = (0..=plan.half_length)
        .map(|k| (half_band && k % 2 == 0).then_some(if k == 0 { 0.5 } else { 0.0 }))
        .collect();
    let mut groups = split(plan, &design(plan, &fixed));
    for group in 0..groups.len() {
        let step = f64::from(1u32 << GROUP_BITS[group]);
        let taps = design(plan, &fixed);
        for k in groups[group].iter().flat_map(|pair| pair.at) {
            if k <= plan.half_length && fixed[k].is_none() {
                fixed[k] = Some(libm::round(taps[k] * step) / step);
            }
        }
    }
    for pair in groups.iter_mut().flatten() {
        for (tap, k) in pair.taps.iter_mut().zip(pair.at) {
            if *tap != 0.0 {
                *tap = fixed[k].expect("every tap is in a group");
            }
        }
    }
    groups
}

fn split(plan: &Plan, taps: &[f64]) -> [Vec<Pair>; 4] {
    let (first, columns) = plan.columns();
    let at = |phase: usize, column: usize| {
        (plan.factor as isize * (first + column as isize) + phase as isize).unsigned_abs()
    };
    let tap = |k: usize| if plan.factor == 2 && k == 0 { 0.0 } else { taps.get(k).copied().unwrap_or(0.0) };
    let mut pairs: Vec<Pair> = (0..plan.factor)
        .flat_map(|phase| (0..columns).step_by(2).map(move |column| (phase, column)))
        .map(|(phase, column)| {
            let at = [at(phase, column), at(phase, column + 1)];
            Pair { phase, column, taps: at.map(tap), at }
        })
        .filter(|pair| pair.taps != [0.0; 2])
        .collect();
    // The smallest first, so that each group of fine steps holds as many as its sum allows.
    pairs.sort_by(|a, b| size(a).total_cmp(&size(b)));
    let mut groups: [Vec<Pair>; 4] = Default::default();
    let mut sums = [0.0; 4];
    for pair in pairs {
        let sum: f64 = pair.taps.iter().map(|t| t.abs()).sum();
        let group = (0..4)
            .rev()
            .find(|&g| {
                let scale = f64::from(1 << GROUP_BITS[g]);
                // 32,768 times the sum of the taps must stay below 2^31; 64 leaves room for rounding.
                size(&pair) * scale < 32_700.0 && (sums[g] + sum) * scale < 65_536.0 - 64.0
            })
            .expect("a group takes the pair");
        sums[group] += sum;
        groups[group].push(pair);
    }
    groups
}

fn table(plan: &Plan, groups: &[Vec<Pair>; 4]) -> String {
    let (first, columns) = plan.columns();
    let mut text = String::new();
    let mut line = |args: std::fmt::Arguments<'_>| writeln!(text, "{args}").expect("a string takes all");
    line(format_args!("/// {}", plan.doc));
    line(format_args!("pub(super) static {}: Filter = Filter {{", plan.name));
    line(format_args!("    factor: {}, half_length: {},", plan.factor, plan.half_length));
    line(format_args!("    first: {first}, columns: {columns}, half_band: {},", plan.factor == 2));
    line(format_args!("    groups: ["));
    for (group, bits) in groups.iter().zip(GROUP_BITS) {
        line(format_args!("        &["));
        for Pair { phase, column, taps, .. } in group {
            let [a, b] = taps.map(|t| libm::round(t * f64::from(1u32 << bits)) as i16);
            line(format_args!("            Pair::new({phase}, {column}, {a}, {b}),"));
        }
        line(format_args!("        ],"));
    }
    line(format_args!("    ],\n}};"));
    text
}

fn size(pair: &Pair) -> f64 {
    pair.taps[0].abs().max(pair.taps[1].abs())
}
