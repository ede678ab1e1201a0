//! Calls that every runtime answers: JSON, large bodies, and one that is too slow.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Empty, Full, StreamBody, combinators::BoxBody};
use hyper::body::Frame;
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use crate::client::{self, Address, Reply};
use crate::clock;
use crate::function::Runtime;
use crate::stand::{HOST, Stand};

const LARGE: usize = 5 << 20;
const CHUNK: usize = 60_000;
/// Of the API `slow`.
const TIMEOUT: Duration = Duration::from_millis(500);
/// How much later than the timeout the answer may come.
const LATE: Duration = Duration::from_millis(200);

/// Sends a request without a body.
pub(crate) async fn call(address: &Address, target: &str) -> anyhow::Result<Reply> {
    let request = Request::get(target).header("host", HOST).body(Empty::<Bytes>::new())?;
    client::send(address, request).await
}

/// Whether the function at this address answers a call.
pub(crate) async fn answers(address: &Address) -> bool {
    call_json(address).await.is_ok_and(|reply| reply.status == StatusCode::OK)
}

async fn call_json(address: &Address) -> anyhow::Result<Reply> {
    let body = json!({ "numbers": [1, 2, 39], "text": "caf\u{e9} \u{1f980}" }).to_string();
    let request = Request::post("/json").header("host", HOST).header("content-type", "application/json");
    client::send(address, request.body(Full::<Bytes>::from(body))?).await
}

pub(crate) async fn json(runtime: Runtime) {
    let stand = Stand::start(runtime).await;
    let _busy = clock::busy().await;
    let reply = call_json(&stand.gateway.address).await.expect("an answer");
    assert_eq!(reply.status, StatusCode::OK, "{reply:?}");
    assert!(reply.field("content-type").starts_with("application/json"), "{reply:?}");
    assert_eq!(reply.json(), json!({ "sum": 42, "text": "caf\u{e9} \u{1f980}" }));
    assert_eq!(reply.headers.get_all("date").iter().count(), 1, "{reply:?}");
}

pub(crate) async fn large_bodies(runtime: Runtime) {
    let stand = Stand::start(runtime).await;
    let _busy = clock::busy().await;
    let body: Bytes = (0..=250).cycle().take(LARGE).collect();
    let digest = format!("{:x}", Sha256::digest(&body));
    for (framing, upload) in [("a length", whole(&body)), ("chunks", chunked(&body))] {
        let request = Request::post("/upload").header("host", HOST).header("content-type", "application/octet-stream");
        let request = request.body(upload).expect("a request");
        let reply = client::send(&stand.gateway.address, request).await.expect("an answer");
        assert_eq!(reply.status, StatusCode::OK, "{framing}: {reply:?}");
        assert_eq!(reply.json(), json!({ "bytes": LARGE, "sha256": digest }), "{framing}");
    }
    let reply = call(&stand.gateway.address, &format!("/download?size={LARGE}")).await.expect("an answer");
    assert_eq!((reply.status, reply.body.len()), (StatusCode::OK, LARGE));
    assert_eq!(reply.field("x-sha256"), digest);
    assert_eq!(format!("{:x}", Sha256::digest(&reply.body)), digest);
}

fn whole(body: &Bytes) -> BoxBody<Bytes, Infallible> {
    Full::from(body.clone()).boxed()
}

/// A body without a length.
fn chunked(body: &Bytes) -> BoxBody<Bytes, Infallible> {
    let chunks: Vec<_> = body.chunks(CHUNK).map(|chunk| Ok(Frame::data(body.slice_ref(chunk)))).collect();
    StreamBody::new(futures_util::stream::iter(chunks)).boxed()
}

pub(crate) async fn slow(runtime: Runtime) {
    let stand = Stand::start(runtime).await;
    let alone = clock::alone().await;
    let started = Instant::now();
    let reply = call(&stand.gateway.address, "/slow?seconds=2").await.expect("an answer");
    let elapsed = started.elapsed();
    drop(alone);
    assert_eq!(reply.status, StatusCode::GATEWAY_TIMEOUT, "{reply:?}");
    assert!((TIMEOUT..TIMEOUT + LATE).contains(&elapsed), "{elapsed:?}");
    assert_eq!(reply.field("content-type"), "application/problem+json");
    assert!(reply.field("proxy-status").starts_with("fngate;"), "{reply:?}");
    let problem = reply.json();
    assert_eq!(problem["reason"], "function_timeout");
    assert_eq!(problem["status"], 504);
    assert_eq!(problem["message"], problem["detail"]);
    let id = problem["requestId"].as_str().expect("text").replace('-', "");
    assert_eq!(reply.field("x-api-requestid"), id);
    assert!(answers(&stand.gateway.address).await, "the next call is answered");
}

/// POSTs one after another and many at once. Each would be lost on a connection that the function is about to close.
pub(crate) async fn closing(runtime: Runtime) {
    let stand = Stand::start(runtime).await;
    let _busy = clock::busy().await;
    for (clients, count) in [(1, 200), (20, 20)] {
        let statuses = futures_util::future::join_all((0..clients).map(|_| async {
            let mut statuses = Vec::new();
            for _ in 0..count {
                statuses.push(call_json(&stand.gateway.address).await.expect("an answer").status);
            }
            statuses
        }));
        let lost = statuses.await.into_iter().flatten().filter(|status| *status != StatusCode::OK).count();
        assert_eq!(lost, 0, "of {} calls by {clients} clients", clients * count);
    }
}
