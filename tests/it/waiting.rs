//! Every wait has its end.

use std::time::Duration;

use tokio::time::Instant;

use super::port::free_port;
use super::support::client::request;
use super::support::gateway::{Gateway, simple};
use super::support::hanging::Hanging;
use super::support::origin::Origin;
use super::support::{eventually, pause};

/// What a deadline may be late by on a busy machine.
const LATE: Duration = Duration::from_millis(400);

#[track_caller]
fn assert_took(began: Instant, wanted: Duration) {
    let took = began.elapsed();
    assert!(took >= wanted && took < wanted + LATE, "{took:?} instead of {wanted:?}");
}

/// A function that reads requests and never answers.
fn silent() -> Origin {
    Origin::start(|connection| {
        while connection.request()?.is_some() {}
        Ok(())
    })
}

#[test]
fn a_function_that_does_not_answer_is_a_504() {
    let origin = silent();
    let gateway = Gateway::before(&origin, "", "timeout = \"300ms\"");
    let began = Instant::now();
    let mut client = gateway.client();
    let answer = client.ask(request("GET /", &[]));
    assert_took(began, Duration::from_millis(300));
    assert_eq!((answer.status(), answer.reason().as_str()), (504, "function_timeout"));
    assert!(answer.problem()["detail"].as_str().expect("text").contains("300ms"), "{answer:?}");
    assert!(answer.field("proxy-status").expect("a field").contains("http_response_timeout"));
    eventually("the request to the function is aborted", || (origin.open() == 0).then_some(()));
    // The connection to the client is well and the slot is free.
    assert_eq!(client.ask(request("GET /", &[])).status(), 504);
    assert_eq!(gateway.metric("fngate_requests_in_flight{function=\"default/f:$LATEST\"}"), 0.0);
}

#[test]
fn the_clock_starts_again_with_each_chunk_of_the_request() {
    let origin = silent();
    let gateway = Gateway::before(&origin, "", "timeout = \"400ms\"");
    let mut client = gateway.client();
    let began = Instant::now();
    client.send(request("POST /", &["Content-Length: 4"]));
    for _ in 0..4 {
        pause(Duration::from_millis(200));
        client.send("x");
    }
    assert_eq!(client.receive().reason(), "function_timeout");
    assert_took(began, Duration::from_millis(4 * 200 + 400));
}

#[test]
fn an_api_overrides_the_timeout_of_its_function() {
    let origin = silent();
    let gateway = Gateway::with(&simple(&origin.url(), "", "timeout = \"20s\"", "timeout = \"200ms\""));
    let began = Instant::now();
    assert_eq!(gateway.get("/").reason(), "function_timeout");
    assert_took(began, Duration::from_millis(200));
}

#[test]
fn a_request_body_that_stops_is_a_408() {
    let origin = silent();
    let gateway = Gateway::before(&origin, "client_body_idle = \"300ms\"", "timeout = \"20s\"");
    let mut client = gateway.client();
    client.send(request("POST /", &["Content-Length: 10"]));
    client.send("abc");
    let began = Instant::now();
    let answer = client.receive();
    assert_took(began, Duration::from_millis(290));
    assert_eq!((answer.status(), answer.reason().as_str()), (408, "request_timeout"));
    assert!(client.is_closed());
    eventually("the request to the function is aborted", || (origin.open() == 0).then_some(()));
}

#[test]
fn a_head_that_does_not_end_is_a_408_and_silence_just_ends() {
    let origin = Origin::hello();
    let gateway = Gateway::before(&origin, "header_read_timeout = \"300ms\"", "");
    let mut slow = gateway.client();
    let began = Instant::now();
    slow.send("GET / HTTP/1.1\r\nHos");
    let answer = slow.receive();
    assert_took(began, Duration::from_millis(290));
    assert_eq!((answer.status(), answer.reason().as_str()), (408, "request_timeout"));
    assert!(slow.is_closed());
    let mut silent = gateway.client();
    assert!(silent.is_closed());
    let lines = gateway.access(1);
    assert_eq!((&lines[0]["reason"], &lines[0]["path"]), (&"request_timeout".into(), &"".into()));
}

#[test]
fn a_head_has_its_time_from_its_first_byte_on_a_used_connection() {
    let origin = Origin::hello();
    let gateway = Gateway::before(&origin, "header_read_timeout = \"500ms\"\nkeepalive_timeout = \"10s\"", "");
    let mut client = gateway.client();
    client.ask(request("GET /", &[]));
    pause(Duration::from_millis(700));
    let began = Instant::now();
    client.send("GET /");
    assert_eq!(client.receive().reason(), "request_timeout");
    assert_took(began, Duration::from_millis(490));
}

#[test]
fn an_idle_connection_is_closed() {
    let origin = Origin::hello();
    let gateway = Gateway::before(&origin, "keepalive_timeout = \"300ms\"", "");
    let mut client = gateway.client();
    client.ask(request("GET /", &[]));
    let began = Instant::now();
    assert!(client.is_closed());
    assert_took(began, Duration::from_millis(250));
}

