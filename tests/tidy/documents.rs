//! The documents: what they must name, what in them must load, where their links lead.

use std::collections::BTreeSet;
use std::path::Path;

use fngate::config;
use fngate::message::problem::{Problem, Reason};
use uuid::Uuid;

use super::project::project;
use super::{assert_none, files, text};

/// The documents at the root of the project, and the guides.
pub(super) fn documents() -> Vec<String> {
    let mut found = files("docs");
    found.retain(|path| path.ends_with(".md"));
    found.extend(
        ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "deploy/README.md", "tests/README.md"]
            .map(str::to_owned),
    );
    found
}

/// The first cells of a document's table rows, without their quotes, with the whole row.
fn rows(document: &str) -> Vec<(String, String)> {
    let text = text(document);
    let rows = text.lines().filter_map(|line| Some((line.strip_prefix("| `")?.split_once('`')?.0, line)));
    rows.map(|(name, line)| (name.to_owned(), line.to_owned())).collect()
}

/// The strings between two marks.
fn between(text: &str, open: &str, close: &str) -> Vec<String> {
    text.split(open).skip(1).filter_map(|rest| rest.split_once(close)).map(|(found, _)| found.to_owned()).collect()
}

#[test]
fn every_metric_is_described_and_no_other() {
    let sources = ["src/telemetry/metrics.rs", "src/telemetry/listener.rs", "src/telemetry/floods.rs"].map(text);
    let production = sources.iter().map(|source| source.split("#[cfg(test)]").next().unwrap_or_default());
    let made: BTreeSet<_> = production.flat_map(|source| between(source, "\"fngate_", "\"")).collect();
    assert!(made.len() > 10, "the metrics are not where they were");
    let described: BTreeSet<_> = rows("docs/metrics.md")
        .into_iter()
        .filter_map(|(name, _)| Some(name.strip_prefix("fngate_")?.split('{').next()?.to_owned()))
        .collect();
    assert_eq!(described, made, "docs/metrics.md describes the left, the code makes the right");
    let mut unknown = Vec::new();
    for document in documents() {
        let text = text(&document);
        for name in text.split("fngate_").skip(1) {
            let name = name
                .split(|c: char| !c.is_ascii_lowercase() && !c.is_ascii_digit() && c != '_')
                .next()
                .unwrap_or_default();
            let base = ["_bucket", "_sum", "_count"].iter().find_map(|suffix| name.strip_suffix(suffix));
            // A package's file name goes on with its version.
            let is_name = name.starts_with(|c: char| c.is_ascii_lowercase());
            if is_name && !made.contains(name) && !base.is_some_and(|base| made.contains(base)) {
                unknown.push(format!("{document}: fngate_{name}"));
            }
        }
    }
    assert_none("metrics that do not exist", &unknown);
}

#[test]
fn every_reason_is_described_with_its_status_and_error_type() {
    let rows = rows("docs/errors.md");
    let mut missing = Vec::new();
    for reason in Reason::ALL {
        let reply = Problem::new(reason, "").reply(Uuid::nil());
        let fields = String::from_utf8_lossy(reply.fields.as_bytes()).into_owned();
        let error = between(&fields, "error=", ";").concat();
        let row = format!("| `{}` | {} |", reason.as_str(), reply.status.as_u16());
        if !rows.iter().any(|(_, line)| line.starts_with(&row) && line.contains(&format!("`{error}`"))) {
            missing.push(format!("{row} … `{error}`"));
        }
    }
    assert_none("not in docs/errors.md", &missing);
}

/// Reasons that have a name, but no answer yet.
const KEPT_FOR_LATER: [&str; 2] = ["rate_limited", "no_instance"];

#[test]
fn every_reason_has_its_entry_for_the_night() {
    let text = text("docs/troubleshooting.md");
    let entries: BTreeSet<_> =
        between(&text, "\n### `", "`\n").into_iter().filter(|name| !name.contains('/')).collect();
    let reasons = Reason::ALL.iter().map(|reason| reason.as_str()).chain(KEPT_FOR_LATER);
    let reasons: BTreeSet<_> = reasons.map(str::to_owned).collect();
    assert_eq!(entries, reasons, "docs/troubleshooting.md has the left, the code makes the right");
}

