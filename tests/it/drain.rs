//! An orderly stop.

use std::time::Duration;

use fngate::control::Outcome;
use rustls::version::TLS13;
use tokio::time::Instant;

use super::support::client::{Client, request};
use super::support::gateway::{Gateway, simple};
use super::support::origin::Origin;
use super::support::tls::{Authority, TlsClient};
use super::support::{eventually, pause};

fn slow(delay: u64) -> Origin {
    Origin::start(move |connection| {
        while connection.request()?.is_some() {
            pause(Duration::from_millis(delay));
            connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\no")?;
            pause(Duration::from_millis(delay));
            connection.send("k\r\n0\r\n\r\n")?;
        }
        Ok(())
    })
}

#[test]
fn requests_in_flight_are_finished_and_idle_connections_closed() {
    let origin = slow(300);
    let gateway = Gateway::before(&origin, "", "");
    let mut idle = gateway.client();
    assert_eq!(idle.ask(request("GET /", &[])).text(), "ok");
    let mut busy: Vec<_> = (0..8).map(|_| gateway.client()).collect();
    busy.iter_mut().for_each(|client| client.send(request("GET /", &[])));
    eventually("they are in flight", || (origin.requests().len() == 9).then_some(()));
    let address = gateway.address.clone();
    let began = Instant::now();
    let stopped = std::thread::spawn(move || gateway.stop());
    assert!(idle.is_closed());
    for client in &mut busy {
        let answer = client.receive();
        assert_eq!((answer.text().as_str(), answer.complete), ("ok", true));
        assert!(client.is_closed());
    }
    assert_eq!(stopped.join().expect("no panic"), Outcome::Drained);
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    assert!(std::net::TcpStream::connect(address).is_err());
}

#[test]
fn what_does_not_finish_in_time_is_answered_or_broken_off() {
    let origin = Origin::start(|connection| {
        let Some(request) = connection.request()? else { return Ok(()) };
        if request.start.contains("stream") {
            connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")?;
        }
        connection.reader.fill().map(|_| ())
    });
    let gateway = Gateway::before(&origin, "drain_timeout = \"400ms\"", "");
    let mut waiting = gateway.client();
    waiting.send(request("GET /", &[]));
    let mut streaming = gateway.client();
    streaming.send(request("GET /stream", &[]));
    let mut answer = streaming.reader.head().expect("a head").expect("a head");
    eventually("both are in flight", || (origin.requests().len() == 2).then_some(()));
    let stopped = std::thread::spawn(move || gateway.stop());
    let refused = waiting.receive();
    assert_eq!((refused.status(), refused.reason().as_str()), (503, "draining"));
    assert_eq!(refused.field("retry-after"), Some("1"));
    while let Ok(Some(_)) = streaming.reader.chunk(&mut answer) {}
    assert!(!answer.complete);
    assert!(matches!(stopped.join().expect("no panic"), Outcome::Expired(_)));
}

#[test]
fn readiness_ends_before_service_does() {
    let origin = slow(200);
    let gateway = Gateway::before(&origin, "", "");
    assert_eq!(gateway.admin("GET /livez").0, 200);
    eventually("it is ready", || (gateway.admin("GET /readyz").0 == 200).then_some(()));
    let mut busy = gateway.client();
    busy.send(request("GET /", &[]));
    eventually("it is in flight", || (origin.requests().len() == 1).then_some(()));
    let admin = gateway.app().admin().expect("an admin listener").to_string();
    let stopped = std::thread::spawn(move || gateway.stop());
    eventually("it is not ready", || {
        let answer = Client::connect(&admin).ask(request("GET /readyz", &["Connection: close"]));
        (answer.status() == 503).then_some(())
    });
    assert_eq!(busy.receive().text(), "ok");
    assert_eq!(stopped.join().expect("no panic"), Outcome::Drained);
}

#[test]
fn the_first_request_of_a_connection_is_waited_for() {
    let (origin, authority) = (slow(0), Authority::new("ca"));
    authority.issue("shop", &["shop.test"]);
    let tls = format!("[listener.tls]\ncertificates = [{}]\n", authority.entry("shop"));
    let listener = "[[listener]]\naddress = \"127.0.0.1:0\"\n";
    let gateway = Gateway::with(&format!("{listener}{tls}{}", simple(&origin.url(), "", "", "")));
    let app = gateway.app();
    let (admin, addresses) = (app.admin().expect("an admin listener").to_string(), app.listeners().to_vec());
    let mut secure =
        TlsClient::connect(&addresses[0], "shop.test", &authority.client(None, &[&TLS13])).expect("a handshake");
    let mut plain = Client::connect(&addresses[1]);
    eventually("both are taken in", || (gateway.metric("fngate_client_connections") > 1.0).then_some(()));
    let stopped = std::thread::spawn(move || gateway.stop());
    eventually("it is not ready", || {
        let answer = Client::connect(&admin).ask(request("GET /readyz", &["Connection: close"]));
        (answer.status() == 503).then_some(())
    });
    // The workers are told next.
    pause(Duration::from_millis(100));
    let answers = [plain.ask(request("GET /", &[])), secure.ask(request("GET /", &[])).expect("an answer")];
    for answer in answers {
        assert_eq!((answer.text().as_str(), answer.field("connection")), ("ok", Some("close")));
    }
    assert!(plain.is_closed());
    assert_eq!(stopped.join().expect("no panic"), Outcome::Drained);
}

#[test]
fn an_open_tunnel_is_given_until_the_deadline() {
    let origin = Origin::start(|connection| {
        connection.request()?;
        connection.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")?;
        connection.reader.rest().map(|_| ())
    });
    let gateway = Gateway::before(&origin, "drain_timeout = \"500ms\"", "");
    let mut tunnel = gateway.client();
    assert_eq!(tunnel.ask(request("GET /", &["Connection: Upgrade", "Upgrade: x"])).status(), 101);
    let began = Instant::now();
    let stopped = std::thread::spawn(move || gateway.stop());
    assert!(tunnel.is_closed());
    assert!(began.elapsed() >= Duration::from_millis(450), "{:?}", began.elapsed());
    assert!(matches!(stopped.join().expect("no panic"), Outcome::Expired(_)));
}
