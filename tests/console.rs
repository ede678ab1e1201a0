//! The console: its source by its own judges, the build that is checked in, and its pages in Chromium in front of the built gateway. Where
//! Chromium is not installed, that is said and skipped. `tests/setup` installs the rest; without it these tests fail.

#[path = "support/skip.rs"]
mod skip;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const CHROMIUM: &str = "/usr/bin/chromium";

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("console")
}

/// What npm says goes to the output of the test run: figures and verdicts are there.
fn npm(arguments: &[&str]) {
    let mut npm = Command::new("npm");
    npm.args(["run", "--silent"]).args(arguments).current_dir(source()).env("FNGATE", env!("CARGO_BIN_EXE_fngate"));
    let status = npm.env("NO_COLOR", "1").status().expect("npm is installed");
    assert!(status.success(), "npm run {}: {status}", arguments.join(" "));
}

/// The files below a directory, by their names in it.
fn files(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut left = vec![directory.to_owned()];
    while let Some(next) = left.pop() {
        for entry in fs::read_dir(&next).unwrap_or_else(|error| panic!("{}: {error}", next.display())) {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                left.push(path);
            } else {
                let name = path.strip_prefix(directory).expect("it is below").to_owned();
                found.insert(name, fs::read(&path).expect("a file"));
            }
        }
    }
    found
}

#[test]
fn the_source_is_formatted_and_its_functions_do_what_they_say() {
    npm(&["format"]);
    npm(&["unit"]);
}

#[test]
fn the_build_that_is_checked_in_is_that_of_the_source() {
    let fresh = Path::new(env!("CARGO_TARGET_TMPDIR")).join("console");
    npm(&["check"]);
    npm(&["bundle", "--", "--outDir", fresh.to_str().expect("a path"), "--emptyOutDir"]);
    let (fresh, known) = (files(&fresh), files(&source().join("dist")));
    assert_eq!(fresh.keys().collect::<Vec<_>>(), known.keys().collect::<Vec<_>>(), "run `npm run build` in console/");
    let differ: Vec<_> = fresh.iter().filter(|(name, bytes)| known.get(*name) != Some(bytes)).collect();
    assert!(differ.is_empty(), "run `npm run build` in console/");
}

#[test]
fn the_types_are_those_of_the_description() {
    let types = source().join("src/api/schema.ts");
    let known = fs::read_to_string(&types).expect("the types");
    npm(&["types"]);
    assert!(known == fs::read_to_string(&types).expect("the types"), "run `npm run types` in console/");
}

#[test]
fn the_pages_do_what_they_say_in_a_browser() {
    if !Path::new(CHROMIUM).exists() {
        return skip::skipped("the console in a browser: Chromium is not installed (Debian: apt-get install chromium)");
    }
    npm(&["browser"]);
}
