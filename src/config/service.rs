//! Reads `[[service]]`: its domains and its APIs, as far as that goes without knowing the rest of the configuration.

use std::time::Duration;

use http::{HeaderName, HeaderValue, Method};

use super::error::{Diagnostic, Problem, closest, quoted};
use super::field;
use super::file::Span;
use super::function::read_timeout;
use super::gateway::read_body_limit;
use super::host::HOST;
use super::name::{DISPLAY, REFERENCE, Reference, VERSION};
use super::path::{BasePath, PathError, PathRule};
use super::reader::Section;
use super::types::{Domain, Environment, HostPattern, MethodRule, Setting};
use super::value::{Found, Kind};
use crate::header::ReservedPrefix;

const PATH: Kind<PathRule> =
    Kind::new("/orders/{id}", |text| PathRule::parse(text).map_err(|error| path_problem(text, &error)));
const BASE_PATH: Kind<BasePath> =
    Kind::new("/test", |text| BasePath::parse(text).map_err(|error| path_problem(text, &error)));
const METHOD: Kind<MethodRule> = Kind::new("GET", method);
const ENVIRONMENT: Kind<Environment> = Kind::new("release", environment);

/// A service whose APIs do not know their functions yet.
pub(super) struct WrittenService {
    /// `None` has been reported.
    pub(super) name: Option<Found<String>>,
    pub(super) domains: Vec<Found<Domain>>,
    pub(super) apis: Vec<WrittenApi>,
}

/// An API that names its function.
pub(super) struct WrittenApi {
    /// `None` is the default.
    pub(super) name: Option<Found<String>>,
    /// `None` has been reported.
    pub(super) path: Option<Found<PathRule>>,
    /// `None` has been reported.
    pub(super) method: Option<MethodRule>,
    /// `None` has been reported.
    pub(super) function: Option<Found<Reference>>,
    pub(super) versions: Vec<(Found<Environment>, Found<String>)>,
    pub(super) environments: Vec<Environment>,
    pub(super) timeout: Option<Setting<Duration>>,
    pub(super) max_body_bytes: Option<Option<u64>>,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) enabled: bool,
    pub(super) raw_path: bool,
}

pub(super) fn read(section: &Section<'_>, prefix: &ReservedPrefix) -> WrittenService {
    let name = section.required("name", &DISPLAY);
    let short = section
        .list("hosts", &HOST)
        .into_iter()
        .map(|host| host.with_span(|host, span| domain(host, BasePath::root(), Environment::Release, span)));
    let short: Vec<_> = short.collect();
    let long = section.tables("domain", read_domain);
    if !section.has("hosts") && !section.has("domain") {
        section.missing(
            "hosts",
            "hosts = [\"shop.example.com\"], hosts = [\"*\"] for every host, or a `[[service.domain]]`",
        );
    }
    let domains = short.into_iter().chain(long.into_iter().flatten()).collect();
    let apis = section.tables("api", |section| read_api(section, prefix));
    WrittenService { name, domains, apis }
}

fn read_domain(section: &Section<'_>) -> Option<Found<Domain>> {
    let host = section.required("host", &HOST);
    let base_path = section.optional("base_path", &BASE_PATH).map_or_else(BasePath::root, |path| path.value);
    let environment = section.optional("environment", &ENVIRONMENT).map_or(Environment::Release, |found| found.value);
    host.map(|host| host.with_span(|host, span| domain(host, base_path, environment, span)))
}

fn domain(host: HostPattern, base_path: BasePath, environment: Environment, span: &Span) -> Domain {
    Domain { host, base_path, environment, place: span.place() }
}

fn read_api(section: &Section<'_>, prefix: &ReservedPrefix) -> WrittenApi {
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

fn environment(text: &str) -> Result<Environment, Problem> {
    if let Some(environment) = Environment::ALL.into_iter().find(|environment| environment.as_str() == text) {
        return Ok(environment);
    }
    let close = closest(text, Environment::ALL.map(Environment::as_str));
    let hint = close.map(|close| format!("did you mean \"{close}\"?"));
    let rule = "\"release\", \"prepub\" or \"test\"";
    Err(Problem::new(format!("{} is not an environment: {rule}", quoted(text))).hint(hint))
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

fn path_problem(text: &str, error: &PathError) -> Problem {
    let hint = match error {
        PathError::NoSlash if !text.is_empty() => Some(format!("write \"/{}\"", text.trim_start_matches('='))),
        _ => None,
    };
    Problem::new(error.to_string()).hint(hint)
}
