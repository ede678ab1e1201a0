//! `fngate history` and `fngate rollback`: the revisions of the configuration, and the way back to one.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use http::Method;
use serde_json::json;

use super::admin::NOBODY;
use super::bind::Changing;
use super::gateway::Question;
use super::list::Listing;
use super::outcome::{Failure, REFUSED, print};
use super::{pages, table};
use crate::control::admin::revisions::RevisionInfo;
use crate::control::admin::status::Status;

const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Debug, Args)]
pub(super) struct Rollback {
    /// The number of the revision, as `fngate history` shows it.
    revision: u64,
    #[command(flatten)]
    changing: Changing,
}

pub(super) fn history(listing: &Listing) -> Result<ExitCode, Failure> {
    let gateway = listing.running.gateway(NOBODY)?;
    let revisions: Vec<RevisionInfo> = pages::all(&gateway, "/v1/revisions?", PATIENCE)?;
    if revisions.is_empty() {
        let status: Status = gateway.read(&Question::get("/v1/status", PATIENCE))?;
        let reason = status.history.reason.unwrap_or_else(|| "it has no revisions".to_owned());
        return Err(Failure { code: REFUSED, text: format!("no history: {reason}") });
    }
    if listing.json {
        return table::json(&revisions);
    }
    // Without heads: each line is a revision.
    print(&table::align(&revisions.iter().map(cells).collect::<Vec<_>>()))
}

fn cells(revision: &RevisionInfo) -> [String; 5] {
    let in_use = revision.in_use.then(|| "in use".to_owned());
    let pinned = revision.pinned.iter().map(|environment| format!("released to {environment}"));
    let uses = in_use.into_iter().chain(pinned).collect::<Vec<_>>().join(", ");
    [
        revision.number.to_string(),
        revision.time.clone(),
        revision.author.clone(),
        if uses.is_empty() { "-".to_owned() } else { uses },
        table::line(&revision.note),
    ]
}

pub(super) fn rollback(arguments: &Rollback) -> Result<ExitCode, Failure> {
    let Rollback { revision, changing } = arguments;
    let url = format!("/v1/revisions/{revision}/rollback?{}", changing.query());
    let answer = changing.gateway()?.request(&Question::change(Method::POST, url, Some(json!({}))))?;
    changing.show(&answer, &format!("rolled back to revision {revision}"))
}
