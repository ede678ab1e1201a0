//! The addresses behind the name of an instance, and the order in which a connection tries them.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::net::{TcpStream, lookup_host};
use tokio::time::Instant;

use super::happy_eyeballs::{Outcome, race};
use crate::net::socket::connect;

/// How long an address waits for a connection before the next one is tried (RFC 8305 section 5).
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);
/// How long an address that did not answer comes last.
const FAILED_FOR: Duration = Duration::from_secs(10);

/// What is known of the addresses of one name, by all workers. It is asked for new connections only.
#[derive(Debug, Default)]
pub struct Addresses {
    turn: AtomicUsize,
    failed: Mutex<Vec<(SocketAddr, Instant)>>,
}

impl Addresses {
    /// Looks a name up and connects to one of its addresses. Each connection begins with another one.
    ///
    /// # Errors
    /// The name is not found, or no address can be reached.
    pub async fn connect(&self, host: &str, port: u16, connect_timeout: Duration) -> io::Result<TcpStream> {
        self.connect_to(lookup_host((host, port)).await?.collect(), connect_timeout).await
    }

    async fn connect_to(&self, found: Vec<SocketAddr>, connect_timeout: Duration) -> io::Result<TcpStream> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let addresses = self.prefer(rotate(interleave(found), turn), Instant::now());
        race(&addresses, delay(addresses.len(), connect_timeout), connect, |address, outcome| {
            self.note(address, outcome, Instant::now());
        })
        .await
    }

    /// Puts the addresses that failed a moment ago behind the others.
    fn prefer(&self, mut addresses: Vec<SocketAddr>, now: Instant) -> Vec<SocketAddr> {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.retain(|(_, at)| now < *at + FAILED_FOR);
        addresses.sort_by_key(|address| failed.iter().any(|(other, _)| other == address));
        addresses
    }

    fn note(&self, address: SocketAddr, outcome: Outcome, now: Instant) {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.retain(|(other, _)| *other != address);
        if outcome != Outcome::Connected {
            failed.push((address, now));
        }
    }
}

/// All of `count` addresses have their turn within `connect_timeout`.
fn delay(count: usize, connect_timeout: Duration) -> Duration {
    let parts = u32::try_from(count).unwrap_or(u32::MAX).saturating_add(1);
    ATTEMPT_DELAY.min(connect_timeout / parts)
}

/// Alternates the families, as the resolver orders each (RFC 8305 section 4).
fn interleave(found: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first_is_ipv6 = found.first().is_some_and(SocketAddr::is_ipv6);
    let (one, other): (Vec<_>, Vec<_>) = found.into_iter().partition(|address| address.is_ipv6() == first_is_ipv6);
    let (mut one, mut other) = (one.into_iter(), other.into_iter());
    let mut addresses = Vec::new();
    while one.len() + other.len() > 0 {
        addresses.extend(one.next().into_iter().chain(other.next()));
    }
    addresses
}

fn rotate(mut addresses: Vec<SocketAddr>, turn: usize) -> Vec<SocketAddr> {
    let first = turn.checked_rem(addresses.len()).unwrap_or(0);
    addresses.rotate_left(first);
    addresses
}

#[cfg(test)]
mod tests {
    use socket2::{Domain, Socket, Type};

    use super::*;

    fn addresses(hosts: &[&str]) -> Vec<SocketAddr> {
        hosts.iter().map(|host| SocketAddr::new(host.parse().expect("an address"), 80)).collect()
    }

    #[test]
    fn families_alternate() {
        for (found, expected) in [
            (vec![], vec![]),
            (vec!["::1"], vec!["::1"]),
            (vec!["::1", "::2", "1.1.1.1"], vec!["::1", "1.1.1.1", "::2"]),
            (vec!["1.1.1.1", "1.1.1.2", "1.1.1.3", "::1"], vec!["1.1.1.1", "::1", "1.1.1.2", "1.1.1.3"]),
            (vec!["1.1.1.1", "1.1.1.2"], vec!["1.1.1.1", "1.1.1.2"]),
        ] {
            assert_eq!(interleave(addresses(&found)), addresses(&expected), "{found:?}");
        }
    }

    #[test]
    fn each_connection_begins_with_another_address() {
        let found = addresses(&["1.1.1.1", "1.1.1.2", "1.1.1.3"]);
        let firsts: Vec<_> = (0..5).map(|turn| rotate(found.clone(), turn)[0]).collect();
        assert_eq!(firsts, addresses(&["1.1.1.1", "1.1.1.2", "1.1.1.3", "1.1.1.1", "1.1.1.2"]));
        assert!(rotate(Vec::new(), 3).is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_that_failed_comes_last_for_a_while() {
        let known = Addresses::default();
        let found = addresses(&["1.1.1.1", "1.1.1.2", "1.1.1.3"]);
        let now = Instant::now();
        let first = |now| known.prefer(found.clone(), now)[0];
        for outcome in [Outcome::Failed, Outcome::Slow] {
            known.note(found[0], outcome, now);
            assert_eq!((first(now), first(now + FAILED_FOR)), (found[1], found[0]), "{outcome:?}");
        }
        known.note(found[0], Outcome::Failed, now);
        known.note(found[0], Outcome::Connected, now);
        assert_eq!(first(now), found[0]);
        found.iter().for_each(|address| known.note(*address, Outcome::Failed, now));
        assert_eq!(known.prefer(found.clone(), now), found, "if all failed, all are tried");
    }

    #[test]
    fn every_address_has_its_turn_within_the_time_for_connecting() {
        let (seconds, milliseconds) = (Duration::from_secs, Duration::from_millis);
        for (count, connect_timeout, expected) in [
            (1, seconds(5), ATTEMPT_DELAY),
            (2, seconds(5), ATTEMPT_DELAY),
            (2, milliseconds(300), milliseconds(100)),
            (99, seconds(5), milliseconds(50)),
        ] {
            assert_eq!(delay(count, connect_timeout), expected, "{count} in {connect_timeout:?}");
        }
    }

    /// A listener whose backlog is full: connecting neither succeeds nor fails.
    fn hanging(address: SocketAddr) -> Vec<Socket> {
        let socket = || Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        let listener = socket();
        listener.bind(&address.into()).expect("a free port");
        listener.listen(0).expect("a listener");
        let mut held = vec![listener];
        for _ in 0..4 {
            let client = socket();
            client.set_nonblocking(true).expect("an option");
            let _ = client.connect(&address.into());
            held.push(client);
        }
        held
    }

    #[tokio::test]
    async fn a_dead_address_of_a_name_costs_one_connection_a_moment() {
        let listener = tokio::net::TcpListener::bind("127.0.0.3:0").await.expect("a port");
        let good = listener.local_addr().expect("an address");
        let at = |host: u8| SocketAddr::from(([127, 0, 0, host], good.port()));
        let _held = hanging(at(1));
        // Nobody listens at the second.
        let found = vec![at(1), at(2), good];
        let known = Addresses::default();
        let began = Instant::now();
        for count in 0..12 {
            let stream = known.connect_to(found.clone(), Duration::from_secs(5)).await.expect("one is there");
            assert_eq!(stream.peer_addr().expect("an address"), good, "{count}");
        }
        assert!(began.elapsed() < 2 * ATTEMPT_DELAY, "{:?}", began.elapsed());
    }
}
