//! The built program under conditions that nobody wishes for: no files, no memory, no disk, a clock that jumps, configurations
//! that are broken in every way.

#![expect(unreachable_pub, reason = "a test binary has no outside")]

mod clock;
mod disk;
mod files;
mod hang;
mod idle;
mod memory;
#[path = "../support/skip.rs"]
mod skip;
mod stderr;
#[path = "../cli/support.rs"]
#[allow(dead_code, reason = "shared with the tests of the command line, which use more of it")]
mod support;
mod swap;

use std::fmt::Display;

/// Shows a figure, or why there is none, in the output of the test run.
#[expect(clippy::print_stderr, reason = "the figures are what the documents quote")]
fn note(what: &str, figure: impl Display) {
    eprintln!("{what}: {figure}");
}
