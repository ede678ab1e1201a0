//! Large bodies take no memory, whatever is spoken on either side.
//!
//! A test binary of its own: the gateway and both its peers are in this process, and so is what is measured.

#![expect(unreachable_pub, reason = "a test binary has no outside")]

#[path = "it/support.rs"]
#[allow(dead_code, reason = "shared with the tests of the gateway in process, which use more of it")]
mod support;

use std::future::poll_fn;
use std::io::{Read, Write};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use tokio::net::TcpStream;
use tokio::runtime::Builder;

use support::client::request;
use support::gateway::{Gateway, simple};
use support::peer::Peer;

/// What may be on its way in windows and sockets, with an allocator that gives back late, in KiB.
const MORE: usize = 64 << 10;
const CHUNK: usize = 1 << 16;

/// Both directions at once: the function sends back what it gets. `FNGATE_BODY` is its size in MiB.
#[test]
fn a_large_body_takes_no_memory_either_way() {
    let size = std::env::var("FNGATE_BODY").ok().and_then(|size| size.parse::<usize>().ok()).unwrap_or(256) << 20;
    let peer = Peer::echo();
    let gateway = Gateway::with(&simple(&peer.url(), "", "", ""));
    for (name, echo) in [("HTTP/1.1", http1 as fn(&Gateway, usize)), ("HTTP/2", http2)] {
        let before = resident();
        let most = most_resident(|| echo(&gateway, size));
        report(&format!(
            "{} MiB from a client of {name} to HTTP/2 and back: {before} KiB became {most} KiB",
            size >> 20
        ));
        assert!(most < before + MORE, "{name}: {before} KiB became {most} KiB");
    }
}

fn http1(gateway: &Gateway, size: usize) {
    let mut client = gateway.client();
    client.send(request("POST /", &[&format!("Content-Length: {size}")]));
    let mut sender = client.stream.try_clone().expect("a clone");
    let sending = std::thread::spawn(move || {
        for _ in 0..size / CHUNK {
            sender.write_all(&[b'x'; CHUNK]).expect("taken");
        }
    });
    let (mut received, mut buffer) = (0, vec![0; CHUNK]);
    while received < size {
        received += client.stream.read(&mut buffer).expect("more");
    }
    sending.join().expect("all is sent");
}

fn http2(gateway: &Gateway, size: usize) {
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let stream = TcpStream::connect(&gateway.address).await.expect("a connection");
        let (mut client, connection) = h2::client::handshake(stream).await.expect("HTTP/2");
        let connection = tokio::spawn(connection);
        let request = Request::post("http://h/").body(()).expect("a request");
        let (answer, mut sender) = client.send_request(request, false).expect("sent");
        let sending = tokio::spawn(async move {
            let mut left = size;
            while left > 0 {
                sender.reserve_capacity(CHUNK.min(left));
                let room = poll_fn(|cx| sender.poll_capacity(cx)).await.expect("open").expect("room").min(left);
                left -= room;
                sender.send_data(Bytes::from(vec![b'x'; room]), left == 0).expect("taken");
            }
        });
        let mut body = answer.await.expect("an answer").into_body();
        let mut received = 0;
        while let Some(chunk) = body.data().await {
            let count = chunk.expect("more").len();
            received += count;
            body.flow_control().release_capacity(count).expect("taken");
        }
        sending.await.expect("all is sent");
        assert_eq!(received, size);
        connection.abort();
    });
}

/// The most that the process has in memory while this works, in KiB.
fn most_resident(work: impl FnOnce()) -> usize {
    let (over, most) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                most.fetch_max(resident(), Ordering::Relaxed);
                std::thread::park_timeout(Duration::from_millis(5));
            }
        });
        work();
        over.store(true, Ordering::Relaxed);
    });
    most.into_inner()
}

/// What the process has in memory, in KiB.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("a status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a size");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

#[expect(clippy::print_stderr, reason = "the figures are shown by --nocapture")]
fn report(figures: &str) {
    eprintln!("memory: {figures}");
}
