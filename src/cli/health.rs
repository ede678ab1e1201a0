//! `fngate health`: for probes that can run a command and nothing else.

use std::process::ExitCode;
use std::time::Duration;

use http::{Method, StatusCode};

use super::admin::{Question, Running};
use super::outcome::{Failure, UNHEALTHY, print};
use crate::control::admin::READY;

/// Readiness is a look at a flag.
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) fn health(running: &Running) -> Result<ExitCode, Failure> {
    let off = "the admin listener is off (`admin.address` is empty), so that nobody can be asked";
    let address = running.address()?.ok_or_else(|| Failure::usage(off))?;
    let question = Question { method: Method::GET, path: READY, patience: PATIENCE, late: "" };
    let unhealthy = |text: String| Failure { code: UNHEALTHY, text };
    let (status, text) = question.ask(address).map_err(unhealthy)?;
    match status {
        StatusCode::OK => print(&text),
        _ => Err(unhealthy(format!("the gateway at {address} answers {status}: {text}"))),
    }
}
