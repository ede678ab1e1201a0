//! What can be used and is not what its author seems to want.

use std::fs;
use std::path::Path;

use rcgen::{CertificateParams, KeyPair};
use time::{Duration, OffsetDateTime};

use super::super::{Report, load};
use super::{api, keep, read};

const LISTENER: &str = "[[listener]]\naddress = \"0.0.0.0:8080\"\n";
const ECHO: &str = "[[function]]\nname = \"echo\"\ninstances = [\"builtin:echo\"]\n";

fn warnings(rule: &str, text: &str) -> Report {
    let (_, report) = read(text).unwrap_or_else(|report| panic!("{rule}: {report}"));
    assert!(report.errors().is_empty());
    report
}

#[test]
fn each_is_shown_at_its_place() {
    let path = |path: &str| format!("{}{LISTENER}{ECHO}", api(&format!("path = \"{path}\"\nfunction = \"echo\"")));
    let more = |more: &str| format!("{more}\n{}{LISTENER}{ECHO}", api("path = \"/\"\nfunction = \"echo\""));
    let function = |keys: &str| format!("{}{LISTENER}{ECHO}{keys}", api("path = \"/\"\nfunction = \"echo\""));
    let service = |keys: &str| format!("{LISTENER}{ECHO}[[service]]\nname = \"shop\"\n{keys}");
    let test = "environments = [\"test\"]";
    let mut reports = String::new();
    for (rule, text) in [
        ("an asterisk", path("/orders/*")),
        ("a colon", path("/u/:id")),
        ("a queue for nothing", function("queue = 5")),
        ("everybody is trusted", more("[gateway]\ntrusted_proxies = [\"0.0.0.0/0\", \"10.0.0.0/8\", \"::/0\"]")),
        (
            "an API that no domain leads to",
            service(&format!(
                "hosts = [\"a\"]\n[[service.api]]\npath = \"/\"\nfunction = \"echo\"\n[[service.api]]\npath = \"/x\"\nfunction = \"echo\"\n{test}"
            )),
        ),
        (
            "a domain that leads nowhere",
            service(&format!(
                "[[service.domain]]\nhost = \"a\"\n[[service.domain]]\nhost = \"b\"\nenvironment = \"test\"\n[[service.api]]\npath = \"/x\"\nfunction = \"echo\"\n{test}"
            )),
        ),
        (
            "a version that is the default",
            format!(
                "{}{LISTENER}{ECHO}",
                api("path = \"/\"\nfunction = \"echo\"\nversions = { release = \"$LATEST\" }")
            ),
        ),
        ("two of them", format!("{}{LISTENER}{ECHO}queue = 1", api("path = \"/a/**\"\nfunction = \"echo\""))),
    ] {
        let report = warnings(rule, &text);
        assert!(!report.warnings().is_empty(), "{rule}");
        reports.push_str(&format!("==== {rule}\n\n{report}\n\n"));
    }
    keep("warnings", &reports);
}

/// What seems odd may come of the error.
#[test]
fn there_are_none_beside_errors() {
    let text = format!("{}{LISTENER}{ECHO}queue = 1\nmemory = -1", api("path = \"/u/:id\"\nfunction = \"echo\""));
    let report = read(&text).expect_err("an error");
    assert_eq!((report.errors().len(), report.warnings().len()), (1, 0), "{report}");
}

/// A file that is as it should be has none.
#[test]
fn there_are_none_without_a_reason() {
    let text = format!(
        "{}{LISTENER}{ECHO}max_concurrency = 1\nqueue = 5",
        api("path = \"/orders/{id}\"\nfunction = \"echo\"")
    );
    let report = warnings("none", &text);
    assert!(report.is_empty(), "{report}");
    assert_eq!(report.to_string(), "");
}

/// A certificate that is valid for these days from now.
fn certificate(folder: &Path, days: std::ops::Range<i64>) {
    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::new(vec!["a.test".to_owned()]).expect("parameters");
    let day = |days| OffsetDateTime::now_utc() + Duration::days(days) + Duration::hours(1);
    (params.not_before, params.not_after) = (day(days.start), day(days.end));
    fs::write(folder.join("a.pem"), params.self_signed(&key).expect("a certificate").pem()).expect("written");
    fs::write(folder.join("a.key"), key.serialize_pem()).expect("written");
}

