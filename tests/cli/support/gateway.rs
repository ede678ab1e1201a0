//! `fngate run` with a configuration of its own.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;
use tempfile::TempDir;

use super::client::{Reply, call, get};
use super::process::Process;
use super::{eventually, fngate};

/// A running gateway.
#[derive(Debug)]
pub struct Gateway {
    pub process: Process,
    pub address: SocketAddr,
    /// Where else it serves.
    pub others: Vec<SocketAddr>,
    pub admin: SocketAddr,
}

/// A folder with a configuration.
#[derive(Debug)]
pub struct Folder(TempDir);

/// The line of the log that says where it serves. The listeners are written as Rust writes a list of strings.
#[derive(Debug, Deserialize)]
struct Serving {
    listeners: String,
    admin: SocketAddr,
}

/// The start of every configuration here; what follows may go on with functions and services.
pub const BASE: &str = r#"
[[listener]]
address = "127.0.0.1:0"
[admin]
address = "127.0.0.1:0"
[history]
directory = ""
[log]
access = "off"
"#;

/// The echo function on every path of `shop.test`, behind a field that the tests change.
pub fn echo(stage: &str) -> String {
    format!(
        r#"{BASE}
[[function]]
name = "echo"
instances = ["builtin:echo"]
[[service]]
name = "shop"
hosts = ["shop.test"]
[[service.api]]
name = "all"
path = "/"
method = "ANY"
function = "echo"
headers = {{ "X-Stage" = "{stage}" }}
"#
    )
}

/// The configuration with two errors.
pub fn broken() -> String {
    echo("x").replace("\"ANY\"", "\"A NY\"").replace("\"builtin:echo\"", "\"builtin:nothing\"")
}

impl Folder {
    #[track_caller]
    pub fn new(configuration: &str) -> Self {
        let folder = Self(tempfile::tempdir().expect("a folder"));
        folder.write(configuration);
        folder
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn file(&self) -> PathBuf {
        self.path().join("fngate.toml")
    }

    /// The file as an argument.
    pub fn argument(&self) -> String {
        self.file().to_str().expect("a path that is text").to_owned()
    }

    /// Replaces the configuration at once.
    #[track_caller]
    pub fn write(&self, configuration: &str) {
        let new = self.path().join("new");
        std::fs::write(&new, configuration).expect("the folder can be written to");
        std::fs::rename(new, self.file()).expect("the folder can be written to");
    }
}

impl Gateway {
    #[track_caller]
    pub fn start(folder: &Folder) -> Self {
        let mut command = fngate(&["run", "-c", &folder.argument()]);
        command.stdin(Stdio::null());
        Self::start_with(&mut command, folder)
    }

    /// Starts it with a command of one's own, and returns when it is ready.
    #[track_caller]
    pub fn start_with(command: &mut Command, folder: &Folder) -> Self {
        let mut process = Process::start(command, folder.path());
        let serving: Serving = eventually("the gateway serves", || {
            assert_eq!(process.ended(), None);
            process.err().lines().find_map(|line| serde_json::from_str(line).ok())
        });
        let mut others: Vec<SocketAddr> = serde_json::from_str(&serving.listeners).expect("addresses");
        let gateway = Self { process, address: others.remove(0), others, admin: serving.admin };
        eventually("the gateway is ready", || (get(gateway.admin, "/readyz").status == 200).then_some(()));
        gateway
    }

    #[track_caller]
    pub fn get(&self, target: &str) -> Reply {
        get(self.address, target)
    }

    /// The field that the configuration adds to requests.
    pub fn stage(&self) -> Option<String> {
        let reply = call(self.address, "GET /", "shop.test").ok()?;
        let echo: serde_json::Value = serde_json::from_str(&reply.body).ok()?;
        let headers: Vec<(String, String)> = serde_json::from_value(echo["headers"].clone()).ok()?;
        headers.into_iter().find(|(name, _)| name == "x-stage").map(|(_, value)| value)
    }

    #[track_caller]
    pub fn becomes(&self, stage: &str) {
        eventually("the new configuration is in use", || (self.stage()? == stage).then_some(()));
    }

    /// A number of the metrics; 0 for one that there is not.
    #[track_caller]
    pub fn metric(&self, name: &str) -> u64 {
        let text = call(self.admin, "GET /metrics", "localhost").expect("the admin listener answers").body;
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.map_or(0, |value| value.parse().expect("a number"))
    }
}
