//! What the samples have to be, in the plainest way to say it.

use dsp_core::decimate::fir::{IMPULSE_RESPONSE_MAX, impulse_response};

/// The prototype's formula: every n-th sample, as in `x[0::4]`.
pub(crate) fn drop(x: &[i16], ratio: usize) -> Vec<i16> {
    x.iter().copied().step_by(ratio).collect()
}

/// The published filter in double precision, rounded once, over a signal that is silent outside.
pub(crate) fn fir(x: &[i16], ratio: usize) -> Vec<i16> {
    let mut taps = Box::new([0.0; IMPULSE_RESPONSE_MAX]);
    let taps = impulse_response(ratio as u32, &mut taps).unwrap();
    let reach = taps.len() / 2;
    (0..x.len().div_ceil(ratio))
        .map(|m| {
            let sum: f64 = (taps.iter().enumerate())
                .filter_map(|(k, tap)| Some(tap * f64::from(*x.get((m * ratio + reach).checked_sub(k)?)?)))
                .sum();
            // `as` saturates, as the filter shall.
            sum.round() as i16
        })
        .collect()
}

/// Largest difference between two signals of the same length.
#[track_caller]
pub(crate) fn difference_max(a: &[i16], b: &[i16]) -> i32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (i32::from(*a) - i32::from(*b)).abs()).max().unwrap_or(0)
}
