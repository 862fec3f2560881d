//! Has the program built anew when the page was.
//!
//! A new page has new file names, and a page built for the first time has a new folder: the compiler,
//! which only knows the files that it embedded, would notice neither.

use std::path::Path;

fn main() {
    let built = Path::new("../web/dist");
    // Cargo takes a path that is missing for one that changes all the time.
    let watched = if built.is_dir() { built } else { Path::new("../web") };
    println!("cargo::rerun-if-changed={}", watched.display());
}
