//! A gateway in the test's own process.

use std::io::Read;
use std::path::Path;

use fngate::app::{App, Options};
use fngate::config;
use fngate::control::Outcome;
use fngate::control::reload::Origin as ConfigOrigin;

use super::client::{Client, request};
use super::eventually;
use super::message::Message;
use super::origin::Origin;

/// A running gateway; stopped when dropped.
#[derive(Debug)]
pub struct Gateway {
    pub address: String,
    app: Option<App>,
    log: tempfile::TempDir,
}

impl Gateway {
    /// Serves `origin` as function `f` at `/` of every host. `function` and `gateway` are further lines of those tables.
    #[track_caller]
    pub fn before(origin: &Origin, gateway: &str, function: &str) -> Self {
        Self::with(&simple(&origin.url(), gateway, function, ""))
    }

    /// Runs a configuration without listeners, admin address and log.
    #[track_caller]
    pub fn with(text: &str) -> Self {
        let log = tempfile::tempdir().expect("a folder");
        let text = format!("{text}\n{}", surroundings(log.path()));
        let config = config::parse(Path::new("test.toml"), &text).unwrap_or_else(|report| panic!("{report}"));
        Self::start(Options { config, origin: None, signals: false, temporary: false }, log)
    }

    /// Runs a configuration file, which is watched. Its log goes to `access.log` beside it if it says so.
    #[track_caller]
    pub fn from_file(path: &Path) -> Self {
        let mut loaded = config::load(path).unwrap_or_else(|failure| panic!("{}", failure.report));
        let origin = ConfigOrigin { path: path.to_owned(), inputs: loaded.inputs, report: loaded.report };
        let log = tempfile::tempdir().expect("a folder");
        // Not that of an installed gateway; a process cannot be given another environment.
        loaded.config.history.directory = Some(log.path().join("history"));
        Self::start(Options { config: loaded.config, origin: Some(origin), signals: false, temporary: false }, log)
    }

    fn start(options: Options, log: tempfile::TempDir) -> Self {
        let app = App::start(options).unwrap_or_else(|error| panic!("{error:?}"));
        Self { address: app.listeners()[0].clone(), app: Some(app), log }
    }

    pub fn app(&self) -> &App {
        self.app.as_ref().expect("it runs")
    }

    pub fn client(&self) -> Client {
        Client::connect(&self.address)
    }

    /// One GET on a connection of its own.
    #[track_caller]
    pub fn get(&self, target: &str) -> Message {
        self.client().ask(request(&format!("GET {target}"), &["Connection: close"]))
    }

    /// The metrics as text.
    #[track_caller]
    pub fn metrics(&self) -> String {
        self.admin("GET /metrics").1
    }

    /// Status and body of a request to the admin listener.
    #[track_caller]
    pub fn admin(&self, line: &str) -> (u16, String) {
        let address = self.app().admin().expect("an admin listener").to_string();
        let message =
            Client::connect(&address).ask(format!("{line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
        (message.status(), message.text())
    }

    /// The value of a series, written as in the metrics text; zero if it is not there.
    #[track_caller]
    pub fn metric(&self, series: &str) -> f64 {
        let text = self.metrics();
        let line = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        line.map_or(0.0, |value| value.parse().expect("a number"))
    }

    /// The access lines, once there are at least `count`.
    #[track_caller]
    pub fn access(&self, count: usize) -> Vec<serde_json::Value> {
        let path = self.log.path().join("access.log");
        eventually("access lines", || {
            let mut text = String::new();
            std::fs::File::open(&path).ok()?.read_to_string(&mut text).ok()?;
            let lines: Vec<_> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
            (lines.len() >= count).then_some(lines)
        })
    }

    /// The access line of the request with this id, 32 hexadecimal digits.
    #[track_caller]
    pub fn logged(&self, id: &str) -> serde_json::Value {
        let same = |line: &serde_json::Value| line["request_id"] == id;
        eventually("the request is logged", || self.access(0).into_iter().find(same))
    }

    /// Stops the gateway and waits for its end.
    pub fn stop(mut self) -> Outcome {
        let app = self.app.take().expect("it runs");
        app.stop();
        app.wait()
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        if let Some(app) = self.app.take() {
            app.stop();
            app.stop();
            let _ = app.wait();
        }
    }
}

/// The listener, admin listener and access log of a test.
pub fn surroundings(log: &Path) -> String {
    format!(
        "[[listener]]\naddress = \"127.0.0.1:0\"\n[admin]\naddress = \"127.0.0.1:0\"\n[log]\naccess = {:?}\n",
        log.join("access.log")
    )
}

/// One function `f` behind one API `all` at `/` of service `s`, with further lines for each table.
pub fn simple(instance: &str, gateway: &str, function: &str, api: &str) -> String {
    format!(
        "[gateway]\nworkers = 2\n{gateway}\n\
         [[function]]\nname = \"f\"\ninstances = [\"{instance}\"]\n{function}\n\
         [[service]]\nname = \"s\"\nhosts = [\"*\"]\n\
         [[service.api]]\nname = \"all\"\npath = \"/\"\nmethod = \"ANY\"\nfunction = \"f\"\n{api}\n"
    )
}
