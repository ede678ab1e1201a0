//! Why a request selects what it selects. Displays as lines of text.

use std::fmt;

use http::Method;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::function::{Instance, instances_of};
use super::near;
use super::route::Route;
use crate::message::problem::Reason;
use crate::route::{Explanation, Match, Miss};
use crate::snapshot::Snapshot;

/// The story of one look-up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Explained {
    pub method: String,
    /// In lower case, without a port.
    pub host: String,
    pub path: String,
    /// The path as it is compared, where it is written in another form.
    pub plain: Option<String>,
    /// Every domain whose host covers the request's, the selected one first.
    pub domains: Vec<DomainNote>,
    /// Every API whose path matches, the most specific first.
    pub candidates: Vec<Candidate>,
    /// How else servers read the path.
    pub readings: Vec<ReadingNote>,
    /// APIs that would match, were they published in the request's environment.
    pub elsewhere: Vec<Elsewhere>,
    /// What may have been meant: hosts or paths that are close.
    pub near: Vec<String>,
    pub outcome: String,
    /// Why the gateway would refuse the request, as in its answers and the access log; null if an API is selected.
    pub reason: Option<String>,
    /// The status of that answer.
    pub status: Option<u16>,
    pub selected: Option<Selected>,
}

/// A domain that covers the host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DomainNote {
    pub host: String,
    pub base_path: String,
    pub service: String,
    pub environment: String,
    /// Why another one was taken; null for the selected one.
    pub lost: Option<String>,
}

/// An API whose path matches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Candidate {
    pub path: String,
    pub method: String,
    /// Why it does not serve the request; null for the selected one.
    pub lost: Option<String>,
}

/// Another reading of the path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ReadingNote {
    /// What such a server does, in words.
    pub reading: String,
    pub path: String,
    /// The API that it selects.
    pub selects: Option<String>,
    /// Whether that is what the plain reading selects.
    pub agrees: bool,
}

/// An API of the same service in another environment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Elsewhere {
    pub environment: String,
    pub path: String,
    pub method: String,
}

/// What the selected API brings along.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Selected {
    pub route: Route,
    /// As they were sent, escapes and all.
    pub parameters: Vec<Parameter>,
    /// The path that the function sees.
    pub forwarded_path: String,
    /// Where the request may go.
    pub instances: Vec<Instance>,
}

/// A parameter of the path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Parameter {
    pub name: String,
    pub value: String,
}

impl Explained {
    /// Asks the table of a snapshot.
    #[must_use]
    pub fn new(snapshot: &Snapshot, host: &str, path: &str, method: &Method) -> Self {
        let told = snapshot.table.explain(host, path, method);
        let reason = told.result.as_ref().err().map(|miss| reason(snapshot, miss));
        let near = told.result.as_ref().err().map(|miss| near::near(snapshot, &told, miss)).unwrap_or_default();
        let selected = told.result.as_ref().ok().map(|found| Selected::new(snapshot, found, &told.path));
        let Explanation { method, host, path, plain, domains, candidates, readings, elsewhere, outcome, .. } = told;
        Self {
            method,
            host,
            path,
            plain,
            domains: domains.into_iter().map(DomainNote::from).collect(),
            candidates: candidates.into_iter().map(Candidate::from).collect(),
            readings: readings.into_iter().map(ReadingNote::from).collect(),
            elsewhere: elsewhere.into_iter().map(Elsewhere::from).collect(),
            near,
            outcome,
            reason: reason.map(|reason| reason.as_str().to_owned()),
            status: reason.map(|reason| reason.status().as_u16()),
            selected,
        }
    }
}

impl Selected {
    fn new(snapshot: &Snapshot, found: &Match<'_, usize>, path: &str) -> Self {
        let entry = *found.payload();
        let parameter = |(name, value): (&str, &str)| Parameter { name: name.to_owned(), value: value.to_owned() };
        Self {
            route: Route::new(snapshot, entry),
            parameters: found.parameters(path).map(parameter).collect(),
            forwarded_path: found.forwarded(path).to_owned(),
            instances: instances_of(snapshot, snapshot.apis[entry].function).collect(),
        }
    }
}

