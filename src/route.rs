//! Which API a request selects: host, then base path, then path, then method.
//!
//! A [`RouteTable`] is generic over the payload of its APIs and knows no functions. It is compiled once by a [`Builder`]
//! and never changed. [`RouteTable::find`] answers one request and [`RouteTable::explain`] says why; both run the same
//! walk, the first stopping at the first hit. No input panics, and a path without anything unusual in it costs one scan
//! and no allocation.

mod build;
mod canonical;
mod explain;
mod host;
mod method;
mod path;
mod reading;
pub mod sample;
mod table;

pub use build::{ApiEntry, BuildError, Builder, ServiceIndex};
pub use explain::{CandidateNote, DomainNote, Elsewhere, Explanation, ReadingNote};
pub use host::normalize as normalize_host;
pub use path::Parameters;
pub use reading::{MOST_READINGS, Reading, Step};
pub use table::{Ambiguity, Match, Miss, Route, RouteTable};

#[cfg(test)]
mod tests {
    use http::Method;

    use super::*;
    use crate::config::path::{BasePath, PathRule};
    use crate::config::{Environment, HostPattern, MethodRule};

    /// Two services: `shop` by an exact host, with two environments, and `all` by wildcards.
    fn table() -> RouteTable<usize> {
        let mut builder = Builder::new();
        let (shop, all) = (builder.service("shop"), builder.service("all"));
        for (service, host, base, environment) in [
            (shop, HostPattern::Exact("shop.test".to_owned()), "/", Environment::Release),
            (shop, HostPattern::Exact("shop.test".to_owned()), "/test", Environment::Test),
            (shop, HostPattern::Exact("shop.test".to_owned()), "/test/pre", Environment::Prepub),
            (shop, HostPattern::Exact("based.test".to_owned()), "/v1", Environment::Release),
            (all, HostPattern::Suffix(".test".to_owned()), "/", Environment::Release),
            (all, HostPattern::Any, "/any", Environment::Test),
        ] {
            let base = BasePath::parse(base).expect(base);
            builder.domain(service, &host, &base, environment).expect("no duplicate");
        }
        let lines = "
            GET /users/{id}      release test
            GET /users/me        release
            POST /users          release
            -GET =/off           release
            POST /off/{rest+}    release
            -POST /off/{rest+}   test
            ANY /any             release prepub
            -PUT /any            release
            GET /files/{path+}   release
            GET! /raw            release
            GET /v1              release";
        for (line, text) in lines.lines().enumerate() {
            let mut words = text.split_whitespace();
            let (Some(method), Some(path)) = (words.next(), words.next()) else { continue };
            let rule = &PathRule::parse(path).expect(path);
            let name = method.trim_matches(['-', '!']);
            let one = || MethodRule::One(name.parse().expect(name));
            let rule_of = if name == "ANY" { MethodRule::Any } else { one() };
            let (enabled, raw_path) = (!method.starts_with('-'), method.ends_with('!'));
            for environment in Environment::ALL.into_iter().filter(|one| text.contains(one.as_str())) {
                let entry = ApiEntry { rule, method: &rule_of, enabled, raw_path, payload: line };
                builder.api(shop, environment, entry).expect("no duplicate");
            }
        }
        let rule = &PathRule::parse("/").expect("a path");
        let entry = || ApiEntry { rule, method: &MethodRule::Any, enabled: true, raw_path: false, payload: 99 };
        builder.api(all, Environment::Release, entry()).expect("no duplicate");
        builder.api(all, Environment::Test, entry()).expect("no duplicate");
        builder.build()
    }

