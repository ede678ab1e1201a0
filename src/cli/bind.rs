//! `fngate bind` and `fngate unbind`: a trigger, from either side.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use http::{Method, StatusCode};
use serde_json::{Map, Value};

use super::admin::{NOBODY, Running};
use super::gateway::{Answer, Gateway, Question};
use super::outcome::{Failure, REFUSED, SYSTEM, print};
use super::{pages, table};
use crate::config::PathRule;
use crate::control::admin::apis::Changed;
use crate::control::change::{Effect, Outcome, check_note};
use crate::inspect::api::Api;
use crate::inspect::function::id_of;
use crate::inspect::object::Target;

const PATIENCE: Duration = Duration::from_secs(30);

/// How every change is made and shown.
#[derive(Debug, Args)]
pub(super) struct Changing {
    #[command(flatten)]
    pub(super) running: Running,
    /// Show what would change, and change nothing.
    #[arg(long)]
    pub(super) dry_run: bool,
    /// A note to record in the history.
    #[arg(long, value_name = "TEXT")]
    pub(super) note: Option<String>,
    /// Print JSON.
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Bind {
    /// The method, such as GET, or ANY.
    method: String,
    /// The rule, such as /orders/{id}.
    path: String,
    /// The service that the API belongs to.
    #[arg(long, value_name = "SERVICE")]
    service: String,
    /// The function: name, namespace/name or namespace/name:version.
    #[arg(long, value_name = "FUNCTION")]
    function: String,
    /// The name of the API [default: its method and path].
    #[arg(long)]
    name: Option<String>,
    /// The timeout of the API [default: that of the function].
    #[arg(long, value_name = "DURATION")]
    timeout: Option<String>,
    /// Where it is published: release, prepub or test; may be given several times.
    #[arg(long, value_name = "ENVIRONMENT")]
    environment: Vec<String>,
    /// Change an API that has this path and method already.
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    changing: Changing,
}

#[derive(Debug, Args)]
pub(super) struct Unbind {
    /// The method, such as GET, or ANY.
    method: String,
    /// The path of the API, such as /orders/{id}.
    path: String,
    /// The service that the API belongs to.
    #[arg(long, value_name = "SERVICE")]
    service: String,
    #[command(flatten)]
    changing: Changing,
}

impl Changing {
    pub(super) fn gateway(&self) -> Result<Gateway, Failure> {
        self.note.as_deref().map_or(Ok(()), check_note).map_err(Failure::usage)?;
        self.running.gateway(NOBODY)
    }

    /// The parameters of a change.
    pub(super) fn query(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if self.dry_run {
            query.append_pair("dry_run", "true");
        }
        if let Some(note) = &self.note {
            query.append_pair("note", note);
        }
        query.finish()
    }

    /// Prints what came of a change. `done` begins the line that says it.
    pub(super) fn show(&self, answer: &Answer, done: &str) -> Result<ExitCode, Failure> {
        if self.json {
            return table::json(&answer.parse::<Value>()?);
        }
        print(&describe(&Self::outcome(answer)?, done, self.dry_run))
    }

