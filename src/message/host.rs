//! What may stand in `Host`, and in a field that a proxy sends in its place.

use super::problem::{Problem, Reason};

/// `uri-host [":" port]` of RFC 9110 section 7.2, without user information; may be empty, but not in front of a port.
///
/// Without percent signs: no name of a host has one, and servers decode them in different ways or not at all.
#[must_use]
pub fn is_valid(host: &[u8]) -> bool {
    let (name, port) = if host.first() == Some(&b'[') {
        let Some(end) = host.iter().position(|&byte| byte == b']') else { return false };
        let address = std::str::from_utf8(&host[1..end]).ok().and_then(|text| text.parse::<std::net::Ipv6Addr>().ok());
        if address.is_none() {
            return false;
        }
        (&b""[..], &host[end + 1..])
    } else {
        host.split_at(host.iter().position(|&byte| byte == b':').unwrap_or(host.len()))
    };
    let port_fits = match port.split_first() {
        None => true,
        Some((b':', digits)) => digits.len() <= 5 && digits.iter().all(u8::is_ascii_digit),
        Some(_) => false,
    };
    let is_named = !name.is_empty() || host.is_empty() || host[0] == b'[';
    port_fits && is_named && name.iter().all(|&byte| NAME[usize::from(byte)])
}

/// What may stand in a `reg-name` (RFC 3986 section 3.2.2) as it is.
const NAME: [bool; 256] = {
    const MARKS: &[u8] = b"-._~!$&'()*+,;=";
    let mut allowed = [false; 256];
    let mut byte = 0;
    while byte < 128u8 {
        allowed[byte as usize] = byte.is_ascii_alphanumeric();
        byte += 1;
    }
    let mut mark = 0;
    while mark < MARKS.len() {
        allowed[MARKS[mark] as usize] = true;
        mark += 1;
    }
    allowed
};

/// Where the same target is over TLS.
///
/// # Errors
/// `bad_request` without a host, which only HTTP/1.0 allows.
pub fn over_https(path_and_query: &str, host: &[u8], port: u16) -> Result<String, Problem> {
    let text = str::from_utf8(host).unwrap_or_default();
    // An IPv6 address has colons in its brackets.
    let name = match text.rfind(':') {
        Some(colon) if !text[colon..].contains(']') => &text[..colon],
        _ => text,
    };
    if name.is_empty() {
        return Err(Problem::new(Reason::BadRequest, "no Host field"));
    }
    let port = if port == 443 { String::new() } else { format!(":{port}") };
    Ok(format!("https://{name}{port}{path_and_query}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts() {
        for good in ["", "a", "a.example.com:80", "127.0.0.1", "[::1]", "[::1]:8080", "a_b", "xn--x"] {
            assert!(is_valid(good.as_bytes()), "{good}");
        }
        for bad in [
            "a b",
            "a/b",
            "u@h",
            "a:b",
            "a:1:2",
            "[::1",
            "[zz]",
            "a:123456",
            "a\\b",
            "a?b",
            "caf\u{e9}",
            ":80",
            ":",
            "%zz",
            "a%41",
        ] {
            assert!(!is_valid(bad.as_bytes()), "{bad}");
        }
    }

    #[test]
    fn the_place_over_tls_has_the_host_and_another_port() {
        for (host, port, uri, location) in [
            ("shop.example", 443, "/a?b", "https://shop.example/a?b"),
            ("shop.example:8080", 8443, "/", "https://shop.example:8443/"),
            ("[::1]", 443, "/", "https://[::1]/"),
            ("[::1]:80", 444, "/", "https://[::1]:444/"),
        ] {
            let found = over_https(uri, host.as_bytes(), port);
            assert_eq!(found.expect("a place"), location);
        }
        assert!(over_https("/", b"", 443).is_err());
    }
}
