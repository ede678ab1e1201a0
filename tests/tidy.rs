//! House rules: imports go down the layers and never in a circle, long files are named, and the documents say what the code does.
//!
//! That the configuration reference names every key, and that its blocks load, is checked beside the configuration.

#[path = "tidy/documents.rs"]
mod documents;
#[path = "tidy/imports.rs"]
mod imports;
#[path = "support/project.rs"]
mod project;
#[path = "tidy/scripts.rs"]
mod scripts;

use std::fs;
use std::io::{self, Write};

use project::project;

/// A file that is longer is worth a look: a hint, not a limit.
const LONG: usize = 400;

/// The text of a file, by its path from the root of the project.
fn text(path: &str) -> String {
    fs::read_to_string(project(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The files of a folder and its folders, by their paths from the root of the project. What package managers and builds
/// leave there is not ours.
fn files(folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(project(folder)).unwrap_or_else(|error| panic!("{folder}: {error}")) {
        let entry = entry.expect("an entry");
        let name = entry.file_name().into_string().expect("a name in UTF-8");
        let path = format!("{folder}/{name}");
        match entry.file_type().expect("a file type") {
            kind if kind.is_dir() && !["node_modules", "__pycache__", "target"].contains(&name.as_str()) => {
                found.extend(files(&path));
            }
            kind if kind.is_file() => found.push(path),
            _ => {}
        }
    }
    found.sort();
    found
}

/// The Rust files of the project.
fn sources() -> Vec<String> {
    let mut found = files("src");
    found.extend(files("tests"));
    found.retain(|path| path.ends_with(".rs"));
    found
}

fn assert_none(what: &str, found: &[String]) {
    assert!(found.is_empty(), "{what}:\n  {}", found.join("\n  "));
}

/// Says which files are long. A file is cut where an idea ends, so that this is no error.
#[test]
fn long_files_are_named() {
    let sources = sources();
    assert!(sources.len() > 100, "the sources are not where they were");
    for path in sources {
        let lines = text(&path).lines().count();
        if lines > LONG {
            // The test runner would keep what is printed to itself.
            writeln!(io::stderr(), "warning: {path} has {lines} lines: does it hold one idea?").expect("written");
        }
    }
}

#[test]
fn modules_are_named_by_themselves() {
    let nameless: Vec<_> = sources().into_iter().filter(|path| path.ends_with("/mod.rs")).collect();
    assert_none("modules that all look alike in an editor", &nameless);
}

#[test]
fn nothing_is_left_for_later() {
    let marks = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X:")];
    let documents = documents::documents();
    let mut left = Vec::new();
    for path in ["src", "tests", "config", "deploy"].into_iter().flat_map(files).chain(documents) {
        // A file that is no text says nothing.
        let Ok(text) = fs::read_to_string(project(&path)) else { continue };
        let marked = |line: &str| marks.iter().any(|mark| line.contains(mark));
        left.extend(
            text.lines()
                .enumerate()
                .filter(|(_, line)| marked(line))
                .map(|(number, line)| format!("{path}:{}: {}", number + 1, line.trim())),
        );
    }
    assert_none("left for later", &left);
}

/// The package of the fuzz targets has a lock file of its own, which cargo refuses to build from if it is behind.
#[test]
fn the_fuzz_targets_are_locked_to_the_dependencies_of_the_gateway() {
    let read = |path: &str| text(path).parse::<toml::Table>().unwrap_or_else(|error| panic!("{path}: {error}"));
    let locked = |path: &str| -> Vec<String> {
        let lock = read(path);
        let packages = lock["package"].as_array().expect("packages");
        let field = |package: &toml::Value, name: &str| package[name].as_str().unwrap_or_default().to_owned();
        packages.iter().map(|package| format!("{} {}", field(package, "name"), field(package, "version"))).collect()
    };
    let (own, fuzz) = (locked("Cargo.lock"), locked("fuzz/Cargo.lock"));
    let manifest = read("Cargo.toml");
    let is_optional = |said: &toml::Value| said.get("optional").and_then(toml::Value::as_bool).unwrap_or(false);
    let needed = manifest["dependencies"].as_table().expect("a table").iter().filter(|(_, said)| !is_optional(said));
    let versions =
        needed.flat_map(|(name, _)| own.iter().filter(move |locked| locked.starts_with(&format!("{name} "))));
    let versions: Vec<_> = versions.collect();
    assert!(versions.len() > 20, "the dependencies are not where they were");
    let behind: Vec<_> = versions.into_iter().filter(|version| !fuzz.contains(version)).cloned().collect();
    assert_none("not in fuzz/Cargo.lock, or of another version", &behind);
}
