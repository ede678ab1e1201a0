//! HTTP/2 over TLS, which both sides agree on in the handshake (RFC 9113 section 3.2).

use std::io::Write;
use std::sync::Arc;

use rustls::version::{TLS12, TLS13};

use super::super::peer::{WHOLE, opening, request};
use super::super::support::gateway::{Gateway, simple};
use super::super::support::origin::Origin;
use super::super::support::tls::{Authority, TlsClient};

/// A client that offers these protocols.
fn connect(gateway: &Gateway, authority: &Authority, offers: &[&[u8]]) -> std::io::Result<TlsClient> {
    let mut config = (*authority.client(None, &[&TLS13, &TLS12])).clone();
    config.alpn_protocols = offers.iter().map(|offer| offer.to_vec()).collect();
    TlsClient::connect(&gateway.address, "shop.test", &Arc::new(config))
}

fn gateway(origin: &Origin, authority: &Authority, listener: &str) -> Gateway {
    let entry = authority.entry("shop");
    Gateway::with(&format!(
        "[[listener]]\naddress = \"127.0.0.1:0\"\n{listener}\n[listener.tls]\ncertificates = [{entry}]\n{}",
        simple(&origin.url(), "", "", "")
    ))
}

/// Reads until an answer has come.
#[track_caller]
fn read_hello(client: &mut TlsClient) {
    let mut received = Vec::new();
    while !received.windows(5).any(|window| window == b"hello") {
        let more = client.reader.take(1).expect("frames");
        assert!(!more.is_empty(), "{}", received.escape_ascii());
        received.extend(more);
    }
}

#[test]
fn it_is_spoken_with_those_who_offer_it() {
    let (origin, authority) = (Origin::hello(), Authority::new("ca"));
    authority.issue("shop", &["shop.test"]);
    let gateway = gateway(&origin, &authority, "");
    let mut client = connect(&gateway, &authority, &[b"h2", b"http/1.1"]).expect("a handshake");
    let bytes = [opening(), request(1, WHOLE, "GET", "/", &[])].concat();
    client.stream.write_all(&bytes).expect("written");
    read_hello(&mut client);
    let request = origin.request();
    assert_eq!(
        (request.field("x-forwarded-proto"), request.field("x-client-proto-ver")),
        (Some("https"), Some("HTTP/2"))
    );
    drop(client);
    let line = gateway.access(1).remove(0);
    assert_eq!((&line["tls"], &line["protocol"]), (&"TLSv1.3".into(), &"HTTP/2".into()), "{line}");
}

#[test]
fn it_is_not_spoken_with_others() {
    let (origin, authority) = (Origin::hello(), Authority::new("ca"));
    authority.issue("shop", &["shop.test"]);
    let (both, old) = (gateway(&origin, &authority, ""), gateway(&origin, &authority, "http2 = false"));
    let get = super::super::support::client::request("GET /", &[]);
    for (gateway, offers) in [
        (&both, &[][..]),
        (&both, &[&b"http/1.1"[..]]),
        (&old, &[]),
        (&old, &[b"http/1.1"]),
        (&old, &[b"h2", b"http/1.1"]),
    ] {
        let mut client = connect(gateway, &authority, offers).expect("a handshake");
        assert_eq!(client.ask(&get).expect("an answer").text(), "hello", "{offers:?}");
        // Nor does it begin without an agreement.
        let mut client = connect(gateway, &authority, offers).expect("a handshake");
        assert!(client.ask(opening()).is_ok_and(|answer| answer.status() == 400), "{offers:?}");
    }
    assert!(connect(&old, &authority, &[b"h2"]).and_then(|mut client| client.ask(&get)).is_err());
}

#[test]
fn its_keys_may_change_between_two_frames() {
    let (origin, authority) = (Origin::hello(), Authority::new("ca"));
    authority.issue("shop", &["shop.test"]);
    let gateway = gateway(&origin, &authority, "");
    let mut client = connect(&gateway, &authority, &[b"h2"]).expect("a handshake");
    client.stream.write_all(&opening()).expect("written");
    for stream in [1, 3, 5] {
        client.change_keys();
        client.stream.write_all(&request(stream, WHOLE, "GET", "/", &[])).expect("written");
        client.change_keys();
        client.stream.flush().expect("written");
        read_hello(&mut client);
    }
}
