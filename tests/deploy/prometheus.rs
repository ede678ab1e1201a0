//! A Prometheus that scrapes one gateway every second.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use super::support::port::free_port;
use super::support::process::Process;
use super::support::{PATIENCE, eventually};
use super::tools::text;

/// In the place of every window of the rules, so that a test need not wait for hours.
pub const WINDOW: &str = "10s";

/// A running server; stopped when dropped.
#[derive(Debug)]
pub struct Prometheus {
    address: SocketAddr,
    _process: Process,
    _folder: TempDir,
}

/// An alert that is pending or firing.
#[derive(Debug)]
pub struct Alert {
    pub name: String,
    pub is_firing: bool,
    /// The values of its labels.
    pub labels: Value,
}

impl Prometheus {
    /// Starts it with the rules of `deploy/`, whose windows are short, and returns when it has scraped the gateway.
    pub fn start(gateway: SocketAddr) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let rules = ["recording.yaml", "alerts.yaml"];
        for name in rules {
            write(folder.path(), name, &shortened(&text(&format!("deploy/prometheus/{name}"))));
        }
        let example = text("deploy/prometheus/prometheus.yaml");
        let configuration = example.replace("127.0.0.1:9901", &gateway.to_string()).replace(": 15s", ": 1s");
        assert!(configuration.contains(&gateway.to_string()) && configuration.contains("scrape_interval: 1s"));
        write(folder.path(), "prometheus.yaml", &configuration);
        let mut command = Command::new("prometheus");
        command.arg("--config.file=prometheus.yaml").arg("--storage.tsdb.path=data").arg("--log.level=warn");
        command.arg(format!("--web.listen-address={address}")).current_dir(folder.path()).stdin(Stdio::null());
        let mut process = Process::start(&mut command, folder.path());
        eventually("Prometheus listens", || {
            assert_eq!(process.ended(), None);
            TcpStream::connect(address).ok()
        });
        let server = Self { address, _process: process, _folder: folder };
        eventually("Prometheus scrapes", || {
            let up = server.try_query("up == 1")?;
            (!up.is_empty()).then_some(())
        });
        server
    }

    /// The series that an expression gives now.
    #[track_caller]
    pub fn query(&self, expression: &str) -> Vec<Value> {
        self.try_query(expression).unwrap_or_else(|| panic!("Prometheus does not understand {expression}"))
    }

    fn try_query(&self, expression: &str) -> Option<Vec<Value>> {
        let query: String = form_urlencoded::byte_serialize(expression.as_bytes()).collect();
        match self.ask(&format!("/api/v1/query?query={query}"))?["data"]["result"].take() {
            Value::Array(series) => Some(series),
            _ => None,
        }
    }

    pub fn alerts(&self) -> Vec<Alert> {
        let answer = self.ask("/api/v1/alerts").expect("an answer");
        let alerts = answer["data"]["alerts"].as_array().expect("a list");
        let alert = |alert: &Value| Alert {
            name: alert["labels"]["alertname"].as_str().expect("a name").to_owned(),
            is_firing: alert["state"] == "firing",
            labels: alert["labels"].clone(),
        };
        alerts.iter().map(alert).collect()
    }

    /// Waits until an alert fires whose labels have these values.
    #[track_caller]
    pub fn fires(&self, name: &str, labels: &[(&str, &str)]) {
        eventually(&format!("{name} fires with {labels:?}"), || {
            let is_it = |alert: &Alert| {
                alert.name == name
                    && alert.is_firing
                    && labels.iter().all(|(label, value)| alert.labels[label] == *value)
            };
            self.alerts().iter().any(is_it).then_some(())
        });
    }

    /// The names of the recording rules.
    pub fn recorded(&self) -> Vec<String> {
        let answer = self.ask("/api/v1/rules?type=record").expect("an answer");
        let groups = answer["data"]["groups"].as_array().expect("a list");
        let rules = groups.iter().flat_map(|group| group["rules"].as_array().expect("a list"));
        rules.map(|rule| rule["name"].as_str().expect("a name").to_owned()).collect()
    }

    /// A successful answer. HTTP/1.0 has no chunks.
    fn ask(&self, target: &str) -> Option<Value> {
        let mut stream = TcpStream::connect(self.address).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        stream.write_all(format!("GET {target} HTTP/1.0\r\n\r\n").as_bytes()).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (_, body) = answer.split_once("\r\n\r\n")?;
        let answer: Value = serde_json::from_str(body).ok()?;
        (answer["status"] == "success").then_some(answer)
    }
}

impl Drop for Prometheus {
    /// Shows what it knew when a test fails.
    #[expect(clippy::print_stderr, reason = "shown with the message of the test that fails")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            for target in ["/api/v1/alerts", "/api/v1/query?query=fngate_instance_up", "/api/v1/targets"] {
                eprintln!("---- {target}\n{:?}", self.ask(target));
            }
        }
    }
}

fn write(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join(name), text).expect("the folder can be written to");
}

/// Rules with short windows, and alerts that fire after a second.
fn shortened(rules: &str) -> String {
    let line = |line: &str| {
        let indent = &line[..line.len() - line.trim_start().len()];
        if line.trim_start().starts_with("for: ") {
            return format!("{indent}for: 1s\n");
        }
        let mut parts = line.split('[');
        let mut short = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            match part.split_once(']') {
                Some((window, rest)) if window.starts_with(|c: char| c.is_ascii_digit()) => {
                    short.extend(["[", WINDOW, "]", rest]);
                }
                _ => short.extend(["[", part]),
            }
        }
        short.replace("offset 5m", &format!("offset {WINDOW}")) + "\n"
    };
    rules.lines().map(line).collect()
}
