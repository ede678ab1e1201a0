//! Tables whose APIs shadow each other, and targets that are read in as many ways as there are servers.

use std::collections::BTreeSet;

use fastrand::Rng;
use fngate::config::path::{BasePath, PathRule};
use fngate::config::{Environment, HostPattern, MethodRule};
use fngate::route::{ApiEntry, Builder, RouteTable};

use crate::judge::Rule;

/// The same tables in every run; targets differ.
const SEED: u64 = 7;
const TABLES: usize = 150;
const BASE: &str = "/v1";

const LITERALS: [&str; 16] = [
    "a",
    "a",
    "b",
    "b",
    "admin",
    "admin",
    "c.d",
    "~x",
    "A",
    "a%20b",
    "caf%C3%A9",
    "a:b",
    "a%2Fb",
    "a;b",
    "a%5Cb",
    "...",
];
const SEPARATORS: [&str; 22] = [
    "/", "/", "/", "/", "/", "//", "///", "%2F", "%2f", "\\", "%5C", "/./", "/../", "/%2e/", "/%2E%2e/", "/.%2e/",
    "/;x/", "/..;/", "/..%2F", "%2F..%2f", "\\..\\", "%2F%2F",
];
const MARKS: [&str; 24] = [
    ";",
    ";v=1",
    "%3B",
    "%3bx",
    "%00",
    "%00.png",
    ".",
    "..",
    "%2e",
    "%25",
    "%252F",
    "%252e%252e",
    "%2561",
    "%0A",
    "%20",
    "%FF",
    "%C3%A9",
    "%3F",
    "%23",
    "\"",
    "{",
    "%5c..",
    "%7E",
    "|",
];

/// One service: its rules, and the table that the gateway makes of them. Payloads are places in the list of rules.
pub(crate) struct Table {
    pub(crate) rules: Vec<Rule>,
    pub(crate) raw: Vec<bool>,
    pub(crate) table: RouteTable<usize>,
}

pub(crate) fn tables() -> Vec<Table> {
    let mut random = Rng::with_seed(SEED);
    (0..TABLES).map(|_| table(&mut random)).collect()
}

fn table(random: &mut Rng) -> Table {
    let mut builder = Builder::new();
    let service = builder.service("s");
    let bases = if random.bool() { &["/"][..] } else { &["/", BASE] };
    for base in bases {
        let base = BasePath::parse(base).expect("a base path");
        builder.domain(service, &HostPattern::Any, &base, Environment::Release).expect("a new domain");
    }
    let count = random.usize(2..9);
    let catch_all = if random.bool() { "/" } else { "/{all+}" };
    let texts: BTreeSet<_> = (0..count).map(|_| rule(random)).chain([catch_all.to_owned()]).collect();
    let (mut rules, mut raw) = (Vec::new(), Vec::new());
    for rule in texts.iter().filter_map(|text| PathRule::parse(text).ok()) {
        let (payload, raw_path) = (rules.len(), random.u8(..) < 25);
        let entry = ApiEntry { rule: &rule, method: &MethodRule::Any, enabled: true, raw_path, payload };
        // Two rules of one shape are one API.
        if builder.api(service, Environment::Release, entry).is_ok() {
            rules.push(Rule::new(&rule));
            raw.push(raw_path);
        }
    }
    Table { rules, raw, table: builder.build() }
}

fn rule(random: &mut Rng) -> String {
    let mut path = String::new();
    for index in 0..random.usize(1..4) {
        match random.u8(..10) {
            0..7 => path.extend(["/", pick(random, &LITERALS)]),
            _ => path.push_str(&format!("/{{p{index}}}")),
        }
    }
    match random.u8(..8) {
        0 => format!("={path}"),
        1 => format!("={path}/"),
        2 | 3 => format!("{path}/{{rest+}}"),
        _ => path,
    }
}

/// A path that hyper takes for one.
pub(crate) fn path(random: &mut Rng, table: &Table) -> String {
    loop {
        let mut path = String::from(if random.u8(..8) == 0 { BASE } else { "" });
        for _ in 0..random.usize(1..7) {
            path.push_str(pick(random, &SEPARATORS));
            if random.u8(..4) > 0 {
                path.push_str(&literal(random, table));
            }
            if random.u8(..5) == 0 {
                path.push_str(pick(random, &MARKS));
            }
        }
        if path.starts_with('/') && path.parse::<http::uri::PathAndQuery>().is_ok_and(|parsed| parsed.path() == path) {
            return path;
        }
    }
}

/// A literal of one of the rules or of none, with a letter escaped now and then.
fn literal(random: &mut Rng, table: &Table) -> String {
    let rule = &table.rules[random.usize(..table.rules.len())];
    let words: Vec<_> = rule.text.split('/').filter(|word| !word.is_empty() && !word.contains(['{', '='])).collect();
    let word = if words.is_empty() || random.u8(..4) == 0 { pick(random, &LITERALS) } else { pick(random, &words) };
    if random.u8(..8) == 0 && word.is_ascii() && !word.contains('%') {
        let at = random.usize(..word.len());
        return format!("{}%{:02X}{}", &word[..at], word.as_bytes()[at], &word[at + 1..]);
    }
    word.to_owned()
}

fn pick<'a>(random: &mut Rng, from: &[&'a str]) -> &'a str {
    from[random.usize(..from.len())]
}
