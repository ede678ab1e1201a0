//! Hosts: how they are written in a request, and which pattern owns one.

use std::borrow::Cow;
use std::net::Ipv6Addr;

use foldhash::{HashMap, HashMapExt};

use crate::config::HostPattern;

/// The host of a request in the form that patterns are compared in: without port, brackets and one trailing dot, in
/// lower case; an IPv6 address in the form of RFC 5952. Names are borrowed unless there is a capital letter.
#[must_use]
pub fn normalize(host: &str) -> Cow<'_, str> {
    let name = strip_port(host);
    if host.starts_with('[')
        && let Ok(address) = name.parse::<Ipv6Addr>()
    {
        return Cow::Owned(address.to_string());
    }
    let name = name.strip_suffix('.').unwrap_or(name);
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}

/// What each host pattern leads to.
#[derive(Debug)]
pub(super) struct Hosts<V> {
    exact: HashMap<Box<str>, V>,
    /// By suffix, the leading dot included.
    suffixes: HashMap<Box<str>, V>,
    longest_suffix: usize,
    any: Option<V>,
}

impl<V> Hosts<V> {
    pub(super) fn new() -> Self {
        Self { exact: HashMap::new(), suffixes: HashMap::new(), longest_suffix: 0, any: None }
    }

    /// The value of a pattern, made when it is the first of its kind.
    pub(super) fn entry(&mut self, pattern: &HostPattern) -> &mut V
    where
        V: Default,
    {
        match pattern {
            HostPattern::Exact(host) => self.exact.entry(normalize(host).into()).or_default(),
            HostPattern::Suffix(suffix) => {
                self.longest_suffix = self.longest_suffix.max(suffix.len());
                self.suffixes.entry(normalize(suffix).into()).or_default()
            }
            HostPattern::Any => self.any.get_or_insert_default(),
        }
    }

    /// The value of the most specific pattern that covers a normalized host.
    pub(super) fn find(&self, host: &str) -> Option<&V> {
        self.covering(host).next()
    }

    /// The values of all patterns that cover a normalized host, most specific first.
    pub(super) fn covering(&self, host: &str) -> impl Iterator<Item = &V> {
        // No longer than the longest pattern: a host of 64 KiB of dots must not cost a look-up for each of them. There is
        // at least one byte in front of the dot.
        let start = host.len().saturating_sub(self.longest_suffix).max(1);
        let suffixes = (start..host.len()).filter_map(move |at| match host.as_bytes()[at] {
            b'.' => self.suffixes.get(&host[at..]),
            _ => None,
        });
        self.exact.get(host).into_iter().chain(suffixes).chain(&self.any)
    }
}

fn strip_port(host: &str) -> &str {
    if let Some(inner) = host.strip_prefix('[') {
        return match inner.split_once(']') {
            Some((address, "")) => address,
            Some((address, port)) if port.strip_prefix(':').is_some_and(is_port) => address,
            _ => host,
        };
    }
    // From the right: nothing but digits, then the colon.
    let Some(colon) = host.bytes().rposition(|byte| !byte.is_ascii_digit()) else { return host };
    let name = &host.as_bytes()[..colon];
    if host.as_bytes()[colon] == b':' && !name.contains(&b':') { &host[..colon] } else { host }
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_lose_case_port_brackets_and_one_dot() {
        for (written, normal) in [
            ("shop.example.com", "shop.example.com"),
            ("Shop.EXAMPLE.com:8080", "shop.example.com"),
            ("shop.example.com.", "shop.example.com"),
            ("shop.example.com.:80", "shop.example.com"),
            ("shop.example.com..", "shop.example.com."),
            ("shop:", "shop"),
            ("shop:http", "shop:http"),
            ("[::1]", "::1"),
            ("[::1]:80", "::1"),
            ("[FE80::1]:80", "fe80::1"),
            ("[2001:0db8::1]", "2001:db8::1"),
            ("[2001:DB8:0:0::1]:80", "2001:db8::1"),
            ("[2001:db8:0:0:0:0:0:1]", "2001:db8::1"),
            ("[::ffff:c000:201]", "::ffff:192.0.2.1"),
            ("[::FFFF:192.0.2.1]:80", "::ffff:192.0.2.1"),
            ("[0:0:0:0:0:0:0:0]", "::"),
            ("[::1%25eth0]", "::1%25eth0"),
            ("[::1]80", "[::1]80"),
            ("[::1", "[::1"),
            ("::1", "::1"),
            ("127.0.0.1:9000", "127.0.0.1"),
            ("", ""),
            (":80", ""),
            (".", ""),
            ("M\u{dc}NCHEN", "m\u{dc}nchen"),
        ] {
            assert_eq!(normalize(written), normal, "{written}");
        }
        assert!(matches!(normalize("shop.example.com.:80"), Cow::Borrowed(_)));
    }

    #[test]
    fn the_most_specific_pattern_owns_a_host() {
        let mut hosts = Hosts::<&str>::new();
        let suffix = |text: &str| HostPattern::Suffix(text.to_owned());
        *hosts.entry(&HostPattern::Exact("a.example.com".to_owned())) = "exact";
        *hosts.entry(&HostPattern::Exact("[::1]".to_owned())) = "address";
        *hosts.entry(&suffix(".example.com")) = "short";
        *hosts.entry(&suffix(".b.example.com")) = "long";
        for (host, owners) in [
            ("a.example.com", vec!["exact", "short"]),
            ("b.example.com", vec!["short"]),
            ("x.b.example.com", vec!["long", "short"]),
            ("x.y.b.example.com", vec!["long", "short"]),
            ("x.a.example.com", vec!["short"]),
            ("::1", vec!["address"]),
            ("example.com", vec![]),
            (".example.com", vec![]),
            ("xexample.com", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(hosts.covering(host).copied().collect::<Vec<_>>(), owners, "{host}");
            assert_eq!(hosts.find(host), owners.first(), "{host}");
        }
        *hosts.entry(&HostPattern::Any) = "any";
        assert_eq!(hosts.find(""), Some(&"any"));
        assert_eq!(hosts.find("example.com"), Some(&"any"));
        assert_eq!(hosts.find("b.example.com"), Some(&"short"));
        assert_eq!(hosts.find(&".".repeat(1 << 16)), Some(&"any"));
    }
}
