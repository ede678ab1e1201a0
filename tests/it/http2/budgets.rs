//! Budgets of a connection: clients that behave never meet one, those that do not are told so.

use std::sync::{Arc, Barrier};
use std::time::Duration;

use tokio::time::Instant;

use super::super::peer::{
    DATA, END_HEADERS, END_STREAM, INITIAL_WINDOW, PING, PREFACE, PRIORITY, RST_STREAM, SETTINGS, WHOLE, frame,
    request, settings, window,
};
use super::super::support::gateway::{Gateway, simple};
use super::super::support::origin::Origin;
use super::super::support::{PATIENCE, eventually, pause};
use super::{assert_settled, connect, finish, get, open};

const ENHANCE_YOUR_CALM: u32 = 11;

/// What clients send besides for each request that they make, and the answers that they read.
type Habit = fn(u32) -> Vec<u8>;

#[test]
fn the_habits_of_good_clients_are_free() {
    let origin = Origin::answering("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    let gateway = Gateway::before(&origin, "", "");
    let habits: [(&str, Habit); 5] = [
        ("a window for the stream and the connection", |stream| [window(0, 5), window(stream, 5)].concat()),
        ("a measurement of the round trip", |stream| {
            [frame(PING, 0, 0, &[1; 8]), window(0, 5), window(stream, 5)].concat()
        }),
        ("a reset behind the answer", |stream| frame(RST_STREAM, 0, stream, &[0; 4])),
        ("a priority", |stream| frame(PRIORITY, 0, stream, &[0, 0, 0, 0, 1])),
        ("a window of another size", |_| {
            [window(0, 5), frame(PING, 0, 0, &[1; 8]), settings(&[(INITIAL_WINDOW, 1 << 20)])].concat()
        }),
    ];
    for (what, habit) in habits {
        let mut client = open(&gateway);
        for number in 0..4000 {
            let stream = 2 * number + 1;
            assert_eq!(get(&mut client, stream, "/").text(), "hello", "{what}, {number}: {:?}", client.goaway);
            assert!(client.send(habit(stream)), "{what}, {number}");
        }
        assert_eq!((client.goaway, client.end()), (None, None), "{what}");
    }
}

/// The most that a client sends who calls something as often as it can.
#[test]
fn hundreds_of_requests_a_second_may_be_cancelled() {
    let origin = Origin::start(|connection| {
        while connection.request()?.is_some() {}
        Ok(())
    });
    let gateway = Gateway::before(&origin, "", "");
    for pairs in [1, 10, 60] {
        let mut client = open(&gateway);
        let (began, mut stream) = (Instant::now(), 1);
        for round in 0..1260 / pairs {
            let mut bytes = Vec::new();
            for _ in 0..pairs {
                bytes.extend(request(stream, WHOLE, "GET", "/", &[]));
                bytes.extend(frame(RST_STREAM, 0, stream, &[0, 0, 0, 8]));
                stream += 2;
            }
            assert!(client.send(bytes), "{pairs}");
            let due = Duration::from_secs(2) * (round + 1) / (1260 / pairs);
            pause(due.saturating_sub(began.elapsed()));
        }
        assert!(client.send(frame(PING, 0, 0, &[1; 8])));
        assert!(client.wait(PATIENCE, |client| client.pongs == 1), "{pairs}: {:?}", client.goaway);
        assert_eq!(client.goaway, None, "{pairs}");
    }
    assert_settled(&gateway);
}

#[test]
fn a_flood_is_told_to_calm_down() {
    let origin = Origin::hello();
    let gateway = Gateway::before(&origin, "", "");
    let counter = "fngate_http2_connections_ended_total{reason=\"control_frames\"}";
    for (number, flood) in
        [frame(PING, 0, 0, &[0; 8]), frame(SETTINGS, 0, 0, b""), frame(0x99, 0, 0, b"")].iter().enumerate()
    {
        let mut client = open(&gateway);
        assert_eq!(get(&mut client, 1, "/").text(), "hello");
        assert_eq!(get(&mut client, 3, "/").text(), "hello");
        client.send(flood.repeat(10_000));
        client.wait(PATIENCE, |client| client.end().is_some());
        assert_eq!((client.goaway, client.last), (Some(ENHANCE_YOUR_CALM), Some(3)), "{number}");
        eventually("it is counted", || (gateway.metric(counter) == (number + 1) as f64).then_some(()));
    }
}

#[test]
fn requests_that_are_reset_before_they_are_looked_at_end_a_connection() {
    let origin = Origin::hello();
    let gateway = Gateway::before(&origin, "[gateway.http2]\nmax_resets = 5", "");
    let mut client = open(&gateway);
    let reset =
        |stream| [request(stream, WHOLE, "GET", "/", &[]), frame(RST_STREAM, 0, stream, &[0, 0, 0, 8])].concat();
    client.send((0..100).flat_map(|number| reset(2 * number + 1)).collect::<Vec<_>>());
    client.wait(PATIENCE, |client| client.end().is_some());
    assert_eq!(client.goaway, Some(ENHANCE_YOUR_CALM));
    let counter = "fngate_http2_connections_ended_total{reason=\"streams\"}";
    eventually("it is counted", || (gateway.metric(counter) == 1.0).then_some(()));
}

/// A listener with a full backlog takes no connection and refuses none.
fn nobody() -> (socket2::Socket, Vec<socket2::Socket>, String) {
    let socket = || socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a socket");
    let listener = socket();
    listener.bind(&std::net::SocketAddr::from(([127, 0, 0, 1], 0)).into()).expect("a free port");
    listener.listen(0).expect("a listener");
    let address = listener.local_addr().expect("an address");
    let fill = || {
        let filling = socket();
        filling.set_nonblocking(true).expect("an option");
        let _in_progress = filling.connect(&address);
        filling
    };
    let filling = (0..4).map(|_| fill()).collect();
    let url = format!("http://{}", address.as_socket().expect("TCP"));
    (listener, filling, url)
}

#[test]
fn small_pieces_of_bodies_are_limited_only_as_long_as_they_are_not_read() {
    // Read, they may be as many as the client likes.
    let (many, piece) = (300_000, frame(DATA, 0, 1, b"a"));
    let origin = Origin::start(|connection| {
        while connection.reader.fill()? {}
        Ok(())
    });
    let gateway = Gateway::before(&origin, "[gateway.http2]\nstream_window = \"1MiB\"", "");
    let mut client = open(&gateway);
    assert!(client.send(request(1, END_HEADERS, "POST", "/", &[])));
    for _ in 0..many / 1000 {
        assert!(client.send(piece.repeat(1000)));
    }
    assert!(client.send(frame(PING, 0, 0, &[1; 8])));
    assert!(client.wait(PATIENCE, |client| client.pongs == 1), "{:?}", client.goaway);
    // While the gateway still waits for a connection, nobody reads them.
    let (_listener, _filling, url) = nobody();
    let text =
        simple(&url, "[gateway.http2]\nstream_window = \"1MiB\"", "connect_timeout = \"60s\"\ntimeout = \"60s\"", "");
    let gateway = Gateway::with(&text);
    let mut client = open(&gateway);
    assert!(client.send(request(1, END_HEADERS, "POST", "/", &[])));
    for _ in 0..many / 1000 {
        if !client.send(piece.repeat(1000)) {
            break;
        }
    }
    client.wait(PATIENCE, |client| client.end().is_some());
    assert_eq!(client.goaway, Some(ENHANCE_YOUR_CALM));
    let counter = "fngate_http2_connections_ended_total{reason=\"unread_data\"}";
    eventually("it is counted", || (gateway.metric(counter) == 1.0).then_some(()));
}

#[test]
fn uploads_that_nobody_reads_keep_no_others_waiting() {
    const STALLED: u32 = 99;
    let barrier = Arc::new(Barrier::new(STALLED as usize + 1));
    let waits = barrier.clone();
    let origin = Origin::start(move |connection| {
        let Some(head) = connection.reader.head()? else { return Ok(()) };
        if head.start.contains("/stalls") {
            // Reads nothing of the body.
            waits.wait();
            return Ok(());
        }
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
    });
    let gateway = Gateway::before(&origin, "", "");
    let mut client = connect(&gateway);
    client.send([PREFACE, &settings(&[])].concat());
    assert!(client.wait(PATIENCE, |client| client.settled));
    let body = vec![b'x'; 16_384];
    for number in 0..STALLED {
        let stream = 2 * number + 1;
        assert!(client.send(request(stream, END_HEADERS, "POST", "/stalls", &[])));
        // As much as the window of a stream takes.
        (0..8).for_each(|_| assert!(client.send(frame(DATA, 0, stream, &body))));
    }
    let last = 2 * STALLED + 1;
    assert!(client.send([request(last, END_HEADERS, "POST", "/", &[]), frame(DATA, END_STREAM, last, &body)].concat()));
    let answer = finish(&mut client, last);
    assert_eq!((answer.text().as_str(), client.goaway), ("hello", None), "{answer:?}");
    barrier.wait();
}
