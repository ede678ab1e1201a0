//! Configuration files as a command sends them to the gateway: those of a directory, or one file with its includes.

use std::fs;
use std::path::{Path, PathBuf};

use super::outcome::{Failure, SYSTEM};
use crate::config::{self, Input};
use crate::control::change::Source;

/// The main file of a directory.
const MAIN: &str = "fngate.toml";

/// The files at a path.
pub(super) fn read(path: &Path) -> Result<Vec<Source>, Failure> {
    let found = if path.is_dir() { of_directory(path)? } else { of_file(path)? };
    if found.is_empty() {
        return Err(Failure::usage(format!("{} has no *.toml files", path.display())));
    }
    Ok(found)
}

/// The file that says where the gateway is: the main one of a directory, if it has one.
pub(super) fn main(path: &Path) -> Option<PathBuf> {
    if path.is_dir() { Some(path.join(MAIN)).filter(|main| main.exists()) } else { Some(path.to_owned()) }
}

fn of_file(path: &Path) -> Result<Vec<Source>, Failure> {
    let inputs = config::read_documents(path).map_err(|report| Failure::configuration(&report))?;
    let base = path.parent().unwrap_or(Path::new(""));
    let source = |input: &Input| {
        let content = input.content.clone().unwrap_or_default();
        source(&input.path, base, String::from_utf8(content).ok())
    };
    inputs.documents().map(source).collect()
}

/// The `*.toml` files of a directory, and what its main file includes from elsewhere. Directories below it may hold anything, even the
/// history of a gateway.
fn of_directory(base: &Path) -> Result<Vec<Source>, Failure> {
    let main = base.join(MAIN);
    let mut found = if main.exists() { of_file(&main)? } else { Vec::new() };
    let failed = |error| unreadable(base, &error);
    let entries = fs::read_dir(base).and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect());
    let mut paths: Vec<PathBuf> = entries.map_err(failed)?;
    paths.sort();
    for path in paths.iter().filter(|path| path.extension().is_some_and(|kind| kind == "toml") && !path.is_dir()) {
        let content = fs::read(path).map_err(|error| unreadable(path, &error))?;
        let source = source(path, base, String::from_utf8(content).ok())?;
        if found.iter().all(|known| known.name != source.name) {
            found.push(source);
        }
    }
    Ok(found)
}

/// A file under its name from the directory of the main file; one that is elsewhere goes by its whole path.
fn source(path: &Path, base: &Path, text: Option<String>) -> Result<Source, Failure> {
    let name = path.strip_prefix(base).unwrap_or(path).to_str();
    match (name, text) {
        (Some(name), Some(text)) => Ok(Source { name: name.to_owned(), text }),
        _ => Err(Failure { code: SYSTEM, text: format!("{} is not UTF-8, in its name or content", path.display()) }),
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure { code: SYSTEM, text: format!("cannot read {}: {error}", path.display()) }
}
