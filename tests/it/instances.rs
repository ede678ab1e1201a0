//! Several instances of a function: they take turns, and one that cannot be reached costs as little as possible.

use std::net::Ipv6Addr;
use std::time::Duration;

use tokio::time::Instant;

use super::port::free_port;
use super::support::client::request;
use super::support::gateway::{Gateway, simple};
use super::support::hanging::Hanging;
use super::support::origin::Origin;
use super::support::peer::Peer;
use super::support::{eventually, pause};

/// Clearly longer than a request takes to an instance that answers.
const SLOW: Duration = Duration::from_millis(250);

fn gateway(instances: &[String], workers: usize, function: &str) -> Gateway {
    let text = simple(&instances.join("\", \""), "", function, "");
    Gateway::with(&text.replace("workers = 2", &format!("workers = {workers}")))
}

/// An address at which nobody listens.
fn refusing() -> String {
    format!("http://127.0.0.1:{}", free_port())
}

/// How many of `count` requests, each on a connection of its own, were slow. All are answered.
#[track_caller]
fn slow(gateway: &Gateway, count: usize) -> usize {
    let is_slow = |_: &usize| {
        let began = Instant::now();
        assert_eq!(gateway.get("/").status(), 200);
        began.elapsed() >= SLOW
    };
    (0..count).filter(is_slow).count()
}

#[test]
fn an_instance_that_hangs_costs_one_request_its_connect_timeout() {
    let origin = Origin::hello();
    for workers in [1, 2] {
        for count in [1, 2] {
            let hanging: Vec<_> = (0..count).map(|_| Hanging::start()).collect();
            let mut instances: Vec<_> = hanging.iter().map(Hanging::url).collect();
            instances.insert(1, origin.url());
            let gateway = gateway(&instances, workers, "connect_timeout = \"300ms\"");
            let slow = slow(&gateway, 40);
            assert!((1..=count).contains(&slow), "{slow} of 40 requests were slow with {workers} workers");
        }
    }
}

#[test]
fn a_request_that_waits_for_an_instance_that_hangs_is_the_only_one() {
    let origin = Origin::hello();
    let hanging = Hanging::start();
    let gateway = gateway(&[hanging.url(), origin.url()], 1, "connect_timeout = \"2s\"");
    let mut first = gateway.client();
    let began = Instant::now();
    first.send(request("GET /", &[]));
    pause(Duration::from_millis(500));
    assert_eq!(slow(&gateway, 10), 0);
    assert!(began.elapsed() < Duration::from_secs(2));
    assert_eq!(first.receive().text(), "hello");
    assert!(began.elapsed() >= Duration::from_secs(2));
}

#[test]
fn an_instance_that_refuses_costs_no_request_anything() {
    let (one, other) = (Origin::hello(), Origin::hello());
    let gateway = gateway(&[refusing(), one.url(), other.url(), refusing()], 1, "start_wait = \"5s\"");
    assert_eq!(slow(&gateway, 40), 0);
    let counts = [one.requests().len(), other.requests().len()];
    assert!(counts.iter().all(|count| (18..=22).contains(count)), "they share the requests: {counts:?}");
}

#[test]
fn while_no_instance_is_up_all_are_tried_until_one_is() {
    for up in 0..3 {
        let ports: Vec<_> = (0..3).map(|_| free_port()).collect();
        let instances: Vec<_> = ports.iter().map(|port| format!("http://127.0.0.1:{port}")).collect();
        let gateway = gateway(&instances, 1, "start_wait = \"10s\"");
        let mut client = gateway.client();
        client.send(request("POST /", &["Content-Length: 1\r\n\r\nx"]));
        let down = || {
            let labels = instances.iter().map(|url| format!("{{function=\"default/f:$LATEST\",instance=\"{url}\"}} 0"));
            let metrics = gateway.metrics();
            labels.map(|label| format!("fngate_instance_up{label}")).all(|line| metrics.contains(&line))
        };
        eventually("all have been tried", || down().then_some(()));
        let _origin = Origin::start_on(ports[up], |connection| {
            while connection.request()?.is_some() {
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")?;
            }
            Ok(())
        });
        assert_eq!(client.receive().text(), "hello");
        assert_eq!(slow(&gateway, 6), 0);
    }
}

#[test]
fn a_restart_in_order_loses_nothing() {
    let serve = || {
        |connection: &mut super::support::origin::Connection| {
            connection.request()?;
            connection.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello")
        }
    };
    let origin = Origin::start(serve());
    let port = origin.port;
    let gateway = gateway(&[origin.url()], 1, "");
    assert_eq!(gateway.get("/").text(), "hello");
    drop(origin);
    let mut client = gateway.client();
    client.send(request("GET /", &[]));
    let up = "fngate_instance_up{function=\"default/f:$LATEST\",instance=";
    eventually("it is down", || (gateway.metric(&format!("{up}\"http://127.0.0.1:{port}\"}}")) == 0.0).then_some(()));
    let _again = Origin::start_on(port, serve());
    assert_eq!(client.receive().text(), "hello");
}

/// `localhost` has two addresses on most machines, `::1` in front. Where it has one, there is nothing to see.
#[test]
fn a_dead_address_of_a_name_costs_one_request_a_moment() {
    let origin = Origin::answering("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    let _hanging = Hanging::start_at((Ipv6Addr::LOCALHOST, origin.port).into());
    let gateway = gateway(&[format!("http://localhost:{}", origin.port)], 1, "connect_timeout = \"2s\"");
    let began = Instant::now();
    assert!(slow(&gateway, 10) <= 1);
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
}

#[test]
fn a_function_that_is_down_is_unreachable_also_when_the_timeout_is_shorter_than_start_wait() {
    for (timeout, start_wait) in [("20s", "0s"), ("20s", "200ms"), ("200ms", "1s"), ("200ms", "5m")] {
        let function = format!("timeout = \"{timeout}\"\nstart_wait = \"{start_wait}\"");
        let gateway = gateway(&[refusing(), refusing()], 1, &function);
        let began = Instant::now();
        for line in ["GET /", "POST /"] {
            assert_eq!(gateway.client().ask(request(line, &[])).reason(), "function_unreachable", "{function}");
        }
        assert!(began.elapsed() < Duration::from_secs(2), "{function}: {:?}", began.elapsed());
    }
}

/// In HTTP/2, requests wait for a connection that another one opens.
#[test]
fn a_burst_that_meets_an_instance_that_hangs_waits_for_it_once() {
    const CONNECT: Duration = Duration::from_millis(500);
    let (peer, hanging) = (Peer::echo(), Hanging::start());
    let instances = [hanging.url().replace("http:", "h2c:"), peer.url()];
    let gateway = gateway(&instances, 1, "connect_timeout = \"500ms\"");
    let ask = || {
        let began = Instant::now();
        assert_eq!(gateway.get("/").status(), 200);
        assert!(began.elapsed() < 2 * CONNECT, "{:?}", began.elapsed());
    };
    std::thread::scope(|scope| {
        for _ in 0..10 {
            scope.spawn(ask);
        }
    });
}
