//! The log of the daemon itself, on standard error. Access lines take another way: see [`super::access`].

use tracing::Level;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;

use crate::config::types::{Log, LogFormat};

/// Has panics reported as errors in the log. They are bugs; a request that panics is answered, and counted by its record.
pub fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let message = panic.payload_as_str().unwrap_or("no message");
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place, "a bug in fngate: {message}");
    }));
}

/// Installs the process-wide subscriber. A second call changes nothing.
pub fn install(log: &Log) {
    let builder = fmt::Subscriber::builder()
        .with_max_level(LevelFilter::from_level(log.level))
        .with_writer(std::io::stderr)
        .with_target(log.level >= Level::DEBUG);
    let targets = targets(log.level);
    // An error only says that there is a subscriber already: tests install their own.
    let _ = match log.format {
        LogFormat::Json => {
            tracing::subscriber::set_global_default(builder.json().flatten_event(true).finish().with(targets))
        }
        LogFormat::Text => {
            let colours = std::io::IsTerminal::is_terminal(&std::io::stderr());
            tracing::subscriber::set_global_default(builder.with_ansi(colours).finish().with(targets))
        }
    };
}

/// What is logged. Libraries warn of what a peer does, as often as it does it; that is for those who look for it.
fn targets(level: Level) -> Targets {
    let libraries = if level >= Level::DEBUG { level } else { Level::ERROR };
    Targets::new().with_target(env!("CARGO_CRATE_NAME"), level).with_default(libraries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_warn_only_those_who_look_for_it() {
        for (level, logged) in [(Level::WARN, false), (Level::INFO, false), (Level::DEBUG, true)] {
            let targets = targets(level);
            assert!(targets.would_enable("fngate::control", &Level::WARN));
            assert_eq!(targets.would_enable("h2::proto", &Level::WARN), logged, "{level}");
            assert!(targets.would_enable("h2::proto", &Level::ERROR));
        }
    }
}
