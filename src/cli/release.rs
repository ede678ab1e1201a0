//! `fngate release`, `unrelease`, `follow` and `releases`: what each environment serves.

use std::process::ExitCode;

use clap::Args;
use http::Method;
use serde_json::{Value, json};

use super::bind::Changing;
use super::gateway::Question;
use super::list::Listing;
use super::outcome::{Failure, print};
use super::{status, table};
use crate::config;
use crate::control::admin::revisions::ChangedEnvironment;
use crate::inspect::environment::Environment;

#[derive(Debug, Args)]
pub(super) struct Release {
    #[command(flatten)]
    of: OfEnvironment,
    /// The revision; the one in use without it.
    #[arg(long, value_name = "N")]
    revision: Option<u64>,
}

/// A change of an environment.
#[derive(Debug, Args)]
pub(super) struct OfEnvironment {
    /// The environment: release, prepub or test.
    #[arg(value_parser = environment)]
    environment: config::Environment,
    #[command(flatten)]
    changing: Changing,
}

fn environment(text: &str) -> Result<config::Environment, String> {
    config::Environment::named(text).ok_or_else(|| "the environments are release, prepub and test".to_owned())
}

pub(super) fn release(arguments: &Release) -> Result<ExitCode, Failure> {
    let body = arguments.revision.map_or_else(|| json!({}), |revision| json!({ "revision": revision }));
    arguments.of.change("release", body)
}

pub(super) fn unrelease(arguments: &OfEnvironment) -> Result<ExitCode, Failure> {
    arguments.change("unrelease", json!({}))
}

pub(super) fn follow(arguments: &OfEnvironment) -> Result<ExitCode, Failure> {
    arguments.change("follow", json!({}))
}

pub(super) fn releases(listing: &Listing) -> Result<ExitCode, Failure> {
    let heads = ["ENVIRONMENT", "APIS", "DOMAINS", "STATE"];
    listing.show("/v1/environments?", heads, |environment: &Environment| {
        [
            environment.name.clone(),
            environment.apis.to_string(),
            environment.domains.to_string(),
            status::state(environment),
        ]
    })
}

impl OfEnvironment {
    fn change(&self, action: &str, body: Value) -> Result<ExitCode, Failure> {
        let Self { environment, changing } = self;
        let url = format!("/v1/environments/{}/{action}?{}", environment.as_str(), changing.query());
        let answer = changing.gateway()?.request(&Question::change(Method::POST, url, Some(body)))?;
        if changing.json {
            return table::json(&answer.parse::<Value>()?);
        }
        let name = environment.as_str();
        if changing.dry_run {
            return print(&format!("would {action} the environment {name}; nothing was changed\n"));
        }
        let changed: ChangedEnvironment = answer.parse()?;
        let warnings = changed.change.warnings.iter().map(|warning| format!("warning: {}\n", warning.message));
        print(&format!("{name}: {}\n{}", status::state(&changed.environment), warnings.collect::<String>()))
    }
}
