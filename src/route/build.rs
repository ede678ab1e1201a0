//! Compiles domains and APIs into a table.

use super::host::Hosts;
use super::method::Api;
use super::path::Trie;
use super::table::{Domain, RouteTable, Service};
use crate::config::path::{BasePath, PathRule};
use crate::config::{Environment, HostPattern, MethodRule};

/// Collects services and their parts.
#[derive(Debug)]
pub struct Builder<T> {
    table: RouteTable<T>,
}

/// A service of one [`Builder`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServiceIndex(usize);

/// One API in one environment, to be added.
#[derive(Debug)]
pub struct ApiEntry<'a, T> {
    pub rule: &'a PathRule,
    pub method: &'a MethodRule,
    pub enabled: bool,
    pub raw_path: bool,
    pub payload: T,
}

/// Why a part does not fit into the table. The configuration refuses all of these with a place in the file; this is the
/// last line behind it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    #[error("two domains have the host `{host}` and the base path `{base_path}`")]
    DuplicateDomain { host: HostPattern, base_path: BasePath },
    #[error("service `{service}` has two APIs for {method} `{rule}` in {}", environment.as_str())]
    DuplicateApi { service: Box<str>, environment: Environment, rule: Box<str>, method: MethodRule },
    #[error("the service belongs to another table")]
    UnknownService,
}

impl<T> Builder<T> {
    #[must_use]
    pub fn new() -> Self {
        Self { table: RouteTable { services: Vec::new(), hosts: Hosts::new(), domains: 0 } }
    }

    /// Adds a service. The name is for people and metrics: two services of one name stay two.
    pub fn service(&mut self, name: &str) -> ServiceIndex {
        let tries = [Trie::default(), Trie::default(), Trie::default()];
        self.table.services.push(Service { name: name.into(), tries });
        ServiceIndex(self.table.services.len() - 1)
    }

    /// Adds a domain to a service.
    ///
    /// # Errors
    /// [`BuildError`] when another domain has the same host and base path.
    pub fn domain(
        &mut self,
        ServiceIndex(service): ServiceIndex,
        host: &HostPattern,
        base: &BasePath,
        environment: Environment,
    ) -> Result<(), BuildError> {
        if service >= self.table.services.len() {
            return Err(BuildError::UnknownService);
        }
        let place = self.table.hosts.entry(host).base_mut(base);
        if place.is_some() {
            return Err(BuildError::DuplicateDomain { host: host.clone(), base_path: base.clone() });
        }
        let number = self.table.domains;
        *place = Some(Domain { number, host: host.clone(), base: base.clone(), service, environment });
        self.table.domains += 1;
        Ok(())
    }

    /// Adds an API to a service in one environment.
    ///
    /// # Errors
    /// [`BuildError`] when the service has an API of the same shape and method there.
    pub fn api(
        &mut self,
        ServiceIndex(service): ServiceIndex,
        environment: Environment,
        entry: ApiEntry<'_, T>,
    ) -> Result<(), BuildError> {
        let ApiEntry { rule, method, enabled, raw_path, payload } = entry;
        let service = self.table.services.get_mut(service).ok_or(BuildError::UnknownService)?;
        let leaf = service.tries[environment as usize].rule_mut(rule).get_or_insert_default();
        if leaf.insert(Api { rule: rule.clone(), method: method.clone(), enabled, raw_path, payload }) {
            return Ok(());
        }
        Err(BuildError::DuplicateApi {
            service: service.name.clone(),
            environment,
            rule: rule.as_str().into(),
            method: method.clone(),
        })
    }

    #[must_use]
    pub fn build(self) -> RouteTable<T> {
        self.table
    }
}

impl<T> Default for Builder<T> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn duplicates_are_refused() {
        let mut builder = Builder::new();
        let shop = builder.service("shop");
        let host = HostPattern::Exact("a".to_owned());
        let base = BasePath::parse("/test").expect("a base path");
        assert_eq!(builder.domain(shop, &host, &base, Environment::Test), Ok(()));
        assert_eq!(builder.domain(shop, &host, &BasePath::root(), Environment::Test), Ok(()));
        let error = builder.domain(shop, &host, &base, Environment::Release);
        assert_eq!(error, Err(BuildError::DuplicateDomain { host: host.clone(), base_path: base.clone() }));

        let mut api = |environment, rule: &str, method: MethodRule| {
            let rule = &PathRule::parse(rule).expect(rule);
            let entry = ApiEntry { rule, method: &method, enabled: true, raw_path: false, payload: () };
            builder.api(shop, environment, entry).map_err(|error| error.to_string())
        };
        assert_eq!(api(Environment::Test, "/u/{id}", MethodRule::Any), Ok(()));
        assert_eq!(api(Environment::Test, "=/u/{id}", MethodRule::Any), Ok(()));
        assert_eq!(api(Environment::Test, "/u/{id+}", MethodRule::Any), Ok(()));
        assert_eq!(api(Environment::Test, "/u/{id}", MethodRule::One(http::Method::GET)), Ok(()));
        assert_eq!(api(Environment::Release, "/u/{id}", MethodRule::Any), Ok(()));
        let error = "service `shop` has two APIs for ANY `/%75/{name}` in test".to_owned();
        assert_eq!(api(Environment::Test, "/%75/{name}", MethodRule::Any), Err(error));

        let stranger = ServiceIndex(7);
        assert_eq!(builder.domain(stranger, &host, &base, Environment::Test), Err(BuildError::UnknownService));
    }
}
