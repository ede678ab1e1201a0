//! What each environment serves: the configuration in use, or an older revision that it is pinned to.

use std::path::PathBuf;

use crate::config::{Api, Config, Diagnostic, Environment, Service};

/// What one environment serves.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Release {
    /// The configuration in use.
    #[default]
    Follows,
    /// Services, domains and APIs as they were in a revision, bound to the functions of now.
    Pinned { revision: u64, services: Vec<Service>, names: Names },
    /// No API: requests get 404.
    Unreleased,
    /// The pinned revision cannot be read, or not be served with the functions of now: requests get 503.
    Unavailable {
        /// Nobody knows which, if what says so cannot be read.
        revision: Option<u64>,
    },
}

/// The indices of services and their APIs, in the order of the names of both.
#[derive(Clone, Debug, PartialEq)]
pub struct Names(Vec<(usize, usize)>);

impl Names {
    fn of(services: &[Service]) -> Self {
        let indices = |(at, service): (usize, &Service)| (0..service.apis.len()).map(move |api| (at, api));
        let mut all: Vec<_> = services.iter().enumerate().flat_map(indices).collect();
        all.sort_unstable_by(|one, other| names(services, *one).cmp(&names(services, *other)));
        Self(all)
    }

    fn find<'a>(&self, services: &'a [Service], service: &str, api: &str) -> Option<&'a Api> {
        let at = self.0.binary_search_by(|known| names(services, *known).cmp(&(service, api))).ok()?;
        let (service, api) = self.0[at];
        Some(&services[service].apis[api])
    }
}

fn names(services: &[Service], (service, api): (usize, usize)) -> (&str, &str) {
    let service = &services[service];
    (&service.name, &service.apis[api].name)
}

impl Release {
    /// Pins an environment to what a revision had.
    #[must_use]
    pub fn pinned(revision: u64, services: Vec<Service>) -> Self {
        let names = Names::of(&services);
        Self::Pinned { revision, services, names }
    }

    /// An API of the pinned revision; none if there is no such API, or no revision.
    #[must_use]
    pub fn pinned_api(&self, service: &str, api: &str) -> Option<&Api> {
        let Self::Pinned { services, names, .. } = self else { return None };
        names.find(services, service, api)
    }
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
            Release::Pinned { revision, services, .. } => Some((environment, *revision, services.as_slice())),
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn an_api_of_a_revision_is_found_by_the_names_of_both() {
        const TABLES: &str =
            "[[listener]]\naddress = \"127.0.0.1:0\"\n[[function]]\nname = \"f\"\ninstances = [\"builtin:echo\"]\n";
        let names = [("s2", ["c", "a", "b"]), ("s10", ["b", "d", "a"]), ("s1", ["a", "z", "c"])];
        let mut text = TABLES.to_owned();
        for (service, apis) in names {
            text += &format!("[[service]]\nname = \"{service}\"\nhosts = [\"{service}.test\"]\n");
            for api in apis {
                text += &format!("[[service.api]]\nname = \"{api}\"\npath = \"/{service}/{api}\"\nfunction = \"f\"\n");
            }
        }
        let config = crate::config::parse(Path::new("test.toml"), &text).expect("a good configuration");
        let release = Release::pinned(1, config.services);
        for (service, apis) in names {
            for api in ["a", "b", "c", "d", "z", ""] {
                let found = release.pinned_api(service, api).map(|found| found.path.to_string());
                assert_eq!(found, apis.contains(&api).then(|| format!("/{service}/{api}")), "{service} {api}");
            }
        }
        assert!(release.pinned_api("s3", "a").is_none() && Release::Follows.pinned_api("s1", "a").is_none());
    }
}
