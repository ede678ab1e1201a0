//! `fngate apply`: functions, services and APIs become what files say.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use http::Method;
use serde_json::json;

use super::admin::Running;
use super::bind::Changing;
use super::documents;
use super::gateway::{Answer, Gateway, Question};
use super::outcome::{Failure, SYSTEM};

#[derive(Debug, Args)]
pub(super) struct Apply {
    /// The directory whose `*.toml` files are applied, or a file, which is applied with its includes.
    /// The gateway is asked at the admin address that `fngate.toml` of the directory has.
    #[arg(short = 'c', long = "config", value_name = "DIR")]
    path: PathBuf,
    /// The admin address of the running gateway [default: `admin.address` of the file]: `IP:port`, `https://host:port` or `unix:/path`.
    #[arg(long, value_name = "ADDR")]
    admin: Option<String>,
    /// Show what would change, and change nothing.
    #[arg(long)]
    dry_run: bool,
    /// A note to record in the history.
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn apply(arguments: &Apply) -> Result<ExitCode, Failure> {
    let Apply { path, admin, dry_run, note, json } = arguments;
    let running = Running::of(documents::main(path), admin.clone());
    let changing = Changing { running, dry_run: *dry_run, note: note.clone(), json: *json };
    let gateway = changing.gateway()?;
    let answer = gateway.good(ask(&gateway, &changing, path)?)?;
    changing.show(&answer, &format!("applied {}", path.display()))
}

/// Asks for an apply of the files at a path. The answer may be a refusal.
pub(super) fn ask(gateway: &Gateway, changing: &Changing, path: &Path) -> Result<Answer, Failure> {
    let body = json!({ "documents": documents::read(path)? });
    let url = format!("/v1/apply?{}", changing.query());
    let question = Question::change(Method::POST, url, Some(body));
    gateway.ask(&question).map_err(|text| Failure { code: SYSTEM, text })
}
