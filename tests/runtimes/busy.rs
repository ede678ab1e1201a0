//! Real clients of HTTP/2 that call as often as they can, and uploads that are answered early: no defence of the gateway may cut one of them off.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::clients::{is_there, output, program};
use crate::clock::{self, eventually};
use crate::function::{Function, Runtime, node, python};
use crate::gateway::Gateway;
use crate::port::free_port;
use crate::process::Process;
use crate::skip::skipped;

const PATIENCE: Duration = Duration::from_secs(20);

/// A gateway in plain HTTP/2 and HTTP/1.1 before the embedded function and one that speaks gRPC.
struct Plain {
    // The order in which they end.
    gateway: Gateway,
    _function: Function,
    folder: TempDir,
}

impl Plain {
    async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let function = Function::start(Runtime::Grpc, folder.path()).await;
        let grpc = function.address.to_string().replace("http:", "h2c:");
        let configuration = format!(
            "[[listener]]\naddress = \"127.0.0.1:0\"\n[admin]\naddress = \"127.0.0.1:0\"\n\
             [[function]]\nname = \"echo\"\ninstances = [\"builtin:echo\"]\n\
             [[function]]\nname = \"grpc\"\ninstances = [\"{grpc}\"]\n\
             [[service]]\nname = \"s\"\nhosts = [\"*\"]\n\
             [[service.api]]\npath = \"=/\"\nmethod = \"GET\"\nfunction = \"echo\"\n\
             [[service.api]]\npath = \"/small\"\nmethod = \"POST\"\nfunction = \"echo\"\nmax_body_bytes = \"1KiB\"\n\
             [[service.api]]\npath = \"/test.Service\"\nmethod = \"POST\"\nfunction = \"grpc\"\n"
        );
        let gateway = Gateway::start(&configuration, folder.path()).await;
        Self { gateway, _function: function, folder }
    }

    fn address(&self) -> String {
        format!("127.0.0.1:{}", self.gateway.port)
    }

    fn url(&self) -> String {
        format!("http://{}", self.address())
    }
}

fn script(name: &str, arguments: &[&str]) -> tokio::process::Command {
    let mut command = node();
    command.arg(name).args(arguments);
    command.into()
}

async fn found(command: tokio::process::Command) -> Value {
    serde_json::from_str(&output(command).await).expect("JSON")
}

pub(crate) async fn grpcio() {
    let _busy = clock::busy().await;
    let plain = Plain::start().await;
    let mut command = python("grpc_busy");
    command.arg(plain.address());
    let found = found(command.into()).await;
    assert_eq!(
        (&found["failed"], &found["streamed"], &found["left"]),
        (&json!([]), &json!(5000), &json!([])),
        "{found}"
    );
}

pub(crate) async fn grpc_js() {
    let _busy = clock::busy().await;
    let plain = Plain::start().await;
    let found = found(script("grpc_busy.js", &[&plain.address()])).await;
    assert_eq!(found, json!({ "failed": [], "count": 0 }));
}

pub(crate) async fn node_http2() {
    let _busy = clock::busy().await;
    let plain = Plain::start().await;
    let found = found(script("http2_busy.js", &[&plain.url()])).await;
    assert_eq!(found, json!({ "answered": 6000, "ends": [] }));
}

pub(crate) async fn h2load() {
    let _busy = clock::busy().await;
    let plain = Plain::start().await;
    let url = format!("{}/", plain.url());
    for (requests, streams) in [("4000", "1"), ("20000", "100")] {
        let printed = output(program("h2load", &["-n", requests, "-c", "1", "-m", streams, &url])).await;
        assert!(printed.contains(&format!("{requests} succeeded, 0 failed, 0 errored, 0 timeout")), "{printed}");
    }
    let printed = output(program("nghttp", &["-v", "-n", "-m", "2000", &url])).await;
    assert_eq!(printed.matches(":status: 200").count(), 2000);
}

/// HAProxy in front, with HTTP/2 to the gateway.
pub(crate) async fn haproxy() {
    if !is_there("haproxy", "-v").await {
        return skipped("HAProxy in front: it is not installed");
    }
    let _busy = clock::busy().await;
    let plain = Plain::start().await;
    let port = free_port();
    let text = format!(
        "defaults\n mode http\n timeout connect 5s\n timeout client 20s\n timeout server 20s\n\
         frontend f\n bind 127.0.0.1:{port}\n default_backend b\n\
         backend b\n http-reuse always\n server s {} proto h2\n",
        plain.address()
    );
    let _front = front(&text, plain.folder.path(), port).await;
    let load = ["--h1", "-n", "10000", "-c", "10", &format!("http://127.0.0.1:{port}/")];
    let printed = output(program("h2load", &load)).await;
    // It does not take an answer without a reason phrase for a success.
    assert!(printed.contains("10000 done") && printed.contains(" 0 errored, 0 timeout"), "{printed}");
}

async fn front(configuration: &str, folder: &Path, port: u16) -> Process {
    let file = folder.join("haproxy.cfg");
    std::fs::write(&file, configuration).expect("the folder can be written to");
    let mut command = Command::new("haproxy");
    command.arg("-f").arg(file);
    let process = Process::start("haproxy", command, folder).expect("it starts");
    eventually("HAProxy listens", PATIENCE, async || tokio::net::TcpStream::connect(("127.0.0.1", port)).await.ok())
        .await;
    process
}

pub(crate) async fn early_answers() {
    let _busy = clock::busy().await;
    let plain = Plain::start().await;
    for (bytes, path, status) in
        [(2000, "/missing", 404), (2_000_000, "/missing", 404), (2000, "/small", 413), (2_000_000, "/small", 413)]
    {
        let body = plain.folder.path().join("body");
        std::fs::write(&body, vec![b'x'; bytes]).expect("the folder can be written to");
        for version in ["--http2-prior-knowledge", "--http1.1"] {
            for _ in 0..20 {
                let flags = ["-sS", "--noproxy", "*", version, "-o", "/dev/null", "-w", "%{http_code}"];
                let mut command = program("curl", &flags);
                command.arg("--data-binary").arg(format!("@{}", body.display())).arg(plain.url() + path);
                assert_eq!(output(command).await, status.to_string(), "curl {version} {bytes} {path}");
            }
        }
        for url in [plain.url(), plain.url().replace("http:", "h2c:")] {
            let found = found(script("early.js", &[&url, &bytes.to_string(), path])).await;
            assert_eq!(found, json!({ status.to_string(): 20 }), "{url} {bytes} {path}");
        }
    }
}
