//! `fngate status`: how the running gateway is, and what an operator should look at.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use super::admin::{NOBODY, Running};
use super::gateway::Question;
use super::outcome::{Failure, print};
use super::table;
use crate::control::admin::status::Status;
use crate::inspect::environment::{Environment, State};
use crate::units::counted;

const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    running: Running,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn status(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let gateway = arguments.running.gateway(NOBODY)?;
    let status: Status = gateway.read(&Question::get("/v1/status", PATIENCE))?;
    if arguments.json { table::json(&status) } else { print(&describe(&status, &gateway.to_string())) }
}

fn describe(status: &Status, address: &str) -> String {
    let ready = if status.ready { "ready" } else { "not ready" };
    let counts = &status.counts;
    let mut text = format!(
        "fngate {} at {address}: {ready}, since {}\nrevision {}, applied {}\n{}, {}, {}, {}",
        status.version,
        status.started,
        status.revision,
        status.applied,
        counted(counts.services, "service"),
        counted(counts.apis, "API"),
        counted(counts.functions, "function"),
        counted(counts.instances, "instance"),
    );
    if counts.instances_down > 0 {
        text += &format!(" ({} down)", counts.instances_down);
    }
    text.push('\n');
    for environment in status.environments.iter().filter(|environment| environment.state != State::Follows) {
        text += &format!("environment {}: {}\n", environment.name, state(environment));
    }
    match (&status.history.directory, &status.history.reason) {
        (Some(directory), _) => text += &format!("history in {directory}\n"),
        (None, Some(reason)) => text += &format!("no history: {reason}\n"),
        (None, None) => {}
    }
    if let Some(refused) = &status.refused {
        text += &format!("REFUSED at {}: the configuration in use stays\n", refused.time);
        refused.errors.iter().for_each(|error| text += &format!("  error: {error}\n"));
    }
    for key in &status.pending {
        text += &format!("pending: `{key}` changed: restart to apply\n");
    }
    for warning in &status.warnings {
        text += &format!("warning: {warning}\n");
    }
    text
}

/// What an environment serves, in words.
pub(super) fn state(environment: &Environment) -> String {
    let revision = environment.revision.map_or_else(|| "a revision".to_owned(), |number| format!("revision {number}"));
    match environment.state {
        State::Follows => format!("follows {revision}"),
        State::Pinned => format!("pinned to {revision}"),
        State::Unreleased => "unreleased: its APIs answer 404".to_owned(),
        State::Unavailable => format!("UNAVAILABLE: {revision} cannot be served, its APIs answer 503"),
    }
}
