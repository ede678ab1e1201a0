//! A real client and a real server of gRPC, with the gateway between them: TLS on one side of it, plain HTTP/2 on the other.

use std::time::Duration;

use serde::Deserialize;

use crate::clients::output;
use crate::clock;
use crate::function::{Function, Runtime, certify, python};
use crate::gateway::Gateway;
use crate::port::free_port;

/// What the client in `functions/python/grpc_client.py` has seen.
#[derive(Debug, Deserialize)]
struct Seen {
    unary: String,
    initial: Option<String>,
    trailing: (Option<String>, Vec<u8>),
    /// What reached the server: names with text or bytes.
    metadata: Vec<(String, serde_json::Value)>,
    /// Whether two megabytes came back.
    large: bool,
    serve: usize,
    collect: String,
    chat: (Vec<String>, usize),
    fail: Outcome,
    fail_late: (String, Outcome),
    deadline: Outcome,
    unknown_method: Outcome,
    unknown_service: Outcome,
    unreachable: Outcome,
    slow: Outcome,
    /// How many calls the server has seen cancelled.
    cancelled: usize,
}

#[derive(Debug, Deserialize)]
struct Outcome {
    code: String,
    details: String,
    seconds: f64,
}

pub(crate) async fn every_kind_of_call() {
    let _busy = clock::busy().await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    certify(folder.path());
    let function = Function::start(Runtime::Grpc, folder.path()).await;
    // It takes connections and says nothing.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let silent = format!("h2c://{}", silent.local_addr().expect("an address"));
    let configuration = configuration(&function.address.to_string().replace("http:", "h2c:"), &silent);
    let gateway = Gateway::start(&configuration, folder.path()).await;
    let mut client = python("grpc_client");
    client.args([&format!("127.0.0.1:{}", gateway.port), "127.0.0.1"]).arg(folder.path().join("ca.pem"));
    let seen: Seen = serde_json::from_str(&output(client.into()).await).expect("what it has seen");
    answered(&seen);
    failed(&seen);
}

fn answered(seen: &Seen) {
    assert_eq!((seen.unary.as_str(), seen.initial.as_deref()), ("olleh", Some("1")));
    assert_eq!(seen.trailing, (Some("2".to_owned()), vec![0, 255]));
    let field = |name: &str| seen.metadata.iter().filter(|(other, _)| other == name).collect::<Vec<_>>();
    let one = |name: &str, value: serde_json::Value| assert_eq!(field(name), [&(name.to_owned(), value)], "{name}");
    one("x-own", "a b".into());
    one("x-own-bin", vec![1, 2].into());
    one("x-scf-name", "grpc".into());
    one("x-client-proto-ver", "HTTP/2".into());
    one("x-forwarded-proto", "https".into());
    assert!(seen.large);
    assert_eq!((seen.serve, seen.collect.as_str()), (5000, "a,b,c"));
    assert_eq!(seen.chat, (["one!", "two!", "three!"].map(str::to_owned).to_vec(), 0));
}

fn failed(seen: &Seen) {
    for (outcome, code, details) in [
        (&seen.fail, "NOT_FOUND", "nothing like it: 100 % f\u{fc}r dich"),
        (&seen.fail_late.1, "DATA_LOSS", "lost"),
        (&seen.deadline, "DEADLINE_EXCEEDED", ""),
        (&seen.unknown_method, "UNIMPLEMENTED", "Method not found!"),
        (&seen.unknown_service, "UNIMPLEMENTED", "no API of the service matches this path"),
        (&seen.unreachable, "UNAVAILABLE", "no connection to the function: connection refused"),
        (&seen.slow, "DEADLINE_EXCEEDED", "the function did not answer within 300ms"),
    ] {
        assert_eq!(outcome.code, code, "{outcome:?}");
        assert!(outcome.details.starts_with(details), "{outcome:?}");
    }
    assert_eq!(seen.fail_late.0, "first");
    for (outcome, seconds) in [(&seen.deadline, 0.5), (&seen.slow, 0.3)] {
        assert!((seconds..seconds + 2.0).contains(&outcome.seconds), "{outcome:?}");
    }
    // The call whose deadline passed, and the one that its client gave up.
    assert_eq!(seen.cancelled, 2);
}

fn configuration(function: &str, silent: &str) -> String {
    let gone = format!("h2c://127.0.0.1:{}", free_port());
    let mut text = "[[listener]]\naddress = \"127.0.0.1:0\"\n\
                    [[listener.tls.certificates]]\ncertificate = \"function.pem\"\nkey = \"function-key.pem\"\n\
                    [admin]\naddress = \"127.0.0.1:0\"\n\
                    [[service]]\nname = \"shop\"\nhosts = [\"*\"]\n"
        .to_owned();
    let timeout = Duration::from_millis(300);
    for (name, path, instance, timeout) in [
        ("grpc", "test.Service", function, Duration::from_secs(15)),
        ("gone", "gone.Service", &gone, timeout),
        ("silent", "slow.Service", silent, timeout),
    ] {
        text += &format!(
            "[[service.api]]\npath = \"/{path}\"\nmethod = \"POST\"\nfunction = \"{name}\"\n\
             [[function]]\nname = \"{name}\"\ninstances = [\"{instance}\"]\ntimeout = \"{timeout:?}\"\n"
        );
    }
    text
}
