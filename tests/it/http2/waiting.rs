//! Deadlines of connections and of streams.

use std::time::Duration;

use tokio::time::Instant;

use super::super::peer::{
    CONTINUATION, DATA, END_HEADERS, END_STREAM, HEADERS, INITIAL_WINDOW, PING, PREFACE, SETTINGS, WHOLE, frame,
    opening, request, settings,
};
use super::super::support::gateway::Gateway;
use super::super::support::origin::Origin;
use super::super::support::{PATIENCE, eventually};
use super::{assert_settled, connect, finish, get, open, reason};

/// How much later than its deadline something may happen.
const GRACE: Duration = Duration::from_secs(2);

#[test]
fn a_window_that_never_opens_costs_its_stream_and_no_other() {
    let big = [b'x'; 200_000];
    let origin = Origin::start(move |connection| {
        while let Some(request) = connection.request()? {
            if request.start.contains("/big") {
                connection.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", big.len()))?;
                connection.send(big)?;
            } else {
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")?;
            }
        }
        Ok(())
    });
    for size in [0, 1, 20_000] {
        let gateway = Gateway::before(&origin, "client_body_idle = \"500ms\"", "");
        let mut client = connect(&gateway);
        assert!(client.send([PREFACE, &settings(&[(INITIAL_WINDOW, size)])].concat()));
        let begun = Instant::now();
        assert!(client.send(request(1, WHOLE, "GET", "/big", &[])));
        for stream in [3, 5, 7] {
            assert!(client.send(request(stream, WHOLE, "GET", "/", &[])));
            assert!(client.send(super::super::peer::window(stream, 10)));
        }
        assert_eq!([3, 5, 7].map(|stream| finish(&mut client, stream).text()), ["ok"; 3]);
        let answer = finish(&mut client, 1);
        assert!(answer.reset.is_some() && !answer.ended, "{size}: {answer:?}");
        assert!(begun.elapsed() >= Duration::from_millis(450) && begun.elapsed() < GRACE, "{:?}", begun.elapsed());
        // Answers that are too large for a window of nothing need more of it.
        assert!(client.send([request(9, WHOLE, "GET", "/", &[]), super::super::peer::window(9, 10)].concat()));
        assert_eq!(finish(&mut client, 9).text(), "ok");
        assert_settled(&gateway);
    }
}

#[test]
fn a_window_that_opens_little_by_little_is_enough_and_one_that_never_does_waits_longer_meanwhile() {
    const LENGTH: usize = 60_000;
    let origin = Origin::start(|connection| {
        while connection.request()?.is_some() {
            connection.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {LENGTH}\r\n\r\n"))?;
            connection.send([b'x'; LENGTH])?;
        }
        Ok(())
    });
    let gateway = Gateway::before(&origin, "client_body_idle = \"200ms\"", "");
    let mut client = connect(&gateway);
    assert!(client.send([PREFACE, &settings(&[(INITIAL_WINDOW, 1000)])].concat()));
    let begun = Instant::now();
    for stream in [1, 3] {
        assert!(client.send(request(stream, WHOLE, "GET", "/", &[])));
    }
    let mut cut = None;
    while !client.answer(3).is_over() {
        // A piece of what the gateway passes on at a time takes four times as long as a client may take nothing.
        client.wait(Duration::from_millis(50), |client| client.answer(3).is_over());
        client.send([super::super::peer::window(3, 1000), super::super::peer::window(0, 1000)].concat());
        cut = cut.or_else(|| client.answer(1).is_over().then(|| begun.elapsed()));
    }
    let answer = client.answer(3);
    assert!(answer.ended && answer.data.len() == LENGTH, "{} bytes, {:?}", answer.data.len(), answer.reset);
    let cut = cut.expect("the other one is cut");
    assert!(
        client.answer(1).reset.is_some() && cut > Duration::from_secs(2) && cut < Duration::from_millis(2500),
        "{cut:?}"
    );
    assert_settled(&gateway);
}

