//! A request target: canonical forms, readings, and the route of what is forwarded.
//!
//! The first byte picks the method; the rest is the target.

use fngate::config::path::{BasePath, PathRule, canonical_segment};
use fngate::config::{Environment, HostPattern, MethodRule};
use fngate::header::ReservedPrefix;
use fngate::http1;
use fngate::message::head::{Field, RequestHead, Target};
use fngate::message::lines::Lines;
use fngate::message::request;
use fngate::route::{ApiEntry, Builder, Miss, RouteTable};
use http::{Method, Version};

/// Rules, each an API: `!` in front means `raw_path`.
const RULES: [&str; 18] = [
    "/",
    "=/",
    "/a",
    "=/a",
    "=/a/",
    "/a/b",
    "/a/{x}",
    "/a/{x}/c",
    "/{x}/b",
    "/{x}/{y+}",
    "/a/b/{z+}",
    "/b/{x+}",
    "/a%2Fb",
    "/a;b",
    "/%00",
    "!/raw",
    "!/raw/{x+}",
    "/test/a",
];
const BASES: [&str; 4] = ["/", "/test", "/test/a", "/a/b"];

pub(crate) fn run(data: &[u8]) {
    let Some((&pick, target)) = data.split_first() else { return };
    let method = [Method::GET, Method::HEAD, Method::POST, Method::TRACE][usize::from(pick) % 4].clone();
    if let Ok(text) = std::str::from_utf8(target) {
        canonical(text);
    }
    let Ok(text) = std::str::from_utf8(target) else { return };
    let Ok(http1::Target::Origin(text)) = http1::Target::parse(text) else { return };
    let host = [Field::new("Host", b"h.example", &ReservedPrefix::default())];
    let (target, version) = (Target::origin(text), Version::HTTP_11);
    let head = RequestHead { method: &method, target, version, fields: &host };
    assert!(request::host(&head).is_ok(), "{text}");
    thread_local!(static TABLES: (RouteTable<usize>, RouteTable<usize>) = (table(&BASES), table(&["/"])));
    TABLES.with(|(table, behind)| route(table, behind, &head));
}

/// The canonical form is a fixpoint, and keeps what the path says.
fn canonical(text: &str) {
    for segment in text.split('/') {
        let Some(canonical) = canonical_segment(segment) else { continue };
        assert_eq!(canonical_segment(&canonical).as_deref(), Some(&*canonical), "{segment}");
        assert_eq!(decoded(segment), decoded(&canonical), "{segment}");
    }
}

fn route(table: &RouteTable<usize>, behind: &RouteTable<usize>, head: &RequestHead<'_>) {
    let path = head.target.path();
    let found = table.find("h.example", path, head.method);
    let explanation = table.explain("h.example", path, head.method);
    let again = table.explain("h.example", path, head.method);
    assert_eq!(format!("{explanation:?}"), format!("{again:?}"));
    for note in explanation.readings.iter().filter(|note| !note.reading.is_beyond()) {
        let canonical = note.path.split(" + ").last().unwrap_or_default().split('/').map(canonical_segment);
        let canonical: Vec<_> = canonical.map(|segment| segment.expect("a reading is canonical")).collect();
        assert!(note.path.ends_with(&canonical.join("/")), "{}", note.path);
    }
    let found = match (found, explanation.result) {
        (Ok(found), Ok(same)) => {
            assert_eq!(found.payload(), same.payload());
            found
        }
        (Err(miss), Err(same)) => {
            assert_eq!(miss, same);
            assert!(!matches!(miss, Miss::NoService), "every host has a service");
            return;
        }
        _ => panic!("{path} is explained as something else"),
    };
    let mut lines = Lines::default();
    request::add_line(&mut lines, head.method, &head.target, found.prefix_len());
    let line = String::from_utf8(lines.into_bytes()).expect("text");
    let forwarded = line.split(' ').nth(1).map(Target::origin).expect("a target");
    let query = |target: &str| target.split_once('?').map(|(_, query)| query.to_owned());
    assert!(forwarded.path_and_query.starts_with('/'), "{path} is forwarded as `{line}`");
    assert_eq!(forwarded.path(), found.forwarded(path));
    assert_eq!(query(forwarded.path_and_query), query(head.target.path_and_query));
    assert!(path.ends_with(forwarded.path()) || forwarded.path() == "/");
    // The function's own gateway, in front of the same APIs without base paths, would take the same route.
    let again = behind.find("h.example", forwarded.path(), head.method).expect("a route for what is forwarded");
    assert_eq!(again.payload(), found.payload(), "{path} is forwarded as {}", forwarded.path());
    assert!(again.parameters(forwarded.path()).eq(found.parameters(path)));
}

fn table(bases: &[&str]) -> RouteTable<usize> {
    let mut builder = Builder::new();
    let service = builder.service("s");
    for base in bases {
        let base = BasePath::parse(base).expect("a base path");
        builder.domain(service, &HostPattern::Any, &base, Environment::Release).expect("a new domain");
    }
    for (payload, text) in RULES.iter().enumerate() {
        let rule = PathRule::parse(text.trim_start_matches('!')).expect("a rule");
        let method = if payload % 3 == 2 { MethodRule::One(Method::GET) } else { MethodRule::Any };
        let raw_path = text.starts_with('!');
        let entry = ApiEntry { rule: &rule, method: &method, enabled: true, raw_path, payload };
        builder.api(service, Environment::Release, entry).expect("a new API");
    }
    builder.build()
}

/// The bytes that a segment stands for.
fn decoded(segment: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = segment.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let digits = after.get(..2).filter(|_| byte == b'%').and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(escaped) => {
                bytes.push(escaped);
                rest = &after[2..];
            }
            None => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    bytes
}
