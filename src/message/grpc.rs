//! What gRPC adds to HTTP/2: a deadline in the request, and a status of its own where HTTP has one.

use std::time::Duration;

use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Version};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use uuid::Uuid;

use super::problem::{Problem, Reason, X_API_REQUESTID, request_id};

const GRPC_TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");
const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
const GRPC_MESSAGE: HeaderName = HeaderName::from_static("grpc-message");

/// The media type; a suffix or parameters may follow.
const GRPC: &[u8] = b"application/grpc";

/// What is escaped in a message beside control characters and what is not ASCII.
const ESCAPED: &AsciiSet = &CONTROLS.add(b'%');

/// Whether a request is one of gRPC: its answer must carry a `grpc-status`. gRPC-Web is not; it has trailers of its own.
#[must_use]
pub fn is_grpc(head: &Parts) -> bool {
    // The version first: most requests are told apart without a look at their fields.
    if head.version != Version::HTTP_2 {
        return false;
    }
    let kind = head.headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    // Letter case is nothing to a media type (RFC 9110 section 8.3.1).
    kind.split_at_checked(GRPC.len()).is_some_and(|(kind, rest)| {
        kind.eq_ignore_ascii_case(GRPC) && matches!(rest.first(), None | Some(b'+' | b';' | b' ' | b'\t'))
    })
}

/// How long the client will wait, if it says so: one to eight digits and a unit from hours to nanoseconds.
#[must_use]
pub fn timeout(head: &Parts) -> Option<Duration> {
    if !is_grpc(head) {
        return None;
    }
    let value = head.headers.get(GRPC_TIMEOUT)?.to_str().ok()?;
    let (digits, unit) = value.split_at_checked(value.len().checked_sub(1)?)?;
    let plain = (1..=8).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    let count: u64 = digits.parse().ok().filter(|_| plain)?;
    Some(match unit {
        "H" => Duration::from_secs(count * 3600),
        "M" => Duration::from_secs(count * 60),
        "S" => Duration::from_secs(count),
        "m" => Duration::from_millis(count),
        "u" => Duration::from_micros(count),
        "n" => Duration::from_nanos(count),
        _ => return None,
    })
}

/// The head of an answer that has nothing but trailers. Its status is 200: the real one is `grpc-status`.
#[must_use]
pub fn trailers_only(problem: &Problem, id: Uuid) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(4);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    headers.insert(GRPC_STATUS, HeaderValue::from(status(problem.reason)));
    let message = utf8_percent_encode(&problem.detail, ESCAPED).to_string();
    headers.insert(GRPC_MESSAGE, HeaderValue::from_str(&message).expect("escaped"));
    headers.insert(X_API_REQUESTID, request_id(id));
    headers
}

/// The code of gRPC for a reason. Clients may repeat a call that failed with UNAVAILABLE, so it stands only where the function has not
/// seen the call, or may not have.
const fn status(reason: Reason) -> u16 {
    const INVALID_ARGUMENT: u16 = 3;
    const DEADLINE_EXCEEDED: u16 = 4;
    const RESOURCE_EXHAUSTED: u16 = 8;
    const UNIMPLEMENTED: u16 = 12;
    const INTERNAL: u16 = 13;
    const UNAVAILABLE: u16 = 14;
    match reason {
        Reason::BadRequest | Reason::AmbiguousPath | Reason::ReservedField => INVALID_ARGUMENT,
        Reason::NoService | Reason::NoApi | Reason::MethodNotAllowed => UNIMPLEMENTED,
        Reason::RequestTimeout | Reason::FunctionTimeout => DEADLINE_EXCEEDED,
        Reason::BodyTooLarge | Reason::UriTooLong | Reason::HeaderTooLarge | Reason::ConcurrencyLimited => {
            RESOURCE_EXHAUSTED
        }
        Reason::InternalError | Reason::BadResponse => INTERNAL,
        Reason::FunctionUnreachable
        | Reason::FunctionClosed
        | Reason::Overloaded
        | Reason::QueueTimeout
        | Reason::Draining
        | Reason::ReleaseUnavailable
        | Reason::ConnectTimeout => UNAVAILABLE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(kind: &str, timeout: &str) -> Parts {
        let builder = http::Request::builder().version(Version::HTTP_2).header("content-type", kind);
        builder.header("grpc-timeout", timeout).body(()).expect("a request").into_parts().0
    }

    #[test]
    fn a_call_is_known_by_its_type() {
        for (kind, is) in [
            ("application/grpc", true),
            ("application/grpc+proto", true),
            ("application/grpc;x", true),
            ("application/grpc ; x", true),
            ("Application/GRPC", true),
            ("APPLICATION/GRPC+Proto", true),
            ("application/grp", false),
            ("application/grpcx", false),
            ("application/grpc-web", false),
            ("application/json", false),
        ] {
            assert_eq!(is_grpc(&head(kind, "1S")), is, "{kind}");
        }
        let mut old = head("application/grpc", "1S");
        old.version = Version::HTTP_11;
        assert!(!is_grpc(&old));
    }

    #[test]
    fn a_deadline_is_read_strictly() {
        for (text, expected) in [
            ("2H", Some(Duration::from_secs(7200))),
            ("3M", Some(Duration::from_secs(180))),
            ("1S", Some(Duration::from_secs(1))),
            ("250m", Some(Duration::from_millis(250))),
            ("99999999u", Some(Duration::from_micros(99_999_999))),
            ("5n", Some(Duration::from_nanos(5))),
            ("999999999S", None),
            ("1", None),
            ("S", None),
            ("+1S", None),
            ("1s", None),
            ("", None),
        ] {
            assert_eq!(timeout(&head("application/grpc", text)), expected, "{text}");
        }
        assert_eq!(timeout(&head("text/plain", "1S")), None);
    }

    #[test]
    fn an_error_is_a_status_with_its_words() {
        let headers = trailers_only(&Problem::new(Reason::FunctionTimeout, "100 %\n\u{e9}"), Uuid::nil());
        assert_eq!(headers[GRPC_STATUS], "4");
        assert_eq!(headers[GRPC_MESSAGE], "100 %25%0A%C3%A9");
    }
}
