//! Bodies that are too short, too long, or no chunks; and answers that nobody asked for.

use fngate::conformance::wire::Step;
use fngate::conformance::wire::origin::{Answer, When};

use super::{Bad, Broken, Closes, GET, Resets, SUITE, Then, Verdict, Waits, Without, run, table};
use crate::figures::Findings;
use crate::stand::Stand;

const SHORT: [(&str, &[u8], Then, Verdict); 14] = [
    ("no byte of a length, and closes", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", Closes, Broken),
    ("half of a length, and closes", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", Closes, Broken),
    ("half of a length, and resets", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", Resets, Broken),
    ("all but a byte, and closes", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhalf", Closes, Broken),
    ("half of a length in HTTP/1.0, and closes", b"HTTP/1.0 200 OK\r\nContent-Length: 9\r\n\r\nhalf", Closes, Broken),
    ("a body up to the end, and resets", b"HTTP/1.1 200 OK\r\n\r\nhalf", Resets, Broken),
    ("no chunk, and closes", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", Closes, Broken),
    ("half a size, and closes", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4", Closes, Broken),
    ("half a chunk, and closes", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf", Closes, Broken),
    ("half a chunk, and resets", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf", Resets, Broken),
    (
        "no last chunk, and closes",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
        Closes,
        Broken,
    ),
    (
        "half of the last chunk, and closes",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n0\r\n",
        Closes,
        Broken,
    ),
    (
        "half a trailer, and closes",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n0\r\nX-T",
        Closes,
        Broken,
    ),
    (
        "trailers without an end, and closes",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n0\r\nX-T: 1\r\n",
        Closes,
        Broken,
    ),
];

/// Chunked bodies.
const CHUNKS: [(&str, &[u8], Verdict); 25] = [
    ("no size", b"\r\nhalf\r\n0\r\n\r\n", Broken),
    ("no hexadecimal digit", b"4\r\nhalf\r\nx\r\n\r\n", Broken),
    ("a minus", b"4\r\nhalf\r\n-4\r\nevil\r\n0\r\n\r\n", Broken),
    ("a plus", b"4\r\nhalf\r\n+4\r\nevil\r\n0\r\n\r\n", Broken),
    ("a prefix", b"4\r\nhalf\r\n0x4\r\nevil\r\n0\r\n\r\n", Broken),
    ("a space in front", b"4\r\nhalf\r\n 4\r\nevil\r\n0\r\n\r\n", Broken),
    ("a size that overflows", b"4\r\nhalf\r\n10000000000000004\r\nevil\r\n0\r\n\r\n", Broken),
    ("a size of f", b"4\r\nhalf\r\nffffffffffffffffff\r\nevil\r\n0\r\n\r\n", Broken),
    ("a bare LF behind the size", b"4\r\nhalf\r\n4\nevil\r\n0\r\n\r\n", Broken),
    ("a bare CR behind the size", b"4\r\nhalf\r\n4\revil\r\n0\r\n\r\n", Broken),
    ("a bare LF in an extension", b"4\r\nhalf\r\n4;a\nevil\r\n0\r\n\r\n", Broken),
    ("a bare CR in an extension", b"4\r\nhalf\r\n4;a\rb\r\nevil\r\n0\r\n\r\n", Broken),
    ("too much content", b"4\r\nhalf\r\n4\r\nevilevil\r\n0\r\n\r\n", Broken),
    ("too little content", b"4\r\nhalf\r\n6\r\nevil\r\n0\r\n\r\n", Broken),
    ("nothing behind the content", b"4\r\nhalf\r\n4\r\nevil0\r\n\r\n", Broken),
    ("a bare LF behind the content", b"4\r\nhalf\r\n4\r\nevil\n0\r\n\r\n", Broken),
    ("a prefix of the last chunk", b"4\r\nhalf\r\n0x0\r\n\r\n", Broken),
    ("a bare LF behind the last chunk", b"4\r\nhalf\r\n0\n\r\n", Broken),
    ("something else behind the last chunk", b"4\r\nhalf\r\n0\r\n\rx\r\n", Broken),
    ("a trailer without a colon", b"4\r\nhalf\r\n0\r\nevil\r\n\r\n", Broken),
    ("a space in front of the colon of a trailer", b"4\r\nhalf\r\n0\r\nX-T : evil\r\n\r\n", Broken),
    ("a NUL in a trailer", b"4\r\nhalf\r\n0\r\nX-T: \0\r\n\r\n", Broken),
    ("a folded trailer", b"4\r\nhalf\r\n0\r\nX-T: 1\r\n evil\r\n\r\n", Broken),
    ("a length as trailer", b"4\r\ngood\r\n0\r\nContent-Length: 9\r\n\r\n", Without(200, "ength: 9")),
    ("a reserved name as trailer", b"4\r\ngood\r\n0\r\nx-scf-name: evil\r\n\r\n", Without(200, "evil")),
];

/// Bytes behind the end of an answer.
const BEHIND: [(&str, &[u8], Then, Verdict); 12] = [
    ("a byte behind a length", b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngoodX", Waits, Without(200, "goodX")),
    ("bytes behind a length", b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngoodevil", Waits, Without(200, "evil")),
    ("line ends behind a length", b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood\r\n\r\n", Waits, Without(200, "good\r\n")),
    ("bytes behind a length of 0", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nevil", Waits, Without(200, "evil")),
    ("bytes behind chunks", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ngood\r\n0\r\n\r\nevil", Waits, Without(200, "evil")),
    ("a second answer", b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngoodHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", Waits, Without(200, "evil")),
    ("a second answer behind chunks", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ngood\r\n0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", Waits, Without(200, "evil")),
    ("a second answer behind 204", b"HTTP/1.1 204 No\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", Waits, Without(204, "evil")),
    ("a body of 204", b"HTTP/1.1 204 No\r\nContent-Length: 4\r\n\r\nevil", Waits, Without(204, "evil")),
    ("chunks of 204", b"HTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n", Waits, Without(204, "evil")),
    ("a body of 304", b"HTTP/1.1 304 No\r\nContent-Length: 4\r\n\r\nevil", Waits, Without(304, "evil")),
    ("chunks of 304", b"HTTP/1.1 304 No\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n", Waits, Without(304, "evil")),
];

const TO_HEAD: [(&str, &[u8], Then, Verdict); 4] = [
    ("a body of HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", Waits, Without(200, "evil")),
    (
        "chunks of HEAD",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n",
        Waits,
        Without(200, "evil"),
    ),
    (
        "a second answer to HEAD",
        b"HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
        Waits,
        Without(200, "evil"),
    ),
    ("two lengths of HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\n", Waits, Bad("")),
];

#[test]
fn short_bodies() {
    run(GET, &table(&SHORT));
}

/// A client of HTTP/1.0 knows the end of many bodies by the end of the connection only.
#[test]
fn short_bodies_for_old_clients() {
    run("GET /attack HTTP/1.0\r\nHost: h.example\r\n\r\n", &table(&SHORT[..5]));
}

#[test]
fn chunks() {
    let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    // The client takes trailers, so that they would come through.
    let request = "GET /attack HTTP/1.1\r\nHost: h.example\r\nTE: trailers\r\n\r\n";
    let rows: Vec<_> = CHUNKS
        .iter()
        .map(|(name, body, verdict)| ((*name).to_owned(), [head, *body].concat(), Waits, *verdict))
        .collect();
    run(request, &rows);
}

#[test]
fn bytes_behind_an_answer() {
    run(GET, &table(&BEHIND));
    run("HEAD /attack HTTP/1.1\r\nHost: h.example\r\n\r\n", &table(&TO_HEAD));
}

/// An answer that comes while nobody asks belongs to nobody, however it is timed.
#[test]
fn answers_on_an_idle_connection() {
    let evil = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil";
    let mut findings = Findings::new(SUITE);
    for late in [evil, "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n", "\r\n", "evil"] {
        let stand = Stand::start("");
        for _ in 0..20 {
            let good = Step::send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood");
            let steps = vec![good, Step::Arrived(b"good".to_vec()), Step::send(late)];
            let outcome = stand.send(GET.as_bytes(), &[Answer { when: When::Whole, steps }]);
            let own = outcome.statuses == [200] && outcome.received.bytes.ends_with(b"good");
            let other = (!own).then(|| format!("{outcome:?}"));
            findings.add(&format!("late: {late:?}"), outcome.violations.into_iter().chain(other));
        }
    }
    findings.conclude();
}
