//! `[[service]]`: APIs that share domains, as far as they can be read without knowing the rest of the configuration.

pub mod api;

use self::api::{Api, WrittenApi};
use crate::config::environment::{ENVIRONMENT, Environment};
use crate::config::file::Span;
use crate::config::host::{HOST, HostPattern};
use crate::config::name::DISPLAY;
use crate::config::path::BasePath;
use crate::config::place::Place;
use crate::config::rule::BASE_PATH;
use crate::config::section::Section;
use crate::config::value::Found;
use crate::header::ReservedPrefix;

/// One `[[service]]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Service {
    pub name: String,
    pub domains: Vec<Domain>,
    pub apis: Vec<Api>,
    /// Of its name.
    pub place: Place,
}

/// A host and base path that select a service and an environment. No two domains of a configuration share both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Domain {
    pub host: HostPattern,
    pub base_path: BasePath,
    pub environment: Environment,
    pub place: Place,
}

/// A service whose APIs do not know their functions yet.
pub(in crate::config) struct WrittenService {
    /// `None` has been reported.
    pub(in crate::config) name: Option<Found<String>>,
    /// Whether it may add to a service of another file.
    pub(in crate::config) is_extension: bool,
    pub(in crate::config) domains: Vec<Found<Domain>>,
    pub(in crate::config) apis: Vec<WrittenApi>,
}

/// What a service without domains lacks.
pub(in crate::config) const HOSTS: &str =
    "hosts = [\"shop.example.com\"], hosts = [\"*\"] for every host, or a `[[service.domain]]`";

pub(in crate::config) fn read(section: &Section<'_>, prefix: &ReservedPrefix) -> WrittenService {
    let name = section.required("name", &DISPLAY);
    let short = section
        .list("hosts", &HOST)
        .into_iter()
        .map(|host| host.with_span(|host, span| domain(host, BasePath::root(), Environment::Release, span)));
    let short: Vec<_> = short.collect();
    let long = section.tables("domain", read_domain);
    let is_extension = section.span.as_ref().is_some_and(|span| section.reader.is_extension(&span.file));
    // One that adds to another may have none of its own.
    if !section.has("hosts") && !section.has("domain") && !is_extension {
        section.missing("hosts", HOSTS);
    }
    let domains = short.into_iter().chain(long.into_iter().flatten()).collect();
    let apis = section.tables("api", |section| api::read(section, prefix));
    WrittenService { name, is_extension, domains, apis }
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
