//! Legitimate exchanges: what changes on the way is the closed list, no more and no less.

use std::collections::BTreeSet;

use fngate::conformance::case::Case;
use fngate::conformance::compare::{Direction, LISTED};
use fngate::conformance::corpus;
use fngate::conformance::gateway::Gateway;
use fngate::conformance::report::Report;
use fngate::conformance::run::Run;
use fngate::conformance::wire::origin::Origin;

type Key = (String, String);

fn keys(rows: impl IntoIterator<Item = (Direction, &'static str)>) -> BTreeSet<Key> {
    rows.into_iter().map(|(direction, rule)| (direction.as_str().to_owned(), rule.to_owned())).collect()
}

#[test]
fn what_changes_on_the_way_is_the_closed_list() {
    let origin = Origin::start(([127, 0, 0, 1], 0).into()).expect("a function");
    let gateway = Gateway::start(origin.address(), "").expect("a gateway");
    let report = Report::of(&Run { target: gateway.address(), origin: &origin }).expect("a run");
    let found = keys(report.differences.iter().map(|row| (row.direction, row.rule)));
    assert_eq!(found, keys(LISTED), "found, and listed:\n{}", report.text());
    assert!(report.transparent && report.exchanges >= 500, "{}", report.text());
    let violations = origin.log().read(|log| log.violations.clone());
    assert!(violations.is_empty(), "{violations:?}");
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
    let found = Run { target: gateway.address(), origin: &origin }.play(&case).expect("a run");
    let added: Vec<_> = found.iter().filter(|difference| difference.rule == "field-added").collect();
    assert!(matches!(added[..], [one] if one.detail == "`Via: 1.1 fngate`"), "{found:?}");
}

/// Every name that the comparison knows stands in the document, on the list or among what others change.
#[test]
fn the_document_has_every_name() {
    let document = text("docs/transparency.md");
    let (mut missing, mut known) = (Vec::new(), 0);
    for path in ["run.rs", "compare.rs", "compare/fields.rs", "compare/body.rs"] {
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
    std::fs::read_to_string(format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))).expect(path)
}

#[test]
fn the_document_has_the_list() {
    let text = text("docs/transparency.md");
    let (list, compared) = text.split_once("\n## Compared").expect("the comparison");
    let cells = |line: &str| line.split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let described = list.lines().map(cells).filter(|cells| cells.len() == 6 && cells[2].starts_with('`'));
    let described: Vec<Key> =
        described.map(|cells| (cells[1].clone(), cells[2].trim_matches('`').to_owned())).collect();
    assert_eq!(described.len(), LISTED.len(), "a line stands twice, or is missing");
    assert_eq!(described.into_iter().collect::<BTreeSet<_>>(), keys(LISTED), "described, and listed");
    // In the comparison, this gateway's column is the first.
    let measured = compared.lines().map(cells).filter(|cells| cells.len() > 5 && !cells[3].is_empty());
    let measured = measured.filter(|cells| ["request", "answer"].contains(&cells[1].as_str()));
    assert_eq!(measured.map(|cells| (cells[1].clone(), cells[2].clone())).collect::<BTreeSet<_>>(), keys(LISTED));
}
