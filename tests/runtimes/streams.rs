//! What goes on after the head of the response: server-sent events and WebSocket messages.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Empty};
use serde::Deserialize;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Message;

use crate::client;
use crate::clock;
use crate::function::Runtime;
use crate::stand::{HOST, Stand};

const EVENTS: usize = 20;
/// How long an event may be on its way: less than the pause of 50 ms before the next one.
const LAG: Duration = Duration::from_millis(40);
const MESSAGES: usize = 1_000;
const SIZES: [usize; 11] = [0, 1, 125, 126, 127, 1_000, 4_096, 16_384, 40_000, 65_535, 65_536];
const PATIENCE: Duration = Duration::from_secs(60);

/// An event as the function sends it.
#[derive(Debug, Deserialize)]
struct Event {
    number: usize,
    sent_us: u64,
}

pub(crate) async fn events() {
    let stand = Stand::start(Runtime::Uvicorn).await;
    let _alone = clock::alone().await;
    let request = Request::get("/events").header("host", HOST).body(Empty::<Bytes>::new()).expect("a request");
    let mut response = client::open(&stand.gateway.address, request).await.expect("an answer");
    assert_eq!(response.status(), StatusCode::OK);
    let mut text = String::new();
    let mut events: Vec<(Event, Duration)> = Vec::new();
    while let Some(frame) = timeout(PATIENCE, response.frame()).await.expect("an event in time") {
        let arrived = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
        let data = frame.expect("an unbroken stream").into_data().expect("no trailers");
        text.push_str(str::from_utf8(&data).expect("UTF-8"));
        while let Some((event, rest)) = text.split_once("\n\n") {
            let event = event.strip_prefix("data: ").expect("a data line");
            events.push((serde_json::from_str(event).expect("an event"), arrived));
            text = rest.to_owned();
        }
    }
    assert_eq!(events.iter().map(|(event, _)| event.number).collect::<Vec<_>>(), (0..EVENTS).collect::<Vec<_>>());
    let sent = |event: &Event| Duration::from_micros(event.sent_us);
    for (event, arrived) in &events {
        let lag = arrived.saturating_sub(sent(event));
        assert!(lag < LAG, "event {} was held back for {lag:?}", event.number);
    }
    for pair in events.windows(2) {
        assert!(pair[0].1 < sent(&pair[1].0), "event {} came after the next was sent", pair[0].0.number);
    }
    let spread = events[EVENTS - 1].1 - events[0].1;
    assert!(spread > Duration::from_millis(900), "{spread:?}");
}

pub(crate) async fn websocket(runtime: Runtime) {
    let stand = Stand::start(runtime).await;
    let _busy = clock::busy().await;
    let stream = TcpStream::connect(("127.0.0.1", stand.gateway.port)).await.expect("a connection");
    let (socket, response) = client_async(format!("ws://{HOST}/ws"), stream).await.expect("an accepted handshake");
    assert_eq!(response.status(), StatusCode::SWITCHING_PROTOCOLS);
    assert!(response.headers().contains_key("x-api-requestid"), "{response:?}");
    let (mut sink, mut source) = socket.split();
    let send = async {
        for number in 0..MESSAGES {
            sink.send(message(number)).await.expect("sent");
        }
        sink
    };
    let receive = async {
        for number in 0..MESSAGES {
            let echo = source.next().await.expect("a message").expect("an unbroken connection");
            // Not `assert_eq`: it would print all of both.
            assert!(echo == message(number), "message {number} came back as {} bytes", echo.len());
        }
    };
    let (mut sink, ()) = timeout(PATIENCE, async { tokio::join!(send, receive) }).await.expect("all echoes in time");
    sink.close().await.expect("closed");
    let last = timeout(PATIENCE, source.next()).await.expect("an answer in time").expect("an answer");
    assert!(matches!(last, Ok(Message::Close(_))), "{last:?}");
}

/// Text and binary in turns; neighbours differ in length and content.
fn message(number: usize) -> Message {
    let size = SIZES[number % SIZES.len()];
    let bytes = (number..number + size).map(|byte| b'!' + u8::try_from(byte % 89).expect("less than 89"));
    let bytes: Vec<u8> = bytes.collect();
    if number.is_multiple_of(2) {
        Message::text(String::from_utf8(bytes).expect("ASCII"))
    } else {
        Message::binary(bytes)
    }
}
