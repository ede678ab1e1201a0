//! APIs that no request reaches, although their rules are good.

use std::sync::Arc;

use crate::config::{Api, Config, Diagnostic, Domain, Environment, Function, Service};
use crate::route::{Miss, RouteTable, sample};

/// The table that is asked.
pub(super) struct Asked<'a> {
    pub(super) table: &'a RouteTable<usize>,
    /// The service and the API of the configuration that an entry is; none for one of a pinned revision.
    pub(super) origin: &'a dyn Fn(usize) -> Option<(usize, usize)>,
    /// Whether an environment serves the configuration.
    pub(super) follows: &'a dyn Fn(Environment) -> bool,
}

/// Warns of functions that no API is bound to, be it of the configuration or of a release.
pub(super) fn unused<'a>(config: &Config, pinned: impl Iterator<Item = &'a Service>) -> Vec<Diagnostic> {
    let mut is_used = vec![false; config.functions.len()];
    let mut mark = |service: &Service| {
        let bindings = service.apis.iter().flat_map(|api| &api.bindings);
        bindings.for_each(|binding| is_used[binding.function] = true);
    };
    config.services.iter().for_each(&mut mark);
    pinned.for_each(&mut mark);
    let unused = config.functions.iter().zip(is_used).filter(|(_, is_used)| !is_used);
    let warning = |(spec, _): (&Arc<Function>, bool)| {
        Diagnostic::warning(format!("no API uses the function `{}`", spec.id)).at_place(&spec.place)
    };
    unused.map(warning).collect()
}

/// Asks the table for a request that each rule is made for, and warns of the rules that it does not select.
pub(super) fn warnings(config: &Config, asked: &Asked<'_>) -> Vec<Diagnostic> {
    let mut warnings = Vec::new();
    let longest = config.gateway.max_uri_bytes;
    for (index, service) in config.services.iter().enumerate() {
        for (number, api) in service.apis.iter().enumerate() {
            if api.enabled {
                let is_own = |entry: usize| (asked.origin)(entry) == Some((index, number));
                let published = published(service, api, asked.follows);
                let reached = Reached::new(&published, api, asked.table, &is_own, longest);
                warnings.extend(reached.warning(published.is_empty(), api, longest));
            }
        }
    }
    warnings
}

/// The domains that lead to an API, as the configuration has both.
fn published<'a>(service: &'a Service, api: &Api, follows: &dyn Fn(Environment) -> bool) -> Vec<&'a Domain> {
    let leads = |domain: &&Domain| api.bindings.iter().any(|binding| binding.environment == domain.environment);
    service.domains.iter().filter(|domain| follows(domain.environment)).filter(leads).collect()
}

/// What becomes of requests for one API.
#[derive(Default)]
struct Reached {
    is_reached: bool,
    is_ambiguous: bool,
    /// Whether one is refused for its length.
    is_too_long: bool,
}

impl Reached {
    fn new(
        published: &[&Domain],
        api: &Api,
        table: &RouteTable<usize>,
        is_own: &dyn Fn(usize) -> bool,
        longest: usize,
    ) -> Self {
        let mut reached = Self::default();
        for domain in published {
            let (host, path) = (sample::host(&domain.host), sample::path(&domain.base_path, &api.path));
            for method in sample::methods(&api.method) {
                match table.find(&host, &path, &method) {
                    Ok(found) if is_own(*found.payload()) && path.len() > longest => reached.is_too_long = true,
                    Ok(found) if is_own(*found.payload()) => reached.is_reached = true,
                    Err(Miss::Ambiguous(_)) => reached.is_ambiguous = true,
                    Ok(_) | Err(_) => continue,
                }
                break;
            }
        }
        reached
    }

