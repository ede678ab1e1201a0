//! Where access lines are written to.

use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use rustix::fs::OFlags;

use super::text::Form;
use crate::config::{AccessLog, LogFormat};
use crate::telemetry::terminal::has_colours;

pub(super) enum Output {
    Stdout,
    Stderr,
    File { path: PathBuf, file: File },
}

impl Output {
    pub(super) fn open(log: &AccessLog) -> io::Result<Option<Self>> {
        Ok(match log {
            AccessLog::Off => None,
            AccessLog::Stdout => Some(Self::Stdout),
            AccessLog::Stderr => Some(Self::Stderr),
            AccessLog::File(path) => {
                let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
                Some(Self::File { path: path.clone(), file: append_to(path).map_err(named)? })
            }
        })
    }

    /// Lines for people go to a terminal, and only with messages for people beside them; programs read everything else.
    pub(super) fn form(&self, messages: LogFormat) -> Form {
        let (is_terminal, colours) = match self {
            Self::Stdout => (io::stdout().is_terminal(), has_colours(&io::stdout())),
            Self::Stderr => (io::stderr().is_terminal(), has_colours(&io::stderr())),
            Self::File { file, .. } => (file.is_terminal(), has_colours(file)),
        };
        if is_terminal && messages == LogFormat::Text { Form::Text { colours } } else { Form::Json }
    }

    pub(super) fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Stdout => io::stdout().lock().write_all(bytes),
            Self::Stderr => io::stderr().lock().write_all(bytes),
            Self::File { file, .. } => file.write_all(bytes),
        }
    }

    pub(super) fn reopen(&mut self) {
        let Self::File { path, file } = self else { return };
        match append_to(path) {
            Ok(opened) => *file = opened,
            Err(error) => {
                tracing::error!(path = %path.display(), %error, "cannot reopen the access log; writing goes on in the old file")
            }
        }
    }
}

/// A named pipe that nobody reads is an error; to wait for a reader would be to wait for ever.
fn append_to(path: &PathBuf) -> io::Result<File> {
    let flags = i32::try_from(OFlags::NONBLOCK.bits()).map_err(io::Error::other)?;
    OpenOptions::new().append(true).create(true).custom_flags(flags).open(path)
}
