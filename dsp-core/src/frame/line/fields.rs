//! What has been read of a line so far, by either path.

use super::{DecodeError, Timestamp};
use crate::chunk::{Body, Chunk, Device, Header, Reason};

/// A line's values. Samples go straight to the caller's buffer; here stands how many there are.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Fields {
    pub(super) timestamp: Option<Timestamp>,
    pub(super) samples: Option<usize>,
    pub(super) utc_offset_min: Option<i16>,
    pub(super) device: Option<Device>,
    pub(super) run: Option<Timestamp>,
    pub(super) seq: Option<u64>,
    pub(super) first_sample: Option<u64>,
    pub(super) rate: Option<u32>,
    pub(super) gap_samples: Option<u64>,
    pub(super) reason: Option<Reason>,
}

impl Fields {
    pub(super) fn into_chunk(self, samples: &mut [i16]) -> Result<Chunk<'_>, DecodeError> {
        let timestamp = self.timestamp.ok_or(DecodeError::Missing("timestamp"))?;
        let count = self.samples.ok_or(DecodeError::Missing("raw_data"))?;
        let body = match self.gap_samples {
            Some(_) if count > 0 => return Err(DecodeError::Value("raw_data")),
            Some(gap_samples) => {
                Body::Gap { gap_samples, reason: self.reason.ok_or(DecodeError::Missing("reason"))? }
            }
            None => Body::Samples(samples.get(..count).ok_or(DecodeError::Samples)?),
        };
        let header = Header {
            timestamp,
            utc_offset_min: self.utc_offset_min.or(self.run.map(|_| 0)),
            device: self.device,
            run: self.run,
            seq: self.seq,
            first_sample: self.first_sample,
            rate: self.rate,
        };
        Ok(Chunk { header, body })
    }
}
