//! Choice of one channel out of interleaved frames.
