//! `fngate reload`.

use std::process::ExitCode;
use std::time::Duration;

use http::{Method, StatusCode};

use super::admin::{Question, Running};
use super::outcome::{BAD_CONFIGURATION, Failure, SYSTEM, print};
use crate::control::admin::RELOAD;

/// Compiling a very large configuration takes a while.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) fn reload(running: &Running) -> Result<ExitCode, Failure> {
    let address = running.address(": send the process a SIGHUP instead")?;
    let question = Question { method: Method::POST, path: RELOAD, patience: PATIENCE, late: "; it may still load" };
    let (status, text) = question.ask(address).map_err(|text| Failure { code: SYSTEM, text })?;
    match status {
        StatusCode::OK => print(&format!("reloaded: {text}")),
        StatusCode::UNPROCESSABLE_ENTITY => Err(Failure { code: BAD_CONFIGURATION, text }),
        _ => {
            let text = format!("no gateway answers on the admin address {address}: it answered {status}: {text}");
            Err(Failure { code: SYSTEM, text })
        }
    }
}
