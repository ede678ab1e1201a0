//! A response on its way to the client.

use http::header::{CONNECTION, CONTENT_LENGTH, Entry, HOST, TRAILER, TRANSFER_ENCODING, UPGRADE};
use http::response::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Version};
use uuid::Uuid;

use super::hop::Listed;
use super::http2::{self, InvalidField};
use super::problem::{X_API_REQUESTID, request_id};
use super::trailer;
use crate::config::ConnectionSettings;
use crate::header::{Class, ReservedPrefix, classify, is_same};
use crate::units::format_size;

/// The rule that a function's response breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    #[error("response does not begin with HTTP/1.1 or HTTP/1.0")]
    Version,
    #[error("response has an invalid status line")]
    Status,
    #[error("response has an invalid field name")]
    FieldName,
    #[error("response has an invalid field value")]
    FieldValue,
    #[error("response has an invalid line end")]
    LineEnd,
    #[error("response is not valid HTTP")]
    NotHttp,
    /// The library for HTTP/2 makes no difference between these.
    #[error("response breaks a rule of HTTP/2, or exceeds max_response_header_bytes ({}) twice over", format_size(*.0 as u64))]
    NotHttp2(usize),
    #[error("response head exceeds max_response_header_bytes ({})", format_size(*.0 as u64))]
    HeadTooLarge(usize),
    #[error("response head exceeds max_response_headers ({0})")]
    TooManyFields(usize),
    #[error("response has a Transfer-Encoding other than chunked")]
    TransferEncoding,
    #[error("response in HTTP/1.0 has a Transfer-Encoding")]
    OldTransferEncoding,
    #[error("response has an invalid Content-Length, or two that differ")]
    ContentLength,
    #[error("response has both Transfer-Encoding and Content-Length")]
    BothLengths,
    #[error("response switches protocols unasked")]
    Unasked,
    #[error("response switches to another protocol than the request asked for")]
    OtherProtocol,
    #[error("response does not switch protocols, yet has a 2xx status")]
    NotSwitched,
    #[error("response has a Sec-WebSocket-Accept that does not match the request")]
    OtherKey,
}

/// Checks of a head that came in HTTP/2 what a parser of HTTP/1.1 would have refused.
///
/// # Errors
/// [`Malformed`].
pub fn check_http2(head: &Parts, settings: &ConnectionSettings) -> Result<(), Malformed> {
    let ConnectionSettings { max_response_header_bytes: max_bytes, max_response_headers: max_headers, .. } = *settings;
    if http2::fields_size(&head.headers) > max_bytes {
        return Err(Malformed::HeadTooLarge(max_bytes));
    }
    if head.headers.len() > max_headers {
        return Err(Malformed::TooManyFields(max_headers));
    }
    http2::check_fields(&head.headers).map_err(|invalid| match invalid {
        InvalidField::Name => Malformed::FieldName,
        InvalidField::Value => Malformed::FieldValue,
    })
}

/// Turns the head that a function sent into the head for the client, who asked in this `version` of HTTP. `upgrade` is the protocol
/// that the request asked for.
///
/// Removed: hop-by-hop fields, reserved names, the function's own `X-Api-RequestId`. Added: the real one. The reason phrase
/// and the letter case of names travel in the extensions, which stay.
///
/// # Errors
/// [`Malformed`] when the length of the body could be read in two ways or a protocol switch does not fit the request.
pub fn prepare(
    head: &mut Parts,
    prefix: &ReservedPrefix,
    id: Uuid,
    version: Version,
    upgrade: Option<&HeaderValue>,
) -> Result<(), Malformed> {
    let switched = switched_protocol(head, upgrade)?;
    // A length in such a response is forbidden, and has been read as the start of a body (RFC 9110 section 8.6).
    let has_length = ![StatusCode::NO_CONTENT, StatusCode::SWITCHING_PROTOCOLS].contains(&head.status);
    let listed = Listed::read(&head.headers, prefix);
    let may_be_trailer = |name: &HeaderName| trailer::passes(name, prefix);
    let is_kept = |name: &HeaderName, value: &HeaderValue, first| match classify(name, prefix) {
        Class::EndToEnd if *name == TRAILER && !listed.contains(name) => {
            trailer::announced(value, may_be_trailer).is_some()
        }
        Class::EndToEnd | Class::PathVariable => !listed.contains(name),
        Class::Owned => !is_same(name, &X_API_REQUESTID),
        // HTTP/2 has frames of its own.
        Class::Framing if *name == TRANSFER_ENCODING && version == Version::HTTP_2 => false,
        Class::Framing => *name == HOST || (first && has_length),
        Class::Connection | Class::HopByHop | Class::FramingAlias | Class::Reserved => false,
    };
    let found = remove(&mut head.headers, is_kept)?;
    if found.coding_is_odd
        && let Some(coding) = head.headers.get_mut(TRANSFER_ENCODING)
    {
        *coding = HeaderValue::from_static("chunked");
    }
    if found.announces
        && let Entry::Occupied(mut lines) = head.headers.entry(TRAILER)
    {
        for line in lines.iter_mut() {
            *line = trailer::announced(line, may_be_trailer).unwrap_or_else(|| line.clone());
        }
    }
    if let Some(protocol) = switched {
        head.headers.append(CONNECTION, HeaderValue::from_static("Upgrade"));
        head.headers.append(UPGRADE, protocol);
    }
    head.headers.append(X_API_REQUESTID, request_id(id));
    head.version = Version::HTTP_11;
    Ok(())
}

