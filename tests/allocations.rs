//! A request over HTTP/1 allocates nothing once its connections are there.
//!
//! A test binary of its own: the allocations of all threads are counted, and only the gateway makes any.

#![expect(unreachable_pub, reason = "a test binary has no outside")]

#[path = "it/support.rs"]
#[allow(dead_code, reason = "shared with the tests of the gateway in process, which use more of it")]
mod support;

use std::alloc::System;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

use support::gateway::{Gateway, simple};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Requests for which the pools of the threads fill.
const FIRST: usize = 500;
const COUNTED: usize = 2000;

/// What may be allocated beside requests: for each batch of access lines, and by the clocks of the other threads.
const BESIDE: usize = COUNTED / 25;

const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// A request and the answer to it, each with a few fields as browsers and functions send them.
struct Case {
    name: &'static str,
    request: &'static [u8],
    /// How the function sees that the request is over.
    request_end: &'static [u8],
    answer: &'static [u8],
    answer_end: &'static [u8],
}

const CASES: [Case; 3] = [
    Case {
        name: "GET",
        request: b"GET /orders/17?page=2 HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: curl/8.5.0\r\nAccept: */*\r\n\
            Cookie: a=1\r\n\r\n",
        request_end: b"\r\n\r\n",
        answer: b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{\"hello\":\"you\"}",
        answer_end: b"\"you\"}",
    },
    Case {
        name: "POST",
        request:
            b"POST /orders HTTP/1.1\r\nHost: shop.example\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello",
        request_end: b"\r\n\r\nhello",
        answer: b"HTTP/1.1 201 Created\r\nLocation: /orders/18\r\nContent-Length: 2\r\n\r\nok",
        answer_end: b"\r\nok",
    },
    Case {
        name: "chunks both ways",
        request:
            b"POST /orders HTTP/1.1\r\nHost: shop.example\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        request_end: LAST_CHUNK,
        answer: b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        answer_end: LAST_CHUNK,
    },
];

#[test]
fn a_request_allocates_nothing() {
    for case in &CASES {
        let function = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", function.local_addr().expect("an address"));
        let (answer, request_end) = (case.answer, case.request_end);
        thread::spawn(move || {
            for stream in function.incoming() {
                let mut stream = stream.expect("a connection");
                thread::spawn(
                    move || while read_until(&mut stream, request_end) && stream.write_all(answer).is_ok() {},
                );
            }
        });
        let gateway = Gateway::with(&simple(&url, "", "", ""));
        let mut client = TcpStream::connect(&gateway.address).expect("a connection");
        client.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout");
        let mut ask = |times| {
            for _ in 0..times {
                client.write_all(case.request).expect("sent");
                assert!(read_until(&mut client, case.answer_end), "{}: the connection ended", case.name);
            }
        };
        ask(FIRST);
        let region = Region::new(ALLOCATOR);
        ask(COUNTED);
        let made = region.change();
        let count = made.allocations + made.reallocations;
        report(&format!("{}: {count} in {COUNTED} requests, {} bytes", case.name, made.bytes_allocated));
        assert!(count <= BESIDE, "{}: {count} allocations in {COUNTED} requests", case.name);
    }
}

/// Reads until what has come ends with `end`. False if the connection ends before.
fn read_until(stream: &mut TcpStream, end: &[u8]) -> bool {
    let (mut buffer, mut filled) = ([0; 4096], 0);
    while let Ok(count @ 1..) = stream.read(&mut buffer[filled..]) {
        filled += count;
        if buffer[..filled].ends_with(end) {
            return true;
        }
    }
    false
}

#[expect(clippy::print_stderr, reason = "the figures are shown by --nocapture")]
fn report(figures: &str) {
    eprintln!("allocations: {figures}");
}
