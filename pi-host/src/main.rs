//! The `soundline` program.
fn main() {}
