//! Who the client is: the peer of the connection or, behind a trusted proxy, whom that proxy speaks for.

use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::config::types::TrustedProxies;

pub const X_REAL_IP: HeaderName = HeaderName::from_static("x-real-ip");
pub const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
pub const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
pub const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
pub const X_FORWARDED_PORT: HeaderName = HeaderName::from_static("x-forwarded-port");
pub const X_CLIENT_PROTO: HeaderName = HeaderName::from_static("x-client-proto");
pub const X_CLIENT_PROTO_VER: HeaderName = HeaderName::from_static("x-client-proto-ver");

/// The other end of a client connection, with its field values made once for all requests.
#[derive(Clone, Debug)]
pub struct Peer {
    ip: Option<IpAddr>,
    text: Rc<str>,
    address: Option<HeaderValue>,
    port: Option<HeaderValue>,
}

/// The values that a request is forwarded with. A missing one is not sent.
#[derive(Clone, Debug, Default)]
pub struct Forwarded {
    pub real_ip: Option<HeaderValue>,
    pub forwarded_for: Option<HeaderValue>,
    pub proto: Option<HeaderValue>,
    pub host: Option<HeaderValue>,
    pub port: Option<HeaderValue>,
}

impl Peer {
    /// A peer over TCP. `local` is the address that it connected to; its port becomes `X-Forwarded-Port`.
    #[must_use]
    pub fn tcp(remote: SocketAddr, local: SocketAddr) -> Self {
        let ip = remote.ip().to_canonical();
        let text = ip.to_string();
        Self {
            ip: Some(ip),
            address: HeaderValue::from_str(&text).ok(),
            text: text.into(),
            port: Some(HeaderValue::from(local.port())),
        }
    }

    /// A peer on a socket file: it has no address to speak of.
    #[must_use]
    pub fn unix() -> Self {
        Self { ip: None, text: "unix:".into(), address: None, port: None }
    }

    /// How the access log names the peer.
    #[must_use]
    pub fn text(&self) -> &Rc<str> {
        &self.text
    }

    #[must_use]
    pub fn is_trusted(&self, proxies: &TrustedProxies) -> bool {
        self.ip.is_some_and(|ip| proxies.contains(ip))
    }

    /// The values for a request that came straight from the client, whatever it says of itself.
    #[must_use]
    pub fn forwarded(&self, host: Option<&HeaderValue>) -> Forwarded {
        Forwarded {
            real_ip: self.address.clone(),
            forwarded_for: self.address.clone(),
            proto: Some(HeaderValue::from_static("http")),
            host: host.cloned(),
            port: self.port.clone(),
        }
    }

    /// The values for a request from a trusted proxy: what it says, where it says something usable.
    #[must_use]
    pub fn forwarded_by_proxy(
        &self,
        headers: &HeaderMap,
        host: Option<&HeaderValue>,
        proxies: &TrustedProxies,
    ) -> Forwarded {
        let own = self.forwarded(host);
        let said = |name: &HeaderName, valid: fn(&[u8]) -> bool| {
            let mut values = headers.get_all(name).iter();
            values.next().filter(|value| values.next().is_none() && valid(value.as_bytes())).cloned()
        };
        Forwarded {
            real_ip: self
                .client_behind(headers, proxies)
                .and_then(|ip| HeaderValue::from_str(&ip.to_string()).ok())
                .or(own.real_ip),
            forwarded_for: self.extended(headers).or(own.forwarded_for),
            proto: said(&X_FORWARDED_PROTO, |value| value == b"http" || value == b"https").or(own.proto),
            host: said(&X_FORWARDED_HOST, super::request::is_valid_host).or(own.host),
            port: said(&X_FORWARDED_PORT, |value| {
                (1..=5).contains(&value.len()) && value.iter().all(u8::is_ascii_digit)
            })
            .or(own.port),
        }
    }

    /// The first address from the right in `X-Forwarded-For` that is not a trusted proxy's.
    fn client_behind(&self, headers: &HeaderMap, proxies: &TrustedProxies) -> Option<IpAddr> {
        let values: Vec<_> = headers.get_all(&X_FORWARDED_FOR).iter().collect();
        let mut nearest = self.ip;
        for value in values.iter().rev() {
            for hop in value.as_bytes().split(|&byte| byte == b',').rev() {
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
    fn extended(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let mut list = Vec::new();
        for value in headers.get_all(&X_FORWARDED_FOR) {
            list.extend_from_slice(value.as_bytes().trim_ascii());
            list.extend_from_slice(b", ");
        }
        list.extend_from_slice(self.address.as_ref()?.as_bytes());
        HeaderValue::from_bytes(&list).ok()
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

    fn peer(ip: &str) -> Peer {
        Peer::tcp(SocketAddr::new(ip.parse().expect("an address"), 4000), ([127, 0, 0, 1], 8080).into())
    }

    fn trusted() -> TrustedProxies {
        TrustedProxies {
            networks: vec!["10.0.0.0/8".parse().expect("a network"), "::1/128".parse().expect("a network")],
        }
    }

    fn text(value: Option<&HeaderValue>) -> &str {
        value.map_or("-", |value| value.to_str().expect("text"))
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
            let mut headers = HeaderMap::new();
            for line in &lines {
                headers.append(X_FORWARDED_FOR, HeaderValue::from_str(line).expect("a value"));
            }
            let values = peer("10.0.0.1").forwarded_by_proxy(&headers, None, &trusted());
            assert_eq!((text(values.real_ip.as_ref()), text(values.forwarded_for.as_ref())), (real, list), "{lines:?}");
        }
    }

    #[test]
    fn a_proxy_is_believed_only_where_it_makes_sense() {
        let mut headers = HeaderMap::new();
        headers.append(X_FORWARDED_PROTO, HeaderValue::from_static("https"));
        headers.append(X_FORWARDED_HOST, HeaderValue::from_static("a b"));
        headers.append(X_FORWARDED_PORT, HeaderValue::from_static("44x"));
        let host = HeaderValue::from_static("shop.example.com");
        let values = peer("10.0.0.1").forwarded_by_proxy(&headers, Some(&host), &trusted());
        assert_eq!(text(values.proto.as_ref()), "https");
        assert_eq!(text(values.host.as_ref()), "shop.example.com");
        assert_eq!(text(values.port.as_ref()), "8080");
    }

    #[test]
    fn mapped_addresses_are_ipv4() {
        assert!(peer("::ffff:10.0.0.9").is_trusted(&trusted()));
        assert_eq!(&**peer("::ffff:1.2.3.4").text(), "1.2.3.4");
        assert!(!Peer::unix().is_trusted(&trusted()));
    }
}
