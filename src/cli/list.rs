//! `fngate apis`, `triggers`, `functions` and `instances`: what the running gateway has.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::admin::{NOBODY, Running};
use super::bind::function_id;
use super::gateway::Question;
use super::outcome::{Failure, print};
use super::{pages, table};
use crate::inspect::api::Api;
use crate::inspect::function::{Function, Instance, InstanceState, Trigger};
use crate::inspect::object::Target;

/// A list of very many APIs is long.
const PATIENCE: Duration = Duration::from_secs(60);

/// How every list is read and shown.
#[derive(Debug, Args)]
pub(super) struct Listing {
    #[command(flatten)]
    pub(super) running: Running,
    /// Print JSON.
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Apis {
    /// The service [default: all].
    service: Option<String>,
    /// Only those that are bound to this function.
    #[arg(long, value_name = "FUNCTION")]
    function: Option<String>,
    /// Only those that this host leads to.
    #[arg(long)]
    host: Option<String>,
    /// Only those that contain this text.
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    #[command(flatten)]
    listing: Listing,
}

#[derive(Debug, Args)]
pub(super) struct Triggers {
    /// The function: name, namespace/name or namespace/name:version.
    function: String,
    #[command(flatten)]
    listing: Listing,
}

#[derive(Debug, Args)]
pub(super) struct Instances {
    /// The function [default: all].
    function: Option<String>,
    #[command(flatten)]
    listing: Listing,
}

impl Listing {
    /// Prints a list: columns under their heads, or JSON.
    pub(super) fn show<T: DeserializeOwned + Serialize, const N: usize>(
        &self,
        path: &str,
        heads: [&str; N],
        cells: impl Fn(&T) -> [String; N],
    ) -> Result<ExitCode, Failure> {
        let items: Vec<T> = pages::all(&self.running.gateway(NOBODY)?, path, PATIENCE)?;
        if self.json {
            return table::json(&items);
        }
        let lines: Vec<_> = std::iter::once(heads.map(str::to_owned)).chain(items.iter().map(cells)).collect();
        print(&table::align(&lines))
    }
}

/// `path?a=b&`
pub(super) fn with_query(path: &str, pairs: &[(&str, Option<&String>)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in pairs {
        if let Some(value) = value {
            query.append_pair(name, value);
        }
    }
    let query = query.finish();
    if query.is_empty() { format!("{path}?") } else { format!("{path}?{query}&") }
}

pub(super) fn apis(arguments: &Apis) -> Result<ExitCode, Failure> {
    let Apis { service, function, host, search, listing } = arguments;
    let pairs = [("function", function.as_ref()), ("host", host.as_ref()), ("q", search.as_ref())];
    let path = match service {
        Some(service) => with_query(&format!("{}/apis", Target::Service(service.clone()).url()), &pairs),
        None => with_query("/v1/apis", &pairs),
    };
    listing.show(
        &path,
        ["SERVICE", "METHOD", "PATH", "NAME", "FUNCTION", "ENVIRONMENTS", "TIMEOUT", "STATE"],
        |api: &Api| {
            [
                api.service.clone(),
                api.method.clone(),
                api.path.clone(),
                api.name.clone(),
                api.function.clone(),
                api.status.environments.iter().map(environment).collect::<Vec<_>>().join(","),
                api.status.timeout.clone(),
                state(api.enabled),
            ]
        },
    )
}

fn environment(own: &crate::inspect::api::ApiEnvironment) -> String {
    match own.pinned {
        Some(revision) => format!("{}@{revision}", own.environment),
        None => own.environment.clone(),
    }
}

fn state(enabled: bool) -> String {
    if enabled { "on" } else { "off" }.to_owned()
}

pub(super) fn triggers(arguments: &Triggers) -> Result<ExitCode, Failure> {
    let path = format!("{}/triggers?", Target::Function(function_id(&arguments.function)).url());
    let heads = ["SERVICE", "METHOD", "PATH", "API", "ENVIRONMENTS", "TIMEOUT", "STATE"];
    arguments.listing.show(&path, heads, |trigger: &Trigger| {
        [
            trigger.service.clone(),
            trigger.method.clone(),
            trigger.path.clone(),
            trigger.api.clone(),
            trigger.environments.join(","),
            trigger.timeout.clone(),
            state(trigger.enabled),
        ]
    })
}

pub(super) fn functions(listing: &Listing) -> Result<ExitCode, Failure> {
    let heads = ["FUNCTION", "INSTANCES", "UP", "TRIGGERS", "TIMEOUT", "CONCURRENCY", "IN FLIGHT", "QUEUED"];
    listing.show("/v1/functions?", heads, |function: &Function| {
        let status = &function.status;
        let is_up = |instance: &&Instance| matches!(instance.state, InstanceState::Up | InstanceState::Unused);
        let up = status.instances.iter().filter(is_up).count();
        [
            status.id.clone(),
            function.instances.join(" "),
            format!("{up}/{}", status.instances.len()),
            status.triggers.to_string(),
            function.timeout.clone(),
            if function.max_concurrency == 0 { "-".to_owned() } else { function.max_concurrency.to_string() },
            status.in_flight.to_string(),
            status.queued.to_string(),
        ]
    })
}

pub(super) fn instances(arguments: &Instances) -> Result<ExitCode, Failure> {
    if let Some(function) = &arguments.function {
        // One that is not there is an error, as in `fngate triggers`, not an empty list.
        let gateway = arguments.listing.running.gateway(NOBODY)?;
        gateway.request(&Question::get(Target::Function(function_id(function)).url(), PATIENCE))?;
    }
    let path = with_query("/v1/instances", &[("function", arguments.function.as_ref())]);
    arguments.listing.show(&path, ["FUNCTION", "INSTANCE", "STATE"], |instance: &Instance| {
        [instance.function.clone(), instance.address.clone(), instance.state.as_str().to_owned()]
    })
}
