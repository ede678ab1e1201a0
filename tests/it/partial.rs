//! Answers that break off: everything that the function has sent arrives, and then the end shows that there should have been more.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use bytes::Bytes;
use h2::Reason;
use http::Response;
use rustls::version::TLS13;

use super::functions_http2::one_worker;
use super::peer::{
    Answer, Client as Http2, INITIAL_WINDOW, PREFACE, WHOLE, request as http2_request, settings, window,
};
use super::support::client::request;
use super::support::gateway::{Gateway, simple, surroundings};
use super::support::origin::Origin;
use super::support::peer::Peer;
use super::support::tls::{Authority, TlsClient};
use super::support::{PATIENCE, eventually, pause};

const SENT: &[u8] = b"0123456789";
/// How often each is tried: what is lost is lost in a race.
const TRIES: usize = 20;

/// The beginnings of answers that end with [`SENT`].
const BEGINNINGS: [(&str, &str); 4] = [
    ("a length", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0123456789"),
    ("chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n"),
    ("half a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n14\r\n0123456789"),
    (
        "events",
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n",
    ),
];

/// A function that sends these bytes, and leaves in order or with a reset.
fn breaks_off(answer: impl AsRef<[u8]> + Send + Sync + 'static, resets: bool) -> Origin {
    Origin::start(move |connection| {
        connection.request()?;
        connection.send(answer.as_ref())?;
        if resets { connection.reset() } else { Ok(()) }
    })
}

/// Everything that comes, and how it ends.
fn everything(stream: &mut impl Read) -> (Vec<u8>, io::Result<()>) {
    let (mut bytes, mut chunk) = (Vec::new(), [0; 8192]);
    loop {
        match stream.read(&mut chunk) {
            Ok(0) => return (bytes, Ok(())),
            Ok(count) => bytes.extend_from_slice(&chunk[..count]),
            Err(error) => return (bytes, Err(error)),
        }
    }
}

fn connect(gateway: &Gateway) -> TcpStream {
    let stream = TcpStream::connect(&gateway.address).expect("the gateway accepts");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    stream
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// An answer over HTTP/1.1 that holds `sent` and ends in order, but not where it should.
#[track_caller]
fn assert_cut(what: &str, bytes: &[u8], end: &io::Result<()>, sent: &[u8]) {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(400)]);
    assert!(bytes.starts_with(b"HTTP/1.1 200") && contains(bytes, sent), "{what}: {text}, {end:?}");
    assert!(end.is_ok(), "{what}: {text}, {end:?}");
    assert!(!bytes.ends_with(b"0\r\n\r\n"), "{what}: it looks complete: {text}");
}

#[track_caller]
fn assert_reset(what: &str, answer: &Answer, sent: &[u8]) {
    assert_eq!((answer.status(), answer.data == sent), (Some(200), true), "{what}: {answer:?}");
    assert!(answer.reset.is_some() && !answer.ended, "{what}: {answer:?}");
}

#[test]
fn all_that_was_sent_arrives_over_http1() {
    for (what, beginning) in BEGINNINGS {
        for resets in [false, true] {
            let origin = breaks_off(beginning, resets);
            let gateway = one_worker(&origin.url(), "", "");
            for _ in 0..TRIES {
                let mut client = connect(&gateway);
                client.write_all(request("GET /", &[]).as_bytes()).expect("sent");
                let (bytes, end) = everything(&mut client);
                assert_cut(what, &bytes, &end, SENT);
            }
        }
    }
}

#[test]
fn an_answer_that_only_the_end_delimits_ends_with_a_reset() {
    for (what, beginning) in &BEGINNINGS[1..] {
        let origin = breaks_off(*beginning, false);
        let gateway = one_worker(&origin.url(), "", "");
        for _ in 0..TRIES {
            let mut client = connect(&gateway);
            client.write_all(b"GET / HTTP/1.0\r\nHost: h\r\n\r\n").expect("sent");
            let (bytes, end) = everything(&mut client);
            assert!(bytes.ends_with(SENT), "{what}: {}", String::from_utf8_lossy(&bytes));
            assert_eq!(end.map_err(|error| error.kind()), Err(io::ErrorKind::ConnectionReset), "{what}");
        }
    }
    // One with a length shows its end by itself.
    let origin = breaks_off(BEGINNINGS[0].1, false);
    let gateway = one_worker(&origin.url(), "", "");
    let mut client = connect(&gateway);
    client.write_all(b"GET / HTTP/1.0\r\nHost: h\r\n\r\n").expect("sent");
    let (bytes, end) = everything(&mut client);
    assert!(bytes.ends_with(SENT) && end.is_ok(), "{end:?}");
}

