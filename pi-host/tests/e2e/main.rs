//! The real program, from the outside: its files, its standard streams, its page, its exit codes.

#[path = "../../../cloud-fns/tests/all/again.rs"]
mod again;
mod common;
mod config;
mod demo;
mod lines;
mod page;
mod reader;
mod store;
mod trouble;
mod usage;
