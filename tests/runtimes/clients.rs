//! Real clients over TLS and HTTP/2, each a program of its own, before a real function.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Command;
use tokio::time::timeout;

use crate::calls;
use crate::clock::{self, eventually};
use crate::function::{Function, Runtime, certify, functions, python};
use crate::gateway::Gateway;
use crate::process::Process;
use crate::skip::skipped;

/// How long a browser may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(90);

/// A function behind HTTPS.
struct Secure {
    // The order in which they end.
    gateway: Gateway,
    function: Function,
    folder: TempDir,
}

impl Secure {
    async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        certify(folder.path());
        let function = Function::start(Runtime::Uvicorn, folder.path()).await;
        let gateway = Gateway::start(&configuration(&function), folder.path()).await;
        Self { gateway, function, folder }
    }

    fn url(&self) -> String {
        format!("https://127.0.0.1:{}", self.gateway.port)
    }

    fn ca(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }
}

/// As `docs/tls.md` has it, with what the function needs.
fn configuration(function: &Function) -> String {
    format!(
        r#"
[[listener]]
address = "127.0.0.1:0"

[listener.tls]
certificates = [{{ certificate = "function.pem", key = "function-key.pem" }}]

[admin]
address = "127.0.0.1:0"

[[function]]
name = "f"
instances = ["{}"]
timeout = "20s"

[[service]]
name = "shop"
hosts = ["*"]

[[service.api]]
path = "/"
method = "ANY"
function = "f"
"#,
        function.address
    )
}

/// What a program prints; it has to succeed.
pub(crate) async fn output(mut command: Command) -> String {
    let working = command.stdin(Stdio::null()).kill_on_drop(true).output();
    let Ok(output) = timeout(PATIENCE, working).await else { panic!("{command:?} has not ended within {PATIENCE:?}") };
    let output = output.unwrap_or_else(|error| panic!("{command:?}: {error}: is it installed?"));
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}: {}\n{out}\n{err}", output.status);
    out.into_owned()
}

pub(crate) fn program(name: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(name);
    command.args(arguments);
    command
}

pub(crate) async fn curl() {
    let _busy = clock::busy().await;
    let secure = Secure::start().await;
    let url = secure.url();
    for (version, flags) in
        [("2", &["--http2"][..]), ("1.1", &["--http1.1"]), ("2", &["--tlsv1.3"]), ("2", &["--tls-max", "1.2"])]
    {
        upload(&url, secure.folder.path(), flags, version).await;
    }
    // All but the first over the connection of the first.
    let flags = ["-sS", "--noproxy", "*", "--http2", "-o", "/dev/null", "-w", "%{http_code} %{num_connects}\n"];
    let mut command = program("curl", &flags);
    command.arg("--cacert").arg(secure.ca()).arg(format!("{url}/headers/[1-1500]"));
    let printed = output(command).await;
    assert_eq!(printed.lines().filter(|line| *line == "200 0").count(), 1499, "{printed}");
    // Without the authority, nothing is sent.
    let mut stranger = program("curl", &["-sS", "--noproxy", "*"]);
    let refused = stranger.arg(format!("{url}/json")).output().await.expect("curl");
    assert_eq!(refused.status.code(), Some(60), "{refused:?}");
}

/// Has `curl` upload three megabytes, over the version of HTTP that is to come of its `flags`. The authority is in the folder.
pub(crate) async fn upload(url: &str, folder: &Path, flags: &[&str], version: &str) {
    let body = folder.join("body");
    std::fs::write(&body, vec![b'x'; 3 << 20]).expect("the folder can be written to");
    let mut command = program("curl", &["-sS", "--noproxy", "*", "-w", " %{http_version} %{http_code}"]);
    command.args(flags).arg("--cacert").arg(folder.join("ca.pem"));
    command.arg("--data-binary").arg(format!("@{}", body.display())).arg(format!("{url}/upload"));
    let printed = output(command).await;
    assert!(printed.contains("\"bytes\":3145728") && printed.ends_with(&format!(" {version} 200")), "{printed}");
}

pub(crate) async fn nghttp() {
    let _busy = clock::busy().await;
    let secure = Secure::start().await;
    let url = format!("{}/headers/x", secure.url());
    let printed = output(program("nghttp", &["-v", "-n", "--no-verify-peer", &url])).await;
    assert!(printed.contains(":status: 200"), "{printed}");
    let load = output(program("h2load", &["-n", "4000", "-c", "8", "-m", "100", &url])).await;
    assert!(load.contains("4000 succeeded, 0 failed, 0 errored, 0 timeout"), "{load}");
}