#[test]
fn all_that_was_sent_arrives_over_http2() {
    for (what, beginning) in BEGINNINGS {
        for resets in [false, true] {
            let origin = breaks_off(beginning, resets);
            let gateway = one_worker(&origin.url(), "", "");
            let mut client = Http2::open(gateway.address.parse().expect("an address"));
            let streams: Vec<_> = (0..40).map(|number| 2 * number + 1).collect();
            for &stream in &streams {
                assert!(client.send(http2_request(stream, WHOLE, "GET", "/", &[])));
            }
            for stream in streams {
                assert!(client.wait(PATIENCE, |client| client.answer(stream).is_over()), "{what}");
                assert_reset(what, &client.answer(stream), SENT);
            }
        }
    }
}

#[test]
fn all_that_was_sent_arrives_over_tls() {
    let authority = Authority::new("ca");
    authority.issue("shop", &["shop.test"]);
    let listener = |origin: &Origin| {
        let entry = authority.entry("shop");
        let tls = format!("[[listener]]\naddress = \"127.0.0.1:0\"\n[listener.tls]\ncertificates = [{entry}]\n");
        tls + &simple(&origin.url(), "", "", "")
    };
    for (what, beginning) in BEGINNINGS {
        let origin = breaks_off(beginning, false);
        let gateway = Gateway::with(&listener(&origin));
        for _ in 0..TRIES {
            let config = authority.client(None, &[&TLS13]);
            let mut client = TlsClient::connect(&gateway.address, "shop.test", &config).expect("a handshake");
            client.stream.write_all(request("GET /", &[]).as_bytes()).expect("sent");
            let (bytes, end) = everything(&mut client.stream);
            assert_cut(what, &bytes, &end, SENT);
        }
    }
}

#[test]
fn all_that_a_function_of_http2_sent_arrives() {
    let peer = Peer::start(|mut exchange| {
        Box::pin(async move {
            let mut stream = exchange.respond.send_response(Response::new(()), false)?;
            stream.send_data(Bytes::from_static(SENT), false)?;
            // The function's own library would drop what has not left yet.
            tokio::time::sleep(Duration::from_millis(5)).await;
            stream.send_reset(Reason::INTERNAL_ERROR);
            Ok(())
        })
    });
    let gateway = one_worker(&peer.url(), "", "");
    let mut http2 = Http2::open(gateway.address.parse().expect("an address"));
    for number in 0..40 {
        let mut client = connect(&gateway);
        client.write_all(request("GET /", &[]).as_bytes()).expect("sent");
        let (bytes, end) = everything(&mut client);
        assert_cut("HTTP/1.1", &bytes, &end, SENT);
        let stream = 2 * number + 1;
        assert!(http2.send(http2_request(stream, WHOLE, "GET", "/", &[])));
        assert!(http2.wait(PATIENCE, |client| client.answer(stream).is_over()));
        assert_reset("HTTP/2", &http2.answer(stream), SENT);
    }
}

/// Three megabytes that differ from each other, with a length that is not reached.
fn large() -> Vec<u8> {
    (0..375_000_u64).flat_map(u64::to_be_bytes).collect()
}

