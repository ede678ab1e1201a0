//! Peers that are slow, silent or deaf. The clock is paused: it jumps to the next deadline when nothing else happens.

use std::time::Duration;

use axum::body::Bytes;
use axum::routing::{get, post};
use futures_util::stream::repeat;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use super::*;
use crate::control::admin::extract::Json;

/// What the other end of a socket takes before it is read.
const BUFFER: usize = 16 << 10;

/// A client of a router with a few paths, and the end of its connection.
fn connect() -> (DuplexStream, JoinHandle<Duration>) {
    let endless = || async { Body::from_stream(repeat(Ok::<_, Infallible>(Bytes::from_static(&[b'x'; 4096])))) };
    let router = Router::new()
        .route("/", get(|| async { "ok" }))
        .route("/endless", get(endless))
        .route("/json", post(|_: Json| async { "read" }));
    let (client, server) = duplex(BUFFER);
    let peer = Peer::Network([127, 0, 0, 1].into());
    let served = tokio::spawn(async move {
        let begun = Instant::now();
        connection(server, peer, router, PATIENCE).await;
        begun.elapsed()
    });
    (client, served)
}

async fn read(mut client: DuplexStream) -> String {
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).await.expect("an end");
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(start_paused = true)]
async fn a_silent_client_is_cut_off() {
    let (client, served) = connect();
    assert_eq!(read(client).await, "");
    assert_eq!(served.await.expect("no panic").as_secs(), PATIENCE.as_secs());
}

#[tokio::test(start_paused = true)]
async fn a_head_that_comes_slowly_is_cut_off() {
    let (mut client, served) = connect();
    let head = "GET / HTTP/1.1\r\nHost: localhost\r\nX-A: ";
    client.write_all(head.as_bytes()).await.expect("sent");
    // A byte a second keeps nothing open.
    let mut sent = 0;
    while client.write_all(b"a").await.is_ok() {
        sent += 1;
        sleep(Duration::from_secs(1)).await;
    }
    assert!(sent <= 12, "{sent}");
    assert_eq!(served.await.expect("no panic").as_secs(), PATIENCE.as_secs());
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_ends() {
    let (mut client, served) = connect();
    for _ in 0..2 {
        sleep(Duration::from_secs(8)).await;
        client.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.expect("sent");
    }
    let answers = read(client).await;
    assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 2, "{answers}");
    assert_eq!(served.await.expect("no panic").as_secs(), 16 + PATIENCE.as_secs());
}

#[tokio::test(start_paused = true)]
async fn a_body_that_comes_slowly_is_refused() {
    let (mut client, served) = connect();
    let head = "POST /json HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{";
    client.write_all(head.as_bytes()).await.expect("sent");
    let (reading, mut writing) = tokio::io::split(client);
    let drip = tokio::spawn(async move {
        while writing.write_all(b" ").await.is_ok() {
            sleep(Duration::from_secs(1)).await;
        }
    });
    let mut answer = Vec::new();
    let mut reading = reading;
    reading.read_to_end(&mut answer).await.expect("an end");
    let answer = String::from_utf8_lossy(&answer).into_owned();
    assert!(answer.starts_with("HTTP/1.1 408 Request Timeout\r\n") && answer.contains("\"too_slow\""), "{answer}");
    assert!(served.await.expect("no panic") < Duration::from_secs(35));
    drip.abort();
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_is_cut_off() {
    let (mut client, served) = connect();
    client.write_all(b"GET /endless HTTP/1.1\r\nHost: localhost\r\n\r\n").await.expect("sent");
    let lasted = served.await.expect("no panic");
    assert!((STALLED..STALLED * 2).contains(&lasted), "{lasted:?}");
    drop(client);
}

#[tokio::test(start_paused = true)]
async fn a_head_has_an_end() {
    let fields: String = (0..65).map(|number| format!("X-{number}: 1\r\n")).collect();
    let long = format!("X-Long: {}\r\n", "x".repeat(LARGEST_HEAD));
    for fields in [fields, long] {
        let (mut client, _served) = connect();
        let (client, head) = (&mut client, format!("GET / HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n"));
        // What comes behind the limit may not be taken.
        let _ = client.write_all(head.as_bytes()).await;
        let mut answer = [0; 12];
        client.read_exact(&mut answer).await.expect("an answer");
        assert_eq!(String::from_utf8_lossy(&answer), "HTTP/1.1 431");
    }
}
