//! `[[service.api]]`: a path and a method that are bound to one function.

use std::fmt;
use std::time::Duration;

use http::{HeaderName, HeaderValue, Method};

use crate::config::environment::{ENVIRONMENT, Environment, environment};
use crate::config::error::{Diagnostic, Problem, quoted};
use crate::config::field;
use crate::config::foreign;
use crate::config::name::{DISPLAY, LATEST, REFERENCE, Reference, VERSION};
use crate::config::path::PathRule;
use crate::config::place::{Place, Setting};
use crate::config::rule::PATH;
use crate::config::section::Section;
use crate::config::table::function::read_timeout;
use crate::config::table::gateway::read_body_limit;
use crate::config::value::{Found, Kind};
use crate::header::ReservedPrefix;

const METHOD: Kind<MethodRule> = Kind::new("GET", method);

/// One `[[service.api]]`. Its identity is (service, path shape, method).
#[derive(Clone, Debug, PartialEq)]
pub struct Api {
    pub name: String,
    pub path: PathRule,
    pub method: MethodRule,
    /// One for each environment in which the API is published, in the order of [`Environment::ALL`].
    pub bindings: Vec<Binding>,
    /// Overrides the function's sync-wait timeout.
    pub timeout: Option<Setting<Duration>>,
    /// Overrides the gateway's limit: `Some(None)` lifts it.
    pub max_body_bytes: Option<Option<u64>>,
    pub headers: Vec<(HeaderName, HeaderValue)>,
    pub enabled: bool,
    pub raw_path: bool,
    pub place: Place,
}

/// The function version that serves an API in one environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binding {
    pub environment: Environment,
    /// Index into the functions of the configuration.
    pub function: usize,
}

/// The method of an API.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum MethodRule {
    /// Every method that has no API of its own on the same path; never `CONNECT` or `TRACE`.
    Any,
    One(Method),
}

impl fmt::Display for MethodRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("ANY"),
            Self::One(method) => f.write_str(method.as_str()),
        }
    }
}

/// An API that names its function.
pub(in crate::config) struct WrittenApi {
    /// `None` is the default.
    pub(in crate::config) name: Option<Found<String>>,
    /// `None` has been reported.
    pub(in crate::config) path: Option<Found<PathRule>>,
    /// `None` has been reported.
    pub(in crate::config) method: Option<MethodRule>,
    /// `None` has been reported.
    pub(in crate::config) function: Option<Found<Reference>>,
    pub(in crate::config) versions: Vec<(Found<Environment>, Found<String>)>,
    pub(in crate::config) environments: Vec<Environment>,
    pub(in crate::config) timeout: Option<Setting<Duration>>,
    pub(in crate::config) max_body_bytes: Option<Option<u64>>,
    pub(in crate::config) headers: Vec<(HeaderName, HeaderValue)>,
    pub(in crate::config) enabled: bool,
    pub(in crate::config) raw_path: bool,
}

pub(in crate::config) fn read(section: &Section<'_>, prefix: &ReservedPrefix) -> WrittenApi {
    let api = WrittenApi {
        name: section.optional("name", &DISPLAY),
        path: section.required("path", &PATH),
        method: match section.optional("method", &METHOD) {
            None if section.has("method") => None,
            found => Some(found.map_or(MethodRule::One(Method::GET), |method| method.value)),
        },
        function: section.required("function", &REFERENCE),
        versions: read_versions(section),
        environments: read_environments(section),
        timeout: read_timeout(section),
        max_body_bytes: read_body_limit(section).map(|limit| limit.value),
        headers: field::read(section, prefix),
        enabled: section.boolean("enabled", true),
        raw_path: section.boolean("raw_path", false),
    };
    if let Some(path) = &api.path
        && let Some(foreign) = foreign::recognize(path.value.as_str())
    {
        let path_text = quoted(path.value.as_str());
        let message = format!("{path_text} uses the syntax of another router and matches literally here");
        section.report(Diagnostic::warning(message).at(&path.span).hint(foreign.advice));
    }
    check_versions(&api, section);
    api
}

