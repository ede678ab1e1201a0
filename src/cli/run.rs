//! `fngate run`.

use std::process::ExitCode;

use super::configured::Configured;
use super::outcome::{Failure, exit_code};
use crate::app::{App, Options};
use crate::control::reload::Origin;
use crate::telemetry::log;

pub(super) fn run(configured: &Configured) -> Result<ExitCode, Failure> {
    let loaded = configured.load()?;
    let _log = log::install(&loaded.config.log).map_err(|error| Failure::system(&error))?;
    log::report_panics();
    let origin = Origin { path: configured.path(), inputs: loaded.inputs };
    let options = Options { config: loaded.config, origin: Some(origin), signals: true };
    let app = App::start(options).map_err(|error| Failure::system(&error))?;
    let admin = app.admin().map(|address| address.to_string());
    tracing::info!(version = env!("CARGO_PKG_VERSION"), listeners = ?app.listeners(), admin, "serving");
    Ok(exit_code(app.wait()))
}