    /// What came of a change.
    pub(super) fn outcome(answer: &Answer) -> Result<Outcome, Failure> {
        answer.parse::<Changed>().map(|changed| changed.change)
    }
}

/// What came of a change, for people.
fn describe(outcome: &Outcome, done: &str, dry_run: bool) -> String {
    let Outcome { result, revision, files, toml, warnings } = outcome;
    let mut text = match (result, dry_run) {
        (Effect::Unchanged, _) => format!("unchanged: revision {revision}\n"),
        (_, true) => format!("would have {done}; nothing was changed\n"),
        (_, false) => format!("{done}: revision {revision}\n"),
    };
    for file in files {
        text += &table::coloured(&file.diff);
    }
    if let Some(toml) = toml.as_ref().filter(|_| *result != Effect::Unchanged && !dry_run) {
        text += &format!("\n{}\n", toml.trim());
    }
    for warning in warnings {
        text += &format!("warning: {}\n", warning.message);
    }
    text
}

pub(super) fn bind(arguments: &Bind) -> Result<ExitCode, Failure> {
    let gateway = arguments.changing.gateway()?;
    let id = function_id(&arguments.function);
    let mut keys = Map::new();
    keys.insert("service".to_owned(), arguments.service.as_str().into());
    keys.insert("path".to_owned(), arguments.path.as_str().into());
    keys.insert("method".to_owned(), arguments.method.as_str().into());
    arguments.name.iter().for_each(|name| drop(keys.insert("name".to_owned(), name.as_str().into())));
    arguments.timeout.iter().for_each(|timeout| drop(keys.insert("timeout".to_owned(), timeout.as_str().into())));
    if !arguments.environment.is_empty() {
        keys.insert("environments".to_owned(), arguments.environment.clone().into());
    }
    let url = format!("{}/triggers?{}", Target::Function(id.clone()).url(), arguments.changing.query());
    let question = Question::change(Method::POST, url, Some(Value::Object(keys.clone())));
    let answer = gateway.ask(&question).map_err(|text| Failure { code: SYSTEM, text })?;
    let done = format!("bound {} {} of `{}` to `{id}`", arguments.method, arguments.path, arguments.service);
    if answer.status == StatusCode::CONFLICT && arguments.replace {
        let answer = replace(&gateway, arguments, &keys)?;
        return arguments.changing.show(&answer, &done);
    }
    let answer = gateway.good(answer).map_err(|failure| match failure.code {
        REFUSED if !arguments.replace && is_bound(&gateway, arguments) => {
            Failure { text: format!("{}\n  use --replace to bind it to another function", failure.text), ..failure }
        }
        _ => failure,
    })?;
    arguments.changing.show(&answer, &done)
}

/// Gives the API that has the path and method another function, and what else was asked for. All other keys stay.
fn replace(gateway: &Gateway, arguments: &Bind, wanted: &Map<String, Value>) -> Result<Answer, Failure> {
    let held = find(gateway, &arguments.service, &arguments.method, &arguments.path)?;
    if let Some(name) = arguments.name.as_ref().filter(|name| **name != held.name) {
        let text = format!("the API is named `{}` and cannot be renamed; leave out --name {name}", held.name);
        return Err(Failure { code: REFUSED, text });
    }
    let target = Target::Api { service: held.service, name: held.name };
    let shown = gateway.request(&Question::get(target.url(), PATIENCE))?;
    let mut keys: Map<String, Value> = shown.parse()?;
    // Versions are those of the function before.
    ["status", "versions"].iter().for_each(|key| drop(keys.remove(*key)));
    for key in ["timeout", "environments"] {
        keys.extend(wanted.get(key).map(|value| (key.to_owned(), value.clone())));
    }
    keys.insert("function".to_owned(), arguments.function.as_str().into());
    let url = format!("{}?{}", target.url(), arguments.changing.query());
    let change = Question::change(Method::PUT, url, Some(Value::Object(keys)));
    gateway.request(&Question { if_match: shown.etag, ..change })
}

pub(super) fn unbind(arguments: &Unbind) -> Result<ExitCode, Failure> {
    let gateway = arguments.changing.gateway()?;
    let held = find(&gateway, &arguments.service, &arguments.method, &arguments.path)?;
    let target = Target::Api { service: held.service, name: held.name };
    let shown = gateway.request(&Question::get(target.url(), PATIENCE))?;
    let url = format!("{}?{}", target.url(), arguments.changing.query());
    let change = Question::change(Method::DELETE, url, None);
    let answer = gateway.request(&Question { if_match: shown.etag, ..change })?;
    let done =
        format!("unbound {} {} of `{}` from `{}`", arguments.method, arguments.path, arguments.service, held.function);
    arguments.changing.show(&answer, &done)
}

fn is_bound(gateway: &Gateway, arguments: &Bind) -> bool {
    find(gateway, &arguments.service, &arguments.method, &arguments.path).is_ok()
}

/// The API of a service with this path and method.
fn find(gateway: &Gateway, service: &str, method: &str, path: &str) -> Result<Api, Failure> {
    let url = format!("{}/apis?", Target::Service(service.to_owned()).url());
    let apis: Vec<Api> = pages::all(gateway, &url, PATIENCE)?;
    // However parameters are named.
    let shape = |path: &str| PathRule::parse(path).map(|rule| rule.shape()).ok();
    let wanted = shape(path);
    let is_same =
        |api: &Api| api.method == method && (api.path == path || (wanted.is_some() && shape(&api.path) == wanted));
    let found = apis.into_iter().find(is_same);
    found.ok_or_else(|| Failure { code: REFUSED, text: format!("the service `{service}` has no API {method} {path}") })
}

/// The function version that a reference names.
pub(super) fn function_id(reference: &str) -> crate::config::FunctionId {
    let (namespace, name) = reference.split_once('/').unwrap_or(("default", reference));
    id_of(namespace, name)
}
