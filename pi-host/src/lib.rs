//! The parts of the `soundline` program, as a library so that tests reach them.

pub mod capture;
