//! `fngate diff`: what differs between revisions, or what files would change.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use http::StatusCode;
use serde_json::Value;

use super::admin::{NOBODY, Running};
use super::apply;
use super::bind::Changing;
use super::documents;
use super::gateway::Question;
use super::outcome::{BAD_CONFIGURATION, DIFFERENT, Failure, REFUSED, SYSTEM, print};
use super::table;
use crate::control::admin::revisions::{RevisionDiff, RevisionInfo};
use crate::control::change::Effect;
use crate::control::page::Page;

const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Debug, Args)]
pub(super) struct Diff {
    /// The revision; the newest without it. Without TO, what it changed: it is compared with the one before it.
    revision: Option<u64>,
    /// Show what changed from REVISION to this one.
    to: Option<u64>,
    /// Without a revision: show what an apply of this file with its includes, or of this directory, would change.
    /// The gateway is asked at the admin address that the file has. With a revision: the file of the running gateway.
    #[arg(short = 'c', long = "config", value_name = "FILE")]
    file: Option<PathBuf>,
    /// The admin address of the running gateway [default: `admin.address` of the file]: `IP:port`, `https://host:port` or `unix:/path`.
    #[arg(long, value_name = "ADDR")]
    admin: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn diff(arguments: &Diff) -> Result<ExitCode, Failure> {
    let Diff { revision, to, file, admin, json } = arguments;
    match (revision, file) {
        (None, Some(file)) => would_change(file, admin.clone(), *json),
        _ => {
            let main = file.as_deref().and_then(documents::main);
            of_revisions(&Running::of(main, admin.clone()), (*revision, *to), *json)
        }
    }
}

fn of_revisions(
    running: &Running,
    (revision, to): (Option<u64>, Option<u64>),
    json: bool,
) -> Result<ExitCode, Failure> {
    let gateway = running.gateway(NOBODY)?;
    let revision = match revision {
        Some(revision) => revision,
        None => {
            let newest: Page<RevisionInfo> = gateway.read(&Question::get("/v1/revisions?limit=1", PATIENCE))?;
            let none = || Failure { code: REFUSED, text: "the history has no revisions".to_owned() };
            newest.items.first().ok_or_else(none)?.number
        }
    };
    let query = to.map(|to| format!("?to={to}")).unwrap_or_default();
    let found: RevisionDiff =
        gateway.read(&Question::get(format!("/v1/revisions/{revision}/diff{query}"), PATIENCE))?;
    if json { table::json(&found) } else { print(&table::coloured(&found.diff)) }
}

fn would_change(file: &Path, admin: Option<String>, json: bool) -> Result<ExitCode, Failure> {
    let changing = Changing { running: Running::of(documents::main(file), admin), dry_run: true, note: None, json };
    let gateway = changing.gateway()?;
    let answer = apply::ask(&gateway, &changing, file)?;
    let status = answer.status;
    // 1 says that something would change, so no refusal is 1.
    let answer = gateway.good(answer).map_err(|failure| match status {
        StatusCode::CONFLICT | StatusCode::UNPROCESSABLE_ENTITY => {
            Failure { code: BAD_CONFIGURATION, text: format!("fngate: {}", failure.text) }
        }
        _ => Failure { code: SYSTEM, ..failure },
    })?;
    let outcome = Changing::outcome(&answer)?;
    if json {
        table::json(&answer.parse::<Value>()?)?;
    } else {
        let files = outcome.files.iter().map(|file| file.diff.as_str());
        print(&table::coloured(&files.collect::<String>()))?;
    }
    Ok(if outcome.result == Effect::Unchanged { ExitCode::SUCCESS } else { DIFFERENT.into() })
}
