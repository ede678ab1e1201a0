//! How a command ends: what it prints, and its exit code.

use std::io::{self, Write};
use std::process::ExitCode;

use crate::config::Report;
use crate::control::{Outcome, StopSignal};
use crate::telemetry::log::with_sources;
use crate::telemetry::terminal::has_colours;

/// The exit code of a request that a gateway would refuse.
pub(super) const REFUSED: u8 = 1;
/// The exit code of files that would change something.
pub(super) const DIFFERENT: u8 = 1;
/// The exit code of a gateway that was asked and is not well.
pub(super) const UNHEALTHY: u8 = 1;
/// Exit codes of sysexits(3).
pub(super) const USAGE: u8 = 64;
pub(super) const SYSTEM: u8 = 71;
pub(super) const BAD_CONFIGURATION: u8 = 78;

/// Why a command failed: what to print, and the exit code.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) code: u8,
    pub(super) text: String,
}

impl Failure {
    pub(super) fn usage(text: impl Into<String>) -> Self {
        Self { code: USAGE, text: text.into() }
    }

    pub(super) fn configuration(report: &Report) -> Self {
        Self { code: BAD_CONFIGURATION, text: shown(report) }
    }

    /// An error with its sources, each once.
    pub(super) fn system(error: &(dyn std::error::Error + 'static)) -> Self {
        Self { code: SYSTEM, text: with_sources(error) }
    }

    pub(super) fn report(&self) -> ExitCode {
        let text = self.text.trim_end();
        let prefix = if self.code == BAD_CONFIGURATION { "" } else { "fngate: " };
        // There is nothing to do about a terminal that is gone.
        let _ = writeln!(io::stderr(), "{prefix}{text}");
        self.code.into()
    }
}

/// Writes the warnings of a configuration that can be used to standard error.
pub(super) fn warn(report: &Report) {
    if !report.is_empty() {
        // There is nothing to do about a terminal that is gone.
        let _ = writeln!(io::stderr(), "{}", shown(report));
    }
}

fn shown(report: &Report) -> String {
    if has_colours(&io::stderr()) { report.coloured() } else { report.to_string() }
}

/// Writes to standard output. A reader that has seen enough, as `head` has, is no error.
pub(super) fn print(text: &str) -> Result<ExitCode, Failure> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::system(&error)),
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// The exit code of a gateway that has stopped.
pub(super) fn exit_code(outcome: Outcome) -> ExitCode {
    match outcome {
        Outcome::Drained => ExitCode::SUCCESS,
        Outcome::Expired(StopSignal::Interrupt) => 130.into(),
        Outcome::Expired(StopSignal::Terminate) => 143.into(),
        Outcome::Failed => SYSTEM.into(),
    }
}
