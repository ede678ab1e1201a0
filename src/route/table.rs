//! The compiled table and the look-up.

use std::fmt;
use std::ops::ControlFlow;
use std::ptr;

use http::Method;

use super::canonical::Plain;
use super::host::{Hosts, normalize};
use super::method::{Api, Leaf};
use super::path::{Parameters, Trie, skip_segments};
use super::reading::{Reading, reread};
use crate::config::path::{BasePath, PathRule};
use crate::config::{Environment, HostPattern, MethodRule};

/// Every domain and API of a gateway, compiled. `T` is what an API leads to in one environment.
#[derive(Debug)]
pub struct RouteTable<T> {
    pub(super) services: Vec<Service<T>>,
    /// The domains of each host pattern, by base path.
    pub(super) hosts: Hosts<Domains>,
    /// How many domains there are.
    pub(super) domains: usize,
}

pub(super) type Domains = Trie<Domain>;

/// A service: a name and the APIs of each environment.
#[derive(Debug)]
pub(super) struct Service<T> {
    pub(super) name: Box<str>,
    /// In the order of [`Environment::ALL`].
    pub(super) tries: [Trie<Leaf<T>>; 3],
}

/// Where a host and a base path lead. `service` counts from [`RouteTable::services`].
#[derive(Debug)]
pub(super) struct Domain {
    /// In the order in which they were added.
    pub(super) number: usize,
    pub(super) host: HostPattern,
    pub(super) base: BasePath,
    pub(super) service: usize,
    pub(super) environment: Environment,
}

impl<T> RouteTable<T> {
    /// Selects the API that a request is for.
    ///
    /// `host` is the host of the request, in any case, with or without a port. `path` is the raw path of the request
    /// target, without the query.
    ///
    /// # Errors
    /// [`Miss`] says which step failed.
    pub fn find(&self, host: &str, path: &str, method: &Method) -> Result<Match<'_, T>, Miss<'_>> {
        let plain = Plain::read(path).ok_or(Miss::BadPath)?;
        let domains = self.hosts.find(&normalize(host)).ok_or(Miss::NoService)?;
        let query = Query { domains, plain: &plain, method };
        let selection = self.select(domains, plain.text(), method);
        let ambiguity = self.reread(&query, &selection, &mut |reread| match reread.agrees {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(self.ambiguity(&selection, &reread)),
        });
        match ambiguity {
            ControlFlow::Break(ambiguity) => Err(Miss::Ambiguous(ambiguity)),
            ControlFlow::Continue(()) => self.conclude(&selection, path),
        }
    }

