//! The decimator in double precision, sample by sample: obviously correct, and slow. The twin that
//! tests, fuzzing and benches hold against the fast one.

/// Output sample `m` of `signal` under `taps` ([`super::fir::impulse_response`]), before rounding.
/// Samples outside of `signal` are silence.
#[must_use]
pub fn output(signal: &[i16], taps: &[f64], ratio: usize, m: usize) -> f64 {
    let centre = m * ratio + taps.len() / 2;
    taps.iter()
        .enumerate()
        .filter_map(|(k, tap)| signal.get(centre.checked_sub(k)?).map(|x| f64::from(*x) * tap))
        .sum()
}

/// The 16-bit sample that a value becomes: the nearest, saturated.
#[must_use]
pub fn quantize(value: f64) -> i16 {
    libm::floor(value + 0.5) as i16
}
