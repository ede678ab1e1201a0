//! Heads that are more than the gateway takes.

use super::{Aborted, Answered, Attack, Stand, Verdict, WHOLE, With, body, run};
use crate::peer::{CONTINUATION, END_HEADERS, END_STREAM, HEADERS, frame, hpack, request};

const LIMITS: &str = "max_header_bytes = \"8KiB\"\nmax_headers = 20\nmax_uri_bytes = \"1000B\"";
/// What a frame may hold when nothing else was agreed on.
const FRAME: usize = 16_384;

/// A head with these fields beside the pseudo-fields, in as many frames as it takes.
fn whole(fields: &[(&[u8], &[u8])]) -> Vec<u8> {
    let mut block = request(1, WHOLE, "GET", "/attack", &[]).split_off(9);
    block.extend(hpack::block(fields));
    let (first, rest) = block.split_at(block.len().min(FRAME));
    let chunks: Vec<_> = rest.chunks(FRAME).collect();
    let flags = |more: bool| if more { 0 } else { END_HEADERS };
    let mut frames = frame(HEADERS, END_STREAM | flags(!chunks.is_empty()), 1, first);
    for (number, chunk) in chunks.iter().enumerate() {
        frames.extend(frame(CONTINUATION, flags(number + 1 < chunks.len()), 1, chunk));
    }
    frames
}

#[test]
fn heads_over_the_limits() {
    let value = |length: usize| whole(&[(b"x-a", &vec![b'a'; length])]);
    let many = |count: usize| whole(&vec![(&b"x-a"[..], &b"1"[..]); count]);
    let path = |length: usize| request(1, WHOLE, "GET", &format!("/{}", "a".repeat(length - 1)), &[]);
    let cookies = |count: usize| whole(&vec![(&b"cookie"[..], &b""[..]); count]);
    let both = |fields: usize, cookies: usize| {
        whole(&[vec![(&b"cookie"[..], &b"a=1"[..]); cookies], vec![(b"x-a", b"1"); fields]].concat())
    };
    let rows: Vec<(&str, Vec<u8>, Verdict, &'static str)> = vec![
        ("a value of 8,000 bytes", value(8000), With("x-a: aaaa"), "9110 5.4"),
        ("a value of 8,192 bytes", value(8192), Answered(431), "9110 5.4"),
        ("a value of 16,000 bytes", value(16_000), Answered(431), "9110 5.4"),
        ("a value of 20,000 bytes", value(20_000), Answered(431), "9110 5.4"),
        ("a value of 60,000 bytes", value(60_000), Answered(431), "9110 5.4"),
        ("20 fields", many(20), With("x-a: 1"), "9110 5.4"),
        ("21 fields", many(21), Answered(431), "9110 5.4"),
        ("400 fields", many(400), Answered(431), "9110 5.4"),
        ("19 fields and a cookie in 100", both(19, 100), With("cookie: a=1; a=1; a=1"), "8.2.3"),
        ("20 fields and a cookie in two", both(20, 2), Answered(431), "8.2.3"),
        ("1,000 empty cookies", cookies(1000), Answered(431), "8.2.3"),
        ("a target of 1,000 bytes", path(1000), With("GET /aaaa"), "9110 4.1"),
        ("a target of 1,001 bytes", path(1001), Answered(414), "9110 4.1"),
        ("a target of 8,000 bytes", path(8000), Answered(414), "9110 4.1"),
    ];
    let rows: Vec<Attack> =
        rows.into_iter().map(|(name, bytes, verdict, section)| (name.to_owned(), bytes, verdict, section)).collect();
    run(&Stand::start(LIMITS), &rows);
}

#[test]
fn bodies_over_the_limit() {
    let rows = [
        body("a body of the limit", &[], "good", With("good"), "9110 15.5.14"),
        body("a length over the limit", &[("content-length", "5")], "hello", Answered(413), "9110 15.5.14"),
        body("a body over the limit", &[], "hello", Aborted, "9110 15.5.14"),
    ];
    run(&Stand::start("max_body_bytes = \"4B\""), &rows);
}
