//! Capture through the real alsa crate, without a sound card.

mod bench;
mod faults;
mod file;
mod run;
