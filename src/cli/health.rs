//! `fngate health`: for probes that can run a command and nothing else.

use std::process::ExitCode;
use std::time::Duration;

use super::admin::{NOBODY, Question, Running};
use super::outcome::{Failure, UNHEALTHY, print};
use crate::control::admin::READY;

/// Readiness is a look at a flag.
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) fn health(running: &Running) -> Result<ExitCode, Failure> {
    let answer = Question::get(READY, PATIENCE).text(running.address(NOBODY)?);
    print(&answer.map_err(|text| Failure { code: UNHEALTHY, text })?)
}