/// The reason that the client of such a request is told.
fn reason(snapshot: &Snapshot, miss: &Miss<'_>) -> Reason {
    match miss {
        Miss::NoService => Reason::NoService,
        Miss::NoApi { environment, .. } if snapshot.releases.is_unavailable(*environment) => Reason::ReleaseUnavailable,
        Miss::NoApi { .. } => Reason::NoApi,
        Miss::MethodNotAllowed { .. } => Reason::MethodNotAllowed,
        Miss::Ambiguous(_) => Reason::AmbiguousPath,
        Miss::BadPath => Reason::BadRequest,
    }
}

impl From<crate::route::DomainNote<'_>> for DomainNote {
    fn from(note: crate::route::DomainNote<'_>) -> Self {
        let crate::route::DomainNote { host, base_path, service, environment, lost } = note;
        Self { host, base_path, service: service.to_owned(), environment: environment.to_owned(), lost }
    }
}

impl From<crate::route::CandidateNote> for Candidate {
    fn from(note: crate::route::CandidateNote) -> Self {
        let crate::route::CandidateNote { path, method, lost } = note;
        Self { path, method, lost }
    }
}

impl From<crate::route::ReadingNote> for ReadingNote {
    fn from(note: crate::route::ReadingNote) -> Self {
        let crate::route::ReadingNote { reading, path, selects, agrees } = note;
        Self { reading: reading.to_string(), path, selects, agrees }
    }
}

impl From<crate::route::Elsewhere> for Elsewhere {
    fn from(note: crate::route::Elsewhere) -> Self {
        let crate::route::Elsewhere { environment, path, method } = note;
        Self { environment: environment.to_owned(), path, method }
    }
}

impl fmt::Display for Explained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} {}{}", self.method, self.host, self.path)?;
        if let Some(plain) = &self.plain {
            writeln!(f, "  read as   {plain}")?;
        }
        for DomainNote { host, base_path, service, environment, lost } in &self.domains {
            let lost = lost.as_deref().unwrap_or("selected");
            writeln!(f, "  domain    {host} {base_path} -> {service}, {environment}: {lost}")?;
        }
        for Candidate { path, method, lost } in &self.candidates {
            writeln!(f, "  api       {method} {path}: {}", lost.as_deref().unwrap_or("selected"))?;
        }
        for ReadingNote { reading, path, selects, agrees } in &self.readings {
            let verdict = if *agrees { "agrees" } else { "DIFFERS" };
            writeln!(f, "  reading   {reading}: {path} -> {}: {verdict}", selects.as_deref().unwrap_or("nothing"))?;
        }
        for Elsewhere { environment, path, method } in &self.elsewhere {
            writeln!(f, "  elsewhere {method} {path} is published in {environment}")?;
        }
        writeln!(f, "  result    {}", self.outcome)?;
        if let (Some(status), Some(reason)) = (self.status, &self.reason) {
            writeln!(f, "  answer    {status} {reason}")?;
        }
        for near in &self.near {
            writeln!(f, "  near      did you mean {near}?")?;
        }
        self.selected.as_ref().map_or(Ok(()), |selected| selected.fmt(f))
    }
}

