//! Host patterns: `shop.example.com`, `*.example.com`, `*`.

use std::fmt;
use std::net::Ipv6Addr;

use super::error::{Problem, quoted};
use super::value::Kind;

pub(super) const HOST: Kind<HostPattern> = Kind::new("shop.example.com", host);

/// The hosts that a domain answers to, in lower case and without a port or a trailing dot.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum HostPattern {
    Exact(String),
    /// `*.example.com`, kept as `.example.com`: one label or more in front of it.
    Suffix(String),
    Any,
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(host) => f.write_str(host),
            Self::Suffix(suffix) => write!(f, "*{suffix}"),
            Self::Any => f.write_str("*"),
        }
    }
}

/// Whether a text can stand where the configuration wants a host.
#[must_use]
pub fn is_host(text: &str) -> bool {
    host(text).is_ok()
}

fn host(text: &str) -> Result<HostPattern, Problem> {
    let error = || Problem::new(format!("{} is not a host", quoted(text)));
    if text == "*" {
        return Ok(HostPattern::Any);
    }
    if let Some((_, rest)) = text.split_once("://") {
        return Err(error().hint(format!("without a scheme: \"{}\"", rest.split(['/', ':']).next().unwrap_or(rest))));
    }
    if text.contains('/') {
        return Err(error().hint("a path goes into `base_path` of a `[[service.domain]]`".to_owned()));
    }
    if !text.is_ascii() {
        return Err(
            error().hint("write an international name in punycode, `xn--…`: that is what clients send".to_owned())
        );
    }
    if let Some(address) = ipv6(text) {
        return Ok(HostPattern::Exact(address.to_string()));
    }
    if let (host, Some(port)) = split_port(text)
        && port.bytes().all(|byte| byte.is_ascii_digit())
    {
        return Err(error().hint(format!("without a port: \"{host}\" is served on every listener")));
    }
    let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
    match name.strip_prefix('*') {
        Some(suffix) if suffix.strip_prefix('.').is_some_and(is_dns_name) => Ok(HostPattern::Suffix(suffix.to_owned())),
        None if is_dns_name(&name) => Ok(HostPattern::Exact(name)),
        _ if name.contains('*') => {
            Err(error().hint("`*` stands alone or for the first labels: `*.example.com`".to_owned()))
        }
        _ => Err(error().hint("a host is a DNS name, an IP address, `*.example.com` or `*`".to_owned())),
    }
}

fn ipv6(text: &str) -> Option<Ipv6Addr> {
    let inner = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    inner.parse().ok()
}

/// Labels of letters, digits, `-` and `_`. The underscore is not for hosts by RFC 1123, but container networks use it.
pub(super) fn is_dns_name(name: &str) -> bool {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let label = |label: &str| (1..=63).contains(&label.len()) && label.bytes().all(good);
    name.len() <= 253 && name.split('.').all(label)
}

/// Splits at the colon that is not part of an IPv6 address in brackets.
pub(super) fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (authority, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_kept_in_one_form() {
        for (text, pattern) in [
            ("*", HostPattern::Any),
            ("shop.example.com", HostPattern::Exact("shop.example.com".to_owned())),
            ("Shop.Example.COM.", HostPattern::Exact("shop.example.com".to_owned())),
            ("localhost", HostPattern::Exact("localhost".to_owned())),
            ("192.0.2.1", HostPattern::Exact("192.0.2.1".to_owned())),
            ("[::1]", HostPattern::Exact("::1".to_owned())),
            ("::1", HostPattern::Exact("::1".to_owned())),
            ("[2001:DB8:0::1]", HostPattern::Exact("2001:db8::1".to_owned())),
            ("*.Example.com", HostPattern::Suffix(".example.com".to_owned())),
            ("xn--bcher-kva.example", HostPattern::Exact("xn--bcher-kva.example".to_owned())),
        ] {
            assert_eq!(host(text), Ok(pattern), "{text}");
        }
        let long = format!("{}.com", "a".repeat(64));
        for text in [
            "",
            ".",
            "a..b",
            ".a",
            "a.*.b",
            "*a.com",
            "*.",
            "**",
            "a:80",
            "[::1]:80",
            "[::1",
            "http://a",
            "a/b",
            "b\u{fc}cher.example",
            "a b",
            "user@a",
            long.as_str(),
        ] {
            assert!(host(text).is_err(), "{text}");
        }
    }
}
