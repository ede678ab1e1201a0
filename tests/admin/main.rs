//! The admin API of the built program, from the side of those who use it and of those who should not.

#![expect(unreachable_pub, reason = "a test binary has no outside")]

mod access;
mod attempts;
mod browsers;
mod certificates;
mod client;
mod conflicts;
mod console;
mod description;
mod dev;
mod edits;
mod events;
mod files;
mod fuzzed;
mod killed;
mod limits;
mod login;
mod neighbours;
mod releases;
mod rewrite;
mod secrets;
mod sessions;
mod shipped;
#[path = "../support/skip.rs"]
mod skip;
mod stand;
#[path = "../cli/support.rs"]
#[allow(dead_code, reason = "shared with the tests of the command line, which use more of it")]
mod support;
mod writers;

/// Shows a figure in the output of the test run.
#[expect(clippy::print_stderr, reason = "the figures say how much a test has tried")]
fn note(what: &str, figure: impl std::fmt::Display) {
    eprintln!("{what}: {figure}");
}
