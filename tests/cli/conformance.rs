//! `fngate conformance`.

use serde_json::Value;

use crate::support::gateway::{BASE, Folder, Gateway};
use crate::support::process::{Finished, run};
use crate::support::{fngate, free_port};

#[test]
fn this_gateway_changes_what_is_listed_and_nothing_else() {
    let Finished { status, out, err } = run(&mut fngate(&["conformance", "--json"]));
    assert_eq!((status.code(), err.as_str()), (Some(0), ""), "{out}");
    let report: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(report["transparent"], true);
    assert!(report["exchanges"].as_u64() > Some(500), "{}", report["exchanges"]);
    let rows = report["differences"].as_array().expect("a list");
    let row = rows.iter().find(|row| row["rule"] == "hop-by-hop-removed" && row["direction"] == "request");
    let row = row.expect("a difference that there always is");
    assert_eq!(row["listed"], true);
    assert!(row["exchanges"].as_array().is_some_and(|names| names.len() > 5), "{row}");
}

/// Another gateway: this one with `Via`, which is not on the list.
#[test]
fn another_gateway_with_another_difference_is_1() {
    let origin = format!("127.0.0.1:{}", free_port());
    let folder = Folder::new(&format!(
        "{BASE}[gateway]\nvia = true\n[[function]]\nname = \"f\"\ninstances = [\"http://{origin}\"]\n\
         [[service]]\nname = \"s\"\nhosts = [\"*\"]\n[[service.api]]\npath = \"/\"\nmethod = \"ANY\"\nfunction = \"f\"\n"
    ));
    let gateway = Gateway::start(&folder);
    let target = format!("http://{}/", gateway.address);
    let finished = run(&mut fngate(&["conformance", "--target", &target, "--origin", &origin]));
    assert_eq!(finished.code(), Some(1), "{finished:?}");
    let row = finished.out.lines().find(|line| line.starts_with("request   field-added "));
    assert!(row.is_some_and(|row| row.contains(" NO ") && row.contains("Via: 1.1 fngate")), "{}", finished.out);
    assert!(finished.out.ends_with("not on the list\n"), "{}", finished.out);
}

#[test]
fn what_cannot_be_reached_is_71() {
    let target = format!("http://127.0.0.1:{}", free_port());
    let finished = run(&mut fngate(&["conformance", "--target", &target, "--origin", "127.0.0.1:0"]));
    assert_eq!((finished.code(), finished.out.as_str()), (Some(71), ""));
    assert!(finished.err.contains("refused"), "{}", finished.err);
}
