//! A response on its way to the client.

use std::borrow::Cow;

use http::StatusCode;

use super::head::{Field, FieldSink, ResponseHead, values};
use super::hop::Listed;
use super::http2::{self, InvalidField};
use super::id::X_API_REQUESTID;
use super::rules::Verdict;
use super::trailer;
use crate::config::ConnectionSettings;
use crate::header::{Class, ReservedPrefix, is_same};
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

/// Checks of a head that came in HTTP/2 what a reader of HTTP/1.1 would have refused.
///
/// # Errors
/// [`Malformed`].
pub fn check_http2(head: &http::HeaderMap, settings: &ConnectionSettings) -> Result<(), Malformed> {
    let ConnectionSettings { max_response_header_bytes: max_bytes, max_response_headers: max_headers, .. } = *settings;
    if http2::fields_size(head) > max_bytes {
        return Err(Malformed::HeadTooLarge(max_bytes));
    }
    if head.len() > max_headers {
        return Err(Malformed::TooManyFields(max_headers));
    }
    http2::check_fields(head.iter().map(|(name, value)| (name.as_str(), value.as_bytes()))).map_err(|invalid| {
        match invalid {
            InvalidField::Name => Malformed::FieldName,
            InvalidField::Value => Malformed::FieldValue,
        }
    })
}

/// How the body of a response reaches the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// There is none, though a length may be announced.
    Withheld,
    Length,
    Chunked,
    /// The end of the connection ends it, or that of the stream.
    ToTheEnd,
}

/// What the head of a function's response becomes on its way to the client.
#[derive(Debug)]
pub struct Rewrite<'a> {
    prefix: &'a ReservedPrefix,
    listed: Listed<'a>,
    /// Whether a length may be announced.
    has_length: bool,
    delivery: Delivery,
    switched: Option<&'a [u8]>,
}

impl<'a> Rewrite<'a> {
    /// `upgrade` is the protocol that the request asked for.
    ///
    /// # Errors
    /// [`Malformed`] when a protocol switch does not fit the request.
    pub fn new(
        head: &ResponseHead<'a>,
        prefix: &'a ReservedPrefix,
        delivery: Delivery,
        upgrade: Option<&[u8]>,
    ) -> Result<Self, Malformed> {
        // A length in such a response is forbidden, and has been read as the start of a body (RFC 9110 section 8.6).
        let has_length = head.status != 204 && head.status >= 200;
        let switched = switched_protocol(head, upgrade)?;
        Ok(Self { prefix, listed: Listed::read(head.fields, prefix), has_length, delivery, switched })
    }

    /// Writes the fields that pass, in their order. Returns whether one of them is `Date`.
    pub fn write(&self, fields: &[Field<'a>], sink: &mut impl FieldSink) -> bool {
        let (mut has_length, mut has_coding, mut has_date) = (false, false, false);
        for field in fields {
            let seen = match field.class {
                Class::ContentLength => std::mem::replace(&mut has_length, true),
                Class::TransferEncoding => std::mem::replace(&mut has_coding, true),
                _ => false,
            };
            match self.judge(field) {
                _ if seen => continue,
                Verdict::Keep => sink.field(field.name, field.value),
                Verdict::Replace(value) => sink.field(field.name, &value),
                Verdict::Drop => continue,
            }
            has_date |= field.name.len() == 4 && field.is("date");
        }
        if self.delivery == Delivery::Chunked && !has_coding {
            sink.field("Transfer-Encoding", b"chunked");
        }
        // The head of HTTP/2 that ends its stream has nothing behind it, and need not say so.
        if self.delivery == Delivery::Length && !has_length {
            sink.field("Content-Length", b"0");
        }
        if let Some(protocol) = self.switched {
            sink.field("Connection", b"Upgrade");
            sink.field("Upgrade", protocol);
        }
        has_date
    }

    fn judge(&self, field: &Field<'a>) -> Verdict<'a> {
        let Field { name, value, class } = *field;
        match class {
            Class::Trailer if !self.listed.contains(name) => {
                match trailer::announced(value, |name| trailer::passes(name, self.prefix)) {
                    Some(Cow::Borrowed(_)) => Verdict::Keep,
                    Some(Cow::Owned(value)) => Verdict::Replace(value.into()),
                    None => Verdict::Drop,
                }
            }
            Class::EndToEnd | Class::Cookie | Class::Expect | Class::Trailer | Class::Via | Class::PathVariable => {
                Verdict::keep_if(!self.listed.contains(name))
            }
            Class::Owned => Verdict::keep_if(!is_same(name.as_bytes(), X_API_REQUESTID.as_bytes())),
            Class::Host => Verdict::Keep,
            Class::ContentLength => Verdict::keep_if(self.has_length),
            Class::TransferEncoding if self.delivery == Delivery::Chunked => Verdict::Replace(b"chunked"[..].into()),
            Class::TransferEncoding
            | Class::Connection
            | Class::Te
            | Class::Upgrade
            | Class::HopByHop
            | Class::FramingAlias
            | Class::Reserved => Verdict::Drop,
        }
    }
}

fn switched_protocol<'a>(head: &ResponseHead<'a>, asked: Option<&[u8]>) -> Result<Option<&'a [u8]>, Malformed> {
    if head.status != StatusCode::SWITCHING_PROTOCOLS {
        return Ok(None);
    }
    let asked = asked.ok_or(Malformed::Unasked)?;
    let answered = values(head.fields, Class::Upgrade).next().ok_or(Malformed::OtherProtocol)?;
    let mut offered = asked.split(|&byte| byte == b',').map(<[u8]>::trim_ascii);
    let fits = offered.any(|protocol| protocol.eq_ignore_ascii_case(answered));
    if fits { Ok(Some(answered)) } else { Err(Malformed::OtherProtocol) }
}

