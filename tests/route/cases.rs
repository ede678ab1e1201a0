//! Random tables and requests.

use fngate::config::path::{BasePath, PathRule};
use fngate::config::{Environment, HostPattern, MethodRule};
use http::Method;
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any};
use proptest::sample::select;

use crate::spec::{Api, Domain, Request, Spec};

pub(crate) fn spec() -> impl Strategy<Value = Spec> {
    let anywhere = Domain {
        service: 0,
        host: HostPattern::Exact("h.test".to_owned()),
        base: BasePath::root(),
        environment: Environment::Release,
    };
    (vec(domain(), 1..7), vec(api(), 1..20)).prop_map(move |(mut domains, apis)| {
        domains.push(anywhere.clone());
        Spec { domains, apis }
    })
}

fn domain() -> impl Strategy<Value = Domain> {
    let host = select(vec![
        HostPattern::Exact("h.test".to_owned()),
        HostPattern::Exact("h.test".to_owned()),
        HostPattern::Exact("::1".to_owned()),
        HostPattern::Suffix(".test".to_owned()),
        HostPattern::Suffix(".h.test".to_owned()),
        HostPattern::Any,
        HostPattern::Any,
    ]);
    let base = select(vec!["/", "/", "/", "/a", "/a/b", "/b", "/a%2Fb", "/a;b"]);
    let base = base.prop_map(|text| BasePath::parse(text).expect(text));
    (0..2usize, host, base, environment()).prop_map(|(service, host, base, environment)| Domain {
        service,
        host,
        base,
        environment,
    })
}

fn api() -> impl Strategy<Value = Api> {
    let method = select(vec!["ANY", "ANY", "GET", "GET", "HEAD", "POST", "TRACE"]).prop_map(|name| match name {
        "ANY" => MethodRule::Any,
        name => MethodRule::One(name.parse().expect(name)),
    });
    let rare = |one_in: u8| any::<u8>().prop_map(move |number| number % one_in == 0);
    (0..2usize, environment(), rule(), method, rare(5), rare(6)).prop_map(
        |(service, environment, rule, method, disabled, raw_path)| Api {
            service,
            environment,
            rule,
            method,
            enabled: !disabled,
            raw_path,
        },
    )
}

fn rule() -> impl Strategy<Value = PathRule> {
    let segment = select(vec!["a", "a", "b", "b", "{}", "{}", "%61", "a%2Fb", "a;b", "a%5Cb", "..."]);
    let end = select(vec!["", "", "", "/{rest+}", "="]);
    (vec(segment, 0..4), end).prop_filter_map("not a rule", |(segments, end)| {
        let named = segments.iter().enumerate();
        let path: String =
            named.map(|(index, text)| format!("/{}", text.replace("{}", &format!("{{p{index}}}")))).collect();
        let path = if path.is_empty() && end != "/{rest+}" { "/".to_owned() } else { path };
        let text = match end {
            "=" if segments.len() == 2 => format!("={path}/"),
            "=" => format!("={path}"),
            end => format!("{path}{end}"),
        };
        PathRule::parse(&text).ok()
    })
}

fn environment() -> impl Strategy<Value = Environment> {
    select(vec![Environment::Release, Environment::Release, Environment::Release, Environment::Test])
}

pub(crate) fn request() -> impl Strategy<Value = Request> {
    let host = select(vec![
        "h.test",
        "h.test",
        "h.test",
        "h.test",
        "H.Test.:80",
        "H.Test.:80",
        "x.h.test",
        "y.x.h.test:1",
        "test",
        "[::1]:8080",
        ".test",
    ]);
    let clean = select(vec!["a", "b", "c", "ab", ""]);
    let dirty = select(vec![
        "a", "a", "b", "b", "", "", ".", "..", "..", "%2e", "%2E%2e", "a%2Fb", "a%2fb", "%2F", "a;b", "a;", ";x",
        "a%3Bb", "..;x", "a\\b", "\\", "a%5Cb", "%5c..", "%00", "a%00b", "%61", "%62", "%2561", "%252F", "a%20", "a ",
        "\u{e9}", "...",
    ]);
    let broken = select(vec!["a", "%", "%4", "%zz"]);
    let climbing = select(vec!["a", "a", "b", "..", "%2e%2e", "."]);
    let path = |segment| vec(segment, 1..6).prop_map(|segments: Vec<&str>| format!("/{}", segments.join("/")));
    let path = proptest::prop_oneof![
        4 => path(clean.boxed()),
        12 => path(dirty.boxed()),
        2 => path(climbing.boxed()).prop_map(|path| format!("/a/..{path}")),
        1 => path(broken.boxed()),
        1 => Just("*".to_owned()),
    ];
    let method = select(vec![Method::GET, Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::TRACE]);
    (host, path, method).prop_map(|(host, path, method)| Request { host: host.to_owned(), path, method })
}
