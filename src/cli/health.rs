//! `fngate health`: for probes that can run a command and nothing else.

use std::process::ExitCode;
use std::time::Duration;

use super::admin::{NOBODY, Running};
use super::gateway::Question;
use super::outcome::{Failure, UNHEALTHY, print};
use crate::control::admin::READY;

/// Readiness is a look at a flag.
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) fn health(running: &Running) -> Result<ExitCode, Failure> {
    let answer = running.gateway(NOBODY)?.text(&Question::get(READY, PATIENCE));
    print(&answer.map_err(|text| Failure { code: UNHEALTHY, text })?)
}
