//! A WebSocket over HTTP/2 (RFC 8441), for a function that knows it from HTTP/1.1.
//!
//! There, the request is an extended CONNECT and the agreement is a 200. The key and its answer, which only HTTP/1.1 has, are made
//! and checked here.

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{CONNECTION, CONTENT_LENGTH, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, UPGRADE};
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode, response};
use hyper::ext::Protocol;

use super::response::Malformed;

/// What every accepted key is made with (RFC 6455 section 1.3).
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The opening of one WebSocket.
#[derive(Debug)]
pub struct Opening {
    /// What the function has to answer.
    accept: String,
}

impl Opening {
    /// Turns an extended CONNECT for a WebSocket into the request that opens one in HTTP/1.1. `seed` makes the key, which has to
    /// differ from others, not to be secret. Any other request stays as it is.
    #[must_use]
    pub fn translate(head: &mut Parts, seed: u128) -> Option<Self> {
        if head.method != Method::CONNECT {
            return None;
        }
        head.extensions.get::<Protocol>().filter(|protocol| protocol.as_str().eq_ignore_ascii_case("websocket"))?;
        head.method = Method::GET;
        let key = STANDARD.encode(seed.to_be_bytes());
        let accept = accepted(&key);
        let headers = &mut head.headers;
        headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(SEC_WEBSOCKET_KEY, HeaderValue::from_str(&key).expect("base64 is a value"));
        // An empty body would have a length of zero.
        headers.remove(CONTENT_LENGTH);
        Some(Self { accept })
    }

    /// Turns the function's agreement into that of HTTP/2. A refusal stays as it is.
    ///
    /// # Errors
    /// [`Malformed`] for a success that is none: without the switch, or to another key.
    pub fn finish(&self, head: &mut response::Parts) -> Result<(), Malformed> {
        if head.status != StatusCode::SWITCHING_PROTOCOLS {
            return if head.status.is_success() { Err(Malformed::NotSwitched) } else { Ok(()) };
        }
        let accept = head.headers.remove(SEC_WEBSOCKET_ACCEPT);
        if accept.is_none_or(|accept| accept != self.accept.as_str()) {
            return Err(Malformed::OtherKey);
        }
        head.headers.remove(CONNECTION);
        head.headers.remove(UPGRADE);
        head.status = StatusCode::OK;
        Ok(())
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
    use super::*;

    fn connect(protocol: Option<&'static str>) -> Parts {
        let mut request = http::Request::connect("http://shop.example/chat").body(()).expect("a request");
        if let Some(protocol) = protocol {
            request.extensions_mut().insert(Protocol::from_static(protocol));
        }
        request.into_parts().0
    }

    #[test]
    fn the_key_of_the_standard_is_accepted_as_there() {
        assert_eq!(accepted("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[test]
    fn only_a_websocket_is_translated() {
        assert!(Opening::translate(&mut connect(None), 1).is_none());
        assert!(Opening::translate(&mut connect(Some("connect-udp")), 1).is_none());
        let mut head = connect(Some("websocket"));
        Opening::translate(&mut head, 1).expect("translated");
        assert_eq!((head.method, head.uri.path()), (Method::GET, "/chat"));
        assert_eq!(head.headers[SEC_WEBSOCKET_KEY], "AAAAAAAAAAAAAAAAAAAAAQ==");
    }

    #[test]
    fn only_an_agreement_becomes_one() {
        let opening = Opening { accept: "good".to_owned() };
        let finish = |status: u16, accept: &str| {
            let answer = http::Response::builder().status(status).header(SEC_WEBSOCKET_ACCEPT, accept);
            let mut head = answer.body(()).expect("a response").into_parts().0;
            opening.finish(&mut head).map(|()| head.status.as_u16())
        };
        assert_eq!(finish(101, "good"), Ok(200));
        assert_eq!(finish(101, "other"), Err(Malformed::OtherKey));
        assert_eq!(finish(200, "good"), Err(Malformed::NotSwitched));
        assert_eq!(finish(403, "good"), Ok(403));
    }
}
