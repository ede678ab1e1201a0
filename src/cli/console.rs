//! `fngate console`: the address of the console, with a code that lets a browser in.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use http::Method;
use jiff::Timestamp;
use serde_json::json;

use super::admin::{NOBODY, Running};
use super::gateway::{Gateway, Question};
use super::outcome::{Failure, USAGE, print};
use crate::control::admin::console::address;
use crate::control::admin::login::{Code, NewCode};
use crate::control::admin::session::Role;
use crate::units::counted;

const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Debug, Args)]
pub(super) struct Console {
    #[command(flatten)]
    running: Running,
    /// Let the browser in for reading only.
    #[arg(long)]
    read_only: bool,
}

pub(super) fn console(arguments: &Console) -> Result<ExitCode, Failure> {
    let gateway = arguments.running.gateway(NOBODY)?;
    let keys = NewCode { role: arguments.read_only.then_some(Role::Read) };
    let change = Question::change(Method::POST, "/v1/console", Some(json!(keys)));
    let made: Code = gateway.read(&Question { patience: PATIENCE, late: "", ..change })?;
    let Some(url) = gateway.url() else { return Err(forwarded(&gateway, &made)) };
    let printed = print(&format!("{}\n", address(&url, &made.code)))?;
    // The address alone goes to standard output. There is nothing to do about a terminal that is gone.
    let _ = writeln!(io::stderr(), "valid for one login, {}", validity(&made));
    Ok(printed)
}

/// What somebody does whose browser cannot open the socket.
fn forwarded(gateway: &Gateway, made: &Code) -> Failure {
    let text = gateway.to_string();
    let path = text.strip_prefix("unix:").unwrap_or(&text);
    let address = address("http://127.0.0.1:9901", &made.code);
    let text = format!(
        "browsers cannot open {gateway}; forward it from the browser's machine with:\n  \
         ssh -N -L 9901:{path} USER@HOST\nand open, {}:\n  {address}",
        validity(made)
    );
    Failure { code: USAGE, text }
}

/// How long a code waits, in words.
fn validity(made: &Code) -> String {
    let minutes = made.expires.parse::<Timestamp>().ok().and_then(|expires| {
        let seconds = expires.as_second() - Timestamp::now().as_second();
        usize::try_from((seconds + 30) / 60).ok()
    });
    minutes.map_or_else(|| format!("until {}", made.expires), |minutes| format!("for {}", counted(minutes, "minute")))
}
