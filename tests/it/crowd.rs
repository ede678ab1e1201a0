//! Hundreds of connections in the same state, which one task meets at once: none of them may be taken for quiet because the runtime has had
//! enough of the task that asks.

use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use super::peer;
use super::support::client::{Client, request};
use super::support::gateway::{Gateway, simple};
use super::support::origin::{Connection, Origin};
use super::support::{PATIENCE, eventually};

const IN_FLIGHT: &str = "fngate_requests_in_flight{function=\"default/f:$LATEST\"}";

/// How a function that restarts leaves its connections.
#[derive(Clone, Copy, Debug)]
enum Leaves {
    InOrder,
    Reset,
}

/// A function that answers once `crowd` requests wait, and leaves all their connections when it is told to restart. What comes on
/// connections that it gets later is answered at once.
fn restarting(crowd: usize, leaves: Leaves) -> (Origin, Arc<AtomicBool>) {
    let (restart, waiting) = (Arc::new(AtomicBool::new(false)), AtomicUsize::new(0));
    let restarts = restart.clone();
    let origin = Origin::start(move |connection: &mut Connection| {
        let is_old = !restart.load(Ordering::SeqCst);
        while connection.request()?.is_some() {
            if is_old {
                waiting.fetch_add(1, Ordering::SeqCst);
                eventually("everybody waits", || (waiting.load(Ordering::SeqCst) >= crowd).then_some(()));
            }
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")?;
            if is_old {
                eventually("the restart", || restart.load(Ordering::SeqCst).then_some(()));
                if let Leaves::Reset = leaves {
                    connection.reset()?;
                }
                return Ok(());
            }
        }
        Ok(())
    });
    (origin, restarts)
}

#[test]
fn after_a_restart_no_request_waits() {
    for (crowd, leaves) in
        [(100, Leaves::InOrder), (400, Leaves::InOrder), (400, Leaves::Reset), (1000, Leaves::InOrder)]
    {
        let (origin, restart) = restarting(crowd, leaves);
        let function = "timeout = \"3s\"";
        let gateway = Gateway::with(&simple(&origin.url(), "", function, "").replace("workers = 2", "workers = 1"));
        let mut clients: Vec<_> = (0..crowd).map(|_| gateway.client()).collect();
        clients.iter_mut().for_each(|client| client.send(request("GET /", &[])));
        clients.iter_mut().for_each(|client| assert_eq!(client.receive().status(), 200));
        assert_eq!(origin.connections(), crowd);
        restart.store(true, Ordering::SeqCst);
        eventually("the function leaves", || (origin.open() == 0).then_some(()));
        for (number, line) in ["GET /", "POST /", "GET /", "POST /"].into_iter().enumerate() {
            let began = Instant::now();
            assert_eq!(clients[number].ask(request(line, &[])).status(), 200, "{crowd} {leaves:?} {line}");
            assert!(began.elapsed() < Duration::from_secs(1), "{crowd} {leaves:?} {line}: {:?}", began.elapsed());
        }
        eventually("no request is left", || (gateway.metric(IN_FLIGHT) == 0.0).then_some(()));
    }
}

/// What a deadline may be late by where hundreds pass at once.
const LATE: Duration = Duration::from_millis(if cfg!(debug_assertions) { 1000 } else { 100 });
const TIMEOUT: Duration = Duration::from_secs(2);

fn one_worker(origin: &Origin, function: &str) -> Gateway {
    Gateway::with(&simple(&origin.url(), "", function, "").replace("workers = 2", "workers = 1"))
}

/// A function that reads a request, sends the beginning of an answer and nothing more.
fn stops_after(beginning: &'static str) -> Origin {
    Origin::start(move |connection| {
        connection.reader.head()?;
        connection.send(beginning)?;
        while connection.reader.fill()? {}
        Ok(())
    })
}

