//! Streams of events.

use std::io::{Read, Write};
use std::net::TcpStream;

use super::client::Call;
use super::stand::Stand;
use super::support::PATIENCE;

/// What comes over a stream until all of these texts have come.
#[track_caller]
fn until(stand: &Stand, target: &str, wanted: &[&str]) -> String {
    let mut stream = TcpStream::connect(stand.gateway.admin).expect("it listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
    let head = format!("GET {target} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\r\n", stand.own);
    stream.write_all(head.as_bytes()).expect("sent");
    let (mut text, mut buffer) = (String::new(), [0; 4096]);
    while !wanted.iter().all(|part| text.contains(part)) {
        // Whoever follows requests has to be there before they end.
        stand.gateway.get("/orders/7");
        let read = stream.read(&mut buffer).unwrap_or_else(|error| panic!("{error}: {text}"));
        assert!(read > 0, "{text}");
        text.push_str(&String::from_utf8_lossy(&buffer[..read]));
    }
    text
}

#[test]
fn all_of_them_come_over_one_connection() {
    let stand = Stand::start();
    let target = "/v1/events?figures=true&requests=status%3D2xx%26host%3Dshop.test";
    until(&stand, target, &["event: change", "event: figures", "event: request"]);
    let text = until(&stand, "/v1/events?requests=status%3D5xx", &["event: change"]);
    assert!(!text.contains("event: request") && !text.contains("event: figures"), "{text}");
    let refused = stand.send(&Call::get("/v1/events?requests=colour%3Dred").token(&stand.own));
    assert_eq!((refused.status, refused.reason().as_str()), (422, "invalid"), "{refused:?}");
}