    fn ask(table: &RouteTable<usize>, request: &str) -> String {
        let (method, url) = request.split_once(' ').expect(request);
        let (host, path) = url.split_at(url.find('/').expect(request));
        match table.find(host, path, &method.parse().expect(method)) {
            Ok(found) => format!("{} as {}", found.route, found.forwarded(path)),
            Err(Miss::Ambiguous(ambiguity)) => format!("ambiguous: {}", ambiguity.reading),
            Err(Miss::MethodNotAllowed { allow, .. }) => {
                format!("405 {}", allow.iter().map(Method::as_str).collect::<Vec<_>>().join(" "))
            }
            Err(Miss::NoApi { service, environment }) => format!("no api: {service} {}", environment.as_str()),
            Err(Miss::NoService) => "no service".to_owned(),
            Err(Miss::BadPath) => "bad path".to_owned(),
        }
    }

    #[test]
    fn requests_and_what_they_select() {
        let table = table();
        for (request, answer) in [
            ("GET SHOP.test.:8080/users/7", "GET /users/{id} of shop in release as /users/7"),
            ("GET shop.test/users/me", "GET /users/me of shop in release as /users/me"),
            ("HEAD shop.test/users/me/x", "GET /users/me of shop in release as /users/me/x"),
            ("POST shop.test/users/me", "405 GET HEAD"),
            ("POST shop.test/users/", "POST /users of shop in release as /users/"),
            ("GET shop.test/test/users/me", "GET /users/{id} of shop in test as /users/me"),
            ("GET shop.test/test", "no api: shop test"),
            ("GET shop.test/test/pre/any", "ANY /any of shop in prepub as /any"),
            ("GET shop.test/testx", "no api: shop release"),
            ("GET shop.test/%74est/users/%6de", "GET /users/{id} of shop in test as /users/%6de"),
            ("GET shop.test/nothing", "no api: shop release"),
            ("GET based.test/users/7", "no service"),
            ("GET based.test/v1/v1", "GET /v1 of shop in release as /v1"),
            ("GET x.y.test/a", "ANY / of all in release as /a"),
            ("GET test/a", "no service"),
            ("GET test/any", "ANY / of all in test as /"),
            ("GET test/any/", "ANY / of all in test as /"),
            ("TRACE shop.test/any", "405 DELETE GET HEAD OPTIONS PATCH POST"),
            ("PUT shop.test/any", "no api: shop release"),
            ("GET shop.test/off", "no api: shop release"),
            ("POST shop.test/off", "no api: shop release"),
            ("HEAD shop.test/off", "no api: shop release"),
            ("POST shop.test/off/", "no api: shop release"),
            ("POST shop.test/test/off/x", "no api: shop test"),
            ("GET shop.test/a%", "bad path"),
            ("GET nowhere/a%zz", "bad path"),
            ("GET nowhere/a", "no service"),
        ] {
            assert_eq!(ask(&table, request), answer, "{request}");
        }
    }

    #[test]
    fn paths_that_servers_read_in_different_ways() {
        let table = table();
        for (request, answer) in [
            ("GET shop.test/users/a%2Fb", "GET /users/{id} of shop in release as /users/a%2Fb"),
            ("GET shop.test/users/x%2F..%2Fme", "ambiguous: escapes decoded, then dot segments removed"),
            ("GET shop.test/users/me;v=2", "ambiguous: `;` parameters dropped"),
            ("GET shop.test/users/7;v=2", "GET /users/{id} of shop in release as /users/7;v=2"),
            ("GET shop.test/users//me", "ambiguous: slashes merged"),
            ("GET shop.test/users/x/../me", "ambiguous: dot segments removed"),
            ("GET shop.test/users\\me", "ambiguous: backslashes as slashes"),
            ("GET shop.test/users/me%00x", "ambiguous: cut at NUL"),
            ("GET shop.test/users%2Fme", "ambiguous: escapes decoded"),
            ("GET shop.test/users/x%2F..%2Fme/..;/y", "ambiguous: escapes decoded, then dot segments removed"),
            ("GET shop.test//shop.test/users/me", "ambiguous: `//host` dropped"),
            ("GET shop.test/files/../users/me", "ambiguous: dot segments removed"),
            ("GET shop.test/files/a/../b", "GET /files/{path+} of shop in release as /files/a/../b"),
            ("GET shop.test/raw/../users/me", "GET /raw of shop in release as /raw/../users/me"),
            ("GET shop.test/test/../users/7", "ambiguous: dot segments removed"),
            ("GET shop.test/x//y", "no api: shop release"),
            ("GET nowhere/x//../y", "no service"),
            ("GET x.test/any/../any/x", "ANY / of all in release as /any/../any/x"),
        ] {
            assert_eq!(ask(&table, request), answer, "{request}");
        }
    }

