//! What a start needs beside a good configuration: looked at without starting, for `fngate check`.

use std::fs;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

use rustix::fs::{Access, access};

use super::bind_admin;
use crate::config::{AccessLog, Config, Diagnostic, ListenAddress, Report};
use crate::net::socket;
use crate::snapshot::Snapshot;
use crate::telemetry::log::with_sources;
use crate::telemetry::metrics::Metrics;

/// Whether listeners are bound for a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    Skipped,
    /// Sockets of the service manager are there at a start only.
    Tried,
}

/// Adds what keeps the configuration from being started, and what no request would reach. The rights of files are those of whoever asks.
pub fn check(config: Config, binding: Binding, report: &mut Report) {
    access_log(&config.log.access).into_iter().for_each(|error| report.push(error));
    for listener in &config.listeners {
        if let ListenAddress::Unix(path) = &listener.address {
            socket_file(path).into_iter().for_each(|error| report.push(error));
        }
    }
    if config.listeners.iter().filter_map(|listener| listener.tls.as_ref()).any(|tls| !tls.acme.is_empty()) {
        state_folder(&config.acme.state).into_iter().for_each(|error| report.push(error));
    }
    if binding == Binding::Tried {
        bind(&config, report);
    }
    match Snapshot::compile(config, None, &Metrics::new()) {
        Ok(snapshot) => snapshot.warnings().into_iter().for_each(|warning| report.push(warning)),
        Err(error) => report.push(Diagnostic::new(with_sources(&error))),
    }
}

fn bind(config: &Config, report: &mut Report) {
    for listener in &config.listeners {
        if !matches!(listener.address, ListenAddress::Systemd(_))
            && let Err(error) = socket::bind(std::slice::from_ref(listener), 1)
        {
            report.push(Diagnostic::new(with_sources(&error)));
        }
    }
    if let Some(Err(error)) = config.admin.address.map(bind_admin) {
        report.push(Diagnostic::new(with_sources(&error)));
    }
}

fn access_log(log: &AccessLog) -> Option<Diagnostic> {
    let AccessLog::File(path) = log else { return None };
    let error = |why: String| Diagnostic::new(format!("cannot write the access log {}: {why}", path.display()));
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => Some(error("it is a folder".to_owned()).hint("name a file in it".to_owned())),
        Ok(_) => access(path, Access::WRITE_OK).err().map(|reason| error(reason.to_string())),
        Err(_) => unusable(path.parent()?).map(error),
    }
}

fn socket_file(path: &Path) -> Option<Diagnostic> {
    let error = |why: String| Diagnostic::new(format!("cannot listen on unix:{}: {why}", path.display()));
    match fs::symlink_metadata(path) {
        Ok(found) if !found.file_type().is_socket() => Some(error("there is another file".to_owned())),
        _ => unusable(path.parent()?).map(error),
    }
}

/// The folder of what was issued; it is made if its own folder allows that.
fn state_folder(path: &Path) -> Option<Diagnostic> {
    let there = path.ancestors().find(|folder| folder.exists())?;
    unusable(there).map(|why| {
        let message = format!("cannot keep certificates in {}: {why}", path.display());
        Diagnostic::new(message).hint("set `state` in `[acme]` to a folder that can be written".to_owned())
    })
}

/// Why no file can be made in a folder, if so.
fn unusable(folder: &Path) -> Option<String> {
    match fs::metadata(folder) {
        Err(error) => Some(format!("folder {}: {error}", folder.display())),
        Ok(found) if !found.is_dir() => Some(format!("{} is no folder", folder.display())),
        Ok(_) => {
            let denied = access(folder, Access::WRITE_OK | Access::EXEC_OK).err()?;
            Some(format!("folder {}: {denied}", folder.display()))
        }
    }
}
