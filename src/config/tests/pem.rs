//! Certificates and keys that the configuration names: what is wrong with them, and that their files belong to it.

use std::fs;
use std::path::Path;

use rcgen::{CertificateParams, KeyPair};
use tempfile::TempDir;

use super::super::{Loaded, load};
use super::{BASE, keep};

/// A directory with a certificate and its key, another key, and files that are neither.
fn directory() -> TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    let write = |name: &str, text: &str| fs::write(directory.path().join(name), text).expect("a file");
    let (key, other) = (KeyPair::generate().expect("a key"), KeyPair::generate().expect("a key"));
    let params = CertificateParams::new(vec!["function.example".to_owned()]).expect("parameters");
    let certificate = params.self_signed(&key).expect("a certificate").pem();
    write("certificate.pem", &certificate);
    write("key.pem", &key.serialize_pem());
    write("other-key.pem", &other.serialize_pem());
    write("both.pem", &format!("{certificate}{}", key.serialize_pem()));
    write("notes.txt", "no PEM\n");
    write("locked.pem", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n");
    write(
        "locked-ec.pem",
        "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,F0B9\n\nAAAA\n-----END EC PRIVATE KEY-----\n",
    );
    write("torn.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n");
    write("empty.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    directory
}

fn document(tls: &str) -> String {
    format!(
        "{BASE}\n[[function]]\nname = \"secure\"\ninstances = [\"https://function.example\"]\n[function.tls]\n{tls}\n"
    )
}

fn write(directory: &TempDir, tls: &str) -> std::path::PathBuf {
    let path = directory.path().join("fngate.toml");
    fs::write(&path, document(tls)).expect("a file");
    path
}

#[test]
fn certificates_and_keys() {
    let directory = directory();
    let mut reports = String::new();
    for (rule, tls) in [
        ("a file is there", "ca = \"none.pem\""),
        ("a file has a certificate", "ca = \"notes.txt\""),
        ("a certificate is one", "ca = \"empty.pem\""),
        ("a section has an end", "ca = \"torn.pem\""),
        ("a certificate has a key", "certificate = \"certificate.pem\""),
        ("a key has a certificate", "certificate = \"\"\nkey = \"key.pem\""),
        ("a key is one", "certificate = \"certificate.pem\"\nkey = \"certificate.pem\""),
        ("a key has no passphrase", "certificate = \"certificate.pem\"\nkey = \"locked.pem\""),
        ("nor one of the old form", "certificate = \"certificate.pem\"\nkey = \"locked-ec.pem\""),
        ("a key belongs to its certificate", "certificate = \"certificate.pem\"\nkey = \"other-key.pem\""),
        ("a path is a string", "ca = 1"),
    ] {
        reports.push_str(&report(&directory, rule, &document(tls)));
    }
    keep("certificates_and_keys", &reports);
}

/// A listener that would be open where it was meant to be closed is the worst of these.
#[test]
fn listeners_with_tls() {
    const PAIR: &str = "certificates = [{ certificate = \"certificate.pem\", key = \"key.pem\" }]\n";
    let directory = directory();
    let mut reports = String::new();
    for (rule, tls) in [
        ("TLS needs a certificate", String::new()),
        ("the list has one", "certificates = []".to_owned()),
        ("a certificate has a file", "certificates = [{}]".to_owned()),
        ("a certificate has a key", "certificates = [{ certificate = \"certificate.pem\" }]".to_owned()),
        ("a CA is there", format!("{PAIR}client_ca = \"none.pem\"")),
        ("a CA has a certificate", format!("{PAIR}client_ca = \"notes.txt\"")),
        ("a CA is named", format!("{PAIR}client_ca = \"\"")),
        ("who is asked has a CA", format!("{PAIR}client_auth = \"required\"")),
        ("a version is known", format!("{PAIR}min_version = \"1.1\"")),
        ("a time is in its range", format!("{PAIR}handshake_timeout = \"0s\"")),
    ] {
        let text = format!("[[listener]]\naddress = \"[::1]:8443\"\n[listener.tls]\n{tls}\n{BASE}");
        reports.push_str(&report(&directory, rule, &text));
    }
    let text = format!("[[listener]]\naddress = \"[::1]:8443\"\nredirect_https = true\n[listener.tls]\n{PAIR}\n{BASE}");
    reports.push_str(&report(&directory, "TLS is not redirected", &text));
    keep("listeners_with_tls", &reports);
}

/// What is said about a file in this directory with this text.
fn report(directory: &TempDir, rule: &str, text: &str) -> String {
    let path = directory.path().join("fngate.toml");
    fs::write(&path, text).expect("a file");
    let report = load(&path).expect_err(rule).to_string();
    let report = report.replace(&format!("{}/", directory.path().display()), "");
    format!("==== {rule}\n\n{report}\n\n")
}

#[test]
fn their_files_belong_to_the_configuration() {
    let directory = directory();
    let path = write(&directory, "ca = \"certificate.pem\"\ncertificate = \"both.pem\"\nkey = \"both.pem\"");
    let Loaded { config, inputs, .. } = load(&path).unwrap_or_else(|failure| panic!("{failure}"));
    let names: Vec<_> =
        inputs.files.iter().map(|source| source.path.strip_prefix(directory.path()).expect("inside")).collect();
    assert_eq!(names, ["fngate.toml", "certificate.pem", "both.pem"].map(Path::new));
    let tls = &config.functions[1].tls;
    let identity = tls.identity.as_ref().expect("an identity");
    assert_eq!((tls.roots.as_ref().map(Vec::len), identity.chain.len(), tls.http2), (Some(1), 1, true));
    assert!(!format!("{identity:?}").contains("48, 130"), "a key is not shown");
    let absolute = document(&format!("ca = {:?}", directory.path().join("certificate.pem")));
    assert!(super::parse(&absolute).is_ok(), "there is a disk for a configuration that is not on it");
}
