//! Answers that come before the body of the request is through: they arrive, whatever becomes of the rest.

use std::io::{Read, Write};
use std::net::TcpStream;

use super::functions_http2::one_worker;
use super::peer::{Client as Http2, DATA, END_HEADERS, END_STREAM, frame, head, request as http2_request};
use super::support::PATIENCE;
use super::support::client::request;
use super::support::gateway::{Gateway, simple};
use super::support::origin::Origin;

const TRIES: usize = 20;

/// A function that answers when it has read a head, and closes with all of the body unread, as gunicorn does.
fn refuses() -> Origin {
    Origin::start(|connection| {
        connection.reader.head()?;
        connection.send("HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno")
    })
}

/// The status that a client sees that sends all of its body whatever comes, and reads only then.
fn ask(gateway: &Gateway, size: usize, chunked: bool) -> String {
    let mut stream = TcpStream::connect(&gateway.address).expect("the gateway accepts");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    let mut bytes = if chunked {
        let mut bytes = request("POST /", &["Transfer-Encoding: chunked"]).into_bytes();
        bytes.extend_from_slice(format!("{size:x}\r\n").as_bytes());
        bytes
    } else {
        request("POST /", &[&format!("Content-Length: {size}")]).into_bytes()
    };
    bytes.resize(bytes.len() + size, b'x');
    if chunked {
        bytes.extend_from_slice(b"\r\n0\r\n\r\n");
    }
    if let Err(error) = stream.write_all(&bytes) {
        return format!("while sending: {error}");
    }
    let mut answer = [0; 12];
    match stream.read_exact(&mut answer) {
        Ok(()) => String::from_utf8_lossy(&answer).into_owned(),
        Err(error) => format!("while reading: {error}"),
    }
}

#[test]
fn the_answer_of_a_function_that_does_not_read_arrives() {
    let origin = refuses();
    let gateway = one_worker(&origin.url(), "", "");
    for size in [10, 200_000, 1_000_000, 5_000_000] {
        for chunked in [false, true] {
            for _ in 0..TRIES {
                assert_eq!(ask(&gateway, size, chunked), "HTTP/1.1 403", "{size} {chunked}");
            }
        }
    }
}

#[test]
fn an_answer_of_the_gateway_arrives() {
    let origin = Origin::hello();
    let gateway = one_worker(&origin.url(), "max_body_bytes = \"1KiB\"", "");
    for size in [2000, 200_000, 2_000_000, 5_000_000] {
        for chunked in [false, true] {
            for _ in 0..TRIES {
                assert_eq!(ask(&gateway, size, chunked), "HTTP/1.1 413", "{size} {chunked}");
            }
        }
    }
}

/// A client of HTTP/2 sends half of a body, gets its answer, and sends the other half.
#[test]
fn a_stream_that_is_answered_early_is_not_reset() {
    let origin = refuses();
    let limit = "max_body_bytes = \"10B\"";
    for (what, gateway, path, host, status) in [
        ("a function", "", "/", "h.example", 403),
        ("nobody", "", "/", "nobody.example", 404),
        ("an announced length", limit, "/", "h.example", 413),
        ("a length that comes to light", limit, "/chunked", "h.example", 413),
    ] {
        let text = simple(&origin.url(), gateway, "", "").replace("hosts = [\"*\"]", "hosts = [\"h.example\"]");
        let gateway = Gateway::with(&text);
        let mut client = Http2::open(gateway.address.parse().expect("an address"));
        for number in 0..TRIES {
            let stream = u32::try_from(2 * number + 1).expect("a stream");
            let pseudo = [(":method", "POST"), (":scheme", "http"), (":path", path), (":authority", host)];
            let fields = pseudo.iter().copied().chain((path == "/").then_some(("content-length", "2000")));
            let fields: Vec<_> = fields.map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
            let begun = [head(stream, END_HEADERS, &fields), frame(DATA, 0, stream, &[b'x'; 1000])].concat();
            assert!(client.send(begun));
            assert!(client.wait(PATIENCE, |client| client.answer(stream).is_over()), "{what}");
            assert!(client.send(frame(DATA, END_STREAM, stream, &[b'x'; 1000])));
            // What comes behind is answered later.
            assert!(client.send(http2_request(stream + 1000, END_HEADERS | END_STREAM, "GET", "/", &[])));
            assert!(client.wait(PATIENCE, |client| client.answer(stream + 1000).is_over()), "{what}");
            let answer = client.answer(stream);
            assert_eq!((answer.status(), answer.ended, answer.reset), (Some(status), true, None), "{what}: {answer:?}");
            client = Http2::open(gateway.address.parse().expect("an address"));
        }
    }
}

#[test]
fn an_upload_that_goes_on_and_on_is_reset_in_the_end() {
    let origin = refuses();
    let gateway = one_worker(&origin.url(), "client_body_idle = \"1s\"", "");
    let mut client = Http2::open(gateway.address.parse().expect("an address"));
    assert!(client.send(http2_request(1, END_HEADERS, "POST", "/", &[])));
    assert!(client.send(frame(DATA, 0, 1, b"x")));
    assert!(client.wait(PATIENCE, |client| client.answer(1).reset.is_some()));
    let answer = client.answer(1);
    assert_eq!((answer.status(), answer.ended, answer.reset), (Some(403), true, Some(0)), "{answer:?}");
}
