//! `Expect: 100-continue` (RFC 9110 section 10.1.1): a client waits before it sends its content.

use http::header::{CONTENT_LENGTH, EXPECT};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Version};

/// Whether the client waits for a `100 Continue` before it sends its body.
#[must_use]
pub fn expects_continue(head: &Parts) -> bool {
    head.version == Version::HTTP_11 && head.headers.get(EXPECT).is_some_and(is_continue)
}

/// Whether a line of `Expect` waits for nothing, because no content follows it. Some servers answer it with a `100 Continue` and wait
/// for content for ever.
#[must_use]
pub fn is_idle(line: &HeaderValue, headers: &HeaderMap, has_body: bool) -> bool {
    let is_zero = |length: &HeaderValue| length.as_bytes().iter().all(|&digit| digit == b'0');
    is_continue(line) && (!has_body || headers.get(CONTENT_LENGTH).is_some_and(is_zero))
}

fn is_continue(line: &HeaderValue) -> bool {
    line.as_bytes().eq_ignore_ascii_case(b"100-continue")
}
