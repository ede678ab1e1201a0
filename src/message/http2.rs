//! Heads of HTTP/2: what one of a client must fulfil beyond what h2 checks, and what one for a function looks like.

use std::borrow::Cow;

use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, Version};

use super::head::{Field, FieldSink, RequestHead, values};
use super::lines;
use crate::header::{Class, is_token};

/// The bytes that HPACK counts for a field beside its name and value (RFC 7541 section 4.1).
const OVERHEAD: usize = 32;

/// Checks a head of HTTP/2.
///
/// # Errors
/// What is wrong with it, for the client.
pub fn check(head: &RequestHead<'_>) -> Result<(), &'static str> {
    // RFC 9113 section 8.3.1. Whoever looks at one and whoever looks at the other must see the same host.
    if let (Some(authority), Some(host)) = (head.target.authority, values(head.fields, Class::Host).next())
        && !authority.as_bytes().eq_ignore_ascii_case(host)
    {
        return Err("`:authority` and Host differ");
    }
    check_fields(head.fields.iter().map(|field| (field.name, field.value))).map_err(InvalidField::as_str)
}

/// The part of a field that HTTP/1.1 could not carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidField {
    Name,
    Value,
}

impl InvalidField {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Name => "a field name is no token",
            Self::Value => "a field value begins or ends with white space",
        }
    }
}

/// Checks the fields of a head or of trailers for what HTTP/1.1 could not carry, or not as it is.
///
/// # Errors
/// What is wrong with one.
pub fn check_fields<'a>(fields: impl Iterator<Item = (&'a str, &'a [u8])>) -> Result<(), InvalidField> {
    for (name, value) in fields {
        if !is_token(name) {
            return Err(InvalidField::Name);
        }
        // Section 8.2.1. In HTTP/1.1 such a space would be no part of the value.
        if value.trim_ascii() != value {
            return Err(InvalidField::Value);
        }
    }
    Ok(())
}

/// The lines of `Cookie`, which HTTP/2 may split for its compression, as the one that HTTP/1.1 has (section 8.2.3).
#[must_use]
pub fn joined_cookies<'a>(fields: &[Field<'a>]) -> Cow<'a, [u8]> {
    let mut cookies = values(fields, Class::Cookie);
    let mut joined = Cow::Borrowed(cookies.next().unwrap_or_default());
    for cookie in cookies {
        let joined = joined.to_mut();
        joined.extend_from_slice(b"; ");
        joined.extend_from_slice(cookie);
    }
    joined
}

/// The size of a head as HTTP/2 counts it, in bytes.
#[must_use]
pub fn size(head: &RequestHead<'_>) -> usize {
    let fields = head.fields.iter().map(|field| field.name.len() + field.value.len() + OVERHEAD).sum::<usize>();
    fields + head.target.path_and_query.len()
}

/// The size of fields as HTTP/2 counts it, in bytes.
#[must_use]
pub fn fields_size(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + OVERHEAD).sum()
}

/// The head of an HTTP/1.1 request as one of HTTP/2: `Host` becomes `:authority`, names are in lower case, and what belongs to a
/// connection of HTTP/1.1 stays behind (RFC 9113 section 8.2.2).
///
/// A request without a host, which HTTP/1.0 allows, is for `default`. `None` if what stands in `Host` is no authority here, or the target
/// none.
#[must_use]
pub fn request(head: &[u8], scheme: Scheme, default: &Authority) -> Option<Request<()>> {
    let end = memchr::memchr(b'\n', head)?;
    let mut words = head[..end].splitn(3, |&byte| byte == b' ');
    let method = Method::from_bytes(words.next()?).ok()?;
    let target = PathAndQuery::try_from(words.next()?).ok()?;
    let mut fields = HeaderMap::with_capacity(32);
    let mut authority = default.clone();
    for (name, value) in lines::fields(&head[end + 1..]) {
        let name = HeaderName::from_bytes(name).ok()?;
        if name == http::header::HOST {
            if !value.is_empty() {
                authority = Authority::try_from(value).ok()?;
            }
        } else if is_kept(&name) {
            fields.append(name, HeaderValue::from_bytes(value).ok()?);
        }
    }
    let uri = Uri::builder().scheme(scheme).authority(authority).path_and_query(target).build().ok()?;
    let mut request = Request::new(());
    (*request.method_mut(), *request.uri_mut(), *request.version_mut()) = (method, uri, Version::HTTP_2);
    *request.headers_mut() = fields;
    Some(request)
}

