//! Legitimate exchanges: what changes on the way is the closed list, no more and no less.

use std::collections::BTreeSet;

use fngate::conformance::case::Case;
use fngate::conformance::compare::{Direction, LISTED, LISTED_HTTP2, Protocol, listed};
use fngate::conformance::corpus;
use fngate::conformance::gateway::{Gateway, NAME};
use fngate::conformance::grammar::Message;
use fngate::conformance::report::{Report, Unsaid};
use fngate::conformance::run::Run;
use fngate::conformance::translate::{Fate, UNSAYABLE};
use fngate::conformance::wire::client::Target;
use fngate::conformance::wire::origin::Origin;
use fngate::conformance::wire::tls::Secure;

use crate::project::project;

type Key = (String, String);

fn keys(rows: impl IntoIterator<Item = (Direction, &'static str)>) -> BTreeSet<Key> {
    rows.into_iter().map(|(direction, rule)| (direction.as_str().to_owned(), rule.to_owned())).collect()
}

/// Plays the corpus, and returns what was found and with which `X-Client-Proto` and `-Ver` requests arrived.
fn run(protocol: Protocol, secure: Secured) -> (Report, BTreeSet<Key>) {
    let origin = Origin::start(([127, 0, 0, 1], 0).into()).expect("a function");
    let (gateway, tls) = match secure {
        Secured::No => (Gateway::start(origin.address(), "").expect("a gateway"), None),
        Secured::Tls => {
            let (gateway, roots) = Gateway::secure(origin.address(), "").expect("a gateway");
            (gateway, Some(Secure::new(roots, NAME.try_into().expect("a name"), protocol.alpn())))
        }
    };
    let target = Target { address: gateway.address(), tls };
    let report = Report::of(&Run { target, protocol, origin: &origin }).expect("a run");
    let violations = origin.log().read(|log| log.violations.clone());
    assert!(violations.is_empty(), "{violations:?}");
    let value = |request: &Message, name: &str| {
        let value = request.head.values(name).next().unwrap_or_default();
        String::from_utf8_lossy(value).into_owned()
    };
    let key = |request: &Message| {
        assert_eq!(value(request, "x-client-proto"), value(request, "x-forwarded-proto"));
        (value(request, "x-client-proto"), value(request, "x-client-proto-ver"))
    };
    (report, origin.log().read(|log| log.requests.iter().map(|(_, request)| key(request)).collect()))
}

#[derive(Clone, Copy, Debug)]
enum Secured {
    No,
    Tls,
}

#[track_caller]
fn changes_what_is_listed(report: &Report) {
    let found = keys(report.differences.iter().map(|row| (row.direction, row.rule)));
    assert_eq!(found, keys(listed(report.protocol).iter().copied()), "found, and listed:\n{}", report.text());
    assert!(report.transparent && report.exchanges >= 500, "{}", report.text());
}

fn protos(scheme: &str, versions: &[&str]) -> BTreeSet<Key> {
    versions.iter().map(|version| (scheme.to_owned(), (*version).to_owned())).collect()
}

#[test]
fn what_changes_on_the_way_is_the_closed_list() {
    let (report, protos_seen) = run(Protocol::Http1, Secured::No);
    changes_what_is_listed(&report);
    assert!(report.unsaid.is_empty(), "{}", report.text());
    assert_eq!(protos_seen, protos("http", &["HTTP/1.0", "HTTP/1.1"]));
}

#[test]
fn it_is_the_same_over_tls() {
    let (report, protos_seen) = run(Protocol::Http1, Secured::Tls);
    changes_what_is_listed(&report);
    assert_eq!(protos_seen, protos("https", &["HTTP/1.0", "HTTP/1.1"]));
}

#[test]
fn what_changes_behind_http2_is_the_closed_list() {
    let (report, protos_seen) = run(Protocol::Http2, Secured::No);
    changes_what_is_listed(&report);
    let unsaid: Vec<_> = report.unsaid.iter().map(|unsaid| (unsaid.fate, unsaid.what)).collect();
    assert_eq!(unsaid, UNSAYABLE, "{}", report.text());
    the_document_has(&report.unsaid);
    let left_out: usize =
        report.unsaid.iter().filter(|unsaid| unsaid.fate == Fate::LeftOut).map(|unsaid| unsaid.exchanges.len()).sum();
    assert_eq!(report.exchanges + left_out, corpus::all().iter().map(|(_, cases)| cases.len()).sum::<usize>());
    assert_eq!(protos_seen, protos("http", &["HTTP/2"]));
}

#[test]
fn every_exchange_is_another_one() {
    let cases: Vec<_> = corpus::all().into_iter().flat_map(|(_, cases)| cases).collect();
    let mut seen = BTreeSet::new();
    let what = |case: &Case| [case.name.clone(), format!("{:?}{:?}", case.client, case.answers)];
    let twice: Vec<_> =
        cases.iter().filter(|case| !what(case).map(|what| seen.insert(what)).iter().all(|new| *new)).collect();
    assert!(twice.is_empty(), "{twice:?}");
}

#[test]
fn a_difference_that_is_not_listed_is_found() {
    let origin = Origin::start(([127, 0, 0, 1], 0).into()).expect("a function");
    let gateway = Gateway::start(origin.address(), "via = true").expect("a gateway");
    let case = Case::new("plain").send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    for protocol in [Protocol::Http1, Protocol::Http2] {
        let run = Run { target: gateway.address().into(), protocol, origin: &origin };
        let found = run.play(&case).expect("a run").differences;
        let version = if protocol == Protocol::Http1 { "1.1" } else { "2" };
        let detail = format!("`Via: {version} fngate`");
        let added: Vec<_> = found.iter().filter(|difference| difference.rule == "field-added").collect();
        assert!(matches!(added[..], [one] if one.detail.ends_with(&detail)), "{found:?}");
    }
}

/// Every name that the comparison knows stands in the document, on the list or among what others change.
#[test]
fn the_document_has_every_name() {
    let document = text("docs/transparency.md");
    let (mut missing, mut known) = (Vec::new(), 0);
    for path in ["run/judge.rs", "compare.rs", "compare/fields.rs", "compare/body.rs"] {
        let source = text(&format!("src/conformance/{path}"));
        let names =
            source.split("note(\"").chain(source.split("=> \"")).skip(1).filter_map(|rest| rest.split('"').next());
        let is_name =
            |name: &&str| name.contains('-') && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let names: Vec<_> = names.filter(is_name).collect();
        known += names.len();
        missing.extend(names.iter().filter(|name| !document.contains(&format!("`{name}`"))).map(ToString::to_string));
    }
    assert!(known > 60, "the names are not where they were");
    assert_eq!(missing, Vec::<String>::new());
}

fn text(path: &str) -> String {
    std::fs::read_to_string(project(path)).expect(path)
}

fn cells(line: &str) -> Vec<String> {
    line.split('|').map(|cell| cell.trim().to_owned()).collect()
}

#[test]
fn the_document_has_the_list() {
    let text = text("docs/transparency.md");
    let (list, rest) = text.split_once("\n## Over TLS").expect("a section");
    let (http2, rest) = rest.split_once("\n## What others change").expect("a section");
    let (_, compared) = rest.split_once("\n## Compared").expect("the comparison");
    for (section, columns, listed) in [(list, 4, &LISTED[..]), (http2, 5, &LISTED_HTTP2)] {
        let described =
            section.lines().map(cells).filter(|cells| cells.len() == columns + 2 && cells[2].starts_with('`'));
        let described: Vec<Key> =
            described.map(|cells| (cells[1].clone(), cells[2].trim_matches('`').to_owned())).collect();
        assert_eq!(described.len(), listed.len(), "a line stands twice, or is missing");
        assert_eq!(
            described.into_iter().collect::<BTreeSet<_>>(),
            keys(listed.iter().copied()),
            "described, and listed"
        );
    }
    // In the comparison, this gateway's column is the first.
    let measured = compared.lines().map(cells).filter(|cells| cells.len() > 5 && !cells[3].is_empty());
    let measured = measured.filter(|cells| ["request", "answer"].contains(&cells[1].as_str()));
    assert_eq!(measured.map(|cells| (cells[1].clone(), cells[2].clone())).collect::<BTreeSet<_>>(), keys(LISTED));
}

/// What HTTP/2 cannot say, with the number of exchanges that it is in.
#[track_caller]
fn the_document_has(unsaid: &[Unsaid]) {
    let text = text("docs/transparency.md");
    let (_, section) = text.split_once("\n## Over HTTP/2").expect("a section");
    let described = section.lines().map(cells).filter(|cells| cells.len() == 6 && cells[1].starts_with('`'));
    let described = described.map(|cells| cells[1..4].join(" "));
    let fate = |fate| if fate == Fate::LeftOut { "left out" } else { "reworded" };
    let found =
        unsaid.iter().map(|unsaid| format!("`{}` {} {}", unsaid.what, unsaid.exchanges.len(), fate(unsaid.fate)));
    assert_eq!(described.collect::<Vec<_>>(), found.collect::<Vec<_>>(), "described, and found");
}