/// Checks the lengths of a response and removes what is not for the client; the rest stays in its order. `is_kept` is told
/// whether a line is the first of its name.
///
/// `HeaderMap::remove` puts the last field in the place of the removed one. That is in order only where nothing that stays
/// stands behind it, as is the case with the `Connection` of many servers. Otherwise the map is built anew.
fn remove(
    headers: &mut HeaderMap,
    is_kept: impl Fn(&HeaderName, &HeaderValue, bool) -> bool,
) -> Result<Found, Malformed> {
    let (mut removed, mut anew, mut previous, mut announces) = (Removed::default(), false, None, false);
    let mut framing = Framing::default();
    for (name, value) in &*headers {
        let first = previous.replace(name) != Some(name);
        framing.check(name, value)?;
        announces |= *name == TRAILER;
        if is_kept(name, value, first) {
            anew |= removed.any();
        } else {
            // Of several lines of one name, the map can remove all or none.
            anew |= !first || !removed.push(name);
        }
    }
    let found = Found { coding_is_odd: framing.coding.is_some_and(|coding| coding != "chunked"), announces };
    if !anew {
        removed.names.iter().rev().flatten().for_each(|name| drop(headers.remove(name)));
    } else {
        let received = std::mem::take(headers);
        headers.reserve(received.keys_len() + 1);
        let mut current = None;
        for (name, value) in received {
            let first = name.is_some();
            current = name.or(current);
            let name = current.as_ref().expect("the first item of a header map has a name");
            if is_kept(name, &value, first) {
                headers.append(name.clone(), value);
            }
        }
    }
    Ok(found)
}

/// What has to be written in another way.
#[derive(Clone, Copy, Debug)]
struct Found {
    coding_is_odd: bool,
    announces: bool,
}

/// A few names, in their order.
#[derive(Debug, Default)]
struct Removed {
    names: [Option<HeaderName>; 4],
}

impl Removed {
    fn any(&self) -> bool {
        self.names[0].is_some()
    }

    /// Says whether there was room.
    #[must_use]
    fn push(&mut self, name: &HeaderName) -> bool {
        let free = self.names.iter_mut().find(|slot| slot.is_none());
        let room = free.is_some();
        if let Some(slot) = free {
            *slot = Some(name.clone());
        }
        room
    }
}

/// What the lines of a response say of its length, as far as they have been read.
#[derive(Debug, Default)]
struct Framing<'a> {
    length: Option<&'a HeaderValue>,
    coding: Option<&'a HeaderValue>,
}

impl<'a> Framing<'a> {
    /// Takes in another line, if together they can be read in one way only.
    fn check(&mut self, name: &HeaderName, value: &'a HeaderValue) -> Result<(), Malformed> {
        if *name == TRANSFER_ENCODING {
            if self.coding.replace(value).is_some() || !value.as_bytes().eq_ignore_ascii_case(b"chunked") {
                return Err(Malformed::TransferEncoding);
            }
        } else if *name == CONTENT_LENGTH {
            let digits = value.as_bytes().iter().all(u8::is_ascii_digit);
            // Where no body follows, hyper does not compare them.
            let repeated = self.length.replace(value).is_some_and(|other| other != value);
            if repeated || !digits || !(1..=18).contains(&value.len()) {
                return Err(Malformed::ContentLength);
            }
        } else {
            return Ok(());
        }
        if self.length.is_some() && self.coding.is_some() { Err(Malformed::BothLengths) } else { Ok(()) }
    }
}

