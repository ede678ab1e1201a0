//! Requests side by side on one connection.

use std::sync::{Arc, Barrier};
use std::time::Duration;

use tokio::time::Instant;

use super::super::peer::{DATA, END_HEADERS, END_STREAM, PING, RST_STREAM, WHOLE, frame, head, request};
use super::super::support::gateway::{Gateway, simple};
use super::super::support::origin::Origin;
use super::super::support::peer::Peer;
use super::super::support::{PATIENCE, eventually};
use super::{SOON, assert_settled, connect, finish, get, open, reason};

#[test]
fn five_hundred_requests_are_served_at_once() {
    const MANY: u32 = 500;
    let barrier = Arc::new(Barrier::new(MANY as usize));
    let origin = Origin::start(move |connection| {
        let Some(request) = connection.request()? else { return Ok(()) };
        // Nobody is answered before everybody is here.
        barrier.wait();
        let target = request.start.split(' ').nth(1).unwrap_or_default();
        connection.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{target}", target.len()))
    });
    let gateway = Gateway::before(&origin, "[gateway.http2]\nmax_streams = 500", "");
    let mut client = open(&gateway);
    let streams = || (0..MANY).map(|number| 2 * number + 1);
    assert!(client.send(streams().flat_map(|n| request(n, WHOLE, "GET", &format!("/{n}"), &[])).collect::<Vec<_>>()));
    assert!(client.wait(3 * PATIENCE, |client| client.ended() == MANY as usize), "{}", client.ended());
    for stream in streams() {
        let answer = client.answer(stream);
        assert_eq!((answer.status(), answer.text()), (Some(200), format!("/{stream}")));
    }
    assert_settled(&gateway);
    assert_eq!(gateway.access(MANY as usize).len(), MANY as usize);
}

#[test]
fn a_fragment_is_refused_and_nothing_else() {
    let origin = Origin::hello();
    let gateway = Gateway::before(&origin, "", "");
    let paths = ["/a", "/a#x", "/a", "/b?c#", "/b?c", "/a"];
    let asked = |stream: u32| request(stream, WHOLE, "GET", paths[(stream / 2) as usize % 6], &[]);
    let streams: Vec<u32> = (0..60).map(|number| 2 * number + 1).collect();
    let bytes: Vec<u8> = streams.iter().flat_map(|&stream| asked(stream)).collect();
    // In one piece, in pieces that end where a frame does, and in others.
    for size in [usize::MAX, asked(1).len(), 300, 7] {
        let mut client = open(&gateway);
        for piece in bytes.chunks(size) {
            assert!(client.send(piece));
            if size < 1000 {
                std::thread::yield_now();
            }
        }
        for &stream in &streams {
            let answer = finish(&mut client, stream);
            let path = paths[(stream / 2) as usize % 6];
            if !path.contains('#') {
                assert_eq!((answer.status(), answer.text().as_str()), (Some(200), "hello"), "{size} {stream} {path}");
            } else if size == usize::MAX || answer.reset.is_none() {
                assert_eq!((answer.status(), reason(&answer).as_str()), (Some(400), "bad_request"), "{size} {stream}");
                assert!(answer.text().contains("fragment"), "{answer:?}");
            }
        }
        assert_eq!(client.goaway, None);
    }
    assert!(origin.requests().iter().all(|request| !request.start.contains('#')));
    assert_settled(&gateway);
}

#[test]
fn a_fragment_behind_what_keeps_the_gateway_busy_is_refused_and_nothing_else() {
    let origin = Origin::hello();
    let gateway = Gateway::before(&origin, "", "");
    for _ in 0..5 {
        let mut client = open(&gateway);
        let mut bytes = Vec::new();
        for number in 0..10 {
            // Each has to be answered, and the answers fill what h2 has room for.
            bytes.extend(frame(PING, 0, 0, &[0; 8]).repeat(150));
            bytes.extend(request(4 * number + 1, WHOLE, "GET", "/good", &[]));
            bytes.extend(request(4 * number + 3, WHOLE, "GET", "/x#f", &[]));
        }
        assert!(client.send(bytes));
        for number in 0..10 {
            let (good, evil) = (finish(&mut client, 4 * number + 1), finish(&mut client, 4 * number + 3));
            assert_eq!(good.status(), Some(200), "{number}");
            assert!(evil.status() == Some(400) || evil.reset.is_some(), "{number}: {evil:?}");
        }
    }
}

#[test]
fn one_request_more_than_allowed_is_refused_by_itself() {
    let origin = Origin::start(|connection| {
        connection.request()?;
        connection.reader.fill().map(|_| ())
    });
    let gateway = Gateway::before(&origin, "[gateway.http2]\nmax_streams = 2", "");
    let mut client = open(&gateway);
    // Only what the client knows of can be held against it.
    assert!(client.wait(PATIENCE, |client| client.settled));
    for stream in [1, 3, 5] {
        assert!(client.send(request(stream, WHOLE, "GET", "/", &[])));
    }
    // REFUSED_STREAM: it may be sent again (RFC 9113 section 8.7).
    assert_eq!(finish(&mut client, 5).reset, Some(7));
    assert!(!client.answer(1).is_over() && !client.answer(3).is_over());
    eventually("the others arrive", || (origin.requests().len() == 2).then_some(()));
    drop(client);
    assert_settled(&gateway);
    assert_eq!(origin.requests().len(), 2);
}

