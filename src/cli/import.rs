//! `fngate import`.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use super::outcome::{BAD_CONFIGURATION, Failure, print};
use crate::import::{self, ImportError};

pub(super) fn import(file: &Path) -> Result<ExitCode, Failure> {
    let bad = |why: String| Failure { code: BAD_CONFIGURATION, text: format!("error: {}: {why}", file.display()) };
    let text = fs::read_to_string(file).map_err(|error| bad(error.to_string()))?;
    match import::import(&text) {
        Ok(configuration) => print(&configuration),
        Err(error) => {
            if let ImportError::Nothing(comments) = &error {
                print(comments)?;
            }
            Err(bad(error.to_string()))
        }
    }
}
