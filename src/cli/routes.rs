//! `fngate routes`.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use super::admin::at;
use super::configured::InspectedFile;
use super::gateway::Gateway;
use super::inspected::Inspection;
use super::outcome::{Failure, print};
use super::pages;
use super::table::{align, json};
use crate::inspect::route::{Reached, Route, routes as all};

/// A table of very many APIs is long.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Debug, Args)]
pub(super) struct Routes {
    #[command(flatten)]
    file: InspectedFile,
    /// Ask the running gateway instead of a file: at this admin address, or at the one in the file.
    #[arg(long, value_name = "ADDR", num_args = 0..=1, default_missing_value = "")]
    admin: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn routes(arguments: &Routes) -> Result<ExitCode, Failure> {
    let rows = match &arguments.admin {
        Some(address) => live(&at(address, &arguments.file.choose()?)?)?,
        None => {
            let config = arguments.file.choose()?.inspect()?.config;
            all(&Inspection::new(config)?.snapshot).collect()
        }
    };
    if arguments.json {
        return json(&rows);
    }
    let heads =
        ["HOST", "SERVICE", "ENVIRONMENT", "METHOD", "PATH", "API", "FUNCTION", "INSTANCES", "TIMEOUT (SET AT)"];
    let lines: Vec<_> = std::iter::once(heads.map(str::to_owned)).chain(rows.iter().map(cells)).collect();
    print(&align(&lines))
}

/// The rows of the running gateway, page by page.
fn live(gateway: &Gateway) -> Result<Vec<Route>, Failure> {
    pages::all(gateway, "/v1/routes?", PATIENCE)
}

fn cells(row: &Route) -> [String; 9] {
    let state = if row.enabled { "" } else { " (disabled)" };
    let environment = match row.pinned {
        Some(revision) => format!("{}@{revision}", row.environment),
        None => row.environment.clone(),
    };
    [
        several(row.domains.iter().map(Reached::location)),
        row.service.clone(),
        environment,
        row.method.clone(),
        format!("{}{state}", row.path),
        row.api.clone(),
        row.function_version(),
        several(row.instances.iter().cloned()),
        row.effective_timeout(),
    ]
}

/// The first of several, and how many more there are.
fn several(mut items: impl ExactSizeIterator<Item = String>) -> String {
    let more = items.len().saturating_sub(1);
    let first = items.next().unwrap_or_else(|| "-".to_owned());
    if more == 0 { first } else { format!("{first} +{more}") }
}
