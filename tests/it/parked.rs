//! Clients that pause between two requests, for about as long as it takes until their connection is put aside.

use std::time::Duration;

use rustls::version::{TLS12, TLS13};
use tokio::time::Instant;

use super::support::client::{Client, request};
use super::support::gateway::{Gateway, simple};
use super::support::origin::Origin;
use super::support::tls::{Authority, TlsClient};
use super::support::{eventually, pause};

/// How long a connection has been idle when it is put aside.
const MOMENT: Duration = Duration::from_secs(1);
/// How many clients go on at different times around it, this far apart.
const CLIENTS: u32 = 60;
const APART: Duration = Duration::from_micros(500);

/// A function that answers with the target that it was asked for.
fn echo() -> Origin {
    Origin::start(|connection| {
        while let Some(message) = connection.request()? {
            let target = message.start.split(' ').nth(1).unwrap_or_default().to_owned();
            connection.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{target}", target.len()))?;
        }
        Ok(())
    })
}

/// Has every client do its rounds, each with a pause of its own around the moment.
fn pausing<C>(connect: impl Fn() -> C + Sync, ask: impl Fn(&mut C, &str) + Sync) {
    std::thread::scope(|scope| {
        for number in 0..CLIENTS {
            let (connect, ask) = (&connect, &ask);
            scope.spawn(move || {
                let mut client = connect();
                for round in 0..4 {
                    ask(&mut client, &format!("/{number}/{round}"));
                    pause(MOMENT - CLIENTS / 2 * APART + number * APART);
                }
                ask(&mut client, &format!("/{number}/last"));
            });
        }
    });
}

#[test]
fn a_request_that_comes_just_then_is_served() {
    let origin = echo();
    let gateway = Gateway::before(&origin, "", "");
    pausing(
        || gateway.client(),
        |client, target| {
            assert_eq!(client.ask(request(&format!("GET {target}"), &[])).text(), target);
        },
    );
}

#[test]
fn a_request_that_comes_in_pieces_just_then_is_served() {
    let origin = echo();
    let gateway = Gateway::before(&origin, "", "");
    pausing(
        || gateway.client(),
        |client, target| {
            for piece in request(&format!("GET {target}"), &[]).as_bytes().chunks(20) {
                client.send(piece);
                pause(APART);
            }
            assert_eq!(client.receive().text(), target);
        },
    );
}

#[test]
fn over_tls_too() {
    let (origin, authority) = (echo(), Authority::new("ca"));
    authority.issue("shop", &["shop.test"]);
    let gateway = Gateway::with(&format!(
        "[[listener]]\naddress = \"127.0.0.1:0\"\n[listener.tls]\ncertificates = [{}]\n{}",
        authority.entry("shop"),
        simple(&origin.url(), "", "", "")
    ));
    for version in [&TLS13, &TLS12] {
        let config = authority.client(None, &[version]);
        pausing(
            || TlsClient::connect(&gateway.address, "shop.test", &config).expect("a handshake"),
            |client, target| {
                assert_eq!(client.ask(request(&format!("GET {target}"), &[])).expect("an answer").text(), target);
            },
        );
    }
}

#[test]
fn the_beginning_of_a_request_that_came_with_the_one_before_is_kept() {
    let origin = echo();
    let gateway = Gateway::before(&origin, "", "");
    let mut client = gateway.client();
    let next = request("GET /next", &[]);
    for split in [1, 10, next.len() - 1] {
        client.send([request("GET /first", &[]).as_bytes(), &next.as_bytes()[..split]].concat());
        assert_eq!(client.receive().text(), "/first");
        pause(MOMENT + MOMENT / 2);
        client.send(&next.as_bytes()[split..]);
        assert_eq!(client.receive().text(), "/next", "{split}");
    }
}

#[test]
fn it_has_the_time_that_it_had_before() {
    let origin = echo();
    let gateway = Gateway::before(&origin, "keepalive_timeout = \"2s\"\nheader_read_timeout = \"1500ms\"", "");
    let (mut idle, mut silent) = (gateway.client(), gateway.client());
    let began = Instant::now();
    idle.ask(request("GET /", &[]));
    let closed = |client: &mut Client, after: u64| {
        assert!(client.is_closed());
        let took = began.elapsed();
        assert!(took >= Duration::from_millis(after) && took < Duration::from_millis(after + 500), "{took:?}");
    };
    closed(&mut silent, 1500);
    closed(&mut idle, 2000);
}

#[test]
fn a_stop_closes_it_at_once() {
    let origin = echo();
    let gateway = Gateway::before(&origin, "drain_timeout = \"20s\"", "");
    let mut clients: Vec<_> = (0..20).map(|_| gateway.client()).collect();
    for client in &mut clients {
        client.ask(request("GET /", &[]));
    }
    pause(MOMENT + MOMENT / 4);
    let began = Instant::now();
    gateway.stop();
    assert!(began.elapsed() < MOMENT, "{:?}", began.elapsed());
    assert!(clients.iter_mut().all(Client::is_closed));
}

#[test]
fn a_client_that_leaves_is_let_go() {
    let origin = echo();
    let gateway = Gateway::before(&origin, "", "");
    let mut client = gateway.client();
    client.ask(request("GET /", &[]));
    pause(MOMENT + MOMENT / 4);
    drop(client);
    eventually("nobody is connected", || (gateway.metric("fngate_client_connections") < 1.0).then_some(()));
}
