//! Streams of HTTP/2 that are reset before their end. No reason makes half a message a whole one, not even that there was no error.

use std::time::Duration;

use bytes::Bytes;
use h2::Reason;
use http::{HeaderMap, HeaderName, HeaderValue, Response};

use super::functions_http2::one_worker;
use super::peer::{Client, DATA, END_HEADERS, RST_STREAM, WHOLE, frame, request};
use super::support::client;
use super::support::gateway::Gateway;
use super::support::message::Without;
use super::support::origin::Origin;
use super::support::peer::{Exchange, Leave, Peer};
use super::support::{PATIENCE, eventually};

const IN_FLIGHT: &str = "fngate_requests_in_flight{function=\"default/f:$LATEST\"}";

/// What was begun is to arrive before it is ended.
const MOMENT: Duration = Duration::from_millis(50);

fn open(gateway: &Gateway) -> Client {
    Client::open(gateway.address.parse().expect("an address"))
}

/// A function that begins an answer as the path says, and resets it with the reason that the path says.
async fn begin_and_reset(mut exchange: Exchange) -> Result<(), h2::Error> {
    let path = exchange.head.uri.path().to_owned();
    let mut words = path[1..].split('/');
    let mut response = Response::builder();
    let begun = words.next();
    if begun == Some("length") {
        response = response.header("content-length", "10");
    }
    let mut stream = exchange.respond.send_response(response.body(()).expect("a response"), false)?;
    if begun != Some("head") {
        stream.send_data(Bytes::from_static(b"half"), false)?;
    }
    tokio::time::sleep(MOMENT).await;
    match words.next() {
        Some("cut") => exchange.leave(Leave::Cut).await,
        reason => stream.send_reset(reason.and_then(|reason| reason.parse().ok()).map_or(Reason::CANCEL, u32::into)),
    }
    Ok(())
}

#[test]
fn half_an_answer_does_not_look_whole() {
    let peer = Peer::start(|exchange| Box::pin(begin_and_reset(exchange)));
    let gateway = one_worker(&peer.url(), "", "");
    let (mut stream, mut lines) = (1, 0);
    for begun in ["head", "half", "length"] {
        for reason in ["0", "2", "8", "11", "cut"] {
            let path = format!("/{begun}/{reason}");
            let mut plain = gateway.client();
            plain.send(client::request(&format!("GET {path}"), &[]));
            let mut answer = plain.reader.head().expect("read").expect("a head");
            plain.reader.body(&mut answer, Without::Nothing).expect("an end in order");
            assert!(!answer.complete, "{path}: {answer:?}");
            let mut client = open(&gateway);
            assert!(client.send(request(stream, WHOLE, "GET", &path, &[])));
            assert!(client.wait(PATIENCE, |client| client.answer(stream).is_over()), "{path}");
            let answer = client.answer(stream);
            assert!(!answer.ended && answer.reset.is_some(), "{path}: {answer:?}");
            stream += 2;
            lines += 2;
        }
    }
    let aborted = gateway.access(lines).iter().filter(|line| line["aborted"] == "function_closed").count();
    assert_eq!(aborted, lines);
}

#[test]
fn half_a_request_does_not_look_whole() {
    let origin = Origin::start(|connection| {
        let Some(mut message) = connection.reader.head()? else { return Ok(()) };
        // For the test: there is no whole message behind this head.
        match connection.reader.body(&mut message, Without::Nothing) {
            Ok(()) => connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwhole"),
            Err(_cut) => Ok(()),
        }
    });
    let h2c = Peer::start(|mut exchange| {
        Box::pin(async move {
            exchange.read().await?;
            exchange.answer(200, "whole")
        })
    });
    for url in [origin.url(), h2c.url()] {
        let gateway = one_worker(&url, "", "");
        let mut count = 0;
        for begun in [&b""[..], b"abc"] {
            for reason in [0, 1, 2, 5, 8, 11, 255] {
                let client = open(&gateway);
                assert!(client.send(request(1, END_HEADERS, "POST", "/", &[])));
                assert!(begun.is_empty() || client.send(frame(DATA, 0, 1, begun)));
                eventually("it is in flight", || (gateway.metric(IN_FLIGHT) == 1.0).then_some(()));
                std::thread::park_timeout(MOMENT);
                assert!(client.send(frame(RST_STREAM, 0, 1, &[0, 0, 0, reason])));
                eventually("it is over", || (gateway.metric(IN_FLIGHT) == 0.0).then_some(()));
                count += 1;
            }
        }
        for line in gateway.access(count) {
            assert_eq!((&line["status"], &line["aborted"]), (&499.into(), &"client_closed".into()), "{line}");
        }
    }
}

