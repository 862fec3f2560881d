//! The parts of the `soundline` program, as a library so that tests reach them.
//!
//! ```text
//! capture -> feed -> intake -> worker -> sink -+-> stdout
//! (source)  (thread)  (queue)  (pipeline)      '-> local: archive, server::hub -> page
//! ```
//!
//! Decisions (`worker`, `anchor`, `pace`, `config`) wait for nothing; waiting is in `feed` and `run`.

pub mod anchor;
pub mod app;
pub mod capture;
pub mod check;
pub mod cli;
pub mod clock;
pub mod config;
pub mod demo;
pub mod devices;
pub mod disk;
pub mod error;
pub mod feed;
pub mod hint;
pub mod intake;
pub mod level;
pub mod log;
pub mod options;
pub mod pace;
pub mod run;
pub mod server;
pub mod signals;
pub mod sink;
pub mod values;
pub mod wav;
pub mod worker;