    fn warning(&self, is_unpublished: bool, api: &Api, longest: usize) -> Option<Diagnostic> {
        if self.is_ambiguous {
            let what = "are refused: servers read such a path in different ways (`ambiguous_path`)";
            let hint = "use another path, or set `raw_path = true` if the function reads it as it is written";
            return Some(at(api, format!("requests for `{}` {what}", api.path)).hint(hint.to_owned()));
        }
        if self.is_too_long && !self.is_reached {
            let message = format!("no request reaches this API: its path is longer than max_uri_bytes ({longest})");
            return Some(at(api, message));
        }
        // Of one that no domain leads to, the reader of the configuration has warned.
        (!is_unpublished && !self.is_reached).then(|| {
            let hint = "`fngate explain` shows which one; a longer `base_path` of another service comes first";
            at(api, "no request reaches this API: others are selected for its path".to_owned()).hint(hint.to_owned())
        })
    }
}

fn at(api: &Api, message: String) -> Diagnostic {
    Diagnostic::warning(message).at_place(&api.place)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::config;
    use crate::snapshot::Snapshot;
    use crate::telemetry::metrics::Metrics;

    const BASE: &str =
        "[[listener]]\naddress = \"127.0.0.1:0\"\n[[function]]\nname = \"f\"\ninstances = [\"builtin:echo\"]\n";

    #[test]
    fn a_rule_that_its_own_path_does_not_select_is_named() {
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
                "{BASE}[[service]]\nname = \"s\"\n[[service.domain]]\nhost = \"*.a.test\"\nbase_path = \"{base}\"\n\
                 [[service.api]]\npath = \"{path}\"\nfunction = \"f\"\n{keys}\n"
            );
            assert_eq!(!warnings(&text).is_empty(), warned, "{base} {path} {keys}");
        }
    }

    #[test]
    fn a_function_without_an_api_is_named_unless_a_release_needs_it() {
        let text = format!("{BASE}[[function]]\nname = \"idle\"\ninstances = [\"builtin:echo\"]\n");
        let parse = |more: &str| {
            let service = "[[service]]\nname = \"s\"\nhosts = [\"a.test\"]\n";
            let text = format!("{text}{service}[[service.api]]\npath = \"/\"\nfunction = \"f\"\n{more}");
            config::parse(Path::new("test.toml"), &text).unwrap_or_else(|report| panic!("{report}"))
        };
        let plain = parse("");
        let warned: Vec<_> = super::unused(&plain, [].into_iter()).iter().map(ToString::to_string).collect();
        assert_eq!(warned, ["test.toml:7:8: no API uses the function `default/idle:$LATEST`"]);
        let released = parse("[[service.api]]\npath = \"/idle\"\nfunction = \"idle\"\n");
        assert!(super::unused(&plain, released.services.iter()).is_empty());
        assert!(super::unused(&released, [].into_iter()).is_empty());
    }

    fn warnings(text: &str) -> Vec<config::Diagnostic> {
        let config = config::parse(Path::new("test.toml"), text).unwrap_or_else(|report| panic!("{report}"));
        Snapshot::compile(config, None, &Metrics::new()).expect("a table").warnings()
    }

    #[test]
    fn a_rule_whose_requests_go_elsewhere_is_named() {
        for (base, path, more, warned) in [
            ("/t", "/t/a", "", true),
            ("/t", "/t", "", true),
            ("/t", "/{any}/a", "", false),
            ("/t", "/ta", "", false),
            ("/t", "/t/a", "enabled = false", false),
            ("/", "/t/a", "", false),
        ] {
            let other = if base == "/" { "b.test" } else { "a.test" };
            let text = format!(
                "{BASE}[[service]]\nname = \"s\"\nhosts = [\"a.test\"]\n[[service.api]]\npath = \"{path}\"\nfunction = \"f\"\n{more}\n\
                 [[service]]\nname = \"t\"\n[[service.domain]]\nhost = \"{other}\"\nbase_path = \"{base}\"\n\
                 [[service.api]]\npath = \"/\"\nmethod = \"ANY\"\nfunction = \"f\"\n"
            );
            assert_eq!(!warnings(&text).is_empty(), warned, "{base} {path} {more}");
        }
    }
}
