//! How connections of clients end: announced wherever they can be, and not later than they must.

use std::time::Duration;

use fngate::control::Outcome;
use tokio::time::Instant;

use super::support::client::request;
use super::support::eventually;
use super::support::gateway::{Gateway, simple};
use super::support::origin::Origin;

/// Answers every head at once, whatever comes behind it.
fn hasty(answer: &'static str) -> Origin {
    Origin::start(move |connection| {
        while let Some(head) = connection.reader.head()? {
            connection.record(&head);
            connection.send(answer)?;
        }
        Ok(())
    })
}

#[test]
fn an_end_is_announced() {
    let refuses = hasty("HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n");
    let streams = hasty("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n");
    let (refusing, streaming) = (Gateway::before(&refuses, "", ""), Gateway::before(&streams, "", ""));
    let none = Gateway::with(&simple("http://127.0.0.1:1", "", "", ""));
    let held = ["Content-Length: 5", "Expect: 100-continue"];
    for (what, gateway, request) in [
        ("a body that is not asked for any more", &refusing, request("POST /", &held)),
        ("one of a function that is not there", &none, request("POST /", &held)),
        ("one that is too large to be read out", &none, request("POST /", &["Content-Length: 60000000"])),
        ("no length for HTTP/1.0", &streaming, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n".to_owned()),
    ] {
        let mut client = gateway.client();
        let answer = client.ask(request);
        assert_eq!(answer.field("connection"), Some("close"), "{what}: {answer:?}");
        assert!(client.is_closed(), "{what}");
    }
}

#[test]
fn a_body_that_was_refused_is_not_waited_for() {
    let origin = Origin::start(|connection| {
        while connection.reader.fill()? {}
        Ok(())
    });
    let gateway = Gateway::before(&origin, "client_body_idle = \"1s\"", "");
    let mut client = gateway.client();
    client.send(request("POST /", &["Content-Length: 10"]));
    assert_eq!(client.receive().reason(), "request_timeout");
    let answered = Instant::now();
    assert!(client.is_closed());
    assert!(answered.elapsed() < Duration::from_millis(900), "{:?}", answered.elapsed());
}

#[test]
fn a_stop_does_not_wait_for_a_body_that_nobody_wants() {
    let gateway = Gateway::before(&Origin::hello(), "drain_timeout = \"20s\"", "");
    let mut client = gateway.client();
    client.send("POST / HTTP/1.1\r\nHost: nobody\r\nContent-Length: 6000\r\n\r\nabc");
    // Whatever the answer is: the rest of the body never comes.
    client.receive();
    let began = Instant::now();
    assert_eq!(gateway.stop(), Outcome::Drained);
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[test]
fn a_configured_name_is_not_taken_from_trailers() {
    let origin = Origin::hello();
    let gateway = Gateway::before(&origin, "", "headers = { \"X-Tier\" = \"gold\" }");
    for name in ["X-Tier", "x_tier"] {
        let mut client = gateway.client();
        let fields = [&format!("Trailer: {name}, X-Other")[..], "Transfer-Encoding: chunked"];
        let body = format!("1\r\na\r\n0\r\n{name}: forged\r\nX-Other: 1\r\n\r\n");
        assert_eq!(client.ask(request("POST /", &fields) + &body).text(), "hello");
        let received = eventually("the request arrives", || origin.requests().pop());
        assert!(!format!("{received:?}").contains("forged"), "{received:?}");
    }
}
