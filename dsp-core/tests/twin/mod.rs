//! Plain readers of the same formats: slow, with a heap, and written to be seen right at a glance.
//! Unit, property and fuzz tests hold the fast ones to them.
#![allow(dead_code, missing_docs, unreachable_pub, reason = "each test takes the part that it needs")]

pub mod chunks;
pub mod line;
pub mod splitter;
