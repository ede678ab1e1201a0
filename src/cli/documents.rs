//! Configuration files as a command sends them to the gateway: all that a directory has, or one file with its includes.

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

/// All `*.toml` of a directory and those below it, the main file first. What is hidden is left out.
fn of_directory(base: &Path) -> Result<Vec<Source>, Failure> {
    let mut paths = Vec::new();
    collect(base, &mut paths)?;
    paths.sort_by_key(|path| (*path != base.join(MAIN), path.clone()));
    let read = |path: &PathBuf| {
        let content = fs::read(path).map_err(|error| unreadable(path, &error))?;
        source(path, base, String::from_utf8(content).ok())
    };
    paths.iter().map(read).collect()
}

fn collect(directory: &Path, found: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let failed = |error| unreadable(directory, &error);
    for entry in fs::read_dir(directory).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let is_hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        // A link to a directory is not followed: it may lead in a circle.
        let is_directory = path.symlink_metadata().is_ok_and(|found| found.is_dir());
        match (is_hidden, is_directory) {
            (true, _) => {}
            (_, true) => collect(&path, found)?,
            _ if path.extension().is_some_and(|kind| kind == "toml") => found.push(path),
            _ => {}
        }
    }
    Ok(())
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
