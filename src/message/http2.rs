//! The head of a request as HTTP/2 has it.
//!
//! `Host` becomes `:authority`, field lines become fields with names in lower case, and what belongs to a connection of
//! HTTP/1.1 stays behind (RFC 9113 section 8.2.2).

use http::header::{CONNECTION, EXPECT, HOST, TRANSFER_ENCODING, UPGRADE};
use http::request::Parts;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderMap, HeaderName, HeaderValue, Uri, Version};

use super::lines::Lines;

/// Turns the head of an HTTP/1.1 request into one of HTTP/2. `lines` go in front of its own fields. A request without a host, which
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
