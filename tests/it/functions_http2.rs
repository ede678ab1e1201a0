//! Functions over HTTP/2: what they get, what they may answer, and how waits and ends look to them.

use std::time::Duration;

use bytes::Bytes;
use h2::Reason;
use h2::server::Builder;
use http::Response;
use tokio::time::Instant;

use super::support::client::request;
use super::support::eventually;
use super::support::gateway::{Gateway, simple};
use super::support::origin::Origin;
use super::support::peer::{Peer, line, send, text};

pub fn one_worker(url: &str, gateway: &str, function: &str) -> Gateway {
    Gateway::with(&simple(url, gateway, function, "").replace("workers = 2", "workers = 1"))
}

#[test]
fn a_request_arrives_in_the_terms_of_http2() {
    let peer = Peer::echo();
    let gateway = one_worker(&peer.url(), "", "headers = { X-Stage = \"prod\" }");
    let fields = ["X-Own: 1", "TE: trailers", "Connection: TE", "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0"];
    let answer = gateway.client().ask(request("POST /a?b=1", &fields));
    assert_eq!((answer.status(), answer.text().as_str()), (200, "abc"));
    assert!(answer.field("x-api-requestid").is_some());
    let head = peer.heads().remove(0);
    assert_eq!(line(&head), "POST http://h/a?b=1");
    for (name, value) in [("x-own", "1"), ("x-stage", "prod"), ("te", "trailers"), ("x-scf-name", "f")] {
        assert_eq!(text(&head.headers, name), value, "{name}");
    }
    assert!(!text(&head.headers, "x-scf-request-id").is_empty());
    for name in ["host", "connection", "transfer-encoding", "upgrade", "keep-alive"] {
        assert!(!head.headers.contains_key(name), "{name}");
    }
    for _ in 0..5 {
        assert_eq!(gateway.client().ask(request("POST /", &["Content-Length: 2\r\n\r\nab"])).text(), "ab");
        assert_eq!(gateway.get("/").text(), "");
    }
    assert_eq!(peer.connections(), 1);
}

#[test]
fn an_answer_has_the_words_of_its_status() {
    let peer = Peer::start(|mut exchange| {
        Box::pin(async move {
            let status: u16 = exchange.head.uri.path()[1..].parse().expect("a status");
            exchange.respond.send_response(Response::builder().status(status).body(()).expect("a head"), true).map(drop)
        })
    });
    let gateway = one_worker(&peer.url(), "", "");
    for (path, start) in [("/200", "HTTP/1.1 200 OK"), ("/404", "HTTP/1.1 404 Not Found"), ("/299", "HTTP/1.1 299 ")] {
        assert_eq!(gateway.get(path).start, start);
    }
}

#[test]
fn one_that_takes_no_request_has_closed_it() {
    let peer = Peer::start(|mut exchange| {
        Box::pin(async move {
            exchange.respond.send_reset(Reason::REFUSED_STREAM);
            Ok(())
        })
    });
    let gateway = one_worker(&peer.url(), "", "");
    for body in ["", "Content-Length: 2\r\n\r\nab"] {
        let fields: Vec<_> = Some(body).filter(|body| !body.is_empty()).into_iter().collect();
        let answer = gateway.client().ask(request("POST /", &fields));
        assert_eq!((answer.status(), answer.reason().as_str()), (502, "function_closed"), "{body:?}");
    }
}

#[test]
fn answers_without_a_body_have_none() {
    let peer = Peer::start(|mut exchange| {
        Box::pin(async move {
            let status = exchange.head.uri.path()[1..].parse().unwrap_or(200);
            let response =
                Response::builder().status(status).header("content-length", if status == 204 { "0" } else { "5" });
            exchange.respond.send_response(response.body(()).expect("a response"), true).map(drop)
        })
    });
    let gateway = one_worker(&peer.url(), "", "");
    for line in ["HEAD /200", "GET /304"] {
        let mut client = gateway.client();
        client.send(request(line, &[]));
        let head = client.reader.head().expect("read").expect("a head");
        assert_eq!(head.field("content-length"), Some("5"), "{line}: {head:?}");
        assert_eq!(client.ask(request("GET /204", &[])).status(), 204);
    }
}

/// Whether its head ends the stream or a frame behind it.
#[test]
fn an_answer_of_nothing_ends() {
    let peer = Peer::start(|mut exchange| {
        Box::pin(async move {
            let ends = exchange.head.uri.path() == "/head";
            let mut stream = exchange.respond.send_response(Response::new(()), ends)?;
            if !ends {
                stream.send_data(Bytes::new(), true)?;
            }
            Ok(())
        })
    });
    let gateway = one_worker(&peer.url(), "", "");
    let mut client = gateway.client();
    for (path, length) in [("/head", Some("0")), ("/data", None), ("/head", Some("0"))] {
        let answer = client.ask(request(&format!("GET {path}"), &[]));
        assert_eq!((answer.status(), answer.text().as_str()), (200, ""), "{path}: {answer:?}");
        assert_eq!(answer.field("content-length"), length, "{path}");
    }
}

