//! APIs that no request reaches, although their rules are good.

use http::Method;

use crate::config::{Api, Config, Diagnostic, Domain, HostPattern, MethodRule};
use crate::route::{Miss, RouteTable};

/// Bytes by which servers read a path in different ways.
const MANIFOLD: [char; 3] = ['%', ';', '\\'];

/// Asks the table for a request that each rule is made for, and warns of those that it refuses.
pub(super) fn warnings<T>(config: &Config, table: &RouteTable<T>) -> Vec<Diagnostic> {
    let longest = config.gateway.max_uri_bytes;
    let services = config.services.iter();
    let apis = services.flat_map(|service| service.apis.iter().map(move |api| (service, api)));
    apis.filter(|(_, api)| api.enabled)
        .filter_map(|(service, api)| {
            if api.path.as_str().len() > longest {
                let message = format!("no request reaches this API: its path is longer than max_uri_bytes ({longest})");
                return Some(Diagnostic::warning(message).at_place(&api.place));
            }
            let ambiguous = service.domains.iter().any(|domain| is_ambiguous(table, domain, api));
            ambiguous.then(|| {
                let message = format!(
                    "requests for `{}` are refused: servers read such a path in different ways (`ambiguous_path`)",
                    api.path
                );
                let hint =
                    "use another path, or set `raw_path = true` if the function reads it as it is written".to_owned();
                Diagnostic::warning(message).at_place(&api.place).hint(hint)
            })
        })
        .collect()
}

fn is_ambiguous<T>(table: &RouteTable<T>, domain: &Domain, api: &Api) -> bool {
    let base = domain.base_path.to_string();
    let path = format!("{}{}", base.trim_end_matches('/'), sample(api.path.as_str()));
    let published = api.bindings.iter().any(|binding| binding.environment == domain.environment);
    if !published || !path.contains(MANIFOLD) {
        return false;
    }
    let host = match &domain.host {
        HostPattern::Exact(host) if host.contains(':') => format!("[{host}]"),
        HostPattern::Exact(host) => host.clone(),
        HostPattern::Suffix(suffix) => format!("any{suffix}"),
        HostPattern::Any => "any.invalid".to_owned(),
    };
    let method = match &api.method {
        MethodRule::Any => &Method::GET,
        MethodRule::One(method) => method,
    };
    matches!(table.find(&host, &path, method), Err(Miss::Ambiguous(_)))
}

/// A path that a rule matches: something plain in the place of its parameters.
fn sample(rule: &str) -> String {
    let segments = rule.trim_start_matches('=').split('/');
    let segments: Vec<_> = segments.map(|segment| if segment.starts_with('{') { "x" } else { segment }).collect();
    segments.join("/")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::config;
    use crate::snapshot::Snapshot;
    use crate::telemetry::metrics::Metrics;

    #[test]
    fn a_rule_that_refuses_its_own_path_is_named() {
        for (base, path, keys, warned) in [
            ("/", "/orders", "", false),
            ("/", "/a%2Fb", "", true),
            ("/", "=/a%5Cb/{id}", "", true),
            ("/", "/a;b", "", true),
            ("/x;y", "/orders", "", true),
            ("/", "/a%2Fb", "raw_path = true", false),
            ("/", "/a%2Fb", "enabled = false", false),
            ("/", "/caf\u{e9}/100%25", "", false),
            ("/", "/caf\u{e9}", "", false),
            ("/", "/a%20b", "", false),
        ] {
            let text = format!(
                "[[listener]]\naddress = \"127.0.0.1:0\"\n[[function]]\nname = \"f\"\ninstances = [\"builtin:echo\"]\n\
                 [[service]]\nname = \"s\"\n[[service.domain]]\nhost = \"*.a.test\"\nbase_path = \"{base}\"\n\
                 [[service.api]]\npath = \"{path}\"\nfunction = \"f\"\n{keys}\n"
            );
            let config = config::parse(Path::new("test.toml"), &text).unwrap_or_else(|report| panic!("{report}"));
            let snapshot = Snapshot::compile(config, None, &Metrics::new()).expect("a table");
            assert_eq!(!snapshot.warnings().is_empty(), warned, "{base} {path} {keys}");
        }
    }
}
