//! Request heads of HTTP/2: what one of a client must fulfil beyond what h2 checks, and what one for a function looks like.

use http::header::{CONNECTION, COOKIE, EXPECT, HOST, TRANSFER_ENCODING, UPGRADE};
use http::request::Parts;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderMap, HeaderName, HeaderValue, Uri, Version};

use super::lines::Lines;
use crate::header::is_token;

/// The bytes that HPACK counts for a field beside its name and value (RFC 7541 section 4.1).
const OVERHEAD: usize = 32;

/// Checks a head of HTTP/2.
///
/// # Errors
/// What is wrong with it, for the client.
pub fn check(head: &Parts) -> Result<(), &'static str> {
    // RFC 9113 section 8.3.1. Whoever looks at one and whoever looks at the other must see the same host.
    let authority = head.uri.authority().map(|authority| authority.as_str().as_bytes());
    let host = head.headers.get(HOST).map(HeaderValue::as_bytes);
    if let (Some(authority), Some(host)) = (authority, host)
        && !authority.eq_ignore_ascii_case(host)
    {
        return Err("`:authority` and Host differ");
    }
    check_fields(&head.headers).map_err(InvalidField::as_str)
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
pub fn check_fields(headers: &HeaderMap) -> Result<(), InvalidField> {
    if !headers.keys().all(is_token) {
        return Err(InvalidField::Name);
    }
    // Section 8.2.1. In HTTP/1.1 such a space would be no part of the value.
    let is_padded = |value: &HeaderValue| value.as_bytes().trim_ascii() != value.as_bytes();
    if headers.values().any(is_padded) {
        return Err(InvalidField::Value);
    }
    Ok(())
}

/// The lines of `Cookie`, which HTTP/2 may split for its compression, as the one that HTTP/1.1 has (section 8.2.3).
#[must_use]
pub fn joined_cookies(headers: &HeaderMap) -> HeaderValue {
    let mut lines = headers.get_all(COOKIE).iter();
    let first = lines.next().cloned().unwrap_or(HeaderValue::from_static(""));
    let mut joined = Vec::new();
    for line in lines {
        if joined.is_empty() {
            joined.extend_from_slice(first.as_bytes());
        }
        joined.extend_from_slice(b"; ");
        joined.extend_from_slice(line.as_bytes());
    }
    if joined.is_empty() { first } else { HeaderValue::from_bytes(&joined).unwrap_or(first) }
}

/// The size of a head as HTTP/2 counts it, in bytes.
#[must_use]
pub fn size(head: &Parts) -> usize {
    fields_size(&head.headers) + head.uri.path_and_query().map_or(0, |target| target.as_str().len())
}

/// The size of fields as HTTP/2 counts it, in bytes.
#[must_use]
pub fn fields_size(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + OVERHEAD).sum()
}

/// Turns the head of an HTTP/1.1 request into one of HTTP/2: `Host` becomes `:authority`, field lines become fields with names in lower
/// case, and what belongs to a connection of HTTP/1.1 stays behind (RFC 9113 section 8.2.2).
///
/// `lines` go in front of its own fields. A request without a host, which
/// HTTP/1.0 allows, is for `default`.
pub fn prepare(head: &mut Parts, lines: &Lines, scheme: Scheme, default: &Authority) {
    let received = std::mem::take(&mut head.headers);
    let host = received.get(HOST).and_then(|host| Authority::try_from(host.as_bytes()).ok());
    let mut headers = HeaderMap::with_capacity(received.len() + 24);
    for (name, value) in lines.iter() {
        let (name, value) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value));
        if let (Ok(name), Ok(value)) = (name, value)
            && is_kept(&name)
        {
            headers.append(name, value);
        }
    }
    let mut current = None;
    for (name, value) in received {
        current = name.or(current);
        let name = current.as_ref().expect("the first item of a header map has a name");
        if is_kept(name) {
            headers.append(name.clone(), value);
        }
    }
    head.headers = headers;
    let path = head.uri.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
    let uri = Uri::builder().scheme(scheme).authority(host.unwrap_or_else(|| default.clone())).path_and_query(path);
    head.uri = uri.build().expect("scheme, authority and path are a URL");
    head.version = Version::HTTP_2;
    // The letter case of HTTP/1.1.
    head.extensions.clear();
}

/// Whether a request for this host can be sent: what may stand in `Host` is not all that may stand in a URL here.
#[must_use]
pub fn takes_host(host: &HeaderValue) -> bool {
    host.is_empty() || Authority::try_from(host.as_bytes()).is_ok()
}