#[cfg(test)]
mod tests {
    use http::Version;

    use super::super::lines::Lines;
    use super::*;

    fn prepared(
        status: u16,
        lines: &[(&str, &str)],
        delivery: Delivery,
        upgrade: Option<&str>,
    ) -> Result<Vec<String>, Malformed> {
        let prefix = ReservedPrefix::default();
        let fields: Vec<_> = lines.iter().map(|(name, value)| Field::new(name, value.as_bytes(), &prefix)).collect();
        let head = ResponseHead { status, reason: b"", version: Version::HTTP_11, fields: &fields };
        let mut sink = Lines::default();
        let rewrite = Rewrite::new(&head, &prefix, delivery, upgrade.map(str::as_bytes))?;
        rewrite.write(&fields, &mut sink);
        let text = String::from_utf8_lossy(sink.as_bytes()).into_owned();
        Ok(text.split_terminator("\r\n").map(str::to_owned).collect())
    }

    #[test]
    fn what_belongs_to_a_hop_or_to_the_gateway_is_removed() {
        let lines = [
            ("Set-Cookie", "a"),
            ("x-scf-anything", "1"),
            ("x_api_requestid", "2"),
            ("x-api_requestid", "2"),
            ("keep-alive", "timeout=5"),
            ("connection", "keep-alive, x-hop"),
            ("X-Hop", "3"),
            ("server", "s"),
            ("set-cookie", "b"),
            ("transfer-encoding", "Chunked"),
        ];
        assert_eq!(
            prepared(200, &lines, Delivery::Chunked, None).expect("well-formed"),
            ["Set-Cookie: a", "server: s", "set-cookie: b", "transfer-encoding: chunked"]
        );
        assert_eq!(
            prepared(200, &lines, Delivery::ToTheEnd, None).expect("well-formed"),
            ["Set-Cookie: a", "server: s", "set-cookie: b"]
        );
        assert_eq!(
            prepared(200, &[("a", "b")], Delivery::Chunked, None).expect("well-formed"),
            ["a: b", "Transfer-Encoding: chunked"]
        );
        assert_eq!(
            prepared(200, &[("a", "b")], Delivery::Length, None).expect("well-formed"),
            ["a: b", "Content-Length: 0"]
        );
    }

    #[test]
    fn trailers_that_are_removed_are_not_announced() {
        for (lines, left) in [
            (vec![("trailer", "x-t, X-Scf-Name")], vec!["trailer: x-t"]),
            (vec![("trailer", "x-scf-name")], vec![]),
            (vec![("trailer", "te"), ("trailer", "x-t")], vec!["trailer: x-t"]),
        ] {
            let found = prepared(200, &lines, Delivery::ToTheEnd, None).expect("well-formed");
            assert_eq!(found, left, "{lines:?}");
        }
    }

    #[test]
    fn a_response_without_a_body_announces_no_length() {
        let prepared = |status| {
            let lines = [("content-length", "5"), ("content-length", "5"), ("server", "s")];
            prepared(status, &lines, Delivery::Withheld, None).expect("well-formed")
        };
        assert_eq!(prepared(204), ["server: s"]);
        assert_eq!(prepared(304), ["content-length: 5", "server: s"]);
    }

    #[test]
    fn a_switch_must_answer_the_request() {
        let websocket = [("upgrade", "websocket"), ("connection", "upgrade")];
        let switched = |lines: &[_], upgrade| prepared(101, lines, Delivery::Withheld, upgrade);
        assert_eq!(switched(&websocket, None), Err(Malformed::Unasked));
        assert_eq!(switched(&websocket, Some("other")), Err(Malformed::OtherProtocol));
        assert_eq!(switched(&[], Some("websocket")), Err(Malformed::OtherProtocol));
        let lines = switched(&websocket, Some("foo, WebSocket")).expect("fits");
        assert_eq!(lines, ["Connection: Upgrade", "Upgrade: websocket"]);
    }
}
