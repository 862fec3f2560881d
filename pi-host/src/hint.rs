//! Commands that people copy into a shell.

use std::path::Path;

/// Gets a WAV of a period out of the archive in `data_dir`.
#[must_use]
pub fn wav_command(data_dir: &Path, start: &str, seconds: &str) -> String {
    let program = std::env::current_exe().unwrap_or_else(|_| "soundline".into());
    format!(
        "{} wav --archive {} --start {start} --seconds {seconds} --output out.wav",
        quoted(&program),
        quoted(data_dir)
    )
}

/// For a shell.
#[must_use]
pub fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
    if plain { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}