fn switched_protocol(head: &Parts, asked: Option<&HeaderValue>) -> Result<Option<HeaderValue>, Malformed> {
    if head.status != StatusCode::SWITCHING_PROTOCOLS {
        return Ok(None);
    }
    let asked = asked.ok_or(Malformed::Unasked)?;
    let answered = head.headers.get(UPGRADE).ok_or(Malformed::OtherProtocol)?;
    let offered = asked.as_bytes().split(|&byte| byte == b',').map(<[u8]>::trim_ascii);
    let fits = offered.into_iter().any(|protocol| protocol.eq_ignore_ascii_case(answered.as_bytes()));
    if fits { Ok(Some(answered.clone())) } else { Err(Malformed::OtherProtocol) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(status: u16, lines: &[(&str, &str)]) -> Parts {
        let mut builder = http::Response::builder().status(status);
        for (name, value) in lines {
            builder = builder.header(*name, *value);
        }
        builder.body(()).expect("a response").into_parts().0
    }

    fn prepared(status: u16, lines: &[(&str, &str)], upgrade: Option<&str>) -> Result<Vec<String>, Malformed> {
        let mut head = head(status, lines);
        let upgrade = upgrade.map(|value| HeaderValue::from_str(value).expect("a value"));
        prepare(&mut head, &ReservedPrefix::default(), Uuid::nil(), Version::HTTP_11, upgrade.as_ref())?;
        let lines = head.headers.iter().filter(|(name, _)| **name != X_API_REQUESTID);
        Ok(lines.map(|(name, value)| format!("{name}: {}", value.to_str().expect("text"))).collect())
    }

    #[test]
    fn what_belongs_to_a_hop_or_to_the_gateway_is_removed() {
        let lines = prepared(
            200,
            &[
                ("set-cookie", "a"),
                ("x-scf-anything", "1"),
                ("x_api_requestid", "2"),
                ("x-api_requestid", "2"),
                ("keep-alive", "timeout=5"),
                ("connection", "keep-alive, x-hop"),
                ("x-hop", "3"),
                ("set-cookie", "b"),
                ("transfer-encoding", "chunked"),
                ("server", "s"),
            ],
            None,
        );
        assert_eq!(
            lines.expect("well-formed"),
            ["set-cookie: a", "set-cookie: b", "transfer-encoding: chunked", "server: s"]
        );
    }

    #[test]
    fn trailers_that_are_removed_are_not_announced() {
        let chunked = ("transfer-encoding", "chunked");
        for (lines, left) in [
            (vec![("trailer", "x-t, X-Scf-Name"), chunked], vec!["trailer: x-t", "transfer-encoding: chunked"]),
            (vec![("trailer", "x-scf-name"), chunked], vec!["transfer-encoding: chunked"]),
            (vec![("trailer", "te"), ("trailer", "x-t"), chunked], vec!["trailer: x-t", "transfer-encoding: chunked"]),
        ] {
            let left = left.into_iter().map(str::to_owned).collect();
            assert_eq!(prepared(200, &lines, None), Ok(left), "{lines:?}");
        }
    }

    #[test]
    fn a_response_without_a_body_announces_no_length() {
        for (name, value) in [("content-length", "5"), ("transfer-encoding", "chunked")] {
            assert_eq!(prepared(204, &[(name, value), ("server", "s")], None), Ok(vec!["server: s".to_owned()]));
            assert_eq!(prepared(304, &[(name, value)], None), Ok(vec![format!("{name}: {value}")]));
        }
        assert_eq!(
            prepared(200, &[("transfer-encoding", "CHUNKED")], None),
            Ok(vec!["transfer-encoding: chunked".to_owned()])
        );
    }

    #[test]
    fn a_length_that_reads_two_ways_is_refused() {
        for (lines, error) in [
            (vec![("transfer-encoding", "gzip, chunked")], Malformed::TransferEncoding),
            (vec![("transfer-encoding", "chunked"), ("content-length", "3")], Malformed::BothLengths),
            (vec![("content-length", "-3")], Malformed::ContentLength),
            (vec![("content-length", "3"), ("content-length", "4")], Malformed::ContentLength),
            (vec![("content-length", "")], Malformed::ContentLength),
        ] {
            assert_eq!(prepared(200, &lines, None), Err(error), "{lines:?}");
        }
    }

    #[test]
    fn a_switch_must_answer_the_request() {
        let websocket = [("upgrade", "websocket"), ("connection", "upgrade")];
        assert_eq!(prepared(101, &websocket, None), Err(Malformed::Unasked));
        assert_eq!(prepared(101, &websocket, Some("other")), Err(Malformed::OtherProtocol));
        assert_eq!(prepared(101, &[], Some("websocket")), Err(Malformed::OtherProtocol));
        let lines = prepared(101, &websocket, Some("foo, WebSocket")).expect("fits");
        assert_eq!(lines, ["connection: Upgrade", "upgrade: websocket"]);
    }
}