#[test]
fn every_way_to_break_off_is_described() {
    let bodies = text("src/proxy/broken.rs");
    let broken = bodies.split("impl Broken").nth(1).and_then(|rest| rest.split_once("\n}")).expect("impl Broken").0;
    let mut ways = between(broken, "=> \"", "\"");
    ways.extend(between(&text("src/telemetry/access.rs"), "INTERNAL_ERROR: &str = \"", "\""));
    ways.extend(between(&text("src/proxy/upgrade.rs"), "=> Some(\"", "\""));
    ways.extend(between(&text("src/telemetry/access.rs"), "CLIENT_CLOSED: &str = \"", "\""));
    assert!(ways.len() > 6, "the reasons are not where they were: {ways:?}");
    let described: BTreeSet<_> = rows("docs/errors.md").into_iter().map(|(name, _)| name).collect();
    ways.retain(|way| !described.contains(way));
    assert_none("not in docs/errors.md", &ways);
}

#[test]
fn every_field_of_the_access_log_is_described_in_its_order() {
    let source = text("src/telemetry/access.rs");
    let name = |line| {
        Some(str::split_once(line, ": ")?.0).filter(|name| name.chars().all(|c| c == '_' || c.is_ascii_lowercase()))
    };
    let parts = source.split("write_fields!(").skip(1).map(|rest| rest.split_once("})").expect("its end").0);
    let parts = parts.map(|part| part.lines().filter_map(|line| name(line.trim())).collect::<Vec<_>>());
    // Those that all lines of an API have in common stand in front, where they are written.
    let parts: Vec<_> = parts.collect();
    let [common, beginning, rest @ ..] = parts.as_slice() else {
        panic!("the parts of a line are not where they were")
    };
    let fields = [&beginning[..], common, &rest.concat()].concat();
    assert!(fields.len() > 20, "{fields:?}");
    let described: Vec<_> = rows("docs/metrics.md").into_iter().map(|(name, _)| name).collect();
    let described: Vec<_> = described.iter().map(String::as_str).filter(|name| fields.contains(name)).collect();
    assert_eq!(described, fields, "docs/metrics.md describes the left, the code writes the right");
}

#[test]
fn keys_of_the_configuration_that_are_named_exist() {
    let schema = config::schema_keys();
    let tables = ["gateway.", "acme.", "listener.", "admin.", "log.", "traces.", "function.", "service."];
    let mut unknown = Vec::new();
    let mut known = 0;
    for document in documents() {
        for code in prose(&text(&document)).split('`').skip(1).step_by(2).map(str::to_owned) {
            let is_key = code.chars().all(|c| c.is_ascii_lowercase() || c == '_' || c == '.');
            if is_key && tables.iter().any(|table| code.starts_with(table)) {
                known += 1;
                if !schema.contains(&code) {
                    unknown.push(format!("{document}: {code}"));
                }
            }
        }
    }
    assert!(known > 10, "no keys were found");
    assert_none("keys that do not exist", &unknown);
}

/// Those that newcomers read. `SCF` is the name of one cloud's product.
#[test]
fn the_prefix_of_fields_is_explained_where_it_first_appears() {
    for document in ["README.md", "docs/headers.md", "docs/migration/cloud.md"] {
        let text = text(document);
        let place = text.to_lowercase().find("scf").unwrap_or_else(|| panic!("{document} has no SCF"));
        let start = text[..place].rfind("\n\n").unwrap_or(0);
        let paragraph = text[start..].trim_start().split("\n\n").next().unwrap_or_default();
        let is_explained = ["Serverless Cloud Function", "`reserved_prefix`", "`gateway.reserved_prefix`"]
            .map(|words| paragraph.contains(words));
        assert!(is_explained[0] && (is_explained[1] || is_explained[2]), "{document}: {paragraph}");
    }
}

