//! Who the client is: the peer of the connection or, behind a trusted proxy, whom that proxy speaks for.

use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

use super::head::{Field, values_of};
use super::host;
use super::lines::Lines;
use crate::config::TrustedProxies;

const X_FORWARDED_FOR: &str = "x-forwarded-for";
const X_FORWARDED_PROTO: &str = "x-forwarded-proto";
const X_FORWARDED_HOST: &str = "x-forwarded-host";
const X_FORWARDED_PORT: &str = "x-forwarded-port";
const X_FORWARDED_PREFIX: &str = "x-forwarded-prefix";

/// Whether a forwarded field of a trusted proxy passes as it is. Those that the gateway sends itself are taken over by value.
#[must_use]
pub fn passes_from_proxy(name: &str) -> bool {
    const STEM: &str = "x-forwarded-";
    let own = [X_FORWARDED_FOR, X_FORWARDED_PROTO, X_FORWARDED_HOST, X_FORWARDED_PORT, X_FORWARDED_PREFIX];
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    name.get(..STEM.len()).is_some_and(|stem| stem.eq_ignore_ascii_case(STEM))
        && name.bytes().all(plain)
        && !own.iter().any(|own| name.eq_ignore_ascii_case(own))
}

/// The other end of a client connection, with its field lines made once for all requests.
#[derive(Clone, Debug)]
pub struct Peer {
    ip: Option<IpAddr>,
    port: Option<u16>,
    /// From where to where the connection leads.
    ends: Option<(SocketAddr, SocketAddr)>,
    text: Rc<str>,
    /// What it is told apart by, behind whatever proxy: the protocol of its connection and who it has proved to be.
    identity: Rc<[u8]>,
    lines: Rc<[u8]>,
    scheme: Scheme,
}

/// What a connection is protected by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Scheme {
    #[default]
    Http,
    Https(Tls),
}

/// What is known of a TLS session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// As access logs name it: `TLSv1.3`.
    pub version: &'static str,
    /// A finished line with the subject of the client's verified certificate; empty without one.
    pub subject: Lines,
}

impl Scheme {
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https(_) => "https",
        }
    }

    /// The version of TLS, if there is any.
    #[must_use]
    pub fn tls(&self) -> Option<&'static str> {
        match self {
            Self::Http => None,
            Self::Https(tls) => Some(tls.version),
        }
    }
}

impl Peer {
    /// A peer over TCP. `local` is the address that it connected to; its port becomes `X-Forwarded-Port`.
    #[must_use]
    pub fn tcp(remote: SocketAddr, local: SocketAddr) -> Self {
        let ip = remote.ip().to_canonical();
        Self {
            ends: Some((remote, local)),
            ..Self::new(Some(ip), Some(local.port()), ip.to_string().into(), Scheme::Http)
        }
    }

    /// A peer on a socket file: it has no address to speak of.
    #[must_use]
    pub fn unix() -> Self {
        Self::new(None, None, "unix:".into(), Scheme::Http)
    }

    /// The same peer, behind TLS.
    #[must_use]
    pub fn over_tls(&self, tls: Tls) -> Self {
        Self { ends: self.ends, ..Self::new(self.ip, self.port, self.text.clone(), Scheme::Https(tls)) }
    }

    fn new(ip: Option<IpAddr>, port: Option<u16>, text: Rc<str>, scheme: Scheme) -> Self {
        let (mut identity, mut lines) = (Lines::default(), Lines::default());
        identity.push("X-Client-Proto", scheme.as_str().as_bytes());
        if let Scheme::Https(tls) = &scheme {
            identity.extend(tls.subject.as_bytes());
        }
        if ip.is_some() {
            lines.push("X-Real-Ip", text.as_bytes());
            lines.push("X-Forwarded-For", text.as_bytes());
        }
        lines.push("X-Forwarded-Proto", scheme.as_str().as_bytes());
        if let Some(port) = port {
            lines.push("X-Forwarded-Port", port.to_string().as_bytes());
        }
        let [identity, lines] = [identity, lines].map(|lines| lines.into_bytes().into());
        Self { ip, port, ends: None, text, identity, lines, scheme }
    }

    /// How the access log names the peer.
    #[must_use]
    pub fn text(&self) -> &Rc<str> {
        &self.text
    }

    #[must_use]
    pub fn scheme(&self) -> &Scheme {
        &self.scheme
    }

    /// Adds what holds for the peer itself, even if it speaks for others.
    pub fn identify(&self, lines: &mut Lines) {
        lines.extend(&self.identity);
    }

    #[must_use]
    pub fn is_trusted(&self, proxies: &TrustedProxies) -> bool {
        self.ip.is_some_and(|ip| proxies.contains(ip))
    }

