//! Requests that a rule is made for: what one asks a table to see whom it selects.

use http::Method;

use crate::config::path::{BasePath, PathRule, Segment};
use crate::config::{HostPattern, MethodRule};

/// Stands for a parameter, and for a label that a wildcard leaves open: nobody's rule names it.
const ANY: &str = "x-any";

/// A host that a pattern matches.
#[must_use]
pub fn host(pattern: &HostPattern) -> String {
    match pattern {
        HostPattern::Exact(host) if host.contains(':') => format!("[{host}]"),
        HostPattern::Exact(host) => host.clone(),
        HostPattern::Suffix(suffix) => format!("{ANY}{suffix}"),
        HostPattern::Any => format!("{ANY}.invalid"),
    }
}

/// A path below `base` that a rule matches.
#[must_use]
pub fn path(base: &BasePath, rule: &PathRule) -> String {
    let mut path = String::new();
    for segment in base.segments() {
        path.extend(["/", segment]);
    }
    for segment in rule.segments() {
        path.push('/');
        path.push_str(match segment {
            Segment::Literal(text) => text,
            Segment::Parameter(_) | Segment::Rest(_) => ANY,
        });
    }
    if path.is_empty() { "/".to_owned() } else { path }
}

/// Methods that a rule may be selected for.
#[must_use]
pub fn methods(rule: &MethodRule) -> Vec<Method> {
    match rule {
        MethodRule::One(method) => vec![method.clone()],
        MethodRule::Any => {
            vec![Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS, Method::HEAD]
        }
    }
}