/// Nobody should have to guess whether a silent compiler hangs.
#[test]
fn commands_that_take_minutes_say_so() {
    let slow = ["cargo build --release", "cargo run --release", "cargo install", "docker build", "debian/build"];
    let mut silent = Vec::new();
    for document in ["README.md", "docs/installation.md", "deploy/README.md"] {
        let text = text(document);
        let mut before = "";
        for (index, part) in text.split("```").enumerate() {
            let command =
                part.lines().find(|line| slow.iter().any(|slow| line.trim_start_matches("$ ").starts_with(slow)));
            let announced = before.trim_end().rsplit("\n\n").next().unwrap_or_default();
            if let (1, Some(command)) = (index % 2, command)
                && !format!("{announced}{part}").contains("minute")
            {
                silent.push(format!("{document}: {command}"));
            }
            before = part;
        }
    }
    assert_none("commands that take minutes without a word", &silent);
}

/// What a plain `cargo build` makes is what the documents describe. Features are for those who want less.
#[test]
fn a_plain_build_has_every_feature() {
    let manifest: toml::Table = text("Cargo.toml").parse().expect("TOML");
    let features = manifest["features"].as_table().expect("features");
    let names: BTreeSet<_> = features.keys().map(String::as_str).filter(|name| *name != "default").collect();
    let default = features.get("default").and_then(toml::Value::as_array);
    let default: BTreeSet<_> = default.into_iter().flatten().filter_map(toml::Value::as_str).collect();
    assert_eq!(default, names, "the left is in a plain build");
    let scripts = ["Dockerfile", "debian/build", ".ci/run", "bench/setup", "tests/run", "tests/systemd/run"];
    let mut asked = Vec::new();
    for path in documents().into_iter().filter(|path| path != "CHANGELOG.md").chain(scripts.map(str::to_owned)) {
        let text = text(&path);
        let lines = text.lines().filter(|line| line.contains("cargo ") && line.contains("--features "));
        asked
            .extend(lines.filter(|line| !line.contains("--no-default-features")).map(|line| format!("{path}: {line}")));
    }
    assert_none("features that a plain build has", &asked);
}

/// `docs/configuration.md` is tested beside the configuration.
#[test]
fn configurations_in_the_documents_load() {
    let mut checked = 0;
    for document in documents().into_iter().filter(|document| document != "docs/configuration.md") {
        for block in text(&document).split("```").skip(1).step_by(2) {
            let Some((language, body)) = block.split_once('\n') else { continue };
            match language {
                "toml" => drop(config::parse(Path::new(&document), body).unwrap_or_else(|report| panic!("{report}"))),
                "toml,fragment" => {
                    drop(body.parse::<toml::Table>().unwrap_or_else(|error| panic!("{document}: {error}")));
                }
                other => {
                    assert!(!other.starts_with("toml"), "{document}: a block in the language {other}");
                    continue;
                }
            }
            checked += 1;
        }
    }
    assert!(checked > 3, "no blocks were found");
}

#[test]
fn links_lead_somewhere() {
    let mut broken = Vec::new();
    for document in documents() {
        let folder = Path::new(&document).parent().unwrap_or(Path::new(""));
        for link in between(&prose(&text(&document)), "](", ")") {
            if link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            let (path, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = if path.is_empty() { Path::new(&document).to_owned() } else { folder.join(path) };
            let target = target.to_str().expect("a path in UTF-8");
            if !project(target).exists() || !(anchor.is_empty() || anchors(&text(target)).contains(anchor)) {
                broken.push(format!("{document}: {link}"));
            }
        }
    }
    assert_none("links that lead nowhere", &broken);
}

/// The lines that are not in a block of code.
fn prose(text: &str) -> String {
    text.split("\n```").step_by(2).collect::<Vec<_>>().join("\n")
}

/// The anchors of a document's headings: lower case, letters, digits, `-` and `_`, spaces as `-`.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = prose(text);
    let headings =
        headings.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    let kept = |c: &char| c.is_alphanumeric() || ['-', '_', ' '].contains(c);
    headings.map(|title| title.to_lowercase().chars().filter(kept).collect::<String>().replace(' ', "-")).collect()
}
