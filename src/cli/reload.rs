//! `fngate reload`.

use std::process::ExitCode;
use std::time::Duration;

use http::{Method, StatusCode};

use super::admin::Running;
use super::gateway::Question;
use super::outcome::{BAD_CONFIGURATION, Failure, SYSTEM, print};
use crate::control::admin::RELOAD;

/// Compiling a very large configuration takes a while.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) fn reload(running: &Running) -> Result<ExitCode, Failure> {
    let gateway = running.gateway(": send the process a SIGHUP instead")?;
    let question =
        Question { late: "; it may still load", patience: PATIENCE, ..Question::change(Method::POST, RELOAD, None) };
    let answer = gateway.ask(&question).map_err(|text| Failure { code: SYSTEM, text })?;
    let (status, text) = (answer.status, answer.text);
    match status {
        StatusCode::OK => print(&format!("reloaded: {text}")),
        StatusCode::UNPROCESSABLE_ENTITY => Err(Failure { code: BAD_CONFIGURATION, text }),
        _ => {
            let text = format!("the gateway at {gateway} answers {status}: {text}");
            Err(Failure { code: SYSTEM, text })
        }
    }
}