#[test]
fn an_upload_that_stops_is_a_408() {
    let origin = Origin::start(|connection| {
        connection.reader.head()?;
        while connection.reader.fill()? {}
        Ok(())
    });
    let gateway = Gateway::before(&origin, "client_body_idle = \"300ms\"", "");
    let mut client = open(&gateway);
    assert!(client.send([request(1, END_HEADERS, "POST", "/", &[]), frame(DATA, 0, 1, b"some")].concat()));
    let answer = finish(&mut client, 1);
    assert_eq!((answer.status(), reason(&answer).as_str()), (Some(408), "request_timeout"));
    assert_eq!(client.end(), None);
    assert_settled(&gateway);
}

#[test]
fn an_idle_connection_is_told_to_go_away() {
    let origin = Origin::hello();
    let gateway = Gateway::before(&origin, "keepalive_timeout = \"400ms\"\nheader_read_timeout = \"5s\"", "");
    for asked in [false, true] {
        let mut client = open(&gateway);
        let begun = Instant::now();
        if asked {
            assert_eq!(get(&mut client, 1, "/").text(), "hello");
        }
        assert!(client.wait(PATIENCE, |client| client.goaway == Some(0)), "{:?}", client.end());
        assert!(begun.elapsed() >= Duration::from_millis(350), "{:?}", begun.elapsed());
        client.wait(PATIENCE, |client| client.end().is_some());
        assert!(client.end().is_some() && begun.elapsed() < GRACE, "{:?}", begun.elapsed());
    }
}

#[test]
fn what_is_begun_and_not_finished_is_closed_in_time() {
    let origin = Origin::hello();
    let gateway = Gateway::before(&origin, "header_read_timeout = \"400ms\"", "");
    let block = request(1, WHOLE, "GET", "/", &[]).split_off(9);
    let rows: [(&str, Vec<u8>); 11] = [
        ("half a preface", PREFACE[..10].to_vec()),
        ("a preface but for a byte", PREFACE[..23].to_vec()),
        ("a preface and nothing", PREFACE.to_vec()),
        ("half the header of SETTINGS", [PREFACE, &settings(&[])[..4]].concat()),
        ("half of SETTINGS", [PREFACE, &settings(&[(INITIAL_WINDOW, 1)])[..12]].concat()),
        ("a byte of a frame", [opening(), vec![0]].concat()),
        ("half a PING", [opening(), frame(PING, 0, 0, &[0; 8])[..12].to_vec()].concat()),
        ("half a head", [opening(), request(1, WHOLE, "GET", "/", &[])[..20].to_vec()].concat()),
        ("a head without its end", [opening(), frame(HEADERS, END_STREAM, 1, &block)].concat()),
        (
            "a head without its end, in parts",
            [opening(), frame(HEADERS, END_STREAM, 1, &block), frame(CONTINUATION, 0, 1, b"")].concat(),
        ),
        ("a header that announces much", [opening(), vec![0, 0x40, 0, SETTINGS, 0, 0, 0, 0, 0]].concat()),
    ];
    for (name, bytes) in rows {
        let client = connect(&gateway);
        let begun = Instant::now();
        assert!(client.send(bytes));
        // Its frames are not looked at: they would be answered.
        let closed = client.wire.wait(PATIENCE, |received| received.end.is_some());
        let took = begun.elapsed();
        assert!(closed, "{name} is not closed");
        assert!(took >= Duration::from_millis(350) && took < GRACE, "{name}: {took:?}");
    }
    let open = "fngate_client_connections";
    eventually("all are gone", || (gateway.metric(open) == 0.0).then_some(()));
}

#[test]
fn a_connection_too_many_gets_an_answer() {
    let origin = Origin::hello();
    let gateway = Gateway::before(&origin, "max_connections = 1", "");
    let mut first = open(&gateway);
    assert_eq!(get(&mut first, 1, "/").text(), "hello");
    let mut second = open(&gateway);
    let answer = get(&mut second, 1, "/");
    assert_eq!((answer.status(), reason(&answer).as_str()), (Some(503), "overloaded"));
    assert_eq!(get(&mut first, 3, "/").text(), "hello");
    drop((first, second));
    eventually("there is room again", || {
        let mut client = open(&gateway);
        (get(&mut client, 1, "/").status() == Some(200)).then_some(())
    });
    assert_settled(&gateway);
}