/// Answers with one field or trailer that HTTP/1.1 could not carry, or with more than it may have.
async fn answer_badly(mut exchange: Exchange) -> Result<(), h2::Error> {
    let field = |name: &'static [u8], value| {
        (HeaderName::from_lowercase(name).expect("a name"), HeaderValue::from_static(value))
    };
    let mut response = Response::new(());
    let path = exchange.head.uri.path().to_owned();
    match path.as_str() {
        "/name" => response.headers_mut().extend([field(b"a\"b", "1")]),
        "/value" => response.headers_mut().extend([field(b"a", " 1")]),
        "/many" => {
            for number in 0..101 {
                response.headers_mut().append("x", HeaderValue::from(number));
            }
        }
        "/204" => *response.status_mut() = http::StatusCode::NO_CONTENT,
        "/304" => *response.status_mut() = http::StatusCode::NOT_MODIFIED,
        _ => {}
    }
    let mut stream = exchange.respond.send_response(response, false)?;
    stream.send_data(Bytes::from_static(b"body"), false)?;
    tokio::time::sleep(MOMENT).await;
    stream.send_trailers(match path.as_str() {
        "/trailer-name" => HeaderMap::from_iter([field(b"a\"b", "1")]),
        "/trailer-value" => HeaderMap::from_iter([field(b"a", "1 ")]),
        _ => HeaderMap::new(),
    })
}

#[test]
fn what_http1_would_have_refused_is_refused_of_functions() {
    let peer = Peer::start(|exchange| Box::pin(answer_badly(exchange)));
    let gateway = one_worker(&peer.url(), "", "");
    for path in ["/name", "/value", "/many"] {
        let answer = gateway.get(path);
        assert_eq!(answer.status(), 502, "{path}");
        assert!(answer.text().contains("bad_response"), "{path}: {answer:?}");
    }
    for path in ["/trailer-name", "/trailer-value"] {
        let mut plain = gateway.client();
        plain.send(client::request(&format!("GET {path}"), &[]));
        let mut answer = plain.reader.head().expect("read").expect("a head");
        plain.reader.body(&mut answer, Without::Nothing).expect("an end in order");
        assert!(!answer.complete, "{path}: {answer:?}");
    }
}

#[test]
fn a_body_where_none_may_be_is_not_passed_on() {
    let peer = Peer::start(|exchange| Box::pin(answer_badly(exchange)));
    let gateway = one_worker(&peer.url(), "", "");
    let mut client = open(&gateway);
    for (stream, method, path) in [(1, "GET", "/204"), (3, "GET", "/304"), (5, "HEAD", "/")] {
        assert!(client.send(request(stream, WHOLE, method, path, &[])));
        assert!(client.wait(PATIENCE, |client| client.answer(stream).is_over()), "{path}");
        let answer = client.answer(stream);
        assert!(answer.ended && answer.data.is_empty(), "{path}: {answer:?}");
        let mut plain = gateway.client();
        plain.send(client::request(&format!("{method} {path}"), &[]));
        plain.reader.head().expect("read").expect("a head");
        assert_eq!(plain.ask(client::request("GET /", &[])).text(), "body", "the connection goes on behind {path}");
    }
}
