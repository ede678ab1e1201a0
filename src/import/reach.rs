//! Which APIs requests reach, asked of the matcher that will serve them.

use http::Method;

use crate::config::Config;
use crate::config::{Api, Domain, Service};
use crate::route::{ApiEntry, BuildError, Builder, RouteTable, sample};

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
    let (host, path) = (sample::host(&domain.host), sample::path(&domain.base_path, &api.path));
    let found = |method: &Method| table.find(&host, &path, method).is_ok_and(|found| *found.payload() == position);
    sample::methods(&api.method).iter().any(found)
}
