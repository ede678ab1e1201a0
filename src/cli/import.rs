//! `fngate import`.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use super::outcome::{BAD_CONFIGURATION, Failure, print};
use crate::import;

pub(super) fn import(file: &Path) -> Result<ExitCode, Failure> {
    let bad = |why: String| Failure { code: BAD_CONFIGURATION, text: format!("error: {}: {why}", file.display()) };
    let text = fs::read_to_string(file).map_err(|error| bad(error.to_string()))?;
    let configuration = import::import(&text).map_err(|error| bad(error.to_string()))?;
    print(&configuration)
}
