//! What a start needs beside a good configuration: looked at without starting, for `fngate check`.

use std::fs;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

use rustix::fs::{Access, access};

use crate::config::{AccessLog, Config, Diagnostic, ListenAddress, Report};
use crate::net::admin::AdminSocket;
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
    let own = config.listeners.iter().filter(|listener| !matches!(listener.address, ListenAddress::Systemd(_)));
    // All at once, as a start does: one may be in the way of another.
    let bound = socket::bind(&own.cloned().collect::<Vec<_>>(), 1);
    let admin = config.admin.address.as_ref().map(AdminSocket::bind).transpose();
    let errors =
        [bound.as_ref().err().map(|error| with_sources(error)), admin.as_ref().err().map(|error| with_sources(error))];
    errors.into_iter().flatten().for_each(|error| report.push(Diagnostic::new(error)));
}

fn access_log(log: &AccessLog) -> Option<Diagnostic> {
    let AccessLog::File(path) = log else { return None };
    let error = |why: String| Diagnostic::new(format!("cannot write the access log {}: {why}", path.display()));
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => Some(error("it is a folder".to_owned()).hint("name a file in it".to_owned())),
        Ok(_) => access(path, Access::WRITE_OK).err().map(|reason| error(reason.to_string())),
        Err(_) => {
            // A link that leads nowhere yet.
            let target = fs::read_link(path).map_or_else(|_| path.clone(), |target| path.with_file_name(target));
            missing_folder(target.parent()?, error)
        }
    }
}

/// The same for a folder in which a file is to be made. Those that the service manager makes at a start are only warned of.
fn missing_folder(folder: &Path, error: impl Fn(String) -> Diagnostic) -> Option<Diagnostic> {
    let managed = [("/run", "RuntimeDirectory="), ("/var/log", "LogsDirectory="), ("/var/lib", "StateDirectory=")];
    let setting = managed.iter().find(|(parent, _)| folder.parent() == Some(Path::new(parent)));
    match setting {
        Some((_, setting)) if !folder.exists() => {
            let message = format!("there is no folder {}", folder.display());
            let hint = format!("the service makes it at its start (`{setting}`); without the service, make it");
            Some(Diagnostic::warning(message).hint(hint))
        }
        _ => unusable(folder).map(error),
    }
}

fn socket_file(path: &Path) -> Option<Diagnostic> {
    let error = |why: String| Diagnostic::new(format!("cannot listen on unix:{}: {why}", path.display()));
    match fs::symlink_metadata(path) {
        Ok(found) if !found.file_type().is_socket() => Some(error("there is another file".to_owned())),
        _ => missing_folder(path.parent()?, error),
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
