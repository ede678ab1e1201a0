//! `fngate check`.

use std::process::ExitCode;

use clap::Args;

use super::configured::InspectedFile;
use super::outcome::{Failure, print, warn};
use crate::app::preflight::{self, Binding};
use crate::units::counted;

#[derive(Debug, Args)]
pub(super) struct Check {
    #[command(flatten)]
    file: InspectedFile,
    /// Exit with 78 for warnings, too.
    #[arg(long)]
    strict: bool,
    /// Try to listen on the addresses, too.
    #[arg(long)]
    bind: bool,
}

pub(super) fn check(check: &Check) -> Result<ExitCode, Failure> {
    let file = check.file.choose()?;
    let loaded = file.inspect()?;
    let apis: usize = loaded.config.services.iter().map(|service| service.apis.len()).sum();
    let counts = [
        counted(loaded.config.functions.len(), "function"),
        counted(loaded.config.services.len(), "service"),
        counted(apis, "API"),
    ];
    let mut report = loaded.report;
    preflight::check(loaded.config, if check.bind { Binding::Tried } else { Binding::Skipped }, &mut report);
    if !report.errors().is_empty() || (check.strict && !report.is_empty()) {
        return Err(Failure::configuration(&report));
    }
    warn(&report);
    print(&format!("{}: OK: {}\n", file.path.display(), counts.join(", ")))
}
