//! `fngate conformance`.

use serde_json::Value;

use crate::support::fngate;
use crate::support::gateway::{BASE, Folder, Gateway};
use crate::support::port::free_port;
use crate::support::process::{Finished, run};

/// Runs the command with these options as well, and returns what it prints.
fn report(options: &[&str]) -> Value {
    let Finished { status, out, err } = run(&mut fngate(&[&["conformance", "--json"], options].concat()));
    assert_eq!((status.code(), err.as_str()), (Some(0), ""), "{out}");
    let report: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(report["transparent"], true);
    report
}

#[test]
fn this_gateway_changes_what_is_listed_and_nothing_else() {
    let report = report(&[]);
    assert_eq!((&report["protocol"], &report["unsaid"]), (&"http1".into(), &Value::Array(Vec::new())));
    assert!(report["exchanges"].as_u64() > Some(500), "{}", report["exchanges"]);
    let rows = report["differences"].as_array().expect("a list");
    let row = rows.iter().find(|row| row["rule"] == "hop-by-hop-removed" && row["direction"] == "request");
    let row = row.expect("a difference that there always is");
    assert_eq!(row["listed"], true);
    assert!(row["exchanges"].as_array().is_some_and(|names| names.len() > 5), "{row}");
}

#[test]
fn in_http2_over_tls_it_is_another_list() {
    let report = report(&["--http2", "--tls"]);
    assert_eq!(report["protocol"], "http2");
    let rows = report["differences"].as_array().expect("a list");
    assert!(rows.iter().any(|row| row["rule"] == "authority-to-host" && row["listed"] == true), "{rows:?}");
    let unsaid = report["unsaid"].as_array().expect("a list");
    let row = unsaid.iter().find(|row| row["what"] == "half-close").expect("something that cannot be said");
    assert_eq!((&row["fate"], row["exchanges"].as_array().map(Vec::len)), (&"left-out".into(), Some(2)));
}

/// Another gateway over TLS, and what is said where its certificate is not trusted.
#[test]
fn a_target_over_tls_needs_a_root() {
    let origin = format!("127.0.0.1:{}", free_port());
    let names = vec!["127.0.0.1".to_owned()];
    let made = rcgen::generate_simple_self_signed(names).expect("a certificate");
    let folder = Folder::new("");
    let files = [("pem", made.cert.pem()), ("key", made.signing_key.serialize_pem())];
    let [certificate, key] = files.map(|(name, text)| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("the folder can be written to");
        path.to_str().expect("a path that is text").to_owned()
    });
    let tls = format!("[listener.tls]\ncertificates = [{{ certificate = {certificate:?}, key = {key:?} }}]\n[admin]");
    folder.write(&format!(
        "{}[[function]]\nname = \"f\"\ninstances = [\"http://{origin}\"]\n\
         [[service]]\nname = \"s\"\nhosts = [\"*\"]\n[[service.api]]\npath = \"/\"\nmethod = \"ANY\"\nfunction = \"f\"\n\
         [[service.api]]\npath = \"/\"\nmethod = \"TRACE\"\nfunction = \"f\"\n",
        BASE.replace("[admin]", &tls)
    ));
    let gateway = Gateway::start(&folder);
    let target = format!("https://{}", gateway.address);
    let command = ["conformance", "--target", &target, "--origin", &origin];
    let trusting = [&command[..], &["--ca", &certificate]].concat();
    let finished = run(&mut fngate(&[&trusting[..], &["--http2"]].concat()));
    assert_eq!(finished.code(), Some(0), "{finished:?}");
    let distrusting = run(&mut fngate(&command));
    assert_eq!((distrusting.code(), distrusting.out.as_str()), (Some(71), ""));
    assert!(distrusting.err.contains("UnknownIssuer"), "{}", distrusting.err);
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
