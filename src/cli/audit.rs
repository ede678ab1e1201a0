//! `fngate audit`: who changed what.

use std::process::ExitCode;

use clap::Args;
use jiff::Timestamp;

use super::list::{Listing, with_query};
use super::outcome::Failure;
use super::table;
use crate::control::audit::Line;

#[derive(Debug, Args)]
pub(super) struct Audit {
    /// Only changes of this author: the name of a token or user, or `file` for files that were changed by hand.
    #[arg(long)]
    author: Option<String>,
    /// Only changes of objects whose address contains this text, such as /services/shop.
    #[arg(long, value_name = "TEXT")]
    object: Option<String>,
    /// Only changes of this kind: create, change, delete, apply, rewrite, rollback, release, unrelease, follow, try or reload.
    #[arg(long)]
    action: Option<String>,
    #[command(flatten)]
    listing: Listing,
}

pub(super) fn audit(arguments: &Audit) -> Result<ExitCode, Failure> {
    let Audit { author, object, action, listing } = arguments;
    let pairs = [("author", author.as_ref()), ("object", object.as_ref()), ("action", action.as_ref())];
    let heads = ["TIME", "REVISION", "AUTHOR", "FROM", "ACTION", "OBJECT", "NOTE"];
    listing.show(&with_query("/v1/audit", &pairs), heads, |line: &Line| {
        let or_none = |text: &str| if text.is_empty() { "-".to_owned() } else { text.to_owned() };
        [
            seconds(&line.time),
            line.revision.to_string(),
            line.author.clone(),
            or_none(&line.from),
            line.action.clone(),
            or_none(&line.object),
            table::line(line.note.as_deref().unwrap_or_default()),
        ]
    })
}

/// A time without what is finer than a second.
fn seconds(time: &str) -> String {
    time.parse::<Timestamp>().map_or_else(|_not_one| time.to_owned(), |time| format!("{time:.0}"))
}
