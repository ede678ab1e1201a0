//! The log of the daemon itself, on standard error. Access lines take another way: see [`super::access`].

use tracing::Level;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::fmt;

use crate::config::types::{Log, LogFormat};

/// Installs the process-wide subscriber. A second call changes nothing.
pub fn install(log: &Log) {
    let builder = fmt::Subscriber::builder()
        .with_max_level(LevelFilter::from_level(log.level))
        .with_writer(std::io::stderr)
        .with_target(log.level >= Level::DEBUG);
    // An error only says that there is a subscriber already: tests install their own.
    let _ = match log.format {
        LogFormat::Json => tracing::subscriber::set_global_default(builder.json().flatten_event(true).finish()),
        LogFormat::Text => {
            let colours = std::io::IsTerminal::is_terminal(&std::io::stderr());
            tracing::subscriber::set_global_default(builder.with_ansi(colours).finish())
        }
    };
}