#[test]
fn no_request_outlives_its_deadline() {
    let function = "timeout = \"2s\"\nstream_idle = \"2s\"";
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf";
    for (beginning, sent) in [
        ("", request("GET /", &[])),
        ("", request("POST /", &["Content-Length: 9\r\n\r\nhalf"])),
        ("HTTP/1.1 200 O", request("GET /", &[])),
        (head, request("GET /", &[])),
    ] {
        let origin = stops_after(beginning);
        let gateway = one_worker(&origin, function);
        let mut clients: Vec<_> = (0..500).map(|_| gateway.client()).collect();
        clients.iter_mut().for_each(|client| client.send(&sent));
        let mut sessions: Vec<_> =
            (0..5).map(|_| peer::Client::open(gateway.address.parse().expect("an address"))).collect();
        let streams = || (0..100).map(|number| 2 * number + 1);
        for session in &mut sessions {
            streams().for_each(|stream| assert!(session.send(peer::request(stream, peer::WHOLE, "GET", "/", &[]))));
        }
        eventually("all are under way", || (gateway.metric(IN_FLIGHT) >= 1000.0).then_some(()));
        let began = Instant::now();
        for client in &mut clients {
            match client.try_receive() {
                Ok(answer) if beginning == head => assert!(!answer.complete, "{answer:?}"),
                Ok(answer) => assert_eq!(answer.reason(), "function_timeout", "{beginning}"),
                Err(error) => panic!("{beginning}: {error}"),
            }
        }
        for session in &mut sessions {
            assert!(session.wait(PATIENCE, |session| streams().all(|stream| session.answer(stream).is_over())));
        }
        assert!(began.elapsed() < TIMEOUT + LATE, "{beginning}: {:?}", began.elapsed());
        eventually("no request is left", || (gateway.metric(IN_FLIGHT) == 0.0).then_some(()));
    }
}

#[test]
fn tunnels_end_when_their_function_dies() {
    const SWITCH: &str = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: custom/1\r\n\r\n";
    let died = Arc::new(AtomicBool::new(false));
    let dies = died.clone();
    let origin = Origin::start(move |connection| {
        connection.request()?;
        connection.send(SWITCH)?;
        eventually("the death", || died.load(Ordering::SeqCst).then_some(()));
        connection.send("last words")?;
        connection.reset()
    });
    let gateway = one_worker(&origin, "");
    let mut clients: Vec<Client> = (0..500).map(|_| gateway.client()).collect();
    for client in &mut clients {
        client.send(request("GET /", &["Connection: Upgrade", "Upgrade: custom/1"]));
        assert_eq!(client.receive().status(), 101);
    }
    dies.store(true, Ordering::SeqCst);
    let began = Instant::now();
    for client in &mut clients {
        assert_eq!(client.reader.rest().expect("an end in order"), b"last words");
    }
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    drop(clients);
    eventually("no request is left", || (gateway.metric(IN_FLIGHT) == 0.0).then_some(()));
}

#[test]
fn a_stop_serves_all_who_have_connected() {
    let origin = Origin::hello();
    let gateway = one_worker(&origin, "");
    let address: std::net::SocketAddr = gateway.address.parse().expect("an address");
    let streams: Vec<_> = (0..600).map(|_| TcpStream::connect(address).expect("the kernel accepts")).collect();
    gateway.app().stop();
    let mut clients: Vec<_> = streams.into_iter().map(Client::of).collect();
    for (number, client) in clients.iter_mut().enumerate() {
        client.send(request("GET /", &[]));
        assert_eq!(client.receive().text(), "hello", "{number}");
    }
}

#[test]
fn a_function_that_never_stops_talking_keeps_nobody_else_waiting() {
    // Interim responses: some of them are passed on, and none is the answer.
    let origin = Origin::start(|connection| {
        connection.request()?;
        let many = "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(10_000);
        loop {
            connection.send(&many)?;
        }
    });
    let text = simple(&origin.url(), "", "timeout = \"1s\"", "").replace("workers = 2", "workers = 1");
    let gateway = Gateway::with(&format!(
        "{text}[[service.api]]\npath = \"/other\"\nmethod = \"GET\"\nfunction = \"other\"\n\
         [[function]]\nname = \"other\"\ninstances = [\"builtin:echo\"]\n"
    ));
    let mut client = gateway.client();
    let began = Instant::now();
    client.send(request("GET /", &[]));
    while began.elapsed() < Duration::from_millis(500) {
        let asked = Instant::now();
        assert_eq!(gateway.get("/other").status(), 200);
        assert!(asked.elapsed() < 3 * LATE, "{:?}", asked.elapsed());
    }
    let answer = std::iter::repeat_with(|| client.receive()).find(|answer| answer.status() != 103);
    assert_eq!(answer.expect("an answer").reason(), "function_timeout");
    assert!(began.elapsed() < Duration::from_secs(1) + 3 * LATE, "{:?}", began.elapsed());
}
