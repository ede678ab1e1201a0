//! Which listener is taken, and what becomes of one that does not answer.

use std::path::Path;

use http::HeaderMap;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, UnixListener};

use super::*;
use crate::config;
use crate::telemetry::metrics::Metrics;

#[test]
fn all_addresses_are_reached_at_the_nearest() {
    for (bound, near) in [
        ("0.0.0.0:80", "127.0.0.1:80"),
        ("[::]:80", "[::1]:80"),
        ("192.0.2.1:80", "192.0.2.1:80"),
        ("[::1]:80", "[::1]:80"),
    ] {
        assert_eq!(nearest(bound.parse().expect(bound)), near.parse().expect(near));
    }
}

#[test]
fn the_target_is_that_of_the_url() {
    for (url, target, host) in [
        ("http://shop.test", "/", "shop.test"),
        ("http://shop.test:81?a=b", "/?a=b", "shop.test:81"),
        ("https://[::1]:8443/a/../b%2F?x=%00&y", "/a/../b%2F?x=%00&y", "[::1]:8443"),
        ("http://SHOP.test//x", "//x", "SHOP.test"),
    ] {
        let sent = request(attempt(url));
        assert_eq!((sent.uri().to_string().as_str(), &sent.headers()[HOST]), (target, &HeaderValue::from_static(host)));
    }
}

fn attempt(url: &str) -> Attempt {
    Attempt { method: Method::GET, url: url.parse().expect(url), headers: HeaderMap::new(), body: Bytes::new() }
}

/// A table with one listener, which is at this address.
fn one(address: SocketAddr) -> (Snapshot, Vec<Bound>) {
    let text = "[[listener]]\naddress = \"127.0.0.1:0\"\n";
    let config = config::parse(Path::new("test.toml"), text).expect("a good configuration");
    let door = doors(&config.listeners).remove(0);
    let snapshot = Snapshot::compile(config, None, &Metrics::new()).expect("a table");
    (snapshot, vec![Bound { door, address: Address::Tcp(address) }])
}

#[tokio::test]
async fn a_listener_that_is_gone_is_not_reached() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let (snapshot, bound) = one(address);
    let refused = send(attempt("http://shop.test/"), &snapshot, &bound).await;
    assert!(matches!(refused, Err(AttemptError::Connect { .. })), "{refused:?}");
    let nowhere = send(attempt("http://shop.test/"), &snapshot, &[]).await;
    assert!(matches!(nowhere, Err(AttemptError::NoListener)), "{nowhere:?}");
}

/// The clock is paused: it jumps to the deadline once everybody waits.
#[tokio::test(start_paused = true)]
async fn an_answer_that_does_not_come_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let (snapshot, bound) = one(listener.local_addr().expect("an address"));
    let begun = Instant::now();
    let silent = async {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let mut request = Vec::new();
        stream.read_to_end(&mut request).await.expect("it is ended");
        String::from_utf8_lossy(&request).into_owned()
    };
    let (late, request) = tokio::join!(send(attempt("http://shop.test/a?b"), &snapshot, &bound), silent);
    assert!(matches!(late, Err(AttemptError::Late)), "{late:?}");
    assert_eq!(begun.elapsed().as_secs(), PATIENCE.as_secs());
    assert_eq!(request, "GET /a?b HTTP/1.1\r\nhost: shop.test\r\nconnection: close\r\n\r\n");
}

#[tokio::test(start_paused = true)]
async fn what_has_come_of_an_endless_body_is_kept() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let (snapshot, bound) = one(listener.local_addr().expect("an address"));
    let slow = async {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf").await.expect("sent");
        let _ = stream.read_to_end(&mut Vec::new()).await;
    };
    let (answered, ()) = tokio::join!(send(attempt("http://shop.test/"), &snapshot, &bound), slow);
    let answered = answered.expect("an answer");
    assert_eq!((&answered.body[..], answered.is_truncated), (&b"half"[..], true));
}

/// What a client would meet at the first listener is a redirect.
#[tokio::test]
async fn a_unix_socket_is_a_listener_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("http.sock");
    let text = format!(
        "[[listener]]\naddress = \"127.0.0.1:0\"\nredirect_https = true\n[[listener]]\naddress = \"unix:{}\"\n",
        path.display()
    );
    let config = config::parse(Path::new("test.toml"), &text).expect("a good configuration");
    let sockets = crate::net::socket::bind(&config.listeners, 1).expect("bound");
    let bound = Bound::all(&sockets, &config.listeners);
    let snapshot = Snapshot::compile(config, None, &Metrics::new()).expect("a table");
    let Some((_, Sockets::Unix { sockets, .. })) = sockets.get(1) else { panic!("{sockets:?}") };
    let socket = sockets[0].try_clone().expect("a socket");
    let answer = async {
        let (mut stream, _) = UnixListener::from_std(socket).expect("a socket").accept().await.expect("a connection");
        stream
            .write_all(b"HTTP/1.1 204 No Content\r\nX-Api-RequestId: 1\r\nX-Api-RequestId: 2\r\n\r\n")
            .await
            .expect("sent");
        let _ = stream.read_to_end(&mut Vec::new()).await;
    };
    let (answered, ()) = tokio::join!(send(attempt("http://shop.test/"), &snapshot, &bound), answer);
    let answered = answered.expect("an answer");
    assert_eq!((answered.status, answered.request_id(), answered.is_truncated), (204, Some("2"), false));
}