    /// Every API in every environment, service by service.
    pub fn iter(&self) -> impl Iterator<Item = Route<'_, T>> {
        self.services.iter().flat_map(|service| {
            let tries = Environment::ALL.into_iter().zip(&service.tries);
            tries.flat_map(move |(environment, trie)| {
                let apis = trie.values().flat_map(Leaf::apis);
                apis.map(move |api| Route::new(&service.name, environment, api))
            })
        })
    }

    /// How many domains there are.
    #[must_use]
    pub fn domains(&self) -> usize {
        self.domains
    }

    pub(super) fn trie(&self, domain: &Domain) -> &Trie<Leaf<T>> {
        &self.services[domain.service].tries[domain.environment as usize]
    }

    /// The plain selection and that of every other reading run through here.
    pub(super) fn select<'t>(&'t self, domains: &'t Domains, path: &str, method: &Method) -> Selection<'t, T> {
        match domains.first(path) {
            Some(domain) => self.select_in(domain, skip_segments(path, domain.base.segments().len()), method),
            None => Selection { domain: None, leaf: None, api: None },
        }
    }

    fn select_in<'t>(&'t self, domain: &'t Domain, path: &str, method: &Method) -> Selection<'t, T> {
        let leaf = self.trie(domain).first(path);
        Selection { domain: Some(domain), leaf, api: leaf.and_then(|leaf| leaf.select(method)) }
    }

    /// Shows the selection of each other reading until `visit` has seen enough.
    ///
    /// Both the path that the client sent and what a removed base path leaves of it are read: the second is what the
    /// function sees, and `..` climbs out of one but not of the other.
    pub(super) fn reread<'t, B>(
        &'t self,
        query: &Query<'t, '_>,
        plain: &Selection<'t, T>,
        visit: &mut impl FnMut(Reread<'t, '_, T>) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        let Query { domains, plain: path, method } = *query;
        if path.is_clean() || plain.api.is_some_and(|api| api.raw_path) {
            return ControlFlow::Continue(());
        }
        let nothing = || Selection { domain: None, leaf: None, api: None };
        reread(path.raw(), path.text(), &mut |reading, text| {
            let selection = text.map_or_else(nothing, |text| self.select(domains, text, method));
            visit(Reread::new(reading, None, text, plain, selection))
        })?;
        let based = plain.enabled().map(|(domain, _)| domain).filter(|domain| !domain.base.segments().is_empty());
        let Some(domain) = based else { return ControlFlow::Continue(()) };
        let count = domain.base.segments().len();
        reread(skip_segments(path.raw(), count), skip_segments(path.text(), count), &mut |reading, text| {
            let selection = text.map_or_else(nothing, |text| self.select_in(domain, text, method));
            visit(Reread::new(reading, Some(&domain.base), text, plain, selection))
        })
    }

    pub(super) fn route<'t>(&'t self, selection: &Selection<'t, T>) -> Option<Route<'t, T>> {
        let (domain, api) = selection.enabled()?;
        Some(Route::new(&self.services[domain.service].name, domain.environment, api))
    }

    fn ambiguity<'t>(&'t self, plain: &Selection<'t, T>, reread: &Reread<'t, '_, T>) -> Ambiguity<'t> {
        Ambiguity {
            service: plain.domain.map(|domain| &*self.services[domain.service].name),
            environment: plain.domain.map(|domain| domain.environment),
            reading: reread.reading.clone(),
            other: self.route(&reread.selection).map(|route| (route.service, route.rule, route.method)),
        }
    }

    fn conclude<'t>(&'t self, plain: &Selection<'t, T>, path: &str) -> Result<Match<'t, T>, Miss<'t>> {
        let Some(domain) = plain.domain else { return Err(Miss::NoService) };
        let (service, environment) = (&*self.services[domain.service].name, domain.environment);
        match (plain.api, plain.leaf) {
            (Some(api), _) if api.enabled => {
                let prefix = path.len() - skip_segments(path, domain.base.segments().len()).len();
                Ok(Match { route: Route::new(service, environment, api), domain, prefix })
            }
            (None, Some(leaf)) if !leaf.is_disabled() => {
                Err(Miss::MethodNotAllowed { service, environment, allow: leaf.allow() })
            }
            _ => Err(Miss::NoApi { service, environment }),
        }
    }
}

/// A request, as far as its readings go.
pub(super) struct Query<'t, 'q> {
    pub(super) domains: &'t Domains,
    pub(super) plain: &'q Plain<'q>,
    pub(super) method: &'q Method,
}

/// What one reading of a path selects; each step only where the one before it found something.
pub(super) struct Selection<'t, T> {
    pub(super) domain: Option<&'t Domain>,
    pub(super) leaf: Option<&'t Leaf<T>>,
    pub(super) api: Option<&'t Api<T>>,
}

impl<'t, T> Selection<'t, T> {
    /// The API that would serve the request.
    fn enabled(&self) -> Option<(&'t Domain, &'t Api<T>)> {
        self.domain.zip(self.api.filter(|api| api.enabled))
    }

    fn agrees(&self, other: &Self) -> bool {
        match (self.enabled(), other.enabled()) {
            (Some((domain, api)), Some((other, same))) => ptr::eq(domain, other) && ptr::eq(api, same),
            (None, None) => true,
            _ => false,
        }
    }
}

/// Another reading of the path, and what it selects.
pub(super) struct Reread<'t, 'p, T> {
    pub(super) reading: &'p Reading,
    /// The base path, where only what is behind it was read.
    pub(super) base: Option<&'t BasePath>,
    pub(super) path: &'p str,
    pub(super) agrees: bool,
    pub(super) selection: Selection<'t, T>,
}

