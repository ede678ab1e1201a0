//! House rules: imports go down the layers and never in a circle, files stay short, and the documents say what the code does.
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

use project::project;

/// The longest file, its tests included.
const LONGEST: usize = 400;
/// Files that may be longer, each with its reason.
const LONG: [(&str, &str); 0] = [];

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

#[test]
fn files_are_short() {
    let excused = |path: &str| LONG.iter().any(|(long, _)| *long == path);
    let lines = |path: &String| text(path).lines().count();
    let long: Vec<_> = sources()
        .iter()
        .filter(|path| !excused(path) && lines(path) > LONGEST)
        .map(|path| format!("{path}: {} lines", lines(path)))
        .collect();
    assert_none("files of more than 400 lines", &long);
    let needless: Vec<_> =
        LONG.iter().map(|(path, _)| (*path).to_owned()).filter(|path| lines(path) <= LONGEST).collect();
    assert_none("exceptions that are not needed", &needless);
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