#[test]
fn certificates_that_clients_refuse_are_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("fngate.toml");
    let text = "[[listener]]\naddress = \"127.0.0.1:0\"\n[listener.tls]\ncertificates = [{ certificate = \"a.pem\", key = \"a.key\" }]\n";
    fs::write(&file, text).expect("written");
    for (days, wanted) in [
        (-9..-3, Some("the certificate expired 2 days ago")),
        (-9..-1, Some("the certificate expired 23 hours ago")),
        (-9..0, Some("the certificate expires in 60 minutes")),
        (-9..13, Some("the certificate expires in 13 days")),
        (-9..15, None),
        (2..90, Some("the certificate is not valid for another 2 days")),
    ] {
        certificate(folder.path(), days.clone());
        let report = load(&file).unwrap_or_else(|failure| panic!("{failure}")).report;
        assert_eq!(report.warnings().first().map(|warning| warning.message()), wanted, "{days:?}");
        assert!(report.warnings().iter().all(|warning| warning.place().is_some_and(|place| place.line == 4)));
    }
}

/// A new one beside an old one is how certificates are renewed.
#[test]
fn what_another_certificate_stands_in_for_is_no_worry() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("fngate.toml");
    let entry = |name: &str| format!("{{ certificate = \"{name}.pem\", key = \"{name}.key\" }}");
    let text = format!(
        "[[listener]]\naddress = \"127.0.0.1:0\"\n[listener.tls]\ncertificates = [{}, {}]\n",
        entry("a"),
        entry("old")
    );
    fs::write(&file, text).expect("written");
    for (old, new, advice) in [
        (-90..5, -1..90, None),
        (-90..-1, -1..90, Some("another one is shown in its place: remove it")),
        (-90..5, 2..90, Some("renew it")),
    ] {
        certificate(folder.path(), old.clone());
        for kind in ["pem", "key"] {
            fs::rename(folder.path().join(format!("a.{kind}")), folder.path().join(format!("old.{kind}")))
                .expect("moved");
        }
        certificate(folder.path(), new.clone());
        let report = load(&file).unwrap_or_else(|failure| panic!("{failure}")).report;
        let found = report.warnings().iter().find(|warning| warning.message().contains("expire"));
        assert_eq!(found.and_then(|warning| warning.advice()), advice, "{old:?} {new:?}");
    }
}

/// Each with what it is and what to do, in place of the words of a library.
#[test]
fn keys_and_certificates_that_cannot_be_used_are_named() {
    let keys = concat!(env!("CARGO_MANIFEST_DIR"), "/src/config/tests/keys");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("fngate.toml");
    let mut reports = String::new();
    for (certificate, key) in [
        ("rsa-1024", "rsa-1024"),
        ("secp256k1", "secp256k1"),
        ("ed448", "ed448"),
        ("rsa-pss", "rsa-pss"),
        ("explicit-ec", "explicit-ec"),
        ("v1", "v1"),
        ("chain-leaf-last", "chain"),
        ("chain-swapped", "chain"),
        ("chain", "chain"),
    ] {
        let pair = format!("certificate = \"{keys}/{certificate}.pem\", key = \"{keys}/{key}.key\"");
        let text =
            format!("[[listener]]\naddress = \"127.0.0.1:0\"\n[listener.tls]\ncertificates = [\n  {{ {pair} }}\n]\n");
        fs::write(&file, text).expect("written");
        let report = load(&file).map_or_else(|failure| failure.report, |loaded| loaded.report);
        let told = report.errors().iter().chain(report.warnings());
        let told: String = told
            .map(|told| {
                format!("{}: {}\n  {}\n", told.severity().as_str(), told.message(), told.advice().unwrap_or_default())
            })
            .collect();
        reports.push_str(&format!("==== {certificate}\n{told}\n"));
    }
    keep("unsupported_keys", &reports);
}
