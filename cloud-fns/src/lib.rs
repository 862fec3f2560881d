//! What is done with stored sound, as pure handlers without a cloud account.
//!
//! ```text
//! frames (lines, records) -+-> level    messages for the meter
//!                          '-> archive  objects by hour -> wav  a period as one file
//! ```
//!
//! The program on the Pi links these functions as they are; the cloud functions wrap the same ones.
//!
//! # Panics
//! Stored bytes are untrusted: none of them makes anything here panic.

pub mod archive;
pub mod frames;
pub mod level;
pub mod wav;