pub(crate) async fn node() {
    let _busy = clock::busy().await;
    let secure = Secure::start().await;
    let mut command = Command::new("node");
    command.arg(functions("node").join("http2_client.js")).arg(secure.url()).arg(secure.ca());
    let found: Value = serde_json::from_str(&output(command).await).expect("JSON");
    let expected =
        json!({ "many": 100, "json": 200, "large": 5_000_000, "missing": 404, "after": 200, "connection": null });
    assert_eq!(found, expected);
}

pub(crate) async fn httpx() {
    let _busy = clock::busy().await;
    let secure = Secure::start().await;
    let mut command = python("httpx_client");
    command.arg(secure.url()).arg(secure.ca());
    let found: Value = serde_json::from_str(&output(command.into()).await).expect("JSON");
    let expected = json!({
        "versions": ["HTTP/2"], "answered": 200, "upload": 200_000, "download": 1_048_576, "cookie": ["a=1; b=2"],
    });
    assert_eq!(found, expected);
}

pub(crate) async fn chromium() {
    let _busy = clock::busy().await;
    let secure = Secure::start().await;
    browse(&secure.url(), &secure.function, secure.folder.path()).await;
}

/// Calls, a hundred at a time, server-sent events, a WebSocket and a call that is given up, from a page.
pub(crate) async fn browse(url: &str, function: &Function, folder: &Path) {
    if !is_there("chromium", "--version").await {
        return skipped("chromium: it is not installed");
    }
    let profile = folder.join("profile");
    let mut command = std::process::Command::new("chromium");
    command.args(["--headless=new", "--no-sandbox", "--disable-gpu", "--ignore-certificate-errors", "--no-first-run"]);
    command.arg("--disable-dev-shm-usage").arg(format!("--user-data-dir={}", profile.display()));
    command.env("HOME", folder).arg(format!("{url}/page"));
    let _browser = Process::start("chromium", command, folder).expect("it starts");
    let found: Value = eventually("the page has run", PATIENCE, async || {
        let reply = calls::call(&function.address, "/result").await.ok()?;
        Some(reply.json()).filter(|found| !found.is_null())
    })
    .await;
    let expected = json!({
        "call": [{ "sum": 42, "text": "caf\u{e9} \u{1f980}" }, 32],
        "many": 100, "events": 20, "websocket": 100, "left": "AbortError", "protocols": ["h2"],
    });
    assert_eq!(found, expected);
}

/// `testssl.sh` looks for every known weakness of TLS.
pub(crate) async fn testssl() {
    let Some(name) = first_of(["testssl.sh", "testssl"]).await else {
        return skipped("testssl.sh: it is not installed");
    };
    let secure = Secure::start().await;
    let found = secure.folder.path().join("found.json");
    let mut command = program(name, &["--quiet", "--color", "0", "--warnings", "off", "--ip", "127.0.0.1"]);
    command.arg("--add-ca").arg(secure.ca()).arg("--jsonfile").arg(&found).arg(secure.url());
    // Its status says how much it has found.
    let ended = command.stdin(Stdio::null()).output().await.expect("it runs");
    let found = std::fs::read_to_string(found).unwrap_or_else(|error| panic!("{error}: {ended:?}"));
    let found: Vec<Value> = serde_json::from_str(&found).expect("JSON");
    let bad: Vec<_> = found
        .iter()
        .filter(|finding| ["MEDIUM", "HIGH", "CRITICAL", "FATAL"].iter().any(|level| finding["severity"] == **level))
        // What a certificate for a test cannot have, and what the function has to say.
        .filter(|finding| {
            !["cert_validityPeriod", "cert_chain_of_trust", "security_headers"].iter().any(|id| finding["id"] == **id)
        })
        .collect();
    assert!(found.len() > 100, "it has looked at next to nothing: {found:?}");
    assert!(bad.is_empty(), "{bad:#?}");
}

async fn first_of<const N: usize>(names: [&'static str; N]) -> Option<&'static str> {
    for name in names {
        if is_there(name, "--version").await {
            return Some(name);
        }
    }
    None
}

pub(crate) async fn is_there(name: &str, question: &str) -> bool {
    program(name, &[question]).output().await.is_ok_and(|output| output.status.success())
}
