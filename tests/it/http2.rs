//! Clients that speak HTTP/2, with a client of our own.

mod budgets;
mod ends;
mod secure;
mod streams;
mod tunnels;
mod waiting;

use std::time::Duration;

use super::peer::{Answer, Client, request};
use super::support::PATIENCE;
use super::support::eventually;
use super::support::gateway::Gateway;

const IN_FLIGHT: &str = "fngate_requests_in_flight{function=\"default/f:$LATEST\"}";
/// How soon the other side has to hear of an end.
const SOON: Duration = Duration::from_secs(1);

pub fn open(gateway: &Gateway) -> Client {
    Client::open(address(gateway))
}

fn connect(gateway: &Gateway) -> Client {
    Client::connect(address(gateway))
}

fn address(gateway: &Gateway) -> std::net::SocketAddr {
    gateway.address.parse().expect("an address")
}

/// Waits for the end of a stream.
#[track_caller]
fn finish(client: &mut Client, stream: u32) -> Answer {
    let over = client.wait(PATIENCE, |client| client.answer(stream).is_over());
    assert!(over, "stream {stream}: {:?}, {:?}", client.answer(stream), client.end());
    client.answer(stream)
}

/// Asks for a path on a stream of its own.
#[track_caller]
fn get(client: &mut Client, stream: u32, path: &str) -> Answer {
    assert!(client.send(request(stream, super::peer::WHOLE, "GET", path, &[])));
    finish(client, stream)
}

/// Nothing is left of any request.
#[track_caller]
fn assert_settled(gateway: &Gateway) {
    eventually("no request is left", || (gateway.metric(IN_FLIGHT) == 0.0).then_some(()));
}

fn reason(answer: &Answer) -> String {
    let problem: serde_json::Value = serde_json::from_slice(&answer.data).unwrap_or_default();
    problem["reason"].as_str().unwrap_or_default().to_owned()
}
