//! The objects below a local folder.

use super::{Error, Object, name};
use std::ffi::OsStr;
use std::fs::{self, DirEntry};
use std::io;
use std::path::{Path, PathBuf};

/// Shows every object below `dir` to `visit`, in no order, and counts the files and folders that belong
/// to no archive. What goes away meanwhile is left out.
pub(super) fn walk(dir: &Path, visit: &mut dyn FnMut(Object)) -> Result<u64, Error> {
    let mut foreign = 0;
    // Folders are four deep, so the stack is bounded by what one path of them holds.
    let mut folders = vec![(dir.to_owned(), String::new(), 0)];
    while let Some((folder, path, depth)) = folders.pop() {
        for entry in entries(&folder, depth == 0)? {
            let entry = entry.map_err(|source| Error::new(&folder, source))?;
            let Some(name) = entry.file_name().to_str().map(str::to_owned) else {
                foreign += 1;
                continue;
            };
            let child = if depth == 0 { name.clone() } else { format!("{path}/{name}") };
            if name::is_folder(depth, &name) && is_folder(&entry) {
                folders.push((entry.path(), child, depth + 1));
            } else if let Some(opened) = name::opened(&child) {
                // Follows links, and says what is open now.
                match fs::metadata(entry.path()) {
                    Ok(metadata) if metadata.is_file() => {
                        visit(Object { path: child, opened, bytes: metadata.len() });
                    }
                    Ok(_) => foreign += 1,
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    Err(source) => return Err(Error::new(&entry.path(), source)),
                }
            } else {
                foreign += 1;
            }
        }
    }
    Ok(foreign)
}

/// The entries of `folder`; none if it has gone, unless it must be there.
fn entries(folder: &Path, required: bool) -> Result<Box<dyn Iterator<Item = io::Result<DirEntry>>>, Error> {
    match fs::read_dir(folder) {
        Ok(entries) => Ok(Box::new(entries)),
        Err(error) if error.kind() == io::ErrorKind::NotFound && !required => {
            Ok(Box::new(std::iter::empty()))
        }
        Err(source) => Err(Error::new(folder, source)),
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
