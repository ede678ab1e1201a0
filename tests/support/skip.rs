//! What a test says when it leaves something out.

use std::io::Write;

/// Says what is left out and why. Past the test runner, which shows what a test prints only when it fails; `tests/run` sums it up.
pub(crate) fn skipped(what: &str) {
    std::io::stderr().write_all(format!("skipped: {what}\n").as_bytes()).expect("standard error");
}
