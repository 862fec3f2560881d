//! Unfinished objects of a writer that did not close.

use super::walk::walk;
use super::writer::{Recovered, publish};
use super::{Error, Object};
use crate::frames::{BadReason, Form, Frames};
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

/// Bytes read at a time.
const PIECE_BYTES: usize = 64 * 1024;

/// Finishes every `.open` object below `dir`: cuts it to its last whole frame, gives it its final
/// name, removes it if nothing is left.
pub(super) fn recover(dir: &Path) -> Result<Recovered, Error> {
    let mut left: Vec<Object> = Vec::new();
    walk(dir, &mut |object| {
        if object.is_open() {
            left.push(object);
        }
    })?;
    let mut recovered = Recovered::default();
    for object in left {
        let path = dir.join(&object.path);
        let fail = |source| Error::new(&path, source);
        let mut file = File::options().read(true).write(true).open(&path).map_err(fail)?;
        let whole = whole_bytes(&mut file).map_err(fail)?;
        recovered.bytes_cut += object.bytes.saturating_sub(whole);
        if whole == 0 {
            fs::remove_file(&path).map_err(fail)?;
            continue;
        }
        if whole < object.bytes {
            file.set_len(whole).map_err(fail)?;
        }
        file.sync_all().map_err(fail)?;
        publish(&path, &dir.join(object.final_path()))?;
        recovered.objects += 1;
    }
    Ok(recovered)
}

/// Bytes up to the end of the last line that has its `\n`, or of the last record that is whole. A bad
/// frame in between stays: it says that something was lost there.
fn whole_bytes(file: &mut File) -> std::io::Result<u64> {
    let Ok(mut frames) = Frames::new(Form::LinesAndRecords) else { return Ok(0) };
    let mut piece = vec![0; PIECE_BYTES];
    let mut whole = 0;
    loop {
        let read = file.read(&mut piece)?;
        let mut bytes = piece.get(..read).unwrap_or_default();
        if bytes.is_empty() {
            return Ok(whole);
        }
        while let Some((span, frame)) = frames.next_at(&mut bytes) {
            let damaged = matches!(frame, Err(bad) if matches!(bad.reason, BadReason::Damaged { .. }));
            if !damaged {
                whole = span.offset + span.bytes;
            }
        }
    }
}
