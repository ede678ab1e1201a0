//! Ends: of the gateway, of a table, of a function.

use std::sync::{Arc, Barrier};
use std::time::Duration;

use fngate::control::Outcome;
use tokio::time::Instant;

use super::super::peer::{DATA, END_HEADERS, END_STREAM, INITIAL_WINDOW, PREFACE, WHOLE, frame, request, settings};
use super::super::support::gateway::{Gateway, simple, surroundings};
use super::super::support::origin::Origin;
use super::super::support::{PATIENCE, eventually};
use super::{IN_FLIGHT, assert_settled, connect, finish, get, open};

/// Answers when the body of the request is over.
fn when_told() -> Origin {
    Origin::start(|connection| {
        while let Some(request) = connection.request()? {
            let stage = request.field("x-stage").unwrap_or("none");
            connection.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{stage}", stage.len()))?;
        }
        Ok(())
    })
}

#[test]
fn a_drain_lets_requests_finish_and_takes_no_more() {
    let origin = when_told();
    let gateway = Gateway::before(&origin, "", "");
    let mut client = open(&gateway);
    let mut idle = open(&gateway);
    assert_eq!(get(&mut idle, 1, "/").text(), "none");
    for stream in [1, 3] {
        assert!(client.send([request(stream, END_HEADERS, "POST", "/", &[]), frame(DATA, 0, stream, b"a")].concat()));
    }
    eventually("they are in flight", || (gateway.metric(IN_FLIGHT) == 2.0).then_some(()));
    let stopped = std::thread::spawn(move || gateway.stop());
    assert!(client.wait(PATIENCE, |client| client.goaway == Some(0)));
    idle.wait(PATIENCE, |client| client.end().is_some());
    assert!(idle.goaway == Some(0) && idle.end().is_some());
    for stream in [1, 3] {
        assert!(client.send(frame(DATA, END_STREAM, stream, b"b")));
        let answer = finish(&mut client, stream);
        assert_eq!((answer.status(), answer.text().as_str(), answer.ended), (Some(200), "none", true));
    }
    client.wait(PATIENCE, |client| client.end().is_some());
    assert!(client.end().is_some());
    assert_eq!(stopped.join().expect("no panic"), Outcome::Drained);
}

#[test]
fn what_a_drain_cannot_wait_for_is_answered_or_reset() {
    let origin = Origin::start(|connection| {
        let Some(request) = connection.request()? else { return Ok(()) };
        if request.start.contains("/stream") {
            connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")?;
        } else if request.start.contains("/big") {
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n")?;
            connection.send([b'x'; 300_000])?;
        }
        connection.reader.fill().map(|_| ())
    });
    let gateway = Gateway::before(&origin, "drain_timeout = \"400ms\"", "");
    let mut client = connect(&gateway);
    assert!(client.send([PREFACE, &settings(&[(INITIAL_WINDOW, 1000)])].concat()));
    for (stream, path) in [(1, "/"), (3, "/stream"), (5, "/big")] {
        assert!(client.send(request(stream, WHOLE, "GET", path, &[])));
    }
    assert!(client.wait(PATIENCE, |client| client.answer(5).data.len() == 1000 && client.answer(3).text() == "a"));
    eventually("all are in flight", || (origin.requests().len() == 3).then_some(()));
    let begun = Instant::now();
    let stopped = std::thread::spawn(move || gateway.stop());
    let waiting = finish(&mut client, 1);
    assert_eq!((waiting.status(), super::reason(&waiting).as_str()), (Some(503), "draining"));
    for stream in [3, 5] {
        client.wait(PATIENCE, |client| client.answer(stream).is_over());
        assert!(!client.answer(stream).ended, "{stream}");
    }
    assert!(matches!(stopped.join().expect("no panic"), Outcome::Expired(_)));
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
}

#[test]
fn a_request_keeps_the_table_that_it_began_with() {
    let origin = when_told();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("fngate.toml");
    let write = |stage: usize| {
        let text = simple(&origin.url(), "", &format!("headers = {{ X-Stage = \"{stage}\" }}"), "");
        let text = format!("{text}\n{}", surroundings(folder.path()));
        std::fs::write(&file, text).expect("a file");
    };
    write(0);
    let gateway = Gateway::from_file(&file);
    let mut client = open(&gateway);
    for stage in 0..5 {
        let (held, next) = (4 * stage + 1, 4 * stage + 3);
        assert!(client.send([request(held, END_HEADERS, "POST", "/", &[]), frame(DATA, 0, held, b"a")].concat()));
        eventually("it is in flight", || (gateway.metric(IN_FLIGHT) == 1.0).then_some(()));
        write(stage as usize + 1);
        // It may have been read already.
        let _ = gateway.app().reload();
        eventually("the new table is in use", || {
            let mut other = open(&gateway);
            (get(&mut other, 1, "/").text() == (stage + 1).to_string()).then_some(())
        });
        assert_eq!(get(&mut client, next, "/").text(), (stage + 1).to_string());
        assert!(client.send(frame(DATA, END_STREAM, held, b"b")));
        assert_eq!(finish(&mut client, held).text(), stage.to_string());
    }
    assert_settled(&gateway);
}

#[test]
fn a_function_that_breaks_off_resets_its_stream_and_no_other() {
    let seen = Arc::new(Barrier::new(2));
    let cut = seen.clone();
    let origin = Origin::start(move |connection| {
        let Some(request) = connection.request()? else { return Ok(()) };
        if request.start.contains("/cut") {
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")?;
            cut.wait();
            return Ok(());
        }
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    });
    let gateway = Gateway::before(&origin, "", "");
    let mut client = open(&gateway);
    assert!(client.send(request(1, WHOLE, "GET", "/cut", &[])));
    assert!(client.wait(PATIENCE, |client| client.answer(1).text() == "half"));
    seen.wait();
    let answer = finish(&mut client, 1);
    assert_eq!((answer.ended, answer.reset.is_some(), answer.status()), (false, true, Some(200)), "{answer:?}");
    assert_eq!(get(&mut client, 3, "/").text(), "ok");
    assert_settled(&gateway);
    assert_eq!(gateway.access(2)[0]["aborted"], "function_closed");
}
