//! Tunnels: only after the function agreed, then bytes both ways.

use std::io::Write;
use std::time::Duration;

use super::support::client::{Client, request};
use super::support::gateway::Gateway;
use super::support::origin::{Connection, Origin};
use super::support::{eventually, pause};

const ASK: [&str; 2] = ["Connection: keep-alive, Upgrade", "Upgrade: Custom/1"];
const SWITCH: &str =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: custom/1\r\nX-More: 1\r\n\r\n";

/// Echoes everything behind its 101 until the gateway closes.
fn echo(connection: &mut Connection) -> std::io::Result<()> {
    let Some(request) = connection.request()? else { return Ok(()) };
    if request.field("upgrade").is_none() {
        return connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno");
    }
    connection.send(format!("{SWITCH}early"))?;
    loop {
        let bytes = connection.reader.take(1)?;
        if bytes.is_empty() {
            return Ok(());
        }
        connection.stream.write_all(&bytes)?;
    }
}

#[track_caller]
fn open(gateway: &Gateway) -> Client {
    let mut client = gateway.client();
    let answer = client.ask(request("GET /", &ASK));
    assert_eq!(answer.status(), 101, "{answer:?}");
    assert_eq!(
        (answer.field("upgrade"), answer.field("connection"), answer.field("x-more")),
        (Some("custom/1"), Some("Upgrade"), Some("1"))
    );
    assert_eq!(client.reader.take(5).expect("early bytes"), b"early");
    client
}

#[test]
fn bytes_pass_both_ways_and_are_counted() {
    let origin = Origin::start(echo);
    let gateway = Gateway::before(&origin, "", "");
    let mut client = open(&gateway);
    for message in ["a", "hello", &"x".repeat(1000)] {
        client.send(message);
        assert_eq!(client.reader.take(message.len()).expect("an echo"), message.as_bytes());
    }
    let tunnels = "fngate_tunnels{function=\"default/f:$LATEST\"}";
    assert_eq!(gateway.metric(tunnels), 1.0);
    assert_eq!(origin.request().field("upgrade"), Some("Custom/1"));
    drop(client);
    eventually("the function sees the end", || (origin.open() == 0).then_some(()));
    let line = gateway.access(1).remove(0);
    assert_eq!((&line["status"], &line["bytes_in"], &line["bytes_out"]), (&101.into(), &1006.into(), &1011.into()));
    assert_eq!(gateway.metric(tunnels), 0.0);
}

#[test]
fn the_line_of_a_tunnel_says_what_it_was_opened_with() {
    let origin = Origin::start(echo);
    let gateway = Gateway::before(&origin, "", "");
    let mut client = gateway.client();
    let fields = ["Upgrade: Custom/1", "Connection: upgrade", "User-Agent: caf\u{e9}", "X-Other: thing"];
    client.send(request("GET http://shop.test/rooms/1?key=secret", &fields));
    assert_eq!(client.receive().status(), 101);
    drop(client);
    let line = gateway.access(1).remove(0);
    for (key, value) in [
        ("method", "GET"),
        ("path", "/rooms/1"),
        ("host", "shop.test"),
        ("user_agent", "caf\u{e9}"),
        ("protocol", "HTTP/1.1"),
        ("client", "127.0.0.1"),
    ] {
        assert_eq!(line[key], value, "{key}: {line}");
    }
}

#[test]
fn what_a_client_sends_early_waits_for_the_101() {
    let origin = Origin::start(|connection| {
        connection.request()?;
        // Nothing of what follows the head may be here before the answer is.
        connection.stream.set_read_timeout(Some(Duration::from_millis(200)))?;
        let early = connection.reader.fill().is_ok();
        connection.stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        connection.send(SWITCH)?;
        let late = connection.reader.take(4)?;
        connection.send(format!("{early} {}", String::from_utf8_lossy(&late)))
    });
    let gateway = Gateway::before(&origin, "", "");
    let mut client = gateway.client();
    client.send(format!("{}ping", request("GET /", &ASK)));
    assert_eq!(client.receive().status(), 101);
    assert_eq!(client.reader.rest().expect("the rest"), b"false ping");
}

#[test]
fn a_function_that_does_not_switch_answers_as_ever() {
    let origin = Origin::hello();
    let gateway = Gateway::before(&origin, "", "");
    let mut client = gateway.client();
    for _ in 0..3 {
        assert_eq!(client.ask(request("GET /", &ASK)).text(), "hello");
    }
    assert_eq!(origin.connections(), 1);
}

#[test]
fn a_switch_to_something_else_is_a_502() {
    let origin = Origin::answering("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n");
    let gateway = Gateway::before(&origin, "", "");
    assert_eq!(gateway.client().ask(request("GET /", &ASK)).reason(), "bad_response");
}

#[test]
fn an_idle_tunnel_is_closed() {
    let origin = Origin::start(echo);
    let gateway = Gateway::before(&origin, "", "websocket_idle = \"400ms\"");
    let mut client = open(&gateway);
    for _ in 0..4 {
        pause(Duration::from_millis(200));
        client.send("x");
        assert_eq!(client.reader.take(1).expect("an echo"), b"x");
    }
    assert!(client.is_closed());
    assert_eq!(gateway.access(1)[0]["aborted"], "websocket_idle");
}