    /// Each of these was let through once, and reached another API of a real server.
    #[test]
    fn paths_that_only_some_servers_read_in_another_way() {
        for (rules, path, reading) in [
            // nginx: no parameters, so what hides the dots from others hides nothing from it.
            (["/", "/admin"], "/b/..%2fadmin/..;x/c", "escapes decoded, then dot segments removed"),
            // `new URL(req.url, base)` in Node.js.
            (["/", "/admin"], "//x/admin", "`//host` dropped"),
            (["/", "/admin"], "/\\x/admin", "backslashes as slashes, then `//host` dropped"),
            // `path.normalize`, and so `express.static`.
            (["/", "=/{a}"], "/a/.", "dot segments removed as in file names"),
            // Express, which takes a path apart before it decodes.
            (["/{a}/{b+}", "/{a}/a:b"], "/./a%2Fb/a%3Ab", "escapes decoded but for slashes, then dot segments removed"),
            // `http.server` of Python, and so Werkzeug's own server.
            (["/", "/{a}/{b+}"], "//a//", "leading slashes merged"),
        ] {
            let mut builder = Builder::new();
            let service = builder.service("s");
            let root = BasePath::root();
            builder.domain(service, &HostPattern::Any, &root, Environment::Release).expect("no duplicate");
            for (payload, text) in rules.into_iter().enumerate() {
                let rule = &PathRule::parse(text).expect(text);
                let entry = ApiEntry { rule, method: &MethodRule::Any, enabled: true, raw_path: false, payload };
                builder.api(service, Environment::Release, entry).expect("no duplicate");
            }
            let answer = ask(&builder.build(), &format!("GET h{path}"));
            assert_eq!(answer, format!("ambiguous: {reading}"), "{path}");
        }
    }

    #[test]
    fn a_path_must_not_climb_out_of_what_the_function_sees() {
        let mut builder = Builder::new();
        let service = builder.service("api");
        let base = BasePath::parse("/api").expect("a base path");
        builder.domain(service, &HostPattern::Any, &base, Environment::Release).expect("no duplicate");
        for (payload, path) in ["/", "/api"].into_iter().enumerate() {
            let rule = &PathRule::parse(path).expect(path);
            let entry = ApiEntry { rule, method: &MethodRule::Any, enabled: true, raw_path: false, payload };
            builder.api(service, Environment::Release, entry).expect("no duplicate");
        }
        let table = builder.build();
        // The whole path reads `/api/x` and selects `/`; a function that sees `/../api/x` serves its `/api/x`.
        assert_eq!(ask(&table, "GET h/api/../api/x"), "ambiguous: dot segments removed");
        assert_eq!(ask(&table, "GET h/api/./x"), "ANY / of api in release as /./x");
    }

    #[test]
    fn a_match_gives_the_parameters_as_they_were_sent() {
        let table = table();
        let path = "/%74est/users/%37%20/x";
        let found = table.find("shop.test", path, &Method::GET).expect("a match");
        assert_eq!(found.prefix_len(), "/%74est".len());
        assert_eq!(found.parameters(path).collect::<Vec<_>>(), [("id", "%37%20")]);
        assert_eq!(found.forwarded(""), "/");
    }

    #[test]
    fn every_api_is_listed() {
        let table = table();
        assert_eq!(table.iter().count(), 15);
        assert_eq!(table.iter().filter(|route| !route.enabled).count(), 3);
    }
}
