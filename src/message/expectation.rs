//! `Expect: 100-continue` (RFC 9110 section 10.1.1): a client waits before it sends its content.

use http::Version;

use super::head::{RequestHead, values};
use crate::header::Class;

/// Whether the client waits for a `100 Continue` before it sends its body.
#[must_use]
pub fn expects_continue(head: &RequestHead<'_>) -> bool {
    head.version != Version::HTTP_10 && values(head.fields, Class::Expect).next().is_some_and(is_continue)
}

/// Whether a line of `Expect` waits for nothing, because no content follows it. Some servers answer it with a `100 Continue` and wait
/// for content for ever.
#[must_use]
pub fn is_idle(line: &[u8], has_content: bool) -> bool {
    is_continue(line) && !has_content
}

fn is_continue(line: &[u8]) -> bool {
    line.eq_ignore_ascii_case(b"100-continue")
}
