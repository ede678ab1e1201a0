//! Bodies in both directions: a chunk that arrives is a chunk that leaves.

use std::io::Write;
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::time::Instant;

use super::support::client::request;
use super::support::gateway::{Gateway, simple};
use super::support::message::Without;
use super::support::origin::Origin;
use super::support::{eventually, pause};

#[test]
fn chunks_leave_as_they_arrive_in_both_directions() {
    // The function answers each chunk with one of its own before the client sends the next: nothing can be held back.
    let origin = Origin::start(|connection| {
        let Some(mut head) = connection.reader.head()? else { return Ok(()) };
        connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")?;
        while let Some(chunk) = connection.reader.chunk(&mut head)? {
            connection.send(format!("{:x}\r\n", chunk.len()))?;
            connection.send(&chunk)?;
            connection.send("\r\n")?;
        }
        connection.record(&head);
        connection.send("0\r\n\r\n")
    });
    let gateway = Gateway::before(&origin, "", "");
    let mut client = gateway.client();
    client.send(request("POST /echo", &["Transfer-Encoding: chunked"]));
    client.send("1\r\na\r\n");
    let mut answer = client.reader.head().expect("a head").expect("a head");
    assert_eq!(answer.status(), 200);
    assert_eq!(client.reader.chunk(&mut answer).expect("a chunk"), Some(b"a".to_vec()));
    for size in [1_usize, 10, 1000] {
        client.send(format!("{size:x}\r\n{}\r\n", "x".repeat(size)));
        let chunk = client.reader.chunk(&mut answer).expect("a chunk").expect("not the end");
        assert_eq!(chunk, vec![b'x'; size]);
    }
    client.send("0\r\n\r\n");
    assert_eq!(client.reader.chunk(&mut answer).expect("the end"), None);
    assert!(answer.complete);
    eventually("the whole request", || origin.requests().pop().filter(|request| request.complete));
}