#[test]
fn bytes_stream_both_ways_at_once() {
    let origin = Origin::start(|connection| {
        let Some(mut message) = connection.reader.head()? else { return Ok(()) };
        connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")?;
        while let Some(chunk) = connection.reader.chunk(&mut message)? {
            connection.send(format!("{:x}\r\n", chunk.len()))?;
            connection.send([&chunk[..], b"\r\n"].concat())?;
        }
        connection.send("0\r\n\r\n")
    });
    let gateway = Gateway::before(&origin, "", "");
    let mut client = open(&gateway);
    assert!(client.send(request(1, END_HEADERS, "POST", "/", &[])));
    for round in 1..=20 {
        assert!(client.send(frame(DATA, 0, 1, &[b'x'; 1000])));
        assert!(client.wait(PATIENCE, |client| client.answer(1).data.len() == round * 1000), "{round}");
    }
    assert!(client.send(frame(DATA, END_STREAM, 1, b"last")));
    let answer = finish(&mut client, 1);
    assert!(answer.ended && answer.data.len() == 20_004 && answer.text().ends_with("xlast"));
    assert_settled(&gateway);
    let line = gateway.access(1).remove(0);
    assert_eq!((&line["bytes_in"], &line["bytes_out"]), (&20_004.into(), &20_004.into()), "{line}");
    assert_eq!((&line["protocol"], &line["status"], &line["aborted"]), (&"HTTP/2".into(), &200.into(), &().into()));
}

#[test]
fn trailers_pass_both_ways() {
    let origin = Origin::answering(
        "HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 2\r\n\r\n",
    );
    let gateway = Gateway::before(&origin, "", "");
    let mut client = open(&gateway);
    assert!(client.send(request(1, END_HEADERS, "POST", "/", &[("te", "trailers"), ("trailer", "x-check")])));
    assert!(client.send(frame(DATA, 0, 1, b"body")));
    assert!(client.send(head(1, WHOLE, &[(b"x-check", b"4")])));
    let answer = finish(&mut client, 1);
    assert_eq!((answer.status(), answer.text().as_str(), answer.ended), (Some(200), "ok", true));
    assert_eq!(answer.heads[1..], [vec![(b"x-sum".to_vec(), b"2".to_vec())]]);
    let request = origin.request();
    assert_eq!((request.text().as_str(), request.complete), ("body", true));
    assert_eq!(request.trailers, [("x-check".to_owned(), "4".to_owned())]);
    assert_settled(&gateway);
}

#[test]
fn trailers_pass_behind_a_length_where_both_sides_have_them() {
    let peer = Peer::echo();
    let gateway = Gateway::with(&simple(&peer.url(), "", "", ""));
    let mut client = open(&gateway);
    for (stream, length) in [(1, "4"), (3, "0")] {
        let body = &b"body"[..length.parse().expect("a number")];
        let fields = [("te", "trailers"), ("content-length", length)];
        assert!(client.send(request(stream, END_HEADERS, "POST", "/", &fields)));
        assert!(client.send(frame(DATA, 0, stream, body)));
        assert!(client.send(head(stream, WHOLE, &[(b"x-check", b"4")])));
        let answer = finish(&mut client, stream);
        assert_eq!((answer.status(), answer.data.as_slice(), answer.ended), (Some(200), body, true));
        assert_eq!(answer.heads[1..], [vec![(b"x-check".to_vec(), b"4".to_vec())]]);
    }
    assert_settled(&gateway);
}

#[test]
fn a_stream_that_is_reset_frees_the_function_at_once() {
    let origin = Origin::start(|connection| {
        let Some(request) = connection.request()? else { return Ok(()) };
        if request.start.contains("/stream") {
            connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")?;
        }
        connection.reader.fill().map(|_| ())
    });
    let gateway = Gateway::before(&origin, "", "max_concurrency = 1");
    let mut client = open(&gateway);
    for (number, path) in [(1, "/"), (3, "/stream"), (5, "/"), (7, "/stream")] {
        assert!(client.send(request(number, WHOLE, "GET", path, &[])));
        eventually("the request arrives", || origin.take().pop());
        if path == "/stream" {
            assert!(client.wait(PATIENCE, |client| client.answer(number).text() == "a"));
        }
        let left = Instant::now();
        assert!(client.send(frame(RST_STREAM, 0, number, &[0, 0, 0, 8])));
        eventually("the function sees its connection close", || (origin.open() == 0).then_some(()));
        assert!(left.elapsed() < SOON, "{:?}", left.elapsed());
        assert_settled(&gateway);
    }
    assert_eq!(client.end(), None);
    let lines = gateway.access(4);
    assert!(lines.iter().all(|line| line["aborted"] == "client_closed"), "{lines:?}");
    let statuses: Vec<_> = lines.iter().map(|line| line["status"].as_u64()).collect();
    assert_eq!(statuses, [499, 200, 499, 200].map(Some));
}