    /// From which client to which address of the gateway a request came, for a PROXY header. The port of a client behind a trusted
    /// proxy is not known.
    #[must_use]
    pub fn ends(&self, fields: &[Field<'_>], proxies: &TrustedProxies) -> Option<(SocketAddr, SocketAddr)> {
        let (remote, local) = self.ends?;
        let behind = if self.is_trusted(proxies) { self.client_behind(fields, proxies) } else { self.ip };
        let source = behind.filter(|ip| Some(*ip) != self.ip).map_or(remote, |ip| SocketAddr::new(ip, 0));
        Some((source, local))
    }

    /// Adds the lines for a request that came straight from the client, whatever it says of itself. `base_path` is what has been
    /// removed from the path.
    pub fn forward(&self, lines: &mut Lines, host: &[u8], base_path: Option<&str>) {
        lines.extend(&self.lines);
        push_host(lines, host);
        if let Some(base_path) = base_path {
            lines.push("X-Forwarded-Prefix", base_path.as_bytes());
        }
    }

    /// Adds the lines for a request from a trusted proxy: what it says, where it says something usable.
    pub fn forward_by_proxy(
        &self,
        lines: &mut Lines,
        fields: &[Field<'_>],
        (host, base_path): (&[u8], Option<&str>),
        proxies: &TrustedProxies,
    ) {
        let said = |name: &str, valid: fn(&[u8]) -> bool| {
            let mut values = values_of(fields, name);
            values.next().filter(|value| values.next().is_none() && valid(value))
        };
        if let Some(ip) = self.client_behind(fields, proxies) {
            lines.push("X-Real-Ip", ip.to_string().as_bytes());
        }
        lines.push("X-Forwarded-For", &self.extended(fields));
        let proto = said(X_FORWARDED_PROTO, |value| value == b"http" || value == b"https");
        lines.push("X-Forwarded-Proto", proto.unwrap_or(self.scheme.as_str().as_bytes()));
        let is_host = |value: &[u8]| !value.is_empty() && host::is_valid(value);
        push_host(lines, said(X_FORWARDED_HOST, is_host).unwrap_or(host));
        let is_port = |value: &[u8]| (1..=5).contains(&value.len()) && value.iter().all(u8::is_ascii_digit);
        match (said(X_FORWARDED_PORT, is_port), self.port) {
            (Some(port), _) => lines.push("X-Forwarded-Port", port),
            (None, Some(port)) => lines.push("X-Forwarded-Port", port.to_string().as_bytes()),
            (None, None) => {}
        }
        let prefix = said(X_FORWARDED_PREFIX, is_prefix).unwrap_or_default();
        let prefix = [prefix, base_path.unwrap_or_default().as_bytes()].concat();
        if !prefix.is_empty() {
            lines.push("X-Forwarded-Prefix", &prefix);
        }
    }

    /// The first address from the right in `X-Forwarded-For` that is not a trusted proxy's.
    fn client_behind(&self, fields: &[Field<'_>], proxies: &TrustedProxies) -> Option<IpAddr> {
        let values: Vec<_> = values_of(fields, X_FORWARDED_FOR).collect();
        let mut nearest = self.ip;
        for value in values.iter().rev() {
            for hop in value.split(|&byte| byte == b',').rev() {
                let Some(ip) = parse_hop(hop) else { return nearest };
                nearest = Some(ip);
                if !proxies.contains(ip) {
                    return nearest;
                }
            }
        }
        nearest
    }

    /// The lines of `X-Forwarded-For` joined, with this peer at the end.
    fn extended(&self, fields: &[Field<'_>]) -> Vec<u8> {
        let mut list = Vec::new();
        for value in values_of(fields, X_FORWARDED_FOR) {
            list.extend_from_slice(value.trim_ascii());
            list.extend_from_slice(b", ");
        }
        list.extend_from_slice(self.text.as_bytes());
        list
    }
}

/// Whether a path is `/segments` of unreserved characters (RFC 3986 section 2.3), none of which climbs out of another.
fn is_prefix(path: &[u8]) -> bool {
    let is_segment = |segment: &[u8]| {
        let is_unreserved = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
        !segment.is_empty() && segment.iter().all(is_unreserved) && segment != b"." && segment != b".."
    };
    path.strip_prefix(b"/").is_some_and(|rest| rest.split(|&byte| byte == b'/').all(is_segment))
}

fn push_host(lines: &mut Lines, host: &[u8]) {
    if !host.is_empty() {
        lines.push("X-Forwarded-Host", host);
    }
}

/// An address in `X-Forwarded-For`: bare, with a port, or an IPv6 address in brackets.
fn parse_hop(hop: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(hop).ok()?.trim();
    let ip = text.parse::<IpAddr>().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()));
    ip.or_else(|| text.strip_prefix('[')?.strip_suffix(']')?.parse().ok()).map(|ip| ip.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::header::ReservedPrefix;

    fn peer(ip: &str) -> Peer {
        Peer::tcp(SocketAddr::new(ip.parse().expect("an address"), 4000), ([127, 0, 0, 1], 8080).into())
    }

    fn trusted() -> TrustedProxies {
        TrustedProxies {
            networks: vec!["10.0.0.0/8".parse().expect("a network"), "::1/128".parse().expect("a network")],
        }
    }

    fn fields<'a>(name: &'a str, values: &[&'a str]) -> Vec<Field<'a>> {
        let prefix = ReservedPrefix::default();
        values.iter().map(|value| Field::new(name, value.as_bytes(), &prefix)).collect()
    }

    fn forwarded(fields: &[Field<'_>], host: &str) -> String {
        let mut lines = Lines::default();
        peer("10.0.0.1").forward_by_proxy(&mut lines, fields, (host.as_bytes(), None), &trusted());
        String::from_utf8(lines.into_bytes()).expect("text")
    }

    #[test]
    fn the_client_is_the_first_untrusted_address_from_the_right() {
        for (lines, real, list) in [
            (vec![], "10.0.0.1", "10.0.0.1"),
            (vec!["1.2.3.4"], "1.2.3.4", "1.2.3.4, 10.0.0.1"),
            (vec!["6.6.6.6, 1.2.3.4, 10.0.0.2"], "1.2.3.4", "6.6.6.6, 1.2.3.4, 10.0.0.2, 10.0.0.1"),
            (vec!["6.6.6.6", "1.2.3.4:99"], "1.2.3.4", "6.6.6.6, 1.2.3.4:99, 10.0.0.1"),
            (vec!["[2001:db8::1]:4, 10.1.1.1"], "2001:db8::1", "[2001:db8::1]:4, 10.1.1.1, 10.0.0.1"),
            (vec!["garbage"], "10.0.0.1", "garbage, 10.0.0.1"),
            (vec!["1.2.3.4, unknown, 10.0.0.2"], "10.0.0.2", "1.2.3.4, unknown, 10.0.0.2, 10.0.0.1"),
            (vec!["10.0.0.3, 10.0.0.2"], "10.0.0.3", "10.0.0.3, 10.0.0.2, 10.0.0.1"),
        ] {
            let expected = format!("X-Real-Ip: {real}\r\nX-Forwarded-For: {list}\r\n");
            let forwarded = forwarded(&fields("X-Forwarded-For", &lines), "h");
            assert!(forwarded.starts_with(&expected), "{lines:?}: {forwarded}");
        }
    }

    #[test]
    fn a_proxy_is_believed_only_where_it_makes_sense() {
        for host in ["a b", ""] {
            let said = [
                fields("x-forwarded-proto", &["https"]),
                fields("X-Forwarded-HOST", &[host]),
                fields("X-Forwarded-Port", &["44x"]),
            ]
            .concat();
            let expected =
                "X-Forwarded-Proto: https\r\nX-Forwarded-Host: shop.example.com\r\nX-Forwarded-Port: 8080\r\n";
            assert!(forwarded(&said, "shop.example.com").ends_with(expected), "{host}");
        }
    }

    #[test]
    fn a_prefix_is_the_removed_path_behind_that_of_a_trusted_proxy() {
        for (said, base_path, wanted) in [
            (&["/a"][..], None, Some("/a")),
            (&["/a/b-c.d_e~f"], Some("/test"), Some("/a/b-c.d_e~f/test")),
            (&[], Some("/test"), Some("/test")),
            (&[], None, None),
            (&["/a", "/b"], None, None),
            (&["/"], Some("/test"), Some("/test")),
            (&[""], None, None),
            (&["a"], None, None),
            (&["/a/"], None, None),
            (&["//evil.example"], None, None),
            (&["/a/../b"], None, None),
            (&["/."], None, None),
            (&["/a%2f"], Some("/test"), Some("/test")),
            (&["/a, /b"], None, None),
            (&["/a?b"], None, None),
            (&["https://evil.example"], None, None),
        ] {
            let fields = fields("X-Forwarded-Prefix", said);
            let mut lines = Lines::default();
            peer("10.0.0.1").forward_by_proxy(&mut lines, &fields, (b"h", base_path), &trusted());
            let found = lines.iter().find(|(name, _)| *name == b"X-Forwarded-Prefix").map(|(_, value)| value);
            assert_eq!(found, wanted.map(str::as_bytes), "{said:?} {base_path:?}");
            let mut lines = Lines::default();
            peer("192.0.2.1").forward(&mut lines, b"h", base_path);
            let found = lines.iter().find(|(name, _)| *name == b"X-Forwarded-Prefix").map(|(_, value)| value);
            assert_eq!(found, base_path.map(str::as_bytes), "{said:?} {base_path:?}");
        }
    }

    #[test]
    fn mapped_addresses_are_ipv4() {
        assert!(peer("::ffff:10.0.0.9").is_trusted(&trusted()));
        assert_eq!(&**peer("::ffff:1.2.3.4").text(), "1.2.3.4");
        assert!(!Peer::unix().is_trusted(&trusted()));
    }
}