#[test]
fn slow_clients_lose_nothing() {
    let body = large();
    let mut answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4c4b40\r\n".to_vec();
    answer.extend_from_slice(&body);
    let whole = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len()).into_bytes();
    let whole = [whole, body.clone()].concat();
    let origin = Origin::start(move |connection| {
        while let Some(request) = connection.request()? {
            if request.start.contains("/whole") {
                connection.send(&whole)?;
            } else {
                return connection.send(&answer);
            }
        }
        Ok(())
    });
    let gateway = one_worker(&origin.url(), "", "");
    for (asked, old) in [("/", false), ("/whole", false), ("/", true)] {
        let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a socket");
        socket.set_recv_buffer_size(16 * 1024).expect("an option");
        let address: std::net::SocketAddr = gateway.address.parse().expect("an address");
        socket.connect(&address.into()).expect("the gateway accepts");
        let mut client = TcpStream::from(socket);
        client.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        let version = if old { "1.0" } else { "1.1" };
        // The answer that breaks off comes alone, or behind one that does not.
        let mut sent = format!("GET {asked} HTTP/{version}\r\nHost: h\r\n\r\n");
        if asked != "/" {
            sent.push_str("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        }
        client.write_all(sent.as_bytes()).expect("sent");
        // By then the function is gone, and the gateway has what the kernel takes.
        eventually("the function is gone", || (asked != "/" || origin.open() == 0).then_some(()));
        let (mut bytes, mut chunk) = (Vec::new(), [0; 16 * 1024]);
        let end = loop {
            match client.read(&mut chunk) {
                Ok(0) => break Ok(()),
                Ok(count) => bytes.extend_from_slice(&chunk[..count]),
                Err(error) => break Err(error),
            }
            if bytes.len() % 7 == 0 {
                pause(Duration::from_millis(1));
            }
        };
        let received = unchunked(&bytes);
        let wanted = if asked == "/" { body.len() } else { 2 * body.len() };
        assert_eq!(received.len(), wanted, "{asked} {old} {end:?}");
        assert!(received.ends_with(&body), "{asked} {old}");
        assert_eq!(end.is_err(), old, "{asked} {end:?}");
    }
}

/// The bodies in these bytes, without heads and without the lines between chunks.
fn unchunked(bytes: &[u8]) -> Vec<u8> {
    let (mut rest, mut body) = (bytes, Vec::new());
    while let Some(end) = rest.windows(4).position(|window| window == b"\r\n\r\n") {
        let head = String::from_utf8_lossy(&rest[..end]).to_ascii_lowercase();
        rest = &rest[end + 4..];
        if let Some(length) = head.split("content-length: ").nth(1) {
            let length: usize = length.split("\r\n").next().expect("a line").parse().expect("a length");
            let (this, next) = rest.split_at(length.min(rest.len()));
            body.extend_from_slice(this);
            rest = next;
        } else if head.contains("transfer-encoding: chunked") {
            while let Some(line) = rest.windows(2).position(|window| window == b"\r\n") {
                let size = usize::from_str_radix(&String::from_utf8_lossy(&rest[..line]), 16).expect("a size");
                let (this, next) = rest[line + 2..].split_at(size.min(rest.len() - line - 2));
                body.extend_from_slice(this);
                rest = next.strip_prefix(b"\r\n").unwrap_or(next);
            }
        } else {
            body.extend_from_slice(rest);
            rest = &[];
        }
    }
    body
}

#[test]
fn a_client_of_http2_that_opens_its_window_late_loses_nothing() {
    let body = large();
    let answer = [b"HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\n", &body[..]].concat();
    let origin = breaks_off(answer, false);
    let gateway = one_worker(&origin.url(), "", "");
    let mut client = Http2::connect(gateway.address.parse().expect("an address"));
    assert!(client.send([PREFACE, &settings(&[(INITIAL_WINDOW, 1000)])].concat()));
    assert!(client.send(http2_request(1, WHOLE, "GET", "/", &[])));
    let (mut seen, step) = (0, 30_000);
    while !client.answer(1).is_over() {
        client.wait(PATIENCE, |client| client.answer(1).data.len() > seen || client.answer(1).is_over());
        seen = client.answer(1).data.len();
        client.send([window(0, step), window(1, step)].concat());
    }
    assert_reset("a late window", &client.answer(1), &body);
}

#[test]
fn what_the_gateway_ends_has_arrived_before() {
    // A function that goes on for ever, and one that says nothing more.
    for (function, ended, goes_on) in
        [("stream_idle = \"300ms\"", "stream_idle", false), ("stream_max = \"300ms\"", "stream_max", true)]
    {
        let origin = Origin::start(move |connection| {
            connection.request()?;
            connection.send(BEGINNINGS[1].1)?;
            if goes_on {
                loop {
                    connection.send("a\r\n0123456789\r\n")?;
                    pause(Duration::from_millis(1));
                }
            }
            while connection.reader.fill()? {}
            Ok(())
        });
        let gateway = one_worker(&origin.url(), "", function);
        let mut client = connect(&gateway);
        client.write_all(request("GET /", &[]).as_bytes()).expect("sent");
        let (bytes, end) = everything(&mut client);
        assert_cut(ended, &bytes, &end, SENT);
        let mut http2 = Http2::open(gateway.address.parse().expect("an address"));
        assert!(http2.send(http2_request(1, WHOLE, "GET", "/", &[])));
        assert!(http2.wait(PATIENCE, |client| client.answer(1).is_over()));
        let answer = http2.answer(1);
        assert!(answer.reset.is_some() && answer.data.starts_with(SENT), "{answer:?}");
        let lines = gateway.access(2);
        assert!(lines.iter().all(|line| line["aborted"] == ended), "{lines:?}");
    }
}

#[test]
fn a_drain_that_is_over_leaves_what_was_sent() {
    let folder = tempfile::tempdir().expect("a folder");
    let origin = Origin::start(|connection| {
        connection.request()?;
        connection.send(BEGINNINGS[1].1)?;
        while connection.reader.fill()? {}
        Ok(())
    });
    let text = simple(&origin.url(), "drain_timeout = \"300ms\"", "", "");
    let path = folder.path().join("fngate.toml");
    std::fs::write(&path, text + "\n" + &surroundings(folder.path())).expect("written");
    let gateway = Gateway::from_file(&path);
    let mut client = connect(&gateway);
    client.write_all(request("GET /", &[]).as_bytes()).expect("sent");
    let mut http2 = Http2::open(gateway.address.parse().expect("an address"));
    assert!(http2.send(http2_request(1, WHOLE, "GET", "/", &[])));
    eventually("both are served", || (origin.open() == 2).then_some(()));
    gateway.stop();
    let (bytes, end) = everything(&mut client);
    assert_cut("drain", &bytes, &end, SENT);
    http2.wait(PATIENCE, |client| client.end().is_some());
    assert_eq!(http2.answer(1).data, SENT);
}
