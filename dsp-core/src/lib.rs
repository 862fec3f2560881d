//! Soundline's signal path without an operating system.
//!
//! ```text
//! interleaved i16 -> channel -> decimate -> chunk -> frame (line or record)
//!                    '------------ pipeline ------'
//! ```
//!
//! No heap, no clock, no I/O, no `unsafe`: storage is fixed or the caller's, time is handed in.
//!
//! # Panics
//! Functions that take bytes from outside ([`frame`]) never panic, whatever the bytes.
//! Constructors return an error for a setting that cannot work.
#![no_std]
#![forbid(unsafe_code)]

// The SIMD codecs ask the operating system which instructions there are.
#[cfg(any(test, feature = "simd"))]
extern crate std;

pub mod channel;
pub mod chunk;
pub mod decimate;
pub mod format;
pub mod frame;
pub mod level;
pub mod pipeline;

// The front page's example is run as a test.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