/// `Expect` is not: nobody waits for the answer to it.
fn is_kept(name: &HeaderName) -> bool {
    ![CONNECTION, TRANSFER_ENCODING, UPGRADE, HOST, EXPECT].contains(name) && *name != "keep-alive"
}

#[cfg(test)]
mod tests {
    use http::{Method, Request};

    use super::*;

    fn head(uri: &str, lines: &[(&str, &str)]) -> Parts {
        let mut builder = Request::builder().uri(uri);
        for (name, value) in lines {
            builder = builder.header(*name, *value);
        }
        builder.body(()).expect("a request").into_parts().0
    }

    #[test]
    fn two_hosts_must_be_one() {
        for (uri, host, fits) in [
            ("http://shop.example/", "shop.example", true),
            ("http://shop.example/", "SHOP.example", true),
            ("http://shop.example/", "shop.example:80", false),
            ("http://shop.example/", "evil.example", false),
            ("http://shop.example/", "", false),
            ("/", "shop.example", true),
        ] {
            assert_eq!(check(&head(uri, &[("host", host)])).is_ok(), fits, "{uri} {host}");
        }
    }

    #[test]
    fn a_padded_value_is_refused() {
        for (value, fits) in [("a b", true), (" a", false), ("a ", false), ("\ta", false), ("", true)] {
            assert_eq!(check(&head("http://a/", &[("x", value)])).is_ok(), fits, "{value:?}");
        }
    }

    #[test]
    fn a_name_with_a_quote_is_refused() {
        for (name, fits) in [("a!#$%&'*+-.^_`|~0", true), ("a\"b", false), ("\"", false)] {
            let name = HeaderName::from_lowercase(name.as_bytes()).expect("HTTP/2 takes it");
            let fields = HeaderMap::from_iter([(name, HeaderValue::from_static("1"))]);
            assert_eq!(check_fields(&fields).is_ok(), fits, "{fields:?}");
        }
    }

    #[test]
    fn cookies_are_put_together() {
        for (lines, joined) in [(&["a=1"][..], "a=1"), (&["a=1", "b=2", "c"], "a=1; b=2; c"), (&["a=1", ""], "a=1; ")] {
            let fields: Vec<_> = lines.iter().map(|line| ("cookie", *line)).collect();
            assert_eq!(joined_cookies(&head("/", &fields).headers), joined);
        }
    }

    fn prepared(fields: &[(&str, &str)]) -> (String, Vec<String>) {
        let mut builder = Request::builder().method(Method::POST).uri("/a?b");
        for (name, value) in fields {
            builder = builder.header(*name, *value);
        }
        let mut head = builder.body(()).expect("a request").into_parts().0;
        let mut lines = Lines::default();
        lines.push("X-Stage", b"prod");
        lines.push("TE", b"trailers");
        lines.push("Connection", b"Upgrade, TE");
        lines.push("Upgrade", b"websocket");
        lines.push("X-Empty", b"");
        prepare(&mut head, &lines, Scheme::HTTP, &Authority::from_static("instance:80"));
        let text = |(name, value): (&HeaderName, &HeaderValue)| format!("{name}: {}", value.to_str().expect("text"));
        (head.uri.to_string(), head.headers.iter().map(text).collect())
    }

    #[test]
    fn what_belongs_to_a_connection_stays_behind() {
        let (uri, fields) = prepared(&[
            ("host", "shop.example:81"),
            ("transfer-encoding", "chunked"),
            ("expect", "100-continue"),
            ("cookie", "a"),
            ("cookie", "b"),
            ("content-length", "3"),
        ]);
        assert_eq!(uri, "http://shop.example:81/a?b");
        let expected = ["x-stage: prod", "te: trailers", "x-empty: ", "cookie: a", "cookie: b", "content-length: 3"];
        assert_eq!(fields, expected);
    }

    #[test]
    fn a_request_without_a_host_is_for_the_instance() {
        assert_eq!(prepared(&[("host", "")]).0, "http://instance:80/a?b");
        assert_eq!(prepared(&[]).0, "http://instance:80/a?b");
        for (host, fits) in [("", true), ("a_b.example:80", true), ("[::1]", true), ("a%41", false)] {
            assert_eq!(takes_host(&HeaderValue::from_static(host)), fits, "{host}");
        }
    }
}
