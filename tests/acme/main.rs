//! Certificates that the gateway gets by itself, of pebble, an ACME server for tests. Where that is not installed, the tests say so and pass.
//! pebble does not say when to renew a certificate (ARI, RFC 9773), so that is simulated before it.

#![expect(unreachable_pub, reason = "a test binary has no outside")]

mod adviser;
mod pebble;
#[path = "../support/skip.rs"]
mod skip;
mod stand;
#[path = "../cli/support.rs"]
#[allow(dead_code, reason = "shared with the tests of the command line, which use more of it")]
mod support;

use std::time::Duration;

use adviser::{Adviser, identifier};
use pebble::{Pebble, Setup};
use stand::{Gateway, Ports};
use support::eventually;
use support::port::free_port;

const SHOP: &str = "shop.example.test";
const OTHER: &str = "other.example.test";

#[test]
fn a_certificate_is_had_by_tls_and_kept_over_a_restart() {
    let ports = Ports::free();
    let setup = Setup { tls: ports.tls, http: free_port(), validity: 90 * 86400 };
    let Some(pebble) = Pebble::start(&setup) else { return stand::skipped() };
    let roots = pebble.roots();
    let gateway = Gateway::start(&pebble, &ports, &[SHOP]);
    let first = eventually("a certificate is served", || gateway.shown(SHOP, &roots).ok());
    assert_eq!(gateway.ask(SHOP, &roots).expect("an answer"), 200);
    assert!(gateway.shown("unknown.example.test", &roots).is_err(), "the certificate is for no other name");
    assert!(!gateway.is_proved(SHOP, &roots), "nothing is ordered, so that there is nothing to prove");
    let series =
        format!("fngate_certificate_expiry_timestamp_seconds{{listener=\"127.0.0.1:{}\",name=\"{SHOP}\"}}", ports.tls);
    let expiry = gateway.metric(&series).expect("the expiry is shown");
    assert!(expiry > 80.0 * 86400.0, "{expiry}");
    let files = pebble.state_files();
    assert_eq!(
        files.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
        ["account.json", "shop.example.test.pem"]
    );
    assert!(files.iter().all(|(_, mode)| *mode == 0o600), "{files:?}");
    gateway.stop();

    // An order takes less than two seconds.
    let gateway = Gateway::start(&pebble, &ports, &[SHOP]);
    stand::pause(Duration::from_secs(4));
    assert_eq!(gateway.shown(SHOP, &roots).expect("a handshake"), first, "nothing is ordered again");
    gateway.stop();

    // What is had is served from the first connection on, also while the server is away.
    let state = pebble.state();
    drop(pebble);
    let gateway = Gateway::start_at(&state, &ports, &[SHOP]);
    assert_eq!(gateway.shown(SHOP, &roots).expect("a handshake"), first);
    gateway.stop();
}

#[test]
fn a_certificate_is_had_by_http_where_tls_cannot_be_reached() {
    let ports = Ports::free();
    let setup = Setup { tls: free_port(), http: ports.http, validity: 90 * 86400 };
    let Some(pebble) = Pebble::start(&setup) else { return stand::skipped() };
    let roots = pebble.roots();
    let gateway = Gateway::start(&pebble, &ports, &[SHOP]);
    eventually("a certificate is served", || gateway.shown(SHOP, &roots).ok());
    // What is not pending is a path like any other, and this listener redirects them all.
    assert_eq!(gateway.get_plain("/.well-known/acme-challenge/guess"), 308);
    gateway.stop();
}

#[test]
fn names_come_and_go_with_the_configuration() {
    let ports = Ports::free();
    let setup = Setup { tls: ports.tls, http: ports.http, validity: 90 * 86400 };
    let Some(pebble) = Pebble::start(&setup) else { return stand::skipped() };
    let roots = pebble.roots();
    let gateway = Gateway::start(&pebble, &ports, &[SHOP]);
    let shop = eventually("a certificate is served", || gateway.shown(SHOP, &roots).ok());
    gateway.reload(&[SHOP, OTHER]);
    eventually("a new name has a certificate", || gateway.shown(OTHER, &roots).ok());
    assert_eq!(gateway.shown(SHOP, &roots).expect("still"), shop);
    gateway.reload(&[OTHER]);
    eventually("a name that is gone has none", || gateway.shown(SHOP, &roots).is_err().then_some(()));
    gateway.stop();
}

#[test]
fn a_certificate_is_renewed_before_it_expires() {
    let ports = Ports::free();
    let setup = Setup { tls: ports.tls, http: ports.http, validity: 15 };
    let Some(pebble) = Pebble::start(&setup) else { return stand::skipped() };
    let roots = pebble.roots();
    let gateway = Gateway::start(&pebble, &ports, &[SHOP]);
    let first = eventually("a certificate is served", || gateway.shown(SHOP, &roots).ok());
    let second = eventually("another one is served", || {
        // Without a moment in which there is none that is good.
        let shown = gateway.shown(SHOP, &roots).expect("a good certificate");
        stand::pause(Duration::from_millis(100));
        (shown != first).then_some(shown)
    });
    assert_ne!(first, second);
    gateway.stop();
}

/// What the server says (ARI, RFC 9773) is simulated: pebble says nothing.
#[test]
fn a_certificate_is_renewed_when_the_server_wants_it() {
    let ports = Ports::free();
    let setup = Setup { tls: ports.tls, http: ports.http, validity: 90 * 86400 };
    let Some(pebble) = Pebble::start(&setup) else { return stand::skipped() };
    let roots = pebble.roots();
    let adviser = Adviser::start(&pebble, 30..31);
    let gateway = Gateway::start_at(&adviser.state(), &ports, &[SHOP]);
    let first = eventually("a certificate is served", || gateway.shown(SHOP, &roots).ok());
    eventually("the server is asked about it", || (adviser.asked() == [identifier(&first)]).then_some(()));
    // An order takes less than two seconds.
    stand::pause(Duration::from_secs(4));
    assert_eq!(gateway.shown(SHOP, &roots).expect("a handshake"), first, "its time has not come");
    gateway.stop();

    // A gateway asks when it starts, and not again for hours.
    adviser.advise(-2..-1);
    let gateway = Gateway::start_at(&adviser.state(), &ports, &[SHOP]);
    let second = eventually("another one is served", || {
        // Without a moment in which there is none that is good.
        let shown = gateway.shown(SHOP, &roots).expect("a good certificate");
        (shown != first).then_some(shown)
    });
    let [old, new] = [&first, &second].map(identifier);
    assert_eq!(adviser.replaced(), [old.as_str()]);
    // Advice that is as old for a certificate that is new is not taken at once: one order would follow the other for ever.
    eventually("the server is asked about the new one", || adviser.asked().contains(&new).then_some(()));
    stand::pause(Duration::from_secs(4));
    assert_eq!(gateway.shown(SHOP, &roots).expect("a handshake"), second, "it is new");
    assert_eq!(adviser.asked(), [old.clone(), old, new]);
    gateway.stop();
}