#[test]
fn a_client_that_takes_nothing_is_let_go() {
    let origin = Origin::start(|connection| {
        connection.request()?;
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")?;
        loop {
            connection.send([0; 65536])?;
        }
    });
    let gateway = Gateway::before(&origin, "client_body_idle = \"300ms\"", "");
    let mut client = gateway.client();
    // To a client of HTTP/1.0 the end of the connection could be the end of the body.
    client.send("GET / HTTP/1.0\r\nHost: h\r\n\r\n");
    eventually("the function is let go", || (origin.connections() == 1 && origin.open() == 0).then_some(()));
    let ended = client.reader.rest().expect_err("a response that broke off must not look complete");
    assert_eq!(ended.kind(), std::io::ErrorKind::ConnectionReset);
}

#[test]
fn a_stream_may_not_pause_or_last_too_long() {
    let origin = Origin::start(|connection| {
        let Some(request) = connection.request()? else { return Ok(()) };
        connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")?;
        if request.start.contains("idle") {
            connection.reader.fill()?;
        }
        loop {
            connection.send("1\r\nb\r\n")?;
            pause(Duration::from_millis(50));
        }
    });
    let gateway = Gateway::before(&origin, "", "stream_idle = \"300ms\"\nstream_max = \"800ms\"");
    for (count, (path, limit, aborted)) in
        [("/idle", 300, "stream_idle"), ("/max", 800, "stream_max")].into_iter().enumerate()
    {
        let mut client = gateway.client();
        let began = Instant::now();
        client.send(request(&format!("GET {path}"), &[]));
        let mut answer = client.reader.head().expect("a head").expect("a head");
        while let Ok(Some(_)) = client.reader.chunk(&mut answer) {}
        assert_took(began, Duration::from_millis(limit));
        assert!(!answer.complete, "a response that broke off must not look complete");
        let lines = gateway.access(count + 1);
        assert!(lines.iter().any(|line| line["aborted"] == aborted && line["status"] == 200), "{lines:?}");
    }
}

#[test]
fn a_function_that_is_just_starting_is_waited_for() {
    let unused = free_port();
    let url = format!("http://127.0.0.1:{unused}");
    let gateway = Gateway::with(&simple(&url, "", "start_wait = \"5s\"", ""));
    let mut client = gateway.client();
    client.send(request("GET /", &[]));
    pause(Duration::from_millis(300));
    let _origin = Origin::start_on(unused, |connection| {
        while connection.request()?.is_some() {
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nstarted")?;
        }
        Ok(())
    });
    assert_eq!(client.receive().text(), "started");
}

#[test]
fn connecting_has_a_limit_of_its_own() {
    let full = Hanging::start();
    let url = full.url();
    let gateway = Gateway::with(&simple(&url, "", "connect_timeout = \"300ms\"\nstart_wait = \"0s\"", ""));
    let began = Instant::now();
    let answer = gateway.get("/");
    assert_took(began, Duration::from_millis(300));
    assert_eq!((answer.status(), answer.reason().as_str()), (504, "connect_timeout"));
    drop(full);
    let impatient = Gateway::with(&simple(&url, "", "timeout = \"200ms\"", ""));
    let answer = impatient.get("/");
    assert_eq!(answer.reason(), if answer.status() == 504 { "function_timeout" } else { "function_unreachable" });
}

#[test]
fn slots_queue_and_refusal() {
    let origin = Origin::start(|connection| {
        while connection.request()?.is_some() {
            pause(Duration::from_millis(600));
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")?;
        }
        Ok(())
    });
    let limits = "max_concurrency = 1\nqueue = 1\nqueue_timeout = \"200ms\"";
    let gateway = Gateway::before(&origin, "", limits);
    let mut clients: Vec<_> = (0..3).map(|_| gateway.client()).collect();
    let series = |name: &str| gateway.metric(&format!("{name}{{function=\"default/f:$LATEST\"}}"));
    clients[0].send(request("GET /", &[]));
    eventually("the slot is taken", || (series("fngate_requests_in_flight") > 0.0).then_some(()));
    clients[1].send(request("GET /", &[]));
    eventually("the queue is full", || (series("fngate_queue_depth") > 0.0).then_some(()));
    let refused = clients[2].ask(request("GET /", &[]));
    assert_eq!((refused.status(), refused.reason().as_str()), (429, "concurrency_limited"));
    assert_eq!(refused.field("retry-after"), Some("1"));
    let late = clients[1].receive();
    assert_eq!((late.status(), late.reason().as_str()), (503, "queue_timeout"));
    assert_eq!(clients[0].receive().status(), 200);
    assert_eq!(clients[2].ask(request("GET /", &[])).status(), 200);
    let lines = gateway.access(4);
    assert!(lines.iter().any(|line| line["queue_ms"].as_f64().is_some_and(|waited| waited >= 190.0)), "{lines:?}");
    assert_eq!((series("fngate_requests_in_flight"), series("fngate_queue_depth")), (0.0, 0.0));
}
