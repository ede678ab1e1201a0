//! What is different between a message as it was sent and as it arrived. Each difference has a name.

mod body;
mod fields;
mod found;
mod listed;

pub use self::fields::AUTHORITY;
pub use self::found::{Difference, Direction, Found, Protocol, shown};
pub use self::listed::{LISTED, LISTED_HTTP2, listed};
use super::grammar::{Head, Message, Start};

impl Found {
    /// Compares an answer as it was sent with the same one as it arrived.
    pub fn answer(&mut self, request: &Message, sent: &Message, got: &Message) {
        let mut codings = request.head.values("te").flat_map(|value| value.split(|&byte| byte == b','));
        self.takes_trailers = codings.any(|coding| coding.trim_ascii() == b"trailers");
        self.message(sent, got);
    }

    /// Compares a message as it was sent with the same one as it arrived.
    pub fn message(&mut self, sent: &Message, got: &Message) {
        self.start(&sent.head, &got.head);
        self.fields(&sent.head, &got.head);
        self.body(sent, got);
    }

    fn start(&mut self, sent: &Head, got: &Head) {
        match sent.minor().cmp(&got.minor()) {
            // In HTTP/2 all have the one version that there is.
            _ if self.protocol == Protocol::Http2 => {}
            std::cmp::Ordering::Less => self.note("version-raised", "HTTP/1.0 arrived as HTTP/1.1"),
            std::cmp::Ordering::Greater => self.note("version-lowered", "HTTP/1.1 arrived as HTTP/1.0"),
            std::cmp::Ordering::Equal => {}
        }
        match (&sent.start, &got.start) {
            (Start::Status { status, reason, .. }, Start::Status { status: other, reason: arrived, .. }) => {
                if status != other {
                    self.note("status-changed", format!("{status} arrived as {other}"));
                } else if self.protocol == Protocol::Http2 {
                    if !reason.is_empty() {
                        self.note("reason-dropped", format!("{} is not sent", shown(reason)));
                    }
                } else if arrived.is_empty() && !reason.is_ascii() {
                    self.note("odd-reason-dropped", format!("{} arrived empty", shown(reason)));
                } else if reason != arrived {
                    self.note("reason-changed", format!("{} arrived as {}", shown(reason), shown(arrived)));
                }
            }
            _ => self.target(sent, got),
        }
    }

    fn target(&mut self, sent: &Head, got: &Head) {
        let detail = || format!("{} arrived as {}", shown(sent.target()), shown(got.target()));
        if sent.method() != got.method() {
            self.note("method-changed", format!("{} arrived as {}", shown(sent.method()), shown(got.method())));
        }
        if sent.target() == got.target() {
            return;
        }
        let shortened = sent.target().windows(3).position(|part| part == b"://").map(|scheme| {
            let rest = &sent.target()[scheme + 3..];
            let path = rest.iter().position(|byte| b"/?".contains(byte)).map_or(&b""[..], |start| &rest[start..]);
            if path.starts_with(b"/") { path.to_vec() } else { [b"/", path].concat() }
        });
        if !sent.target().starts_with(b"/") && shortened.is_some_and(|path| path == got.target()) {
            self.note("target-shortened", detail());
        } else {
            self.note("target-changed", detail());
        }
    }
}

#[cfg(test)]
mod tests;
