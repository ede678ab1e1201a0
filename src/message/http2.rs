//! What a request head of HTTP/2 must fulfil beyond what h2 checks, and what it looks like in HTTP/1.1.

use http::header::{COOKIE, HOST};
use http::request::Parts;
use http::{HeaderMap, HeaderValue};

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
    check_values(&head.headers)
}

/// Checks the values of a head or of trailers.
///
/// # Errors
/// What is wrong with one, for the client.
pub fn check_values(headers: &HeaderMap) -> Result<(), &'static str> {
    // Section 8.2.1. In HTTP/1.1 such a space would be no part of the value.
    let is_padded = |value: &HeaderValue| value.as_bytes().trim_ascii() != value.as_bytes();
    if headers.values().any(is_padded) {
        return Err("a field value begins or ends with white space");
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
    let fields = head.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + OVERHEAD);
    let target = head.uri.path_and_query().map_or(0, |target| target.as_str().len());
    fields.sum::<usize>() + target
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(uri: &str, lines: &[(&str, &str)]) -> Parts {
        let mut builder = http::Request::builder().uri(uri);
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
    fn cookies_are_put_together() {
        for (lines, joined) in [(&["a=1"][..], "a=1"), (&["a=1", "b=2", "c"], "a=1; b=2; c"), (&["a=1", ""], "a=1; ")] {
            let fields: Vec<_> = lines.iter().map(|line| ("cookie", *line)).collect();
            assert_eq!(joined_cookies(&head("/", &fields).headers), joined);
        }
    }
}
