//! What `Connection`, `TE` and `Upgrade` say about one hop (RFC 9110 section 7.6.1).

use http::header::{AUTHORIZATION, CONNECTION, TE, UPGRADE};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Version};

use crate::header::{Class, ReservedPrefix, classify};

/// The fields that a message's `Connection` declares to be hop-by-hop.
///
/// Framing, `Host` and authorization fields cannot be listed away: dropping them would change what the message means, and a
/// sender that lists them is confused or hostile.
#[derive(Debug, Default)]
pub struct Listed {
    names: Vec<HeaderName>,
}

impl Listed {
    /// Reads every `Connection` line of a message.
    #[must_use]
    pub fn read(headers: &HeaderMap, prefix: &ReservedPrefix) -> Self {
        let mut names = Vec::new();
        let mut lines = headers.get_all(CONNECTION).iter();
        match (lines.next(), lines.next()) {
            (None, _) => return Self { names },
            (Some(only), None) if matches!(only.as_bytes(), b"keep-alive" | b"close") => return Self { names },
            _ => {}
        }
        for token in tokens(headers, &CONNECTION) {
            if ["close", "keep-alive", "upgrade", "te"]
                .iter()
                .any(|common| token.eq_ignore_ascii_case(common.as_bytes()))
            {
                continue;
            }
            if let Ok(name) = HeaderName::from_bytes(token)
                && classify(&name, prefix) == Class::EndToEnd
                && name != AUTHORIZATION
            {
                names.push(name);
            }
        }
        Self { names }
    }

    #[must_use]
    pub fn contains(&self, name: &HeaderName) -> bool {
        self.names.contains(name)
    }
}

/// Whether the sender takes trailers.
#[must_use]
pub fn takes_trailers(headers: &HeaderMap) -> bool {
    tokens(headers, &TE).any(|token| {
        let coding = token.split(|&byte| byte == b';').next().unwrap_or_default();
        coding.trim_ascii().eq_ignore_ascii_case(b"trailers")
    })
}

/// The protocol that a message wants to switch to: `Upgrade` together with `Connection: upgrade`.
///
/// `h2c` and other names of HTTP are left out: to forward it would let HTTP/2 frames pass unseen. HTTP/1.0 has no upgrades.
#[must_use]
pub fn upgrade(head: &Parts) -> Option<HeaderValue> {
    let headers = &head.headers;
    if head.version == Version::HTTP_10 {
        return None;
    }
    let protocol = headers.get(UPGRADE)?;
    let asked = tokens(headers, &CONNECTION).any(|token| token.eq_ignore_ascii_case(b"upgrade"));
    let is_http = |token: &[u8]| {
        let name = token.split(|&byte| byte == b'/').next().unwrap_or_default().trim_ascii();
        [&b"h2c"[..], b"h2", b"http"].iter().any(|http| name.eq_ignore_ascii_case(http))
    };
    let plain = headers.get_all(UPGRADE).iter().nth(1).is_none() && !tokens(headers, &UPGRADE).any(is_http);
    (asked && plain).then(|| protocol.clone())
}

/// The comma-separated members of a field, in all its lines.
pub fn tokens<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a [u8]> {
    headers
        .get_all(name)
        .iter()
        .flat_map(|value| value.as_bytes().split(|&byte| byte == b','))
        .map(<[u8]>::trim_ascii)
        .filter(|token| !token.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&str, &str)]) -> HeaderMap {
        lines
            .iter()
            .map(|(name, value)| {
                (name.parse::<HeaderName>().expect("a name"), HeaderValue::from_str(value).expect("a value"))
            })
            .fold(HeaderMap::new(), |mut map, (name, value)| {
                map.append(name, value);
                map
            })
    }

    #[test]
    fn connection_lists_end_to_end_fields_only() {
        let listed = Listed::read(
            &headers(&[
                ("connection", "close, X-A"),
                ("connection", "host,content-length, authorization,x-scf-name,, x-b"),
            ]),
            &ReservedPrefix::default(),
        );
        let names: Vec<_> = listed.names.iter().map(HeaderName::as_str).collect();
        assert_eq!(names, ["x-a", "x-b"]);
    }

    #[test]
    fn an_upgrade_needs_both_fields_and_is_never_h2c() {
        for (lines, wanted) in [
            (vec![("connection", "Upgrade"), ("upgrade", "websocket")], Some("websocket")),
            (vec![("connection", "keep-alive, upgrade"), ("upgrade", "foo/2")], Some("foo/2")),
            (vec![("upgrade", "websocket")], None),
            (vec![("connection", "upgrade")], None),
            (vec![("connection", "upgrade, http2-settings"), ("upgrade", "h2c")], None),
            (vec![("connection", "upgrade"), ("upgrade", "websocket, H2C")], None),
            (vec![("connection", "upgrade"), ("upgrade", "websocket"), ("upgrade", "h2c")], None),
            (vec![("connection", "upgrade"), ("upgrade", "H2C/1")], None),
            (vec![("connection", "upgrade"), ("upgrade", "HTTP/2.0")], None),
        ] {
            let (mut head, ()) = http::Request::new(()).into_parts();
            head.headers = headers(&lines);
            let found = upgrade(&head);
            assert_eq!(found.as_ref().map(|value| value.to_str().expect("text")), wanted, "{lines:?}");
            head.version = Version::HTTP_10;
            assert_eq!(upgrade(&head), None, "{lines:?}");
        }
    }

    #[test]
    fn trailers_are_taken_with_or_without_company() {
        for (value, wanted) in [
            ("trailers", true),
            ("gzip, Trailers", true),
            ("trailers;q=1", true),
            ("gzip", false),
            ("xtrailers", false),
        ] {
            assert_eq!(takes_trailers(&headers(&[("te", value)])), wanted, "{value}");
        }
    }
}
