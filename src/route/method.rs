//! The APIs on one path shape, and which of them a method selects.

use http::Method;

use crate::config::MethodRule;
use crate::config::path::PathRule;

/// One API in one environment.
#[derive(Debug)]
pub(super) struct Api<T> {
    pub(super) rule: PathRule,
    pub(super) method: MethodRule,
    pub(super) enabled: bool,
    pub(super) raw_path: bool,
    pub(super) payload: T,
}

/// The APIs of one path shape in one environment; no two have the same method rule.
#[derive(Debug)]
pub(super) struct Leaf<T> {
    apis: Vec<Api<T>>,
}

impl<T> Default for Leaf<T> {
    fn default() -> Self {
        Self { apis: Vec::new() }
    }
}

impl<T> Leaf<T> {
    /// Adds an API, or says `false` when its method is taken.
    #[must_use]
    pub(super) fn insert(&mut self, api: Api<T>) -> bool {
        let free = self.apis.iter().all(|other| other.method != api.method);
        if free {
            // Most paths have one method, and a table may have 100,000 of them.
            self.apis.reserve_exact(1);
            self.apis.push(api);
        }
        free
    }

    pub(super) fn apis(&self) -> &[Api<T>] {
        &self.apis
    }

    /// The API that a method selects, enabled or not: its own, else `ANY`, else for `HEAD` that of `GET`.
    pub(super) fn select(&self, method: &Method) -> Option<&Api<T>> {
        let own = self.apis.iter().find(|api| matches!(&api.method, MethodRule::One(one) if one == method));
        own.or_else(|| self.any(method)).or_else(|| match *method {
            Method::HEAD => self.select(&Method::GET),
            _ => None,
        })
    }

    /// Whether no request can be served here.
    pub(super) fn is_disabled(&self) -> bool {
        !self.apis.iter().any(|api| api.enabled)
    }

    /// The value of `Allow`: every method that selects an enabled API, sorted. `ANY` counts as the methods of RFC 9110
    /// and RFC 5789 that it covers.
    pub(super) fn allow(&self) -> Vec<Method> {
        const COMMON: [Method; 7] =
            [Method::DELETE, Method::GET, Method::HEAD, Method::OPTIONS, Method::PATCH, Method::POST, Method::PUT];
        let own = self.apis.iter().filter_map(|api| match &api.method {
            MethodRule::One(method) => Some(method),
            MethodRule::Any => None,
        });
        let served = |method: &&Method| self.select(method).is_some_and(|api| api.enabled);
        let mut allow: Vec<_> = COMMON.iter().chain(own).filter(served).cloned().collect();
        allow.sort_by(|one, other| one.as_str().cmp(other.as_str()));
        allow.dedup();
        allow
    }

    /// Tunnels and echoes are opt-in: `ANY` was written with request and response in mind.
    fn any(&self, method: &Method) -> Option<&Api<T>> {
        let covered = !matches!(*method, Method::TRACE | Method::CONNECT);
        self.apis.iter().find(|api| covered && api.method == MethodRule::Any)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `-GET` is a disabled API for GET.
    fn leaf(methods: &str) -> Leaf<()> {
        let mut leaf = Leaf::default();
        for text in methods.split_whitespace() {
            let name = text.trim_start_matches('-');
            let method = match name {
                "ANY" => MethodRule::Any,
                name => MethodRule::One(name.parse().expect(name)),
            };
            let rule = PathRule::parse("/").expect("a path");
            assert!(leaf.insert(Api { rule, method, enabled: name == text, raw_path: false, payload: () }));
        }
        leaf
    }

    #[test]
    fn the_specific_method_wins() {
        for (methods, request, selected) in [
            ("GET ANY", "GET", Some("GET")),
            ("GET ANY", "POST", Some("ANY")),
            ("GET ANY", "HEAD", Some("ANY")),
            ("GET", "HEAD", Some("GET")),
            ("GET HEAD", "HEAD", Some("HEAD")),
            ("-GET", "HEAD", Some("GET")),
            ("-GET ANY", "GET", Some("GET")),
            ("GET -ANY", "HEAD", Some("ANY")),
            ("GET", "POST", None),
            ("GET", "get", None),
            ("ANY", "TRACE", None),
            ("ANY", "CONNECT", None),
            ("ANY", "PURGE", Some("ANY")),
            ("PURGE TRACE", "TRACE", Some("TRACE")),
        ] {
            let method = request.parse().expect(request);
            let leaf = leaf(methods);
            let found = leaf.select(&method).map(|api| api.method.to_string());
            assert_eq!(found.as_deref(), selected, "{methods}: {request}");
        }
    }

    #[test]
    fn allow_lists_what_is_served() {
        for (methods, allow) in [
            ("POST GET", "GET HEAD POST"),
            ("POST", "POST"),
            ("-GET POST", "POST"),
            ("GET -HEAD", "GET"),
            ("GET -ANY", "GET"),
            ("-GET", ""),
            ("PURGE DELETE", "DELETE PURGE"),
            ("ANY", "DELETE GET HEAD OPTIONS PATCH POST PUT"),
            ("ANY -GET", "DELETE HEAD OPTIONS PATCH POST PUT"),
            ("-ANY TRACE", "TRACE"),
        ] {
            let names: Vec<_> = leaf(methods).allow().iter().map(ToString::to_string).collect();
            assert_eq!(names.join(" "), allow, "{methods}");
        }
    }
}
