//! Which APIs requests reach, asked of the matcher that will serve them.

use http::Method;

use crate::config::Config;
use crate::config::path::{PathRule, Segment};
use crate::config::{Api, Domain, HostPattern, MethodRule, Service};
use crate::route::{ApiEntry, BuildError, Builder, RouteTable};

/// Stands for a parameter, and for a label that a wildcard leaves open: nobody's rule names it.
const ANY: &str = "x-any";

/// An API, by its service's place and its own.
type Position = (usize, usize);

/// What is to be said of APIs that their service's first domain does not lead to, with the line of each.
///
/// # Errors
/// [`BuildError`] for a configuration that makes no table.
pub(super) fn unreached(config: &Config) -> Result<Vec<(usize, String)>, BuildError> {
    let table = table(config)?;
    let mut found = Vec::new();
    for (service_index, service) in config.services.iter().enumerate() {
        let enabled = service.apis.iter().enumerate().filter(|(_, api)| api.enabled);
        for (api_index, api) in enabled {
            let first =
                service.domains.iter().position(|domain| reaches(&table, domain, api, (service_index, api_index)));
            found.extend(remark(service, first).map(|remark| (api.place.line, remark)));
        }
    }
    Ok(found)
}

fn remark(service: &Service, reached: Option<usize>) -> Option<String> {
    match reached {
        Some(0) => None,
        Some(index) => {
            let Domain { host, base_path, .. } = &service.domains[index];
            Some(format!("requests reach it at `{host}` with `{base_path}` in front of the path"))
        }
        None => Some("no request reaches it: other APIs match its paths first".to_owned()),
    }
}

fn table(config: &Config) -> Result<RouteTable<Position>, BuildError> {
    let mut builder = Builder::new();
    for (service_index, service) in config.services.iter().enumerate() {
        let index = builder.service(&service.name);
        for domain in &service.domains {
            builder.domain(index, &domain.host, &domain.base_path, domain.environment)?;
        }
        for (api_index, api) in service.apis.iter().enumerate() {
            for binding in &api.bindings {
                let (enabled, raw_path) = (api.enabled, api.raw_path);
                let payload = (service_index, api_index);
                let entry = ApiEntry { rule: &api.path, method: &api.method, enabled, raw_path, payload };
                builder.api(index, binding.environment, entry)?;
            }
        }
    }
    Ok(builder.build())
}

fn reaches(table: &RouteTable<Position>, domain: &Domain, api: &Api, position: Position) -> bool {
    let host = match &domain.host {
        HostPattern::Exact(host) => host.clone(),
        HostPattern::Suffix(suffix) => format!("{ANY}{suffix}"),
        HostPattern::Any => format!("{ANY}.invalid"),
    };
    let base: String = domain.base_path.segments().iter().map(|segment| format!("/{segment}")).collect();
    let path = base + &example(&api.path);
    let found = |method: &Method| table.find(&host, &path, method).is_ok_and(|found| *found.payload() == position);
    match &api.method {
        MethodRule::One(method) => found(method),
        MethodRule::Any => {
            [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS, Method::HEAD]
                .iter()
                .any(found)
        }
    }
}

/// A path that a rule matches.
fn example(rule: &PathRule) -> String {
    let segment = |segment: &Segment| match segment {
        Segment::Literal(text) => format!("/{text}"),
        Segment::Parameter(_) | Segment::Rest(_) => format!("/{ANY}"),
    };
    let path: String = rule.segments().iter().map(segment).collect();
    if path.is_empty() { "/".to_owned() } else { path }
}