impl fmt::Display for Selected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(revision) = self.route.pinned {
            writeln!(f, "  release   {} is pinned to revision {revision}", self.route.environment)?;
        }
        writeln!(f, "  function  {}", self.route.function_version())?;
        writeln!(f, "  timeout   {}", self.route.effective_timeout())?;
        for Parameter { name, value } in &self.parameters {
            writeln!(f, "  parameter {name}={value}")?;
        }
        for Instance { address, state, .. } in &self.instances {
            writeln!(f, "  instance  {address}: {}", state.as_str())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config;
    use crate::telemetry::metrics::Metrics;

    const CONFIG: &str = r#"
[[listener]]
address = "127.0.0.1:0"
[[function]]
name = "f"
instances = ["builtin:echo"]
[[service]]
name = "shop"
hosts = ["shop.test", "*.test"]
[[service.domain]]
host = "shop.test"
base_path = "/t"
environment = "test"
"#;

    fn snapshot() -> Snapshot {
        let mut text = CONFIG.to_owned();
        for (method, path, more) in [
            ("GET", "/users/me", ""),
            ("ANY", "/users/me", ""),
            ("POST", "/users/me", "enabled = false"),
            ("GET", "/users/{id}", ""),
            ("GET", "/orders/{id}/lines", ""),
            ("DELETE", "/users/{id}", "environments = [\"test\"]"),
        ] {
            text.push_str(&format!(
                "[[service.api]]\npath = \"{path}\"\nmethod = \"{method}\"\nfunction = \"f\"\n{more}\n"
            ));
        }
        let config = config::parse(Path::new("test.toml"), &text).unwrap_or_else(|report| panic!("{report}"));
        Snapshot::compile(config, None, &Metrics::new()).expect("a table")
    }

    #[test]
    fn an_explanation_tells_the_whole_story() {
        let snapshot = snapshot();
        for (method, path, story) in [
            (
                Method::GET,
                "/users/me",
                "GET shop.test/users/me
  domain    shop.test / -> shop, release: selected
  domain    shop.test /t -> shop, test: base path does not match
  domain    *.test / -> shop, release: less specific host
  api       GET /users/me: selected
  api       ANY /users/me: less specific: `ANY` < `GET`
  api       POST /users/me: method: it serves `POST`, the request is `GET`
  api       GET /users/{id}: less specific: `{id}` < literal `me` in segment 2
  result    GET /users/me of shop in release
  function  default/f:$LATEST
  timeout   15s (default)
  instance  builtin:echo: up
",
            ),
            (
                Method::DELETE,
                "/users/%37",
                "DELETE shop.test/users/%37
  read as   /users/7
  domain    shop.test / -> shop, release: selected
  domain    shop.test /t -> shop, test: base path does not match
  domain    *.test / -> shop, release: less specific host
  api       GET /users/{id}: method: it serves `GET`, the request is `DELETE`
  elsewhere DELETE /users/{id} is published in test
  result    method not allowed; allowed are: GET, HEAD
  answer    405 method_not_allowed
",
            ),
        ] {
            assert_eq!(Explained::new(&snapshot, "Shop.test:80", path, &method).to_string(), story);
        }
    }

    #[test]
    fn a_miss_names_what_is_near() {
        let snapshot = snapshot();
        for (host, path, reason, near) in [
            ("shop.test", "/order/7/lines", "no_api", &["GET /orders/{id}/lines"][..]),
            ("shop.test", "/user/me", "no_api", &["GET /users/me", "ANY /users/me", "GET /users/{id}"]),
            ("shop.test", "/orders/7", "no_api", &["GET /orders/{id}/lines"]),
            ("shop.test", "/something/else", "no_api", &[]),
            ("shop.tset", "/users/me", "no_service", &["shop.test"]),
            ("elsewhere.example", "/users/me", "no_service", &[]),
            ("shop.test", "/users/me;x", "ambiguous_path", &[]),
            ("shop.test", "*", "bad_request", &[]),
        ] {
            let explained = Explained::new(&snapshot, host, path, &Method::GET);
            assert_eq!(explained.reason.as_deref(), Some(reason), "{host}{path}");
            assert_eq!(explained.near, near, "{host}{path}");
        }
    }

    #[test]
    fn an_explanation_is_the_same_behind_json() {
        let snapshot = snapshot();
        for path in ["/users/me", "/users/me;x", "/nothing"] {
            let explained = Explained::new(&snapshot, "shop.test", path, &Method::GET);
            let text = serde_json::to_string(&explained).expect("JSON");
            assert_eq!(serde_json::from_str::<Explained>(&text).expect("the same"), explained);
        }
    }
}