#[test]
fn an_upload_that_is_reset_is_never_whole() {
    let origin = Origin::start(|connection| {
        let Some(mut message) = connection.reader.head()? else { return Ok(()) };
        connection.record(&message);
        while connection.reader.chunk(&mut message)?.is_some() {}
        connection.record(&message);
        Ok(())
    });
    let gateway = Gateway::before(&origin, "", "");
    let client = open(&gateway);
    assert!(client.send(request(1, END_HEADERS, "POST", "/", &[])));
    assert!(client.send(frame(DATA, 0, 1, b"half")));
    eventually("it has begun", || (origin.requests().len() == 1).then_some(()));
    assert!(client.send(frame(RST_STREAM, 0, 1, &[0, 0, 0, 8])));
    eventually("the function sees the end", || (origin.open() == 0).then_some(()));
    assert!(origin.requests().iter().all(|message| !message.complete));
    assert_settled(&gateway);
}

/// The first line of a preface decides nothing: what follows it may be something else.
#[test]
fn it_begins_with_the_whole_preface() {
    let origin = Origin::hello();
    let gateway = Gateway::with(&simple(&origin.url(), "", "", ""));
    let pause = Duration::from_millis(50);
    let line = "PRI * HTTP/2.0\r\n\r\n";
    // Wherever the network cuts it.
    let cuts = (1..line.len()).map(|cut| (line.split_at(cut).0, format!("{}SM\r\n\r\n", line.split_at(cut).1), true));
    let whole = [(line, "SM\r\n\r\n".to_owned(), true), (line, "SN\r\n\r\n".to_owned(), false)];
    for (start, rest, begins) in cuts.chain(whole) {
        let mut client = gateway.client();
        client.send(start);
        client.stream.set_read_timeout(Some(pause)).expect("a timeout");
        assert!(client.reader.fill().is_err(), "nothing is said before the rest has come: {start:?}");
        client.stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        client.send(&rest);
        let answer = client.reader.take(9).expect("an answer");
        // The header of SETTINGS, or an answer of HTTP/1.1.
        assert_eq!((answer[3] == 4, answer == b"HTTP/1.1 "), (begins, !begins), "{}", answer.escape_ascii());
    }
}

#[test]
fn a_listener_without_it_refuses_the_preface() {
    let origin = Origin::hello();
    let listener = "[[listener]]\naddress = \"127.0.0.1:0\"\nhttp2 = false\n";
    let gateway = Gateway::with(&format!("{listener}{}", simple(&origin.url(), "", "", "")));
    let mut client = open(&gateway);
    assert!(client.send(request(1, WHOLE, "GET", "/", &[])));
    assert!(!client.wait(PATIENCE, |client| client.answer(1).is_over()));
    assert!(client.end().is_some());
    assert_eq!(origin.requests().len(), 0);
}

#[test]
fn the_answers_of_the_gateway_are_those_of_http_1() {
    let origin = Origin::hello();
    let two = "[[service.api]]\nname = \"two\"\npath = \"/two\"\nmethod = \"GET\"\nfunction = \"f\"\n";
    let gateway = Gateway::with(&format!("{}{two}", simple(&origin.url(), "", "", "")));
    let mut client = open(&gateway);
    for (stream, path, status, reason) in
        [(1, "/x/..%2ftwo", 400, "ambiguous_path"), (3, "/%zz", 400, "bad_request"), (5, "/two", 200, "")]
    {
        let answer = get(&mut client, stream, path);
        assert_eq!((answer.status(), super::reason(&answer).as_str()), (Some(status), reason), "{answer:?}");
        assert_eq!(answer.field("connection"), None);
    }
    drop(connect(&gateway));
    assert_settled(&gateway);
}

#[test]
fn a_function_is_told_the_deadline_that_holds() {
    let origin = Origin::hello();
    let gateway = Gateway::before(&origin, "reserved_prefix = \"X-Fc-\"", "timeout = \"2s\"");
    let mut client = open(&gateway);
    for (stream, (kind, patience, told)) in (1..).step_by(2).zip([
        ("application/grpc", "500m", "500"),
        ("Application/GRPC", "1500000u", "1500"),
        ("application/grpc", "1S", "1000"),
        ("application/grpc", "3S", "2000"),
        ("text/plain", "1S", "2000"),
    ]) {
        let fields = [("content-type", kind), ("grpc-timeout", patience)];
        assert!(client.send(request(stream, WHOLE, "POST", "/", &fields)));
        assert_eq!(finish(&mut client, stream).status(), Some(200), "{patience}");
        let mut fields = origin.take().remove(0).fields;
        fields.retain(|(name, _)| name == "X-Fc-Timeout");
        assert_eq!(fields, [("X-Fc-Timeout".to_owned(), told.to_owned())], "{patience}");
    }
}
