//! A WebSocket over HTTP/2 (RFC 8441), for a function that knows it from HTTP/1.1.
//!
//! There, the request is an extended CONNECT and the agreement is a 200. The key and its answer, which only HTTP/1.1 has, are made
//! and checked here.

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Method;

use super::head::{Field, ResponseHead, values_of};
use super::lines::Lines;
use super::response::Malformed;

/// What every accepted key is made with (RFC 6455 section 1.3).
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The opening of one WebSocket.
#[derive(Debug)]
pub struct Opening {
    key: String,
    /// What the function has to answer.
    accept: String,
}

impl Opening {
    /// The opening that a request in HTTP/2 asks for: an extended CONNECT with this `:protocol`. `seed` makes the key, which has to differ
    /// from others, not to be secret.
    #[must_use]
    pub fn of(method: &Method, protocol: Option<&str>, seed: u128) -> Option<Self> {
        let is_websocket = protocol.is_some_and(|protocol| protocol.eq_ignore_ascii_case("websocket"));
        (*method == Method::CONNECT && is_websocket).then(|| {
            let key = STANDARD.encode(seed.to_be_bytes());
            Self { accept: accepted(&key), key }
        })
    }

    /// Whether a field of the client's is for the request in HTTP/1.1.
    #[must_use]
    pub fn takes(field: &Field<'_>) -> bool {
        // An empty body would have a length of zero.
        !field.is("sec-websocket-key") && !field.is("content-length")
    }

    /// Adds the line that only HTTP/1.1 has.
    pub fn add_key(&self, lines: &mut Lines) {
        lines.push("Sec-WebSocket-Key", self.key.as_bytes());
    }

    /// Checks the function's answer. Of an agreement, HTTP/2 has only the status, 200; a refusal stays as it is.
    ///
    /// # Errors
    /// [`Malformed`] for a success that is none: without the switch, or to another key.
    pub fn check(&self, head: &ResponseHead<'_>) -> Result<(), Malformed> {
        if head.status != 101 {
            return if (200..300).contains(&head.status) { Err(Malformed::NotSwitched) } else { Ok(()) };
        }
        let mut accepts = values_of(head.fields, "sec-websocket-accept");
        if accepts.next() == Some(self.accept.as_bytes()) { Ok(()) } else { Err(Malformed::OtherKey) }
    }
}

fn accepted(key: &str) -> String {
    let mut context = digest::Context::new(&digest::SHA1_FOR_LEGACY_USE_ONLY);
    context.update(key.as_bytes());
    context.update(GUID);
    STANDARD.encode(context.finish())
}

#[cfg(test)]
mod tests {
    use http::Version;

    use super::*;
    use crate::header::ReservedPrefix;

    #[test]
    fn the_key_of_the_standard_is_accepted_as_there() {
        assert_eq!(accepted("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[test]
    fn only_a_websocket_is_opened() {
        assert!(Opening::of(&Method::CONNECT, None, 1).is_none());
        assert!(Opening::of(&Method::CONNECT, Some("connect-udp"), 1).is_none());
        assert!(Opening::of(&Method::GET, Some("websocket"), 1).is_none());
        let opening = Opening::of(&Method::CONNECT, Some("WebSocket"), 1).expect("a WebSocket");
        let mut lines = Lines::default();
        opening.add_key(&mut lines);
        assert_eq!(lines.as_bytes(), b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAQ==\r\n");
    }

    #[test]
    fn only_an_agreement_is_one() {
        let opening = Opening { key: String::new(), accept: "good".to_owned() };
        let check = |status: u16, accept: &str| {
            let fields = [Field::new("Sec-WebSocket-Accept", accept.as_bytes(), &ReservedPrefix::default())];
            opening.check(&ResponseHead { status, reason: b"", version: Version::HTTP_11, fields: &fields })
        };
        assert_eq!(check(101, "good"), Ok(()));
        assert_eq!(check(101, "other"), Err(Malformed::OtherKey));
        assert_eq!(check(200, "good"), Err(Malformed::NotSwitched));
        assert_eq!(check(403, "good"), Ok(()));
    }
}