/// `Expect` is not: nobody waits for the answer to it.
fn is_kept(name: &HeaderName) -> bool {
    use http::header::{CONNECTION, EXPECT, TRANSFER_ENCODING, UPGRADE};
    ![CONNECTION, TRANSFER_ENCODING, UPGRADE, EXPECT].contains(name) && *name != "keep-alive"
}

/// Fields for the library of HTTP/2. What it cannot take is left out; readers of both versions refuse such fields before.
impl FieldSink for HeaderMap {
    fn field(&mut self, name: &str, value: &[u8]) {
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_bytes(value)) {
            self.append(name, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::head::Target;
    use super::*;
    use crate::header::ReservedPrefix;

    fn fields<'a>(lines: &[(&'a str, &'a str)]) -> Vec<Field<'a>> {
        let prefix = ReservedPrefix::default();
        lines.iter().map(|(name, value)| Field::new(name, value.as_bytes(), &prefix)).collect()
    }

    #[test]
    fn two_hosts_must_be_one() {
        for (authority, host, fits) in [
            (Some("shop.example"), "shop.example", true),
            (Some("shop.example"), "SHOP.example", true),
            (Some("shop.example"), "shop.example:80", false),
            (Some("shop.example"), "evil.example", false),
            (Some("shop.example"), "", false),
            (None, "shop.example", true),
        ] {
            let target = Target { scheme: Some("http"), authority, path_and_query: "/" };
            let fields = fields(&[("host", host)]);
            let head = RequestHead { method: &Method::GET, target, version: Version::HTTP_2, fields: &fields };
            assert_eq!(check(&head).is_ok(), fits, "{authority:?} {host}");
        }
    }

    #[test]
    fn what_http1_could_not_carry_is_refused() {
        for (value, fits) in [("a b", true), (" a", false), ("a ", false), ("\ta", false), ("", true)] {
            assert_eq!(check_fields([("x", value.as_bytes())].into_iter()).is_ok(), fits, "{value:?}");
        }
        for (name, fits) in [("a!#$%&'*+-.^_`|~0", true), ("a\"b", false), ("\"", false)] {
            assert_eq!(check_fields([(name, &b"1"[..])].into_iter()).is_ok(), fits, "{name}");
        }
    }

    #[test]
    fn cookies_are_put_together() {
        for (lines, joined) in [(&["a=1"][..], "a=1"), (&["a=1", "b=2", "c"], "a=1; b=2; c"), (&["a=1", ""], "a=1; ")] {
            let lines: Vec<_> = lines.iter().map(|line| ("cookie", *line)).collect();
            assert_eq!(joined_cookies(&fields(&lines)), joined.as_bytes());
        }
    }

    fn made(head: &str) -> Option<(String, Vec<String>)> {
        let request = request(head.as_bytes(), Scheme::HTTP, &Authority::from_static("instance:80"))?;
        let text = |(name, value): (&HeaderName, &HeaderValue)| format!("{name}: {}", value.to_str().expect("text"));
        Some((request.uri().to_string(), request.headers().iter().map(text).collect()))
    }

    #[test]
    fn what_belongs_to_a_connection_stays_behind() {
        let head = "POST /a?b HTTP/1.1\r\nX-Stage: prod\r\nTE: trailers\r\nConnection: Upgrade, TE\r\nUpgrade: websocket\r\n\
                    X-Empty: \r\nHost: shop.example:81\r\nTransfer-Encoding: chunked\r\nexpect: 100-continue\r\n\
                    Cookie: a\r\ncookie: b\r\nContent-Length: 3\r\n\r\n";
        let (uri, fields) = made(head).expect("a request");
        assert_eq!(uri, "http://shop.example:81/a?b");
        let expected = ["x-stage: prod", "te: trailers", "x-empty: ", "cookie: a", "cookie: b", "content-length: 3"];
        assert_eq!(fields, expected);
    }

    #[test]
    fn a_request_without_a_host_is_for_the_instance() {
        for (host, uri) in [
            ("", Some("http://instance:80/")),
            ("a_b.example:80", Some("http://a_b.example:80/")),
            ("[::1]", Some("http://[::1]/")),
            ("a%41", None),
        ] {
            let made = made(&format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n"));
            assert_eq!(made.map(|(uri, _)| uri).as_deref(), uri, "{host}");
        }
    }
}