#[test]
fn large_bodies_arrive_whole() {
    let origin = Origin::start(|connection| {
        while let Some(request) = connection.request()? {
            let length = request.body.len();
            connection.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n"))?;
            connection.send(&request.body)?;
        }
        Ok(())
    });
    let gateway = Gateway::before(&origin, "", "");
    let body: Vec<u8> = (0..20_000_000_u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    for framing in ["Content-Length: 20000000", "Transfer-Encoding: chunked"] {
        let mut client = gateway.client();
        client.send(request("PUT /", &[framing]));
        if framing.starts_with('T') {
            for chunk in body.chunks(70_001) {
                client.send(format!("{:x}\r\n", chunk.len()));
                client.send(chunk);
                client.send("\r\n");
            }
            client.send("0\r\n\r\n");
        } else {
            client.send(&body);
        }
        assert_eq!(Sha256::digest(client.receive().body), Sha256::digest(&body), "{framing}");
    }
    let line = gateway.access(2).pop().expect("a line");
    assert_eq!((&line["bytes_in"], &line["bytes_out"]), (&20_000_000.into(), &20_000_000.into()));
}

#[test]
fn a_client_that_reads_slowly_holds_the_function_back() {
    let origin = Origin::start(|connection| {
        connection.request()?;
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 400000000\r\n\r\n")?;
        connection.stream.set_write_timeout(Some(Duration::from_secs(2)))?;
        let mut sent = 0;
        while let Ok(count) = connection.stream.write(&[0; 100_000]) {
            sent += count;
        }
        // How much was taken off the function's hands before it had to stop.
        connection
            .record(&super::support::message::Message { body: sent.to_string().into_bytes(), ..Default::default() });
        Ok(())
    });
    let gateway = Gateway::before(&origin, "", "");
    let mut client = gateway.client();
    client.send(request("GET /", &[]));
    let sent = eventually("the function stops", || origin.requests().get(1).map(|message| message.text()));
    let sent: usize = sent.parse().expect("a number");
    assert!(sent < 50_000_000, "{sent} bytes were taken without being asked for");
    drop(client);
}

#[test]
fn trailers_pass_in_both_directions_without_reserved_names() {
    let origin = Origin::answering(
        "HTTP/1.1 200 OK\r\nTrailer: X-Sum, X-Scf-T\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 2\r\nX-Scf-T: 1\r\n\r\n",
    );
    let gateway = Gateway::before(&origin, "", "");
    let answer = gateway.client().ask(request(
        "POST /",
        &[
            "TE: trailers",
            "Trailer: X-Check, X-Scf-Name, X_Real_Ip",
            "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-Check: yes\r\nX-SCF-Name: evil\r\nX_Real_Ip: 6.6.6.6",
        ],
    ));
    let names =
        |trailers: &[(String, String)]| trailers.iter().map(|(name, _)| name.to_lowercase()).collect::<Vec<_>>();
    assert_eq!(names(&origin.request().trailers), ["x-check"]);
    assert_eq!(names(&answer.trailers), ["x-sum"], "{answer:?}");
}

#[test]
fn answers_without_a_body_keep_what_they_announce() {
    for (method, status, fields, announced) in [
        ("HEAD", "200 OK", "Content-Length: 1234\r\n", Some("1234")),
        ("GET", "304 Not Modified", "Content-Length: 77\r\nETag: \"x\"\r\n", Some("77")),
        ("GET", "204 No Content", "", None),
        ("HEAD", "200 OK", "Transfer-Encoding: chunked\r\n", None),
    ] {
        let origin = Origin::answering(format!("HTTP/1.1 {status}\r\n{fields}\r\n"));
        let gateway = Gateway::before(&origin, "", "");
        let mut client = gateway.client();
        for _ in 0..2 {
            client.send(request(&format!("{method} /"), &[]));
            let answer = client.reader.head().expect("a head").expect("a head");
            assert_eq!(answer.start, format!("HTTP/1.1 {status}"));
            assert_eq!(answer.field("content-length"), announced, "{method} {status}");
        }
        assert_eq!(origin.connections(), 1, "{method} {status}: the connection was used again");
        let lines = gateway.access(2);
        assert!(lines.iter().all(|line| line["aborted"].is_null()), "{lines:?}");
    }
}

#[test]
fn unusual_statuses_and_reasons_pass() {
    for start in ["HTTP/1.1 299 Odd Thing", "HTTP/1.1 418 I'm a teapot", "HTTP/1.1 599 x", "HTTP/1.1 200 Fine"] {
        let origin = Origin::answering(format!("{start}\r\nContent-Length: 0\r\n\r\n"));
        assert_eq!(Gateway::before(&origin, "", "").get("/").start, start);
    }
}

#[test]
fn an_answer_until_close_becomes_chunked() {
    let origin = Origin::start(|connection| {
        connection.request()?;
        connection.send("HTTP/1.0 200 OK\r\n\r\nuntil the end")
    });
    let gateway = Gateway::before(&origin, "", "");
    let mut client = gateway.client();
    for _ in 0..2 {
        let answer = client.ask(request("GET /", &[]));
        assert_eq!((answer.text().as_str(), answer.complete), ("until the end", true));
        assert_eq!(answer.field("transfer-encoding"), Some("chunked"));
    }
}

#[test]
fn a_body_waits_for_the_functions_100_continue() {
    let origin = Origin::start(|connection| {
        while let Some(mut head) = connection.reader.head()? {
            if head.start.contains("/no") {
                connection.record(&head);
                connection.send("HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")?;
                return Ok(());
            }
            connection.send("HTTP/1.1 100 Continue\r\n\r\n")?;
            connection.reader.body(&mut head, Without::Nothing)?;
            connection.record(&head);
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")?;
        }
        Ok(())
    });
    let gateway = Gateway::before(&origin, "", "");
    let mut client = gateway.client();
    let began = Instant::now();
    assert_eq!(client.ask(request("PUT /yes", &["Expect: 100-continue", "Content-Length: 3"])).status(), 100);
    assert!(began.elapsed() < Duration::from_millis(500), "it was the function that said so");
    assert_eq!(client.ask("abc").status(), 200);
    assert_eq!(origin.request().body, b"abc");
    assert_eq!(client.ask(request("PUT /no", &["Expect: 100-continue", "Content-Length: 3"])).status(), 417);
    assert_eq!(origin.requests()[1].field("Expect"), Some("100-continue"));
}

#[test]
fn who_expects_to_be_asked_for_nothing_is_not_asked() {
    let origin = Origin::start(|connection| {
        while connection.request()?.is_some() {
            // Longer than a function is waited for.
            pause(Duration::from_millis(1200));
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")?;
        }
        Ok(())
    });
    let gateway = Gateway::before(&origin, "", "");
    let mut client = gateway.client();
    client.send(request("POST /", &["Expect: 100-continue", "Content-Length: 0"]) + &request("GET /", &[]));
    for _ in 0..2 {
        let answer = client.receive();
        assert_eq!((answer.status(), answer.field("connection")), (200, None));
    }
    assert!(origin.requests().iter().all(|request| request.field("expect").is_none()));
}

#[test]
fn an_empty_line_behind_a_body_is_nothing() {
    let origin = Origin::hello();
    let gateway = Gateway::before(&origin, "header_read_timeout = \"300ms\"", "");
    let mut client = gateway.client();
    for _ in 0..2 {
        client.send(request("POST /", &["Content-Length: 3"]) + "abc\r\n");
        assert_eq!(client.receive().text(), "hello");
        // The time for a head has passed, of which not a byte has come.
        pause(Duration::from_millis(600));
    }
    client.send("\r\n\r\n");
    assert_eq!(client.ask(request("GET /", &[])).text(), "hello");
    assert_eq!(gateway.access(3).len(), 3);
}

#[test]
fn a_function_that_never_says_continue_gets_the_body_all_the_same() {
    let origin = Origin::hello();
    let gateway = Gateway::before(&origin, "", "");
    let mut client = gateway.client();
    assert_eq!(client.ask(request("PUT /", &["Expect: 100-continue", "Content-Length: 3"])).status(), 100);
    assert_eq!(client.ask("abc").text(), "hello");
}

#[test]
fn an_early_answer_reaches_a_client_that_is_still_sending() {
    let origin = Origin::start(|connection| {
        connection.reader.head()?;
        connection.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno")
    });
    let gateway = Gateway::before(&origin, "", "");
    let mut client = gateway.client();
    client.send(request("POST /", &["Content-Length: 1000000"]));
    client.send("some of it");
    let answer = client.receive();
    assert_eq!((answer.status(), answer.text().as_str()), (403, "no"));
}

#[test]
fn a_connection_outlives_an_answer_that_did_not_wait_for_the_body() {
    let origin = Origin::start(|connection| {
        while let Some(mut head) = connection.reader.head()? {
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")?;
            connection.reader.body(&mut head, Without::Nothing)?;
        }
        Ok(())
    });
    let text = simple(&origin.url(), "", "", "").replace("path = \"/\"", "path = \"/here\"");
    let gateway = Gateway::with(&text);
    for (path, status) in [("/here", 200), ("/elsewhere", 404)] {
        let mut client = gateway.client();
        for round in 0..5 {
            // The body follows when the answer is there already, as from a client that writes head and body apart.
            let answer = client.ask(request(&format!("POST {path}"), &["Content-Length: 30000"]));
            assert_eq!(answer.status(), status, "{path}, request {round}");
            client.send([b'x'; 30000]);
        }
    }
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let origin = Origin::start(|connection| {
        while let Some(request) = connection.request()? {
            let path = request.start.split(' ').nth(1).unwrap_or_default().to_owned();
            connection.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{path}", path.len()))?;
        }
        Ok(())
    });
    let gateway = Gateway::before(&origin, "", "");
    let mut client = gateway.client();
    let all: String = (0..50).map(|number| request(&format!("GET /{number}"), &[])).collect();
    client.send(all);
    for number in 0..50 {
        assert_eq!(client.receive().text(), format!("/{number}"));
    }
}

#[test]
fn the_last_answer_of_a_connection_that_has_had_its_share_arrives() {
    // What a connection may move before others have their turn, less than a head.
    const SHARE: usize = 128 * 1024 - 2000;
    let origin = Origin::start(|connection| {
        while let Some(mut request) = connection.reader.head()? {
            if request.field("expect").is_some() {
                return connection.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlast");
            }
            connection.reader.body(&mut request, Without::Nothing)?;
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")?;
        }
        Ok(())
    });
    let gateway = Gateway::before(&origin, "", "");
    for padding in [1000, 2000, 4000] {
        let mut client = gateway.client();
        client.send(request("POST /", &[&format!("Content-Length: {SHARE}")]));
        client.send([b'x'; SHARE]);
        assert_eq!(client.receive().status(), 200);
        let padding = format!("X-Padding: {}", "x".repeat(padding));
        client.send(request("POST /", &["Content-Length: 9", "Expect: 100-continue", &padding]));
        assert_eq!(client.receive().text(), "last");
        assert!(client.is_closed());
    }
}

#[test]
fn an_answer_without_the_body_that_was_held_back_takes_the_time_that_it_wants() {
    // Longer than a body is held back, and than it may pause.
    const CHUNKS: usize = 8;
    let origin = Origin::start(|connection| {
        connection.reader.head()?;
        connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")?;
        for _ in 0..CHUNKS {
            connection.send("1\r\nx\r\n")?;
            pause(Duration::from_millis(200));
        }
        connection.send("0\r\n\r\n")
    });
    let gateway = Gateway::before(&origin, "client_body_idle = \"100ms\"", "");
    for length in ["Content-Length: 9", "Transfer-Encoding: chunked"] {
        let mut client = gateway.client();
        assert_eq!(client.ask(request("POST /", &[length, "Expect: 100-continue"])).text(), "x".repeat(CHUNKS));
        assert!(client.is_closed());
    }
}