#[test]
fn requests_at_once_share_a_connection() {
    let peer = Peer::start(|mut exchange| {
        Box::pin(async move {
            tokio::time::sleep(Duration::from_millis(200)).await;
            exchange.answer(200, "ok")
        })
    });
    let gateway = one_worker(&peer.url(), "", "");
    let mut clients: Vec<_> = (0..50).map(|_| gateway.client()).collect();
    clients.iter_mut().for_each(|client| client.send(request("GET /", &[])));
    clients.iter_mut().for_each(|client| assert_eq!(client.receive().text(), "ok"));
    assert_eq!(peer.connections(), 1);
    let idle = "fngate_instance_connections{function=\"default/f:$LATEST\",state=\"idle\"}";
    eventually("the connection is idle", || (gateway.metric(idle) == 1.0).then_some(()));
}

#[test]
fn a_function_that_takes_few_at_once_gets_more_connections() {
    let peer = Peer::with(Builder::new().max_concurrent_streams(1), None, |mut exchange| {
        Box::pin(async move {
            exchange.read().await?;
            tokio::time::sleep(Duration::from_millis(5)).await;
            exchange.answer(200, "ok")
        })
    });
    let gateway = one_worker(&peer.url(), "", "");
    let mut clients: Vec<_> = (0..20).map(|_| gateway.client()).collect();
    for _ in 0..5 {
        clients.iter_mut().for_each(|client| client.send(request("POST /", &["Content-Length: 1\r\n\r\nx"])));
        clients.iter_mut().for_each(|client| assert_eq!(client.receive().text(), "ok"));
    }
    assert_eq!(peer.heads().len(), 100);
}

#[test]
fn both_ways_stream_at_once_and_trailers_pass() {
    let peer = Peer::echo();
    let gateway = one_worker(&peer.url(), "", "");
    let mut client = gateway.client();
    let fields = ["TE: trailers", "Connection: TE", "Trailer: X-Sum", "Transfer-Encoding: chunked"];
    client.send(request("POST /", &fields));
    client.send("1\r\na\r\n");
    let mut answer = client.reader.head().expect("read").expect("a head");
    for letter in ["b", "c", "d"] {
        // What was sent is back before more is sent.
        let chunk = client.reader.take(6).expect("a chunk");
        assert!(chunk.starts_with(b"1\r\n"), "{chunk:?}");
        client.send(format!("1\r\n{letter}\r\n"));
    }
    client.send("0\r\nX-Sum: 7\r\n\r\n");
    client.reader.body(&mut answer, super::support::message::Without::Nothing).expect("the rest");
    assert_eq!(answer.text(), "d");
    assert_eq!(answer.trailers, [("x-sum".to_owned(), "7".to_owned())]);
}

#[test]
fn a_client_that_leaves_resets_the_stream() {
    let peer = Peer::start(|mut exchange| {
        Box::pin(async move {
            if exchange.head.uri.path() == "/wait" {
                return exchange.await_reset().await;
            }
            let mut stream = exchange.respond.send_response(Response::new(()), false)?;
            send(&mut stream, Bytes::from_static(b"begun")).await?;
            exchange.await_reset_of(&mut stream).await
        })
    });
    let gateway = one_worker(&peer.url(), "", "");
    // While waiting, in the middle of an answer; with a body that goes on, and without.
    let upload = "Content-Length: 1000000\r\n\r\nx";
    for (count, (line, field)) in
        [("GET /wait", "X: y"), ("GET /", "X: y"), ("POST /wait", upload), ("POST /", upload)].into_iter().enumerate()
    {
        let mut client = gateway.client();
        client.send(request(line, &[field]));
        if line.ends_with("wait") {
            eventually("the request arrives", || (peer.heads().len() > count).then_some(()));
        } else {
            client.reader.head().expect("a head");
        }
        drop(client);
        eventually("the stream is reset", || (peer.resets().len() > count).then_some(()));
        let free = "fngate_requests_in_flight{function=\"default/f:$LATEST\"}";
        eventually("the slot is free", || (gateway.metric(free) == 0.0).then_some(()));
    }
    assert_eq!(peer.resets(), [Reason::CANCEL; 4]);
    assert_eq!(peer.connections(), 1, "others on the connection would not notice");
}

