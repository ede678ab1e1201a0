//! What a trusted proxy says of the client, against a slow reading of the same lines.
//!
//! The first byte picks the peer; the rest are field lines.

use std::net::{IpAddr, SocketAddr};

use fngate::config::TrustedProxies;
use fngate::header::ReservedPrefix;
use fngate::message::forwarded::Peer;
use fngate::message::head::{FieldList, add_http2};
use fngate::message::host;
use fngate::message::lines::Lines;
use http::{HeaderMap, HeaderName, HeaderValue};

const PEERS: [&str; 4] = ["10.0.0.1", "::1", "::ffff:10.9.9.9", "2001:db8::7"];
const NAMES: [&str; 4] = ["X-Real-Ip", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host"];

pub(crate) fn run(data: &[u8]) {
    let Some((&pick, lines)) = data.split_first() else { return };
    let ip: IpAddr = PEERS[usize::from(pick) % PEERS.len()].parse().expect("an address");
    let networks = ["10.0.0.0/8", "::1/128", "2001:db8::/32"].map(|text| text.parse().expect("a network"));
    let proxies = TrustedProxies { networks: networks.into() };
    let peer = Peer::tcp(SocketAddr::new(ip, 4000), ([127, 0, 0, 1], 8080).into());
    assert!(peer.is_trusted(&proxies));
    let headers = fields(lines);
    let mut told = Lines::default();
    let mut fields = FieldList::new();
    add_http2(&mut fields, &headers, &ReservedPrefix::default());
    peer.forward_by_proxy(&mut told, &fields, (b"shop.example", Some("/test")), &proxies);
    check(&pairs(told.as_bytes()), &headers, ip.to_canonical(), &proxies);
    let mut own = Lines::default();
    peer.forward(&mut own, b"shop.example", None);
    let own = pairs(own.as_bytes());
    assert_eq!(own[0], ("X-Real-Ip".to_owned(), ip.to_canonical().to_string().into_bytes()));
}

/// Lines without a name are `X-Forwarded-For`.
fn fields(lines: &[u8]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in lines.split(|&byte| byte == b'\n').take(50) {
        let named = line.iter().position(|&byte| byte == b':').and_then(|colon| {
            let name = HeaderName::from_bytes(&line[..colon]).ok()?;
            Some((name, &line[colon + 1..])).filter(|(name, _)| name.as_str().contains("forwarded"))
        });
        let (name, value) = named.unwrap_or((HeaderName::from_static("x-forwarded-for"), line));
        if let Ok(value) = HeaderValue::from_bytes(value.trim_ascii()) {
            headers.append(name, value);
        }
    }
    headers
}

/// Finished lines, taken apart again. Nothing in a value may look like the end of its line.
fn pairs(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let Some(text) = bytes.strip_suffix(b"\r\n") else { panic!("unfinished lines: {}", bytes.escape_ascii()) };
    let mut pairs = Vec::new();
    for line in text.split(|&byte| byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        assert!(!line.contains(&b'\r') && !line.contains(&0), "{}", line.escape_ascii());
        let colon = line.windows(2).position(|two| two == b": ").expect("a field line");
        pairs.push((String::from_utf8(line[..colon].to_vec()).expect("a name"), line[colon + 2..].to_vec()));
    }
    pairs
}

fn check(told: &[(String, Vec<u8>)], headers: &HeaderMap, peer: IpAddr, proxies: &TrustedProxies) {
    let names: Vec<_> = told.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, [&NAMES[..], &["X-Forwarded-Port", "X-Forwarded-Prefix"]].concat());
    let value = |name: &str| told.iter().find(|(other, _)| other == name).map(|(_, value)| &value[..]).expect("told");
    assert_eq!(value("X-Real-Ip"), client(headers, peer, proxies).to_string().as_bytes());
    let mut list: Vec<u8> = Vec::new();
    for line in headers.get_all("x-forwarded-for") {
        list.extend([line.as_bytes(), b", "].concat());
    }
    list.extend(peer.to_string().as_bytes());
    assert_eq!(value("X-Forwarded-For"), list);
    let only = |name: &str| {
        let said: Vec<_> = headers.get_all(name).iter().map(HeaderValue::as_bytes).collect();
        if let [only] = said[..] { Some(only) } else { None }
    };
    let proto = only("x-forwarded-proto").filter(|proto| [&b"http"[..], b"https"].contains(proto));
    assert_eq!(value("X-Forwarded-Proto"), proto.unwrap_or(b"http"));
    let said = value("X-Forwarded-Host");
    assert!(host::is_valid(said) && (said == b"shop.example" || only("x-forwarded-host") == Some(said)));
    let port = value("X-Forwarded-Port");
    assert!((1..=5).contains(&port.len()) && port.iter().all(u8::is_ascii_digit));
    assert!(port == b"8080" || only("x-forwarded-port") == Some(port));
    let said = value("X-Forwarded-Prefix").strip_suffix(b"/test").expect("the removed base path");
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(byte);
    assert!(said.iter().all(plain) && !said.windows(2).any(|two| two == b"//"));
    assert!(said.is_empty() || said.starts_with(b"/") && only("x-forwarded-prefix") == Some(said));
}

/// The nearest hop, seen from here, that is no proxy of ours: each proxy vouches for the one in front of it.
fn client(headers: &HeaderMap, peer: IpAddr, proxies: &TrustedProxies) -> IpAddr {
    let lines: Vec<_> = headers.get_all("x-forwarded-for").iter().map(HeaderValue::as_bytes).collect();
    let mut nearest = peer;
    if lines.is_empty() {
        return nearest;
    }
    let list = lines.join(&b","[..]);
    for hop in list.split(|&byte| byte == b',').rev() {
        let address = String::from_utf8(hop.to_vec()).ok().and_then(|text| address(text.trim()));
        let Some(address) = address.filter(|_| proxies.contains(nearest)) else { break };
        nearest = address;
    }
    nearest
}

fn address(text: &str) -> Option<IpAddr> {
    let bare = text.parse::<IpAddr>().ok();
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    let inside = || text.get(1..text.len().max(2) - 1).filter(|_| text.starts_with('[') && text.ends_with(']'));
    let bracketed = || inside().and_then(|text| text.parse().ok());
    bare.or_else(with_port).or_else(bracketed).map(|ip: IpAddr| ip.to_canonical())
}
