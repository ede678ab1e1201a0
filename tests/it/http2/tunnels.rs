//! WebSockets over HTTP/2 (RFC 8441), before a function that has them in HTTP/1.1.

use std::io::Write;
use std::time::Duration;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use fngate::control::Outcome;
use tokio::time::Instant;

use super::super::peer::{Client, DATA, END_HEADERS, END_STREAM, RST_STREAM, WHOLE, frame, head, request};
use super::super::support::gateway::Gateway;
use super::super::support::origin::{Connection, Origin};
use super::super::support::{PATIENCE, eventually};
use super::{SOON, assert_settled, finish, get, open, reason};

/// Of a frame.
const SIZE: usize = 16_000;
const TUNNELS: &str = "fngate_tunnels{function=\"default/f:$LATEST\"}";

/// Agrees as RFC 6455 says, and sends everything back until the gateway closes.
fn echo(connection: &mut Connection) -> std::io::Result<()> {
    while let Some(request) = connection.request()? {
        let Some(key) = request.field("sec-websocket-key") else {
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nplain")?;
            continue;
        };
        let accept = digest(&SHA1_FOR_LEGACY_USE_ONLY, format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11").as_bytes());
        connection.send(format!(
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Accept: {}\r\nSec-WebSocket-Protocol: chat\r\n\r\n",
            STANDARD.encode(accept)
        ))?;
        loop {
            let bytes = connection.reader.take(1)?;
            if bytes.is_empty() {
                return Ok(());
            }
            connection.stream.write_all(&bytes)?;
        }
    }
    Ok(())
}

fn ask(client: &Client, stream: u32, more: &[(&str, &str)]) {
    let pseudo = [
        (":method", "CONNECT"),
        (":protocol", "websocket"),
        (":scheme", "http"),
        (":path", "/chat?room=1"),
        (":authority", "h.example"),
        ("sec-websocket-version", "13"),
    ];
    let fields: Vec<_> = pseudo.iter().chain(more).map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
    assert!(client.send(head(stream, END_HEADERS, &fields)));
}

#[track_caller]
fn opened(client: &mut Client, stream: u32) {
    ask(client, stream, &[("sec-websocket-key", "of-the-client"), ("sec-websocket-protocol", "chat")]);
    assert!(client.wait(PATIENCE, |client| client.answer(stream).status().is_some()), "{:?}", client.end());
    let answer = client.answer(stream);
    assert_eq!((answer.status(), answer.field("sec-websocket-protocol").as_deref()), (Some(200), Some("chat")));
    assert_eq!([answer.field("sec-websocket-accept"), answer.field("upgrade")], [None, None]);
}

#[test]
fn a_megabyte_passes_both_ways_beside_other_requests() {
    let origin = Origin::start(echo);
    let gateway = Gateway::before(&origin, "", "");
    let mut client = open(&gateway);
    opened(&mut client, 1);
    let request = origin.request();
    assert_eq!(request.start, "GET /chat?room=1 HTTP/1.1");
    assert_ne!(request.field("sec-websocket-key"), Some("of-the-client"));
    assert_eq!((request.field("upgrade"), request.field("connection")), (Some("websocket"), Some("Upgrade")));
    assert_eq!(gateway.metric(TUNNELS), 1.0);
    let chunk = |round: u8| vec![round; SIZE];
    for round in 1..=66 {
        assert!(client.send(frame(DATA, 0, 1, &chunk(round))));
        // The window of the gateway is not to be passed over.
        assert!(client.wait(PATIENCE, |client| client.answer(1).data.len() >= usize::from(round) * SIZE), "{round}");
    }
    let data = client.answer(1).data;
    assert!(data.chunks(SIZE).zip(1..).all(|(bytes, round)| bytes == chunk(round)));
    assert_eq!(get(&mut client, 3, "/").text(), "plain");
    assert!(client.send(frame(DATA, END_STREAM, 1, b"")));
    assert!(finish(&mut client, 1).ended);
    eventually("it is closed", || (gateway.metric(TUNNELS) == 0.0).then_some(()));
    assert_settled(&gateway);
    let lines = gateway.access(2);
    let line = lines.iter().find(|line| line["bytes_in"] == 1_056_000).expect("the tunnel's line");
    assert_eq!((&line["bytes_out"], &line["protocol"]), (&1_056_000.into(), &"HTTP/2".into()), "{line}");
    assert!(line["aborted"].is_null(), "{line}");
}

#[test]
fn an_agreement_that_is_none_is_not_passed_on() {
    let switch = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n";
    let rows = [
        (format!("{switch}Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"), 502, "bad_response"),
        (format!("{switch}\r\n"), 502, "bad_response"),
        (switch.replace("Upgrade: websocket", "Upgrade: other") + "\r\n", 502, "bad_response"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".to_owned(), 502, "bad_response"),
        ("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno".to_owned(), 403, ""),
        ("HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n".to_owned(), 302, ""),
    ];
    for (bytes, status, wanted) in rows {
        let origin = Origin::answering(bytes.clone());
        let gateway = Gateway::before(&origin, "", "");
        let mut client = open(&gateway);
        ask(&client, 1, &[]);
        let answer = finish(&mut client, 1);
        assert_eq!((answer.status(), reason(&answer).as_str()), (Some(status), wanted), "{bytes}");
        assert!(answer.ended, "{bytes}");
        assert_settled(&gateway);
        assert_eq!(gateway.metric(TUNNELS), 0.0);
    }
}

#[test]
fn an_idle_tunnel_is_closed_and_the_connection_is_not() {
    let origin = Origin::start(echo);
    let gateway = Gateway::before(&origin, "", "websocket_idle = \"300ms\"");
    let mut client = open(&gateway);
    opened(&mut client, 1);
    finish(&mut client, 1);
    assert_eq!(get(&mut client, 3, "/").text(), "plain");
    assert_eq!(gateway.access(1)[0]["aborted"], "websocket_idle");
    assert_settled(&gateway);
}

#[test]
fn an_open_tunnel_is_given_until_the_deadline() {
    let origin = Origin::start(echo);
    let gateway = Gateway::before(&origin, "drain_timeout = \"500ms\"", "");
    let mut client = open(&gateway);
    opened(&mut client, 1);
    let begun = Instant::now();
    let stopped = std::thread::spawn(move || gateway.stop());
    assert!(client.wait(PATIENCE, |client| client.goaway == Some(0)));
    assert!(client.send(frame(DATA, 0, 1, b"still here")));
    assert!(client.wait(PATIENCE, |client| client.answer(1).text() == "still here"));
    assert!(matches!(stopped.join().expect("no panic"), Outcome::Expired(_)));
    assert!(begun.elapsed() >= Duration::from_millis(450) && begun.elapsed() < 4 * SOON, "{:?}", begun.elapsed());
    client.wait(PATIENCE, |client| client.end().is_some());
    assert!(client.end().is_some());
}

#[test]
fn a_tunnel_that_its_client_leaves_is_closed_at_once() {
    let origin = Origin::start(echo);
    let gateway = Gateway::before(&origin, "", "");
    for whole in [false, true] {
        let mut client = open(&gateway);
        opened(&mut client, 1);
        let left = Instant::now();
        if whole {
            drop(client);
        } else {
            assert!(client.send(frame(RST_STREAM, 0, 1, &[0, 0, 0, 8])));
            assert!(client.send(request(3, WHOLE, "GET", "/", &[])));
            assert_eq!(finish(&mut client, 3).text(), "plain");
        }
        eventually("it is closed", || (gateway.metric(TUNNELS) == 0.0).then_some(()));
        assert!(left.elapsed() < SOON, "{:?}", left.elapsed());
        assert_settled(&gateway);
    }
}