#[test]
fn an_upload_that_the_function_does_not_take_is_given_up_with_its_answer() {
    let peer = Peer::start(|mut exchange| {
        Box::pin(async move {
            let mut stream = exchange.respond.send_response(Response::new(()), false)?;
            send(&mut stream, Bytes::from_static(b"begun")).await?;
            exchange.await_reset_of(&mut stream).await
        })
    });
    let gateway = one_worker(&peer.url(), "", "stream_idle = \"500ms\"");
    let mut client = gateway.client();
    client.send(request("POST /", &["Content-Length: 1000000"]));
    client.reader.head().expect("a head");
    client.stream.set_write_timeout(Some(Duration::from_millis(300))).expect("a timeout");
    // More than the window of the stream.
    let _ = std::io::Write::write_all(&mut client.stream, &[b'x'; 500_000]);
    // The sender waits for room, not for the client.
    eventually("the stream is reset", || (peer.resets() == [Reason::CANCEL]).then_some(()));
}

#[test]
fn waits_have_their_deadlines() {
    let peer = Peer::start(|mut exchange| Box::pin(async move { exchange.await_reset().await }));
    let gateway = one_worker(&peer.url(), "client_body_idle = \"600ms\"", "timeout = \"300ms\"");
    for (field, status, reason, after) in
        [("X: y", 504, "function_timeout", 300), ("Content-Length: 9\r\n\r\nx", 504, "function_timeout", 300)]
    {
        let began = Instant::now();
        let answer = gateway.client().ask(request("POST /", &[field]));
        let took = began.elapsed().as_millis();
        assert_eq!(answer.status(), status, "{answer:?}");
        assert!(answer.text().contains(reason), "{answer:?}");
        assert!((after..after + 1500).contains(&took), "{took}");
    }
    eventually("both are reset", || (peer.resets().len() == 2).then_some(()));
    let gateway = one_worker(&peer.url(), "client_body_idle = \"300ms\"", "timeout = \"10s\"");
    let began = Instant::now();
    let answer = gateway.client().ask(request("POST /", &["Content-Length: 9\r\n\r\nx"]));
    let took = began.elapsed().as_millis();
    assert_eq!(answer.status(), 408, "{answer:?}");
    assert!((300..1800).contains(&took), "{took}");
    eventually("the function is told", || (peer.resets() == [Reason::CANCEL; 3]).then_some(()));
}

#[test]
fn a_function_that_does_not_speak_http2_is_unreachable() {
    let origin = Origin::answering("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    for url in [origin.url(), format!("http://{}", silent.local_addr().expect("an address"))] {
        let gateway = one_worker(&url.replace("http:", "h2c:"), "", "connect_timeout = \"200ms\"");
        let answer = gateway.get("/");
        assert_eq!(answer.status(), 502);
        assert!(answer.text().contains("it does not speak HTTP/2"), "{answer:?}");
    }
}

#[test]
fn a_body_that_waits_to_be_asked_for_is_asked_for() {
    let peer = Peer::echo();
    let gateway = one_worker(&peer.url(), "", "");
    let mut client = gateway.client();
    client.send(request("POST /", &["Content-Length: 2", "Expect: 100-continue"]));
    assert_eq!(client.receive().status(), 100);
    client.send("ab");
    assert_eq!(client.receive().text(), "ab");
    assert!(!peer.heads()[0].headers.contains_key("expect"));
}

#[test]
fn a_body_that_breaks_off_resets_the_stream() {
    let peer = Peer::start(|mut exchange| Box::pin(async move { exchange.await_reset().await }));
    let gateway = one_worker(&peer.url(), "max_body_bytes = \"2B\"", "");
    for (fields, status) in
        [("Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", 413), ("Transfer-Encoding: chunked\r\n\r\nx", 400)]
    {
        let answer = gateway.client().ask(request("POST /", &[fields]));
        assert_eq!(answer.status(), status, "{answer:?}");
    }
    eventually("both are reset", || (peer.resets() == [Reason::CANCEL; 2]).then_some(()));
}

#[test]
fn an_upgrade_is_an_ordinary_request_to_h2c() {
    let peer = Peer::echo();
    let gateway = one_worker(&peer.url(), "", "");
    let answer = gateway.client().ask(request("GET /", &["Connection: Upgrade", "Upgrade: websocket"]));
    assert_eq!(answer.status(), 200);
}

#[test]
fn keepalive_says_how_long_a_connection_without_a_request_is_kept() {
    for (keepalive, connections) in [("auto", [1, 1]), ("1s", [1, 2]), ("0s", [3, 4])] {
        let peer = Peer::echo();
        let gateway = one_worker(&peer.url(), "", &format!("keepalive = \"{keepalive}\""));
        for _ in 0..3 {
            gateway.get("/");
        }
        assert_eq!(peer.connections(), connections[0], "{keepalive}");
        if keepalive != "auto" {
            eventually("the connection is closed", || (peer.open() == 0).then_some(()));
        }
        gateway.get("/");
        assert_eq!(peer.connections(), connections[1], "{keepalive}");
    }
}
