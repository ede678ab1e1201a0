//! What one client may take up of the admin listener. Deadlines are tested beside the listener, with a paused clock.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::json;

use super::client::Call;
use super::stand::{ALL, Stand};
use super::support::PATIENCE;
use super::support::eventually;

/// As many streams as there may be.
const SHARE: usize = 16;

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
fn the_streams_of_one_token_leave_room_for_others() {
    let stand = Stand::start();
    let open = |path: &str, token: &str| {
        let mut stream = TcpStream::connect(stand.gateway.admin).expect("it listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n")
            .expect("sent");
        let mut status = [0; 12];
        stream.read_exact(&mut status).expect("an answer");
        (stream, String::from_utf8_lossy(&status).into_owned())
    };
    let paths = ["/v1/requests", "/v1/live", "/v1/events"];
    let (one, other) = (stand.read.text.as_str(), stand.write.text.as_str());
    let mut streams: Vec<_> = paths.iter().cycle().take(SHARE).map(|path| open(path, one)).collect();
    assert!(streams.iter().all(|(_, status)| status == "HTTP/1.1 200"));
    for path in paths {
        let refused = stand.send(&Call::get(path).token(one));
        assert_eq!((refused.status, refused.reason().as_str()), (503, "too_many_streams"), "{path}: {refused:?}");
        assert_eq!(refused.field("Retry-After"), Some("1"));
        assert_eq!(open(path, other).1, "HTTP/1.1 200");
    }
    assert_eq!(stand.send(&Call::get("/v1/status").token(one)).status, 200, "everything else is answered");
    drop(streams.pop());
    eventually("there is room again", || (open("/v1/live", one).1 == "HTTP/1.1 200").then_some(()));
}

/// A stream may have nothing to say for hours, and whoever opened it may have lost the right to it.
#[test]
fn a_stream_ends_with_its_token() {
    let stand = Stand::start();
    for path in ["/v1/requests?host=nobody.invalid", "/v1/events?requests=host%3Dnobody.invalid"] {
        let made = stand.send(&Call::new("POST", "/v1/console").token(&stand.read.text).json(&json!({})));
        let code = made.json()["code"].clone();
        let session = stand.send(&Call::new("POST", "/v1/session").json(&json!({ "code": code }))).json();
        let token = session["token"].as_str().expect("a token");
        let mut stream = TcpStream::connect(stand.gateway.admin).expect("it listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n")
            .expect("sent");
        let mut status = [0; 12];
        stream.read_exact(&mut status).expect("an answer");
        assert_eq!(String::from_utf8_lossy(&status), "HTTP/1.1 200");
        let ended = stand.send(&Call::new("DELETE", "/v1/session").token(token).json(&json!({})));
        assert_eq!(ended.status, 204, "{ended:?}");
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).unwrap_or_else(|error| panic!("{path} goes on: {error}"));
    }
}

#[test]
fn a_query_has_few_parameters() {
    let stand = Stand::start();
    let query: Vec<_> = (0..65).map(|number| format!("q{number}=")).collect();
    let refused = stand.get(&format!("/v1/apis?{}", query.join("&")));
    assert_eq!(refused.status, 422, "{refused:?}");
    assert!(refused.body.contains("more than 64 parameters"), "{refused:?}");
}
