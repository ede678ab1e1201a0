//! Two who change one object, each from what they have read: the second sees what the first has done.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;

use serde_json::{Value, json};

use super::client::Call;
use super::stand::{ALL, SHOP, Stand, merged, stage};
use super::support::fngate;
use super::support::process::run;

const SECRET: &str = "s3cr3t-of-the-shop";

fn with_secret() -> Stand {
    Stand::with(&SHOP.replace("\"X-Stage\" = \"a\"", &format!("\"X-Stage\" = \"a\", \"X-Api-Key\" = \"{SECRET}\"")))
}

#[test]
fn the_second_writer_sees_what_its_change_would_undo() {
    let stand = with_secret();
    let seen = stand.get(ALL);
    assert_eq!(stand.change(ALL, &json!({ "timeout": "3s" })).status, 200, "the first writer");
    let text = stand.text();
    let stale = stand.put(ALL, &merged(&seen.json(), &json!({ "max_body_bytes": "1MiB" })), Some(&seen.etag()));
    assert_eq!((stale.status, stale.reason().as_str()), (412, "stale"), "{stale:?}");
    let problem = stale.json();
    assert_eq!(problem["current"]["timeout"], json!("3s"));
    let diff = problem["diff"].as_str().expect("a diff");
    assert!(diff.contains("\n-timeout = \"3s\"\n") && diff.contains("\n+max_body_bytes = \"1MiB\"\n"), "{diff}");
    assert!(diff.starts_with("--- a/v1/services/shop/apis/all\n+++ b/v1/services/shop/apis/all\n@@ "), "{diff}");
    assert!(!format!("{stale:?}").contains(SECRET), "{stale:?}");
    assert_eq!(stand.text(), text, "nothing is written");

    // Whoever has read it writes both.
    let both = stand.put(
        ALL,
        &merged(&problem["current"], &json!({ "max_body_bytes": "1MiB" })),
        Some(&stand.get(ALL).etag()),
    );
    assert_eq!(both.status, 200, "{both:?}");
    assert!(stand.text().contains(SECRET) && stand.text().contains("timeout = \"3s\""), "{}", stand.text());
}

#[test]
fn functions_and_services_are_compared_too() {
    let stand = Stand::start();
    for (target, first, second, lost, kept) in [
        (
            "/v1/functions/default/echo",
            json!({ "timeout": "3s" }),
            json!({ "queue": 7 }),
            "-timeout = \"3s\"",
            "+queue = 7",
        ),
        (
            "/v1/services/shop",
            json!({ "domains": [{ "host": "first.test" }] }),
            json!({ "domains": [{ "host": "second.test" }] }),
            "-hosts = [\"first.test\"]",
            "+hosts = [\"second.test\"]",
        ),
    ] {
        let seen = stand.get(target);
        let made = stand.change(target, &first);
        assert_eq!(made.status, 200, "{made:?}");
        let stale = stand.put(target, &merged(&seen.json(), &second), Some(&seen.etag()));
        assert_eq!(stale.status, 412, "{stale:?}");
        let problem = stale.json();
        let diff = problem["diff"].as_str().expect("a diff");
        assert!(diff.contains(&format!("\n{lost}")) && diff.contains(&format!("\n{kept}")), "{diff}");
        assert!(!diff.contains("path"), "only the object itself: {diff}");
    }
}

#[test]
fn another_secret_shows_as_a_line_that_differs() {
    let stand = with_secret();
    let seen = stand.get(ALL);
    assert_eq!(stand.change(ALL, &stage("b")).status, 200);
    let mut keys = seen.json();
    keys["headers"]["x-api-key"] = json!("s3cr3t-of-another");
    let stale = stand.put(ALL, &keys, Some(&seen.etag()));
    assert_eq!(stale.status, 412, "{stale:?}");
    assert!(!format!("{stale:?}").contains("s3cr3t"), "{stale:?}");
    let problem = stale.json();
    assert!(problem["diff"].as_str().is_some_and(|diff| diff.contains("\n+headers")), "{stale:?}");
}

#[test]
fn what_is_there_already_is_compared_with_what_was_to_be_made() {
    let stand = Stand::start();
    let make =
        |keys: &Value| stand.send(&Call::new("PUT", ALL).token(&stand.own).json(keys).field("If-None-Match", "*"));
    let other = make(&json!({ "path": "/other", "function": "echo" }));
    assert_eq!(other.status, 412, "{other:?}");
    let problem = other.json();
    let diff = problem["diff"].as_str().expect("a diff");
    assert!(diff.contains("\n-path = \"/\"\n") && diff.contains("\n+path = \"/other\"\n"), "{diff}");
    let same = make(&stand.get(ALL).json());
    assert_eq!((same.status, &same.json()["diff"]), (412, &Value::Null), "nothing would change");
}

#[test]
fn a_stale_delete_shows_the_object() {
    let stand = Stand::start();
    let seen = stand.get(ALL);
    assert_eq!(stand.change(ALL, &stage("b")).status, 200);
    let call = Call::new("DELETE", ALL).token(&stand.own).field("Content-Type", "application/json");
    let stale = stand.send(&call.field("If-Match", &seen.etag()));
    assert_eq!((stale.status, &stale.json()["diff"]), (412, &Value::Null), "{stale:?}");
    assert_eq!(stale.json()["current"]["headers"]["x-stage"], json!("b"));
}

/// Passes requests on to a gateway, and calls `before` in front of each `PUT`. A connection without a request ends it.
fn pass_on(listener: &TcpListener, gateway: SocketAddr, before: &dyn Fn()) {
    for client in listener.incoming() {
        let mut client = client.expect("a connection");
        let Some(request) = request(&mut client) else { return };
        if request.starts_with("PUT ") {
            before();
        }
        let mut upstream = TcpStream::connect(gateway).expect("the gateway listens");
        let request = request.replacen("\r\n", "\r\nConnection: close\r\n", 1);
        upstream.write_all(request.as_bytes()).expect("sent");
        let mut answer = Vec::new();
        upstream.read_to_end(&mut answer).expect("an answer");
        client.write_all(&answer).expect("passed on");
    }
}

/// One request with its body.
fn request(client: &mut TcpStream) -> Option<String> {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length =
                head.to_ascii_lowercase().lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return Some(text);
            }
        }
        let count = client.read(&mut buffer).expect("a request");
        if count == 0 {
            return None;
        }
        bytes.extend_from_slice(&buffer[..count]);
    }
}

#[test]
fn a_command_that_was_too_slow_shows_the_difference() {
    let stand = Stand::start();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let finished = thread::scope(|scope| {
        let relay = scope.spawn(|| {
            pass_on(&listener, stand.gateway.admin, &|| {
                assert_eq!(stand.change(ALL, &json!({ "timeout": "3s" })).status, 200, "somebody else");
            });
        });
        let arguments =
            ["bind", "ANY", "/", "--service", "shop", "--function", "echo", "--timeout", "9s", "--replace", "--admin"];
        let finished = run(fngate(&arguments).arg(&address).env("FNGATE_TOKEN", &stand.own));
        drop(TcpStream::connect(&address).expect("it listens"));
        relay.join().expect("passed on");
        finished
    });
    assert_eq!(finished.code(), Some(1), "{}", finished.err);
    assert!(finished.err.contains("changed since it was read"), "{}", finished.err);
    assert!(finished.err.contains("\n-timeout = \"3s\"\n+timeout = \"9s\"\n"), "{}", finished.err);
}
