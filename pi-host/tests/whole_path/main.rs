//! The whole path through the program as people run it: sound in, archive, lines and WAV out.
//!
//! Speech comes from espeak-ng and sox, the prototype's half from Python. A tool that is missing
//! fails its test; nothing is skipped.

mod program;
mod prototype;
mod spectrum;
mod speech;
mod twin;
