//! What one client may take up of the admin listener. Deadlines are tested beside the listener, with a paused clock.

use std::io::{Read, Write};
use std::net::TcpStream;

use super::client::Call;
use super::stand::{ALL, Stand};
use super::support::PATIENCE;
use super::support::eventually;

/// As many streams as there may be.
const STREAMS: usize = 64;

#[test]
fn a_body_that_is_too_large_is_refused() {
    let stand = Stand::start();
    let head = |length: &str| {
        format!(
            "PUT {ALL} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
             Connection: close\r\n{length}\r\n\r\n",
            stand.own
        )
    };
    let (most, more) = (16 << 20, (16 << 20) + 1);
    for (what, length, body) in [
        ("it is announced", format!("Content-Length: {more}"), String::new()),
        ("the client asks", format!("Expect: 100-continue\r\nContent-Length: {more}"), String::new()),
        ("it is sent", format!("Content-Length: {more}"), " ".repeat(more)),
        ("it is sent in chunks", "Transfer-Encoding: chunked".to_owned(), chunked(more)),
    ] {
        let answer = send(&stand, &(head(&length) + &body));
        assert!(answer.starts_with("HTTP/1.1 413 Payload Too Large\r\n"), "{what}: {answer}");
        assert!(
            answer.contains("application/problem+json") && answer.contains("\"reason\":\"too_large\""),
            "{what}: {answer}"
        );
    }
    let answer = send(&stand, &(head(&format!("Content-Length: {most}")) + &" ".repeat(most)));
    assert!(answer.starts_with("HTTP/1.1 400 "), "it is read, and is no JSON: {answer}");
}

fn chunked(length: usize) -> String {
    format!("{length:x}\r\n{}\r\n0\r\n\r\n", " ".repeat(length))
}

fn send(stand: &Stand, request: &str) -> String {
    let mut stream = TcpStream::connect(stand.gateway.admin).expect("it listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    // The gateway may have heard enough.
    let _ = stream.write_all(request.as_bytes());
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn streams_do_not_take_up_all_connections() {
    let stand = Stand::start();
    let open = |path: &str| {
        let mut stream = TcpStream::connect(stand.gateway.admin).expect("it listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        let token = &stand.read.text;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n")
            .expect("sent");
        let mut status = [0; 12];
        stream.read_exact(&mut status).expect("an answer");
        (stream, String::from_utf8_lossy(&status).into_owned())
    };
    let paths = ["/v1/requests", "/v1/live", "/v1/events"];
    let mut streams: Vec<_> = paths.iter().cycle().take(STREAMS).map(|path| open(path)).collect();
    assert!(streams.iter().all(|(_, status)| status == "HTTP/1.1 200"));
    for path in paths {
        let refused = stand.send(&Call::get(path).token(&stand.write.text));
        assert_eq!((refused.status, refused.reason().as_str()), (503, "too_many_streams"), "{path}: {refused:?}");
        assert_eq!(refused.field("Retry-After"), Some("1"));
    }
    assert_eq!(stand.get("/v1/status").status, 200, "everything else is answered");
    drop(streams.pop());
    eventually("there is room again", || (open("/v1/live").1 == "HTTP/1.1 200").then_some(()));
}
