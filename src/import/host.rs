//! Hosts for services: those of the document that can be one, and others in the place of those that cannot.

use super::draft::{Api, Domain, Draft, Service};
use super::name::label;
use super::remark::{IN_FRONT, Place};
use crate::config;

const RELEASE: &str = "release";

/// Gives every service that has APIs a domain for each of their environments.
pub(super) fn place(draft: &mut Draft) {
    for index in 0..draft.services.len() {
        mend(draft, index);
    }
    for index in 0..draft.services.len() {
        let service = &draft.services[index];
        if service.apis.is_empty() {
            continue;
        }
        if service.domains.is_empty() {
            invent(draft, index);
        }
        complete(draft, index);
    }
}

/// Takes out hosts that are none: they would take the whole service with them. Where no other is left, the service gets
/// one that nobody can have: what was meant for one host must not be open to all.
fn mend(draft: &mut Draft, index: usize) {
    let service = &mut draft.services[index];
    let (good, bad): (Vec<_>, Vec<_>) =
        std::mem::take(&mut service.domains).into_iter().partition(|domain| config::is_host(&domain.host));
    service.domains = good;
    let stand_in = service.domains.is_empty().then(|| format!("{}.invalid", label(&service.name)));
    for domain in bad {
        let remark = match &stand_in {
            Some(host) => format!("`{}` is not a host: put yours in the place of `{host}`", domain.host),
            None => format!("not imported: `{}` is not a host", domain.host),
        };
        draft.remark(Place::Service(index), remark);
        if let Some(host) = stand_in.clone() {
            draft.domain(index, Domain { host, ..domain });
        }
    }
}

/// A service of which the document names no host: one at most can have all.
fn invent(draft: &mut Draft, index: usize) {
    let is_taken = draft.services.iter().flat_map(|service| &service.domains).any(|domain| domain.host == "*");
    let service = &draft.services[index];
    let host = if is_taken { format!("{}.example.com", label(&service.name)) } else { "*".to_owned() };
    let environments = environments(service);
    let root = environments.iter().copied().find(|name| *name == RELEASE).or(environments.first().copied());
    let in_front = service.apis.iter().any(|api| !api.environments.is_empty());
    draft.remark(Place::Service(index), "the document names no domain: put yours in the place of this host".to_owned());
    draft.domain(index, Domain { host: host.clone(), base_path: "/".to_owned(), environment: root.unwrap_or(RELEASE) });
    if in_front {
        draft.remark(Place::Service(index), IN_FRONT);
        for environment in environments {
            draft.domain(index, Domain { host: host.clone(), base_path: format!("/{environment}"), environment });
        }
    }
}

/// Domains for environments that none leads to, as the cloud's own address did.
fn complete(draft: &mut Draft, index: usize) {
    let service = &draft.services[index];
    let led = |environment: &&str| service.domains.iter().any(|domain| domain.environment == *environment);
    let missing: Vec<_> = environments(service).into_iter().filter(|environment| !led(environment)).collect();
    let Some(host) = service.domains.first().map(|domain| domain.host.clone()) else { return };
    for environment in missing {
        draft.remark(
            Place::Service(index),
            format!("no domain leads to `{environment}`, which has APIs: `/{environment}` at the first host does"),
        );
        draft.domain(index, Domain { host: host.clone(), base_path: format!("/{environment}"), environment });
    }
}

/// The environments in which a service has APIs.
fn environments(service: &Service) -> Vec<&'static str> {
    let published = |api: &Api| if api.environments.is_empty() { vec![RELEASE] } else { api.environments.clone() };
    let mut all: Vec<_> = service.apis.iter().flat_map(published).collect();
    all.sort_unstable();
    all.dedup();
    all
}
