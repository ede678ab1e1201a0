//! Every status, with a reason phrase of its own.

use crate::conformance::case::Case;

const REASONS: [&str; 5] = ["OK", "", "It is complicated", "caf\u{e9}", "100% (a, b); \"c\""];

pub(super) fn all() -> Vec<Case> {
    let interim = (102..200u16).map(|status| {
        let answer =
            format!("HTTP/1.1 {status} Wait\r\nX-N: {status}\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        Case::answered(format!("status {status}"), answer)
    });
    let last = (200..600u16).map(|status| {
        let reason = REASONS[usize::from(status) % REASONS.len()];
        let body = if status == 204 || status == 304 { "" } else { "Content-Length: 2\r\n\r\nok" };
        let end = if body.is_empty() { "\r\n" } else { "" };
        Case::answered(format!("status {status}"), format!("HTTP/1.1 {status} {reason}\r\n{body}{end}"))
    });
    let bare = [200, 299, 404, 599].map(|status: u16| {
        let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
        Case::answered(format!("status {status} without a space behind it"), answer)
    });
    interim.chain(last).chain(bare).collect()
}
