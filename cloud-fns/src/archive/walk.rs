//! The objects below a local folder.

use super::name::OPEN_SUFFIX;
use super::{Error, Object, name};
use dsp_core::frame::timestamp::Timestamp;
use std::ffi::OsStr;
use std::fs::{self, DirEntry};
use std::io;
use std::path::{Path, PathBuf};

/// Shows every object below `dir` to `visit`, in no order, and counts the files and folders that belong
/// to no archive. What goes away meanwhile is left out; what is finished meanwhile may come twice, by both
/// its names.
pub(super) fn walk(dir: &Path, visit: &mut dyn FnMut(Object)) -> Result<u64, Error> {
    let mut foreign = 0;
    // Folders are four deep, so the stack is bounded by what one path of them holds.
    let mut folders = vec![(dir.to_owned(), String::new(), 0)];
    while let Some((folder, path, depth)) = folders.pop() {
        for entry in entries(&folder, depth == 0)? {
            let entry = entry.map_err(|source| Error::reading(&folder, source))?;
            let Some(name) = entry.file_name().to_str().map(str::to_owned) else {
                foreign += 1;
                continue;
            };
            let child = if depth == 0 { name.clone() } else { format!("{path}/{name}") };
            if name::is_folder(depth, &name) && is_folder(&entry) {
                folders.push((entry.path(), child, depth + 1));
            } else if let Some(opened) = name::opened(&child) {
                match object(dir, child, opened)? {
                    Found::Object(object) => visit(object),
                    Found::Foreign => foreign += 1,
                    Found::Nothing => {}
                }
            } else {
                foreign += 1;
            }
        }
    }
    Ok(foreign)
}

/// What a name turns out to be.
enum Found {
    Object(Object),
    Foreign,
    Nothing,
}

/// Looks at the object `path` below `dir`. One that was finished since its name was read is taken by
/// its final name.
fn object(dir: &Path, mut path: String, opened: Timestamp) -> Result<Found, Error> {
    loop {
        let full = dir.join(&path);
        // Follows links, and says how much there is now.
        match fs::metadata(&full) {
            Ok(metadata) if metadata.is_file() => {
                return Ok(Found::Object(Object { path, opened, bytes: metadata.len() }));
            }
            Ok(_) => return Ok(Found::Foreign),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let Some(finished) = path.strip_suffix(OPEN_SUFFIX) else { return Ok(Found::Nothing) };
                path.truncate(finished.len());
            }
            Err(source) => return Err(Error::reading(&full, source)),
        }
    }
}

/// The entries of `folder`; none if it has gone, unless it must be there.
fn entries(folder: &Path, required: bool) -> Result<Box<dyn Iterator<Item = io::Result<DirEntry>>>, Error> {
    match fs::read_dir(folder) {
        Ok(entries) => Ok(Box::new(entries)),
        Err(error) if error.kind() == io::ErrorKind::NotFound && !required => {
            Ok(Box::new(std::iter::empty()))
        }
        Err(source) => Err(Error::reading(folder, source)),
    }
}

fn is_folder(entry: &DirEntry) -> bool {
    match entry.file_type() {
        Ok(kind) if kind.is_symlink() => entry.path().is_dir(),
        Ok(kind) => kind.is_dir(),
        Err(_) => false,
    }
}

/// `path` with `suffix` behind its name.
pub(crate) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut text = path.as_os_str().to_owned();
    text.push(OsStr::new(suffix));
    PathBuf::from(text)
}