impl<'t, 'p, T> Reread<'t, 'p, T> {
    fn new(
        reading: &'p Reading,
        base: Option<&'t BasePath>,
        path: Option<&'p str>,
        plain: &Selection<'t, T>,
        selection: Selection<'t, T>,
    ) -> Self {
        // Nobody knows what the readings select that were not looked at.
        let agrees = path.is_some() && plain.agrees(&selection);
        Self { reading, base, path: path.unwrap_or("/…"), agrees, selection }
    }
}

/// An API in one environment.
#[derive(Debug)]
pub struct Route<'t, T> {
    pub service: &'t str,
    pub environment: Environment,
    pub rule: &'t PathRule,
    pub method: &'t MethodRule,
    pub enabled: bool,
    pub raw_path: bool,
    pub payload: &'t T,
}

impl<'t, T> Route<'t, T> {
    pub(super) fn new(service: &'t str, environment: Environment, api: &'t Api<T>) -> Self {
        let Api { rule, method, enabled, raw_path, payload } = api;
        Self { service, environment, rule, method, enabled: *enabled, raw_path: *raw_path, payload }
    }
}

// Not derived: the payload is borrowed, so it need not be `Copy`.
impl<T> Clone for Route<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Route<'_, T> {}

impl<T> fmt::Display for Route<'_, T> {
    /// `GET /orders/{id} of shop in release`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} of {} in {}", self.method, self.rule, self.service, self.environment.as_str())
    }
}

/// The API that a request selects. Borrows the table, not the request.
#[derive(Debug)]
pub struct Match<'t, T> {
    pub route: Route<'t, T>,
    domain: &'t Domain,
    prefix: usize,
}

impl<'t, T> Match<'t, T> {
    #[must_use]
    pub fn payload(&self) -> &'t T {
        self.route.payload
    }

    /// How many bytes of the raw path the base path takes.
    #[must_use]
    pub fn prefix_len(&self) -> usize {
        self.prefix
    }

    /// The base path as it is configured, if it removes anything.
    #[must_use]
    pub fn base_path(&self) -> Option<&'t BasePath> {
        Some(&self.domain.base).filter(|base| !base.segments().is_empty())
    }

    /// The number of its domain, below [`RouteTable::domains`].
    #[must_use]
    pub fn domain(&self) -> usize {
        self.domain.number
    }

    /// The path that the function sees: the looked-up `path` without its base path, `/` if nothing is left.
    #[must_use]
    pub fn forwarded<'p>(&self, path: &'p str) -> &'p str {
        path.get(self.prefix..).filter(|rest| !rest.is_empty()).unwrap_or("/")
    }

    /// The parameters of the rule in the looked-up `path`, escapes and all.
    #[must_use]
    pub fn parameters<'p>(&self, path: &'p str) -> Parameters<'t, 'p> {
        Parameters::new(self.route.rule, self.forwarded(path))
    }
}

impl<T> Clone for Match<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Match<'_, T> {}

/// Why a request selects no API.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Miss<'t> {
    #[error("no service has this host and base path")]
    NoService,
    #[error("service `{service}` has no such path in {}", environment.as_str())]
    NoApi { service: &'t str, environment: Environment },
    #[error("service `{service}` has this path in {}, but not for this method", environment.as_str())]
    MethodNotAllowed {
        service: &'t str,
        environment: Environment,
        /// Sorted; `HEAD` is in it when `GET` serves it.
        allow: Vec<Method>,
    },
    #[error("{0}")]
    Ambiguous(Ambiguity<'t>),
    #[error("the path does not start with `/`, or has a `%` that is not followed by two hexadecimal digits")]
    BadPath,
}

/// Two readings of a path that select different APIs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ambiguity<'t> {
    /// Of the plain reading, if that selects one.
    pub service: Option<&'t str>,
    pub environment: Option<Environment>,
    /// The first reading that selects something else,
    pub reading: Reading,
    /// and what that is: service, path and method.
    pub other: Option<(&'t str, &'t PathRule, &'t MethodRule)>,
}

impl fmt::Display for Ambiguity<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.reading.is_beyond() {
            return write!(f, "the path can be read in {}", self.reading);
        }
        write!(f, "the path can be read in two ways: read with {}, it selects ", self.reading)?;
        match self.other {
            Some((service, rule, method)) => write!(f, "{method} {rule} of service `{service}`"),
            None => f.write_str("nothing"),
        }
    }
}
