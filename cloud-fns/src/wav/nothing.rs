//! Why a period has no sound, as far as the archive tells.

use super::{Options, Report};
use crate::frames::{BadFrame, BadReason, Form};
use std::fmt;

/// Why there is nothing in a period. Its text is the remedy, to go on a sentence with.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// The archive has no objects.
    NoObjects {
        /// Files and folders there that are no objects of an archive.
        foreign_objects: u64,
    },
    /// Some of what was read is damaged, or has another form.
    BadLines {
        /// Objects read.
        objects_read: u64,
        /// Frames in them that did not read.
        bad_lines: u64,
        /// The first of them, with its object's path.
        first: (String, BadFrame),
        /// How the objects were taken to be framed.
        form: Form,
    },
    /// There is sound, or none at all, at other times only.
    Elsewhere,
}

impl Cause {
    /// What `report` tells of an archive of `objects_total` objects.
    pub(super) fn of(report: &Report, objects_total: u64, options: &Options) -> Self {
        match report.bad.first() {
            _ if objects_total == 0 => Self::NoObjects { foreign_objects: report.foreign_objects },
            Some(first) => Self::BadLines {
                objects_read: report.objects_read,
                bad_lines: report.bad_lines,
                first: first.clone(),
                form: options.form,
            },
            None => Self::Elsewhere,
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Elsewhere => f.write_str("check the start, the UTC offset and the folder"),
            Self::NoObjects { foreign_objects: 0 } => f.write_str("it is empty; check the folder"),
            Self::NoObjects { foreign_objects } => {
                let files = count(*foreign_objects, "other file or folder", "other files and folders");
                write!(f, "it has no objects, only {files}; check the folder")
            }
            Self::BadLines { objects_read, bad_lines, first: (path, bad), form } => {
                let bad_lines = count(*bad_lines, "line or record", "lines or records");
                let objects = count(*objects_read, "object", "objects");
                let BadFrame { ordinal, offset_bytes, reason } = bad;
                write!(f, "{bad_lines} in the {objects} read did not read")?;
                write!(f, " (first: {path}, line {ordinal}: {reason}); check the start, the UTC offset")?;
                f.write_str(match form {
                    Form::PrototypeBinary { .. } => " and the length given by --prototype-record-bytes",
                    // What begins neither with a line nor with a record of ours.
                    Form::LinesAndRecords
                        if *offset_bytes == 0 && matches!(reason, BadReason::Damaged { .. }) =>
                    {
                        ", and whether these are binary records of the prototype, which need \
                         --prototype-record-bytes"
                    }
                    Form::LinesAndRecords => " and the disk",
                })
            }
        }
    }
}

fn count(number: u64, one: &str, more: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { more })
}
