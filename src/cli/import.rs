//! `fngate import`.

use std::fs;
use std::io::{self, Read};
use std::path::Path;
use std::process::ExitCode;

use super::outcome::{BAD_CONFIGURATION, Failure, print};
use crate::import::{self, ImportError};

/// Stands for standard input.
const INPUT: &str = "-";

pub(super) fn import(file: &Path) -> Result<ExitCode, Failure> {
    let bad = |why: String| Failure { code: BAD_CONFIGURATION, text: format!("error: {}: {why}", file.display()) };
    let text = read(file).map_err(|error| bad(error.to_string()))?;
    match import::import(&text) {
        Ok(configuration) => print(&configuration),
        Err(error) => {
            if let ImportError::Empty(comments) | ImportError::Nothing(comments) = &error {
                print(comments)?;
            }
            Err(bad(error.to_string()))
        }
    }
}

fn read(file: &Path) -> io::Result<String> {
    if file != Path::new(INPUT) {
        return fs::read_to_string(file);
    }
    let mut text = String::new();
    io::stdin().lock().read_to_string(&mut text).map(|_bytes| text)
}
