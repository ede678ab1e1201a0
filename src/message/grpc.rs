//! What gRPC adds to HTTP/2: a deadline in the request, and a status of its own where HTTP has one.

use std::time::Duration;

use http::{StatusCode, Version};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use uuid::Uuid;

use super::head::{RequestHead, values_of};
use super::id;
use super::lines::Lines;
use super::problem::{Problem, Reason};
use super::reply::Reply;

/// The media type; a suffix or parameters may follow.
const GRPC: &[u8] = b"application/grpc";

/// What is escaped in a message beside control characters and what is not ASCII.
const ESCAPED: &AsciiSet = &CONTROLS.add(b'%');

/// Whether a request is one of gRPC: its answer must carry a `grpc-status`. gRPC-Web is not; it has trailers of its own.
#[must_use]
pub fn is_grpc(head: &RequestHead<'_>) -> bool {
    // The version first: most requests are told apart without a look at their fields.
    if head.version != Version::HTTP_2 {
        return false;
    }
    let kind = values_of(head.fields, "content-type").next().unwrap_or_default();
    // Letter case is nothing to a media type (RFC 9110 section 8.3.1).
    kind.split_at_checked(GRPC.len()).is_some_and(|(kind, rest)| {
        kind.eq_ignore_ascii_case(GRPC) && matches!(rest.first(), None | Some(b'+' | b';' | b' ' | b'\t'))
    })
}

/// How long the client will wait, if it says so: one to eight digits and a unit from hours to nanoseconds.
#[must_use]
pub fn timeout(head: &RequestHead<'_>) -> Option<Duration> {
    if !is_grpc(head) {
        return None;
    }
    let value = str::from_utf8(values_of(head.fields, "grpc-timeout").next()?).ok()?;
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

/// An answer that has nothing but trailers. Its status is 200: the real one is `grpc-status`.
#[must_use]
pub fn trailers_only(problem: &Problem, id: Uuid) -> Reply {
    let mut fields = Lines::with_capacity(256);
    fields.push("content-type", b"application/grpc");
    fields.push("grpc-status", status(problem.reason).to_string().as_bytes());
    fields.push("grpc-message", utf8_percent_encode(&problem.detail, ESCAPED).to_string().as_bytes());
    id::write(id, &mut fields);
    Reply { status: StatusCode::OK, fields, body: None, ends_connection: false }
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
    use http::Method;

    use super::super::head::{Field, Target};
    use super::*;
    use crate::header::ReservedPrefix;

    fn with_head<T>(version: Version, kind: &str, timeout: &str, look: impl FnOnce(&RequestHead<'_>) -> T) -> T {
        let prefix = ReservedPrefix::default();
        let fields =
            [("content-type", kind), ("grpc-timeout", timeout)].map(|(n, v)| Field::new(n, v.as_bytes(), &prefix));
        let (method, target) = (&Method::POST, Target::origin("/a.B/C"));
        look(&RequestHead { method, target, version, fields: &fields })
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
            assert_eq!(with_head(Version::HTTP_2, kind, "1S", is_grpc), is, "{kind}");
        }
        assert!(!with_head(Version::HTTP_11, "application/grpc", "1S", is_grpc));
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
            assert_eq!(with_head(Version::HTTP_2, "application/grpc", text, timeout), expected, "{text}");
        }
        assert_eq!(with_head(Version::HTTP_2, "text/plain", "1S", timeout), None);
    }

    #[test]
    fn an_error_is_a_status_with_its_words() {
        let reply = trailers_only(&Problem::new(Reason::FunctionTimeout, "100 %\n\u{e9}"), Uuid::nil());
        let fields = String::from_utf8_lossy(reply.fields.as_bytes()).into_owned();
        assert!(fields.contains("grpc-status: 4\r\ngrpc-message: 100 %25%0A%C3%A9\r\n"), "{fields}");
    }
}
