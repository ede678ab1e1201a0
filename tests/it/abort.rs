//! One side leaves in the middle.

use std::net::Shutdown;
use std::time::Duration;

use tokio::time::Instant;

use super::support::client::{Client, request};
use super::support::gateway::Gateway;
use super::support::origin::Origin;
use super::support::{PATIENCE, eventually};

const AT_ONCE: Duration = Duration::from_millis(100);

#[track_caller]
fn assert_function_is_let_go(origin: &Origin, since: Instant) {
    eventually("the function sees its connection close", || (origin.open() == 0).then_some(()));
    let took = since.elapsed();
    assert!(took < AT_ONCE, "{took:?}");
}

#[test]
fn a_client_that_leaves_while_waiting_frees_the_function_at_once() {
    let origin = Origin::start(|connection| {
        while connection.request()?.is_some() {}
        Ok(())
    });
    let gateway = Gateway::before(&origin, "", "");
    let mut client = gateway.client();
    client.send(request("GET /", &[]));
    eventually("the request arrives", || origin.requests().pop());
    let left = Instant::now();
    drop(client);
    assert_function_is_let_go(&origin, left);
    let line = gateway.access(1).remove(0);
    assert_eq!((&line["status"], &line["aborted"]), (&499.into(), &"client_closed".into()));
    assert_eq!(gateway.metric("fngate_requests_in_flight{function=\"default/f:$LATEST\"}"), 0.0);
}

#[test]
fn a_client_that_leaves_in_the_middle_of_a_stream_frees_the_function_at_once() {
    let origin = Origin::start(|connection| {
        connection.request()?;
        connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")?;
        connection.reader.fill().map(|_| ())
    });
    let gateway = Gateway::before(&origin, "", "");
    let mut client = gateway.client();
    client.send(request("GET /", &[]));
    client.reader.head().expect("a head");
    let left = Instant::now();
    client.stream.shutdown(Shutdown::Both).expect("closed");
    assert_function_is_let_go(&origin, left);
    let line = gateway.access(1).remove(0);
    assert_eq!((&line["status"], &line["aborted"]), (&200.into(), &"client_closed".into()));
}

#[test]
fn a_client_that_leaves_in_the_middle_of_its_body_frees_the_function_at_once() {
    let origin = Origin::start(|connection| {
        let Some(head) = connection.reader.head()? else { return Ok(()) };
        connection.record(&head);
        while connection.reader.fill()? {}
        Ok(())
    });
    let gateway = Gateway::before(&origin, "", "");
    let mut client = gateway.client();
    client.send(request("POST /", &["Content-Length: 100"]));
    client.send("some");
    eventually("the request arrives", || origin.requests().pop());
    let left = Instant::now();
    drop(client);
    assert_function_is_let_go(&origin, left);
}

#[test]
fn a_client_that_leaves_a_stalled_upload_frees_the_function_at_once() {
    // The function reads nothing, so the gateway must stop reading as well: the end is behind bytes that it cannot take.
    let origin = Origin::start(|connection| {
        let Some(head) = connection.reader.head()? else { return Ok(()) };
        connection.record(&head);
        super::support::pause(Duration::from_secs(60));
        while connection.reader.fill()? {}
        Ok(())
    });
    // On a machine with many sockets it takes long to look into the kernel's table.
    let gateway = Gateway::before(&origin, "", "timeout = \"5m\"");
    let mut client = gateway.client();
    client.send(request("POST /", &["Content-Length: 100000000"]));
    // As much as it takes for the gateway to stop reading, and no more: behind a full window not even the end arrives.
    let port = client.stream.local_addr().expect("an address").port();
    while !super::support::stays_unread(port) {
        client.send([0; 32 * 1024]);
    }
    let left = Instant::now();
    drop(client);
    let line = gateway.access(1).remove(0);
    assert_eq!((&line["status"], &line["aborted"]), (&499.into(), &"client_closed".into()));
    assert!(left.elapsed() < Duration::from_millis(500), "{:?}", left.elapsed());
}

/// What a function sees at the end of a connection on which it got a request and answered with that.
fn end_behind(answer: &'static str, leave: impl FnOnce(&mut Client)) -> std::io::Result<bool> {
    let (tell, end) = std::sync::mpsc::channel();
    let origin = Origin::start(move |connection| {
        let Some(head) = connection.reader.head()? else { return Ok(()) };
        connection.send(answer)?;
        connection.record(&head);
        let _ = tell.send(connection.reader.fill());
        Ok(())
    });
    let gateway = Gateway::before(&origin, "", "");
    let mut client = gateway.client();
    client.send(request("GET /", &[]));
    eventually("the request arrives", || origin.requests().pop());
    leave(&mut client);
    drop(client);
    end.recv_timeout(PATIENCE).expect("an end")
}

#[test]
fn what_is_abandoned_is_reset_and_what_is_over_ends_in_order() {
    // A port whose connection ends in order is taken for another minute.
    for half in ["", "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nsome"] {
        let error = end_behind(half, |_| ()).expect_err(half);
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "{half:?}");
    }
    for whole in ["", "Connection: close\r\n", "Keep-Alive: timeout=0\r\n"] {
        let whole: &str = format!("HTTP/1.1 200 OK\r\n{whole}Content-Length: 2\r\n\r\nok").leak();
        assert!(!end_behind(whole, |client| assert_eq!(client.receive().text(), "ok")).expect(whole), "{whole}");
    }
}

#[test]
fn a_function_that_dies_before_its_answer_is_a_502_at_once() {
    let origin = Origin::start(|connection| {
        connection.reader.head()?;
        connection.reset()
    });
    let gateway = Gateway::before(&origin, "", "");
    for method in ["POST", "GET"] {
        let began = Instant::now();
        let answer = gateway.client().ask(request(&format!("{method} /"), &[]));
        assert_eq!((answer.status(), answer.reason().as_str()), (502, "function_closed"));
        assert!(began.elapsed() < AT_ONCE);
    }
    assert_eq!(origin.connections(), 2, "neither was sent twice");
}

#[test]
fn a_function_that_dies_in_the_middle_of_its_answer_never_looks_complete() {
    for head in ["Content-Length: 100", "Transfer-Encoding: chunked"] {
        let origin = Origin::start(move |connection| {
            connection.reader.head()?;
            connection.send(format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n3\r\nabc\r\n"))?;
            // Time for the head to reach the client before the end does.
            super::support::pause(Duration::from_millis(50));
            Ok(())
        });
        let gateway = Gateway::before(&origin, "", "");
        for version in ["HTTP/1.1", "HTTP/1.0"] {
            let mut client = gateway.client();
            client.send(format!("GET / {version}\r\nHost: h\r\n\r\n"));
            let mut answer = client.reader.head().expect("a head").expect("a head");
            let ended = client.reader.body(&mut answer, super::support::message::Without::UntilClose);
            assert!(ended.is_err() || !answer.complete, "{head} to {version}: {answer:?}");
        }
        let lines = gateway.access(2);
        assert!(lines.iter().all(|line| line["aborted"] == "function_closed"), "{lines:?}");
    }
}
