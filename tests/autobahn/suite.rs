//! The suite and the echo server, each a process.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Stdio};

use serde::Deserialize;
use serde_json::json;

use crate::project::project;
use crate::quiet;

/// The cases that take minutes.
const LONG: [&str; 3] = ["9.*", "12.*", "13.*"];

/// What became of a case: how the server behaved, and how it closed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Case {
    pub(crate) behavior: String,
    #[serde(rename = "behaviorClose")]
    pub(crate) close: String,
}

/// By the name of the server and that of the case.
pub(crate) type Verdicts = BTreeMap<String, BTreeMap<String, Case>>;

/// Autobahn's client, installed by `tests/setup`.
#[derive(Debug)]
pub(crate) struct Suite {
    folder: PathBuf,
    python: PathBuf,
}

impl Suite {
    /// The suite, or why it is not there.
    pub(crate) fn find() -> Result<Self, String> {
        let folder = project("target/tests/autobahn");
        let stamp = folder.join(".stamp");
        assert!(stamp.exists(), "{} is missing: run tests/setup", stamp.display());
        let python = folder.join("python");
        if !python.exists() {
            let reason = std::fs::read_to_string(folder.join("skipped")).expect("why it was not installed");
            return Err(reason.trim().to_owned());
        }
        Ok(Self { folder, python })
    }

    /// Runs the cases against each server.
    pub(crate) fn run(&self, servers: &[(&str, SocketAddr)], all: bool) -> Verdicts {
        let reports = tempfile::tempdir().expect("a folder");
        let servers: Vec<_> =
            servers.iter().map(|(name, address)| json!({"agent": name, "url": format!("ws://{address}")})).collect();
        let spec = json!({
            "outdir": reports.path(),
            "servers": servers,
            "cases": ["*"],
            "exclude-cases": if all { &[][..] } else { &LONG },
            "exclude-agent-cases": {},
        });
        let file = reports.path().join("spec.json");
        std::fs::write(&file, spec.to_string()).expect("the folder can be written to");
        let mut command = quiet(&self.python, reports.path());
        command.arg(script("fuzzingclient.py")).arg(self.folder.join("packages")).arg(&file);
        let output = command.output().expect("Python 2.7 runs");
        let index = std::fs::read(reports.path().join("index.json")).unwrap_or_else(|error| {
            let printed = String::from_utf8_lossy(&output.stderr);
            panic!("{error}: the suite ended with {}:\n{printed}", output.status)
        });
        serde_json::from_slice(&index).expect("the suite's report")
    }
}

/// The echo server, in Node.js.
#[derive(Debug)]
pub(crate) struct Echo {
    child: Child,
    address: SocketAddr,
}

impl Echo {
    pub(crate) fn start() -> Self {
        let modules = project("target/tests/node/node_modules");
        assert!(modules.join("ws").exists(), "{} is incomplete: run tests/setup", modules.display());
        let mut command = quiet("node", &project(""));
        command.arg(script("echo.js")).env("NODE_PATH", modules).stdout(Stdio::piped());
        let mut child = command.spawn().expect("Node.js runs");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("a line of text");
        let port: u16 = line.trim().parse().expect("the port of the echo server");
        Self { child, address: ([127, 0, 0, 1], port).into() }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn script(name: &str) -> PathBuf {
    project("tests/autobahn").join(name)
}
