//! Text as a configuration: it is refused with a place for every error, or compiles.

use std::path::Path;

use fngate::config;
use fngate::snapshot::Snapshot;
use fngate::telemetry::metrics::Metrics;

pub(crate) fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match config::parse(Path::new("fuzz.toml"), text) {
        Ok(config) => {
            let metrics = Metrics::new();
            let snapshot = Snapshot::compile(config, None, &metrics).expect("what is accepted compiles");
            // Names and values end up in field lines and labels.
            assert!(snapshot.apis.iter().all(|api| api.lines.is_empty() || api.lines.ends_with(b"\r\n")));
            metrics.render(fngate::telemetry::exposition::Format::Text).expect("metrics");
        }
        Err(report) => {
            let lines = text.split('\n').count();
            assert!(!report.errors().is_empty(), "refused without an error");
            for error in report.errors() {
                // What is missing altogether has a file and no line.
                let missing = error.message().starts_with("there is no listener");
                assert!(!missing || error.place().is_none());
                let Some(place) = error.place() else {
                    assert!(missing, "no place: {}", error.message());
                    continue;
                };
                assert!((1..=lines + 1).contains(&place.line) && place.column >= 1, "{place}: {}", error.message());
                assert!(!error.message().is_empty() && !error.message().contains('\n'), "{:?}", error.message());
            }
            assert!(report.to_string().contains("fuzz.toml"));
            assert!(!report.coloured().is_empty());
        }
    }
}
