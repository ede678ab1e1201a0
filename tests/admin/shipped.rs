//! The configurations in `deploy/` and `config/` that open the admin port to a network: they say no more than before there were tokens.

use std::net::Ipv4Addr;

use serde_json::json;

use super::client::Call;
use super::description::operations;
use super::stand::Stand;
use super::support::gateway::{BASE, Folder, Gateway};
use super::support::project::project;

const SHIPPED: [&str; 4] = [
    "deploy/kubernetes/base/fngate.toml",
    "deploy/kubernetes/overlays/example/fngate.toml",
    "deploy/compose/fngate/fngate.toml",
    "config/container.toml",
];

/// The configuration on ports of this host.
fn local(text: &str) -> String {
    let text = text.replace("\"0.0.0.0:8080\"", "\"127.0.0.1:0\"").replace("\"0.0.0.0:9901\"", "\"127.0.0.1:0\"");
    if text.contains("[admin]") { text } else { format!("{text}\n[admin]\naddress = \"127.0.0.1:0\"\n") }
}

#[test]
fn without_a_token_there_is_nothing_but_what_was_there_before() {
    let stand = Stand::start();
    let operations = operations(&stand);
    for shipped in SHIPPED {
        let written = std::fs::read_to_string(project(shipped)).expect("it is there");
        assert!(!written.contains("admin.token"), "{shipped}: a token that everybody knows");
        let folder = Folder::new(&local(&written));
        let gateway = Gateway::start(&folder);
        let before = std::fs::read_to_string(folder.file()).expect("the file");
        for operation in &operations {
            // As another pod asks, at the address of this one.
            let call = Call::new(&operation.method, &operation.target).host("10.42.0.7:9901");
            let keys = if operation.takes_code { json!({ "code": "" }) } else { json!({}) };
            let call = call.from(Ipv4Addr::new(127, 0, 0, 9)).json(&keys);
            let answer = call.send(gateway.admin).expect("an answer");
            assert_eq!(answer.status, 401, "{shipped}: {operation:?}: {answer:?}");
        }
        for (method, target) in [("GET", "/metrics"), ("GET", "/livez"), ("GET", "/readyz"), ("POST", "/v1/reload")] {
            let answer = Call::new(method, target).host("10.42.0.7:9901").send(gateway.admin).expect("an answer");
            assert_eq!(answer.status, 200, "{shipped}: {method} {target}: {answer:?}");
            assert!(!answer.body.contains("fng_"), "{answer:?}");
        }
        assert_eq!(std::fs::read_to_string(folder.file()).expect("the file"), before);
    }
}

/// Where nothing can be written there is neither a history nor a token, and the gateway serves.
#[test]
fn without_directories_it_starts_and_serves() {
    let folder = Folder::new(&format!("{BASE}{}", super::stand::SHOP));
    let mut command = super::support::fngate(&["run", "-c", &folder.argument()]);
    // No user may make a directory in a file.
    let nowhere = folder.file().join("nowhere");
    command.env("STATE_DIRECTORY", &nowhere).env("RUNTIME_DIRECTORY", &nowhere);
    let gateway = Gateway::start_with(command.stdin(std::process::Stdio::null()), &folder);
    assert_eq!(gateway.get("/").status, 200);
    assert_eq!(gateway.stage().as_deref(), Some("a"));
    let answer = Call::get("/v1/status").send(gateway.admin).expect("an answer");
    assert_eq!(answer.status, 401, "no token is no open door: {answer:?}");
    let empty = Call::get("/v1/status").field("Authorization", "Bearer").send(gateway.admin).expect("an answer");
    assert_eq!(empty.status, 401, "{empty:?}");
}
