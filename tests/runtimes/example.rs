//! The example of `docs/tls.md` that serves everybody: `curl`, a browser and a client of gRPC at one and the same listener.

use serde_json::{Value, json};

use crate::clients::{browse, output, upload};
use crate::clock;
use crate::function::{Function, Runtime, certify, python};
use crate::gateway::Gateway;
use crate::project::project;

pub(crate) async fn serves_everybody() {
    let _busy = clock::busy().await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path();
    certify(path);
    let pages = Function::start(Runtime::Uvicorn, path).await;
    let orders = Function::start(Runtime::Grpc, path).await;
    let gateway = Gateway::start(&example(&pages, &orders), path).await;
    let url = format!("https://127.0.0.1:{}", gateway.port);
    for (flag, version) in [("--http2", "2"), ("--http1.1", "1.1")] {
        upload(&url, path, &[flag], version).await;
    }
    browse(&url, &pages, path).await;
    let mut client = python("grpc_call");
    client.arg(format!("127.0.0.1:{}", gateway.port)).arg(path.join("ca.pem"));
    let seen: Value = serde_json::from_str(&output(client.into()).await).expect("JSON");
    assert_eq!(
        seen,
        json!({ "unary": "olleh", "trailing": "2", "stream": 1000, "told": ["orders", "HTTP/2", "https"] })
    );
}

/// The example, with what is different here in its place: the port, the certificate, the functions and the package of the second.
fn example(pages: &Function, orders: &Function) -> String {
    let document = std::fs::read_to_string(project("docs/tls.md")).expect("the document");
    let blocks = document.split("```toml,fragment\n").skip(1).filter_map(|rest| rest.split_once("```"));
    let mut text =
        blocks.map(|(block, _)| block).find(|block| block.contains("h2c://")).expect("the example").to_owned();
    assert_eq!(text.lines().count(), 10, "it is said to have ten lines");
    for (written, here) in [
        ("0.0.0.0:8443", "127.0.0.1:0"),
        ("/etc/fngate/shop.pem", "function.pem"),
        ("/etc/fngate/shop.key", "function-key.pem"),
        ("http://127.0.0.1:9000", &pages.address.to_string()),
        ("h2c://127.0.0.1:50051", &orders.address.to_string().replace("http:", "h2c:")),
        ("/shop.Orders", "/test.Service"),
    ] {
        assert_eq!(text.matches(written).count(), 1, "{written} in the example");
        text = text.replace(written, here);
    }
    text + "[admin]\naddress = \"127.0.0.1:0\"\n"
}
