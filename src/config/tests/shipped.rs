//! The files of `config/` and the blocks of the reference: they load, and they name every key.

use std::fs;
use std::path::{Path, PathBuf};

use rcgen::{CertificateParams, KeyPair};
use tempfile::TempDir;

use super::super::{Config, Place, Setting};
use super::super::{load, reference, schema_keys};
use super::{BASE, api, good, parse};

/// The path from the root of the project, asked for when the test runs: checkouts may share what was built.
fn root(path: &str) -> PathBuf {
    Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo runs the tests")).join(path)
}

fn text(path: &str) -> String {
    fs::read_to_string(root(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The file with every key in force: a comment that starts without a space is a key or a table.
fn uncommented(text: &str) -> String {
    let line = |line: &str| match line.strip_prefix('#') {
        Some(key) if key.starts_with(|c: char| c.is_ascii_lowercase() || c == '[') => format!("{key}\n"),
        _ => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

/// The text without the tables that only builds with their features know.
fn buildable(text: &str) -> String {
    let unknown = [("[acme]", cfg!(not(feature = "acme"))), ("[traces]", cfg!(not(feature = "otel")))];
    let mut is_left_out = false;
    let kept = |line: &&str| {
        if line.starts_with('[') {
            is_left_out = unknown.contains(&(*line, true));
        }
        !is_left_out
    };
    text.lines().filter(kept).map(|line| format!("{line}\n")).collect()
}

/// The text with the files that it names in `/etc/fngate`, as long as they are held.
fn with_files(text: &str) -> (String, TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(vec!["shop.example.com".to_owned()]).expect("parameters");
    let certificate = params.self_signed(&key).expect("a certificate").pem();
    for (name, text) in [("shop.pem", &certificate), ("shop.key", &key.serialize_pem()), ("ca.pem", &certificate)] {
        fs::write(folder.path().join(name), text).expect("a file");
    }
    (text.replace("/etc/fngate/", &format!("{}/", folder.path().display())), folder)
}

/// What the configuration says, without the places where it says so.
fn without_places(mut config: Config) -> Config {
    let nowhere = Place { file: Path::new("").into(), line: 0, column: 0 };
    for function in &mut config.functions {
        let function = std::sync::Arc::make_mut(function);
        function.place = nowhere.clone();
        function.timeout = Setting { value: function.timeout.value, place: None };
    }
    for service in &mut config.services {
        service.place = nowhere.clone();
        service.domains.iter_mut().for_each(|domain| domain.place = nowhere.clone());
        service.apis.iter_mut().for_each(|api| api.place = nowhere.clone());
    }
    config
}

#[test]
fn the_default_file_and_the_examples_load() {
    let examples =
        fs::read_dir(root("config/examples")).expect("examples").map(|entry| entry.expect("an entry").path());
    let installed = ["config/fngate.toml", "config/package.toml", "config/container.toml"].map(root);
    let files: Vec<_> = examples.chain(installed).collect();
    assert_eq!(files.len(), 9);
    for file in files {
        load(&file).unwrap_or_else(|failure| panic!("{failure}"));
    }
}

#[test]
fn the_default_file_shows_the_defaults() {
    let written = text("config/fngate.toml");
    let short = without_places(parse(&written).expect("the file"));
    let (long, _files) = with_files(&buildable(&uncommented(&written)));
    let mut long = without_places(parse(&long).unwrap_or_else(|report| panic!("{report}")));
    // Three examples are no defaults: of TLS, of a token, and of the long form of a domain.
    let tls = long.listeners[0].tls.take().expect("the example of TLS");
    assert_eq!((tls.identities.len(), tls.clients.map(|clients| clients.roots.len())), (1, Some(1)));
    let token = long.admin.tokens.pop().expect("the example of a token");
    assert_eq!(token.name, "ci");
    let example = long.services[0].domains.pop().expect("the example of a domain");
    assert_eq!((example.host.to_string(), example.base_path.to_string()), ("demo.example.com".into(), "/test".into()));
    // Set to the function's and the gateway's value, which is not the same as not set.
    let api = &mut long.services[0].apis[0];
    assert_eq!(api.timeout.take().map(|timeout| timeout.value), Some(long.functions[0].timeout.value));
    assert_eq!(api.max_body_bytes.take(), Some(long.gateway.max_body_bytes));
    assert_eq!(short, long);

    let bare = "[[listener]]\naddress = \"0.0.0.0:8080\"\n[[function]]\nname = \"hello\"\ninstances = [\"builtin:echo\"]\n\
                [[service]]\nname = \"demo\"\nhosts = [\"*\"]\n[[service.api]]\npath = \"/\"\nfunction = \"hello\"";
    assert_eq!(short, without_places(parse(bare).expect("the bare form")));
}

#[test]
fn the_default_file_names_every_key_in_the_order_of_the_reference() {
    let mut table = String::new();
    let mut keys = Vec::new();
    for line in uncommented(&text("config/fngate.toml")).lines() {
        if let Some(header) = line.strip_prefix('[') {
            table = format!("{}.", header.trim_matches(['[', ']']));
        } else if let Some((key, _)) = line.split_once(" = ").filter(|_| !line.starts_with('#')) {
            keys.push(format!("{table}{key}"));
        }
    }
    let schema: Vec<_> = schema_keys().iter().filter(|key| !is_table(key)).cloned().collect();
    assert_eq!(keys, schema);
}

#[test]
fn the_reference_names_every_key() {
    let described = reference();
    for key in schema_keys().iter().filter(|key| !is_table(key)) {
        let about = described.get(key).copied().unwrap_or_default();
        assert!(!about.meaning.is_empty() && !about.default.is_empty(), "docs/configuration.md on {key}: {about:?}");
    }
}

#[test]
fn the_reference_tells_defaults_ranges_and_meanings_apart() {
    let described = reference();
    let about = |key: &str| described[key];
    assert_eq!((about("gateway.workers").default, about("gateway.workers").range), ("`0`", "0 to 1024"));
    assert_eq!((about("gateway.via").default, about("gateway.via").range), ("`false`", ""));
    assert_eq!((about("listener.address").default, about("listener.address").range), ("*required*", ""));
    assert_eq!(about("listener").meaning, "Where clients connect. At least one.");
    assert!(about("log.access").meaning.starts_with("Where the access log goes"));
}

#[test]
fn the_blocks_of_the_reference_load_or_fail_as_it_says() {
    let reference = text("docs/configuration.md");
    let blocks = reference.split("```").skip(1).step_by(2).filter_map(|block| block.split_once('\n'));
    let blocks: Vec<_> = blocks.filter(|(language, _)| language.starts_with("toml")).collect();
    assert!(!blocks.is_empty());
    for (language, body) in blocks {
        match language {
            "toml" => drop(parse(body).unwrap_or_else(|report| panic!("{body}\n{report}"))),
            "toml,fragment" => drop(parse(&fragment(body)).unwrap_or_else(|report| panic!("{body}\n{report}"))),
            "toml,broken" => {
                let report = parse(body).expect_err(body).to_string();
                assert!(reference.contains(&format!("```text\n{report}\n```")), "{report}");
            }
            other => panic!("a block in the language {other}"),
        }
    }
}

/// A fragment is completed with what it lacks.
fn fragment(body: &str) -> String {
    if body.contains("[[service.") && !body.contains("[[service]]") {
        format!("[[service]]\nname = \"shop\"\nhosts = [\"shop.example.com\"]\n{body}{BASE}")
    } else {
        format!("{body}{BASE}")
    }
}

#[test]
fn the_schema_has_the_keys_of_every_table() {
    let keys = schema_keys();
    for key in [
        "include",
        "gateway.workers",
        "listener.address",
        "function.timeout",
        "service.api.raw_path",
        "service.domain.host",
    ] {
        assert!(keys.iter().any(|other| other == key), "{key}");
    }
    assert!(good(&api("path = \"/\"\nfunction = \"echo\"")).services[0].apis[0].enabled);
}

fn is_table(key: &str) -> bool {
    let inner = format!("{key}.");
    schema_keys().iter().any(|other| other.starts_with(&inner))
}
