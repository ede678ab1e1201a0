//! What each environment serves: the configuration in use, or an older revision that it is pinned to.

use std::path::PathBuf;

use crate::config::{Config, Diagnostic, Environment, Service};

/// What one environment serves.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Release {
    /// The configuration in use.
    #[default]
    Follows,
    /// Services, domains and APIs as they were in a revision, bound to the functions of now.
    Pinned { revision: u64, services: Vec<Service> },
    /// No API: requests get 404.
    Unreleased,
    /// The pinned revision cannot be read, or not be served with the functions of now: requests get 503.
    Unavailable {
        /// Nobody knows which, if what says so cannot be read.
        revision: Option<u64>,
    },
}

/// One for each environment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Releases([Release; Environment::ALL.len()]);

impl Releases {
    #[must_use]
    pub fn of(&self, environment: Environment) -> &Release {
        &self.0[environment as usize]
    }

    pub fn set(&mut self, environment: Environment, release: Release) {
        self.0[environment as usize] = release;
    }

    /// The environments that an older revision serves.
    pub fn pinned(&self) -> impl Iterator<Item = (Environment, u64, &[Service])> {
        Environment::ALL.into_iter().filter_map(|environment| match self.of(environment) {
            Release::Pinned { revision, services } => Some((environment, *revision, services.as_slice())),
            Release::Follows | Release::Unreleased | Release::Unavailable { .. } => None,
        })
    }

    /// The services whose domains an environment has.
    #[must_use]
    pub fn services<'a>(&'a self, config: &'a Config, environment: Environment) -> &'a [Service] {
        match self.of(environment) {
            Release::Pinned { services, .. } => services,
            Release::Follows | Release::Unreleased | Release::Unavailable { .. } => &config.services,
        }
    }

    /// Whether the APIs of those services are served there.
    #[must_use]
    pub fn serves(&self, environment: Environment) -> bool {
        matches!(self.of(environment), Release::Follows | Release::Pinned { .. })
    }

    /// Whether an environment should serve a revision that is unavailable.
    #[must_use]
    pub fn is_unavailable(&self, environment: Environment) -> bool {
        matches!(self.of(environment), Release::Unavailable { .. })
    }

    /// Errors: domains that a pinned environment has in common with another one.
    #[must_use]
    pub fn collisions(&self, config: &Config) -> Vec<Diagnostic> {
        let mut errors = Vec::new();
        for (environment, revision, services) in self.pinned() {
            let others = Environment::ALL.into_iter().filter(|other| *other != environment);
            let taken: Vec<_> = others
                .flat_map(|other| {
                    let domains = self
                        .services(config, other)
                        .iter()
                        .flat_map(|service| service.domains.iter().map(move |domain| (service.name.as_str(), domain)));
                    domains.filter(move |(_, domain)| domain.environment == other)
                })
                .collect();
            let own = services.iter().flat_map(|service| &service.domains);
            for domain in own.filter(|domain| domain.environment == environment) {
                let same = |(_, other): &&(&str, &crate::config::Domain)| {
                    (&other.host, &other.base_path) == (&domain.host, &domain.base_path)
                };
                let Some((holder, other)) = taken.iter().find(same) else { continue };
                let message = format!(
                    "the domain `{}` at `{}` is taken: the environment `{}`, pinned to revision {revision}, has it, and so has the service `{holder}` in `{}`",
                    domain.host,
                    domain.base_path,
                    environment.as_str(),
                    other.environment.as_str()
                );
                let hint = format!("run `fngate follow {}`, or give one of them another host", environment.as_str());
                errors.push(Diagnostic::new(message).at_place(&other.place).hint(hint));
            }
        }
        errors
    }
}

/// Where the files of a pinned revision are said to be, in messages.
#[must_use]
pub fn place_of(environment: Environment, revision: u64) -> PathBuf {
    format!("<release {} of revision {revision}>", environment.as_str()).into()
}
