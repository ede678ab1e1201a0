//! `fngate run`.

use std::process::ExitCode;

use super::configured::Configured;
use super::outcome::{Failure, exit_code};
use crate::app::{App, Options, keeping};
use crate::config::Log;
use crate::control::reload::Origin;
use crate::process;
use crate::telemetry::log::{self, Guard};

pub(super) fn run(configured: &Configured) -> Result<ExitCode, Failure> {
    let file = configured.choose();
    keeping::recover(&file.path);
    let loaded = file.load()?;
    let _log = begin(&loaded.config.log)?;
    let origin = Origin { path: file.path, inputs: loaded.inputs, report: loaded.report };
    let options = Options { config: loaded.config, origin: Some(origin), signals: true, temporary: false };
    let app = App::start(options).map_err(|error| Failure::system(&error))?;
    let admin = app.admin().map(|address| address.to_string());
    tracing::info!(version = env!("CARGO_PKG_VERSION"), listeners = ?app.listeners(), admin, "serving");
    Ok(exit_code(app.wait()))
}

/// Makes a daemon of the process, which has one thread so far: room in the kernel, then the log.
pub(super) fn begin(config: &Log) -> Result<Guard, Failure> {
    let room = process::avoid_pauses();
    let log = log::install(config).map_err(|error| Failure::system(&error))?;
    log::report_panics();
    if let Err(error) = room {
        tracing::debug!(%error, "the kernel does not spare the workers all pauses");
    }
    Ok(log)
}
