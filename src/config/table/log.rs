//! `[log]`: the log of the program, and that of requests.

use std::path::PathBuf;

use tracing::Level;

use crate::config::error::{Diagnostic, Problem, closest};
use crate::config::section::Section;
use crate::config::value::Kind;

const ACCESS: Kind<AccessLog> = Kind::new("stdout", access);

/// `[log]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    pub level: Level,
    pub format: LogFormat,
    pub access: AccessLog,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    Json,
    Text,
}

/// Where access lines go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccessLog {
    Off,
    Stdout,
    Stderr,
    File(PathBuf),
}

pub(in crate::config) fn read(section: &Section<'_>) -> Log {
    let levels = [
        ("error", Level::ERROR),
        ("warn", Level::WARN),
        ("info", Level::INFO),
        ("debug", Level::DEBUG),
        ("trace", Level::TRACE),
    ];
    Log {
        level: section.choice("level", Level::INFO, &levels),
        format: section.choice("format", LogFormat::Json, &[("json", LogFormat::Json), ("text", LogFormat::Text)]),
        access: section.optional("access", &ACCESS).map_or(AccessLog::Stdout, |access| {
            if let AccessLog::File(path) = &access.value
                && section.reader.files.has_read(path)
            {
                section
                    .report(Diagnostic::new("the access log would be written into the configuration").at(&access.span));
            }
            access.value
        }),
    }
}

fn access(text: &str) -> Result<AccessLog, Problem> {
    match text {
        "off" => Ok(AccessLog::Off),
        "stdout" => Ok(AccessLog::Stdout),
        "stderr" => Ok(AccessLog::Stderr),
        path if path.starts_with('/') && !path.contains('\0') => Ok(AccessLog::File(PathBuf::from(path))),
        _ => {
            let hint = closest(text, ["off", "stdout", "stderr"]).map(|close| format!("did you mean \"{close}\"?"));
            let message = "`access` is \"off\", \"stdout\", \"stderr\" or the absolute path of a file";
            Err(Problem::new(message).hint(hint))
        }
    }
}