/// `versions = { test = "$LATEST" }`.
fn read_versions(section: &Section<'_>) -> Vec<(Found<Environment>, Found<String>)> {
    let example = "{ test = \"$LATEST\", release = \"3\" }";
    let Some((_, entries)) = section.map("versions", example) else { return Vec::new() };
    let mut versions = Vec::new();
    for (key, entry) in entries {
        let version = section.read(&entry, &VERSION);
        match environment(key) {
            Ok(value) => versions.extend(version.map(|version| (Found { value, span: entry.key_span() }, version))),
            Err(problem) => section.report(problem.at(&entry.key_span())),
        }
    }
    versions
}

fn read_environments(section: &Section<'_>) -> Vec<Environment> {
    let mut environments: Vec<Environment> = Vec::new();
    for Found { value, span } in section.filled("environments", &ENVIRONMENT) {
        if environments.contains(&value) {
            section
                .report(Diagnostic::new(format!("the environment \"{}\" is listed twice", value.as_str())).at(&span));
        } else {
            environments.push(value);
        }
    }
    if environments.is_empty() {
        environments.push(Environment::Release);
    }
    environments.sort_unstable();
    environments
}

/// `versions` chooses for environments in which the API is published, and only if the reference leaves a choice.
fn check_versions(api: &WrittenApi, section: &Section<'_>) {
    let explicit = api.function.as_ref().filter(|function| function.value.version.is_some());
    if let (Some(function), Some((first, _))) = (explicit, api.versions.first()) {
        let error =
            Diagnostic::new("the version is chosen twice: here and in the reference to the function").at(&first.span);
        section.report(error.at_labelled(&function.span, "names a version already"));
    }
    let is_default = |(_, version): &(Found<Environment>, Found<String>)| version.value == LATEST;
    if let (None, Some((first, _))) = (explicit, api.versions.first())
        && api.versions.iter().all(is_default)
    {
        let message = format!("`{LATEST}` is the version that is used without `versions`");
        section.report(Diagnostic::warning(message).at(&first.span).hint("leave `versions` out".to_owned()));
    }
    for (environment, _) in &api.versions {
        if !api.environments.contains(&environment.value) {
            let message = format!("the API is not published in the environment \"{}\"", environment.value.as_str());
            let published: Vec<_> =
                api.environments.iter().map(|environment| format!("\"{}\"", environment.as_str())).collect();
            let hint = format!("it is published in {} (`environments`)", published.join(" and "));
            section.report(Diagnostic::new(message).at(&environment.span).hint(hint));
        }
    }
}

/// Methods are case-sensitive tokens (RFC 9110 section 9.1), so `get` is a method, but not one that anybody means.
fn method(text: &str) -> Result<MethodRule, Problem> {
    const STANDARD: [&str; 10] =
        ["ANY", "GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS", "TRACE", "CONNECT"];
    let upper = text.to_ascii_uppercase();
    let error = |what: &str| Problem::new(format!("{} {what}", quoted(text)));
    match text {
        "ANY" => return Ok(MethodRule::Any),
        "CONNECT" => return Err(error("asks for a tunnel through a proxy and never reaches a function")),
        "*" => return Err(error("is not a method").hint("write \"ANY\" for every method".to_owned())),
        _ => {}
    }
    if upper != text && STANDARD.contains(&upper.as_str()) {
        return Err(
            error("is not a method that clients send: methods are upper case").hint(format!("write \"{upper}\""))
        );
    }
    match Method::from_bytes(text.as_bytes()) {
        Ok(method) => Ok(MethodRule::One(method)),
        Err(_) => Err(error("is not a method: letters, digits and any of !#$%&'*+-.^_`|~")),
    }
}
