//! A PROXY header and what follows it, against a slow reading by the letter of the protocol.
//!
//! The first byte says how much the stream gives at once.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use fngate::config::ProxyProtocol;
use fngate::net::proxy_protocol::{Header, HeaderError, header, read};
use tokio::io::{AsyncRead, ReadBuf};

/// The longest headers that are taken.
const LINE: usize = 107;
const BINARY: usize = 4096;
const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

/// A stream that gives at most so many bytes at once.
struct Pieces<'a> {
    left: &'a [u8],
    size: usize,
}

impl AsyncRead for Pieces<'_> {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        let (now, left) = self.left.split_at(self.size.min(self.left.len()).min(buffer.remaining()));
        buffer.put_slice(now);
        self.left = left;
        Poll::Ready(Ok(()))
    }
}

pub(crate) fn run(data: &[u8]) {
    let Some((&size, data)) = data.split_first() else { return };
    let (outcome, taken, left) = taken(data, usize::from(size).max(1));
    assert_eq!([&taken[..], left].concat(), data, "nothing is lost or repeated");
    let most = if taken.starts_with(SIGNATURE) { BINARY } else { LINE };
    assert!(taken.len() <= most, "{} bytes", taken.len());
    let expected = length(data).filter(|length| *length <= data.len()).and_then(|length| {
        let header = if data.starts_with(SIGNATURE) { binary(&data[..length]) } else { line(&data[..length]) };
        header.map(|header| (header, length))
    });
    match outcome {
        Ok(header) => {
            assert_eq!(Some((header, taken.len())), expected, "{}", data.escape_ascii());
            again(header);
        }
        Err(_) => assert_eq!(expected, None, "{}", data.escape_ascii()),
    }
}

/// What is read of a stream: the header, the bytes taken, the bytes left.
fn taken(data: &[u8], size: usize) -> (Result<Header, HeaderError>, Vec<u8>, &[u8]) {
    let mut stream = Pieces { left: data, size };
    let mut taken = Vec::new();
    let outcome = pin!(read(&mut stream, &mut taken)).poll(&mut Context::from_waker(Waker::noop()));
    let Poll::Ready(outcome) = outcome else { panic!("the stream never waits") };
    (outcome, taken, stream.left)
}

/// What the gateway writes for a client, it reads as the same client.
fn again(said: Header) {
    let ends = match said {
        Header::Local => None,
        Header::Proxied { source, destination } => Some((source, destination)),
    };
    let canonical = |address: SocketAddr| (address.ip().to_canonical(), address.port());
    for version in [ProxyProtocol::V1, ProxyProtocol::V2] {
        let written = header(version, ends);
        match (taken(&written, written.len()).0.expect("a header"), ends) {
            (Header::Local, None) => {}
            (Header::Proxied { source, destination }, Some(ends)) => {
                assert_eq!((canonical(source), canonical(destination)), (canonical(ends.0), canonical(ends.1)));
            }
            other => panic!("{other:?}"),
        }
    }
}

/// How long the header is that these bytes begin with, if that can be told.
fn length(data: &[u8]) -> Option<usize> {
    if data.starts_with(SIGNATURE) {
        let length = 16 + usize::from(*data.get(14)?) * 256 + usize::from(*data.get(15)?);
        return (length <= BINARY).then_some(length);
    }
    let end = data.windows(2).position(|two| two == b"\r\n")? + 2;
    (end <= LINE).then_some(end)
}

/// A line of version 1.
fn line(line: &[u8]) -> Option<Header> {
    // A CR is the beginning of the end, also where anything may stand.
    let text = line.strip_suffix(b"\r\n").filter(|text| !text.contains(&b'\r'))?;
    if text == b"PROXY UNKNOWN" || text.starts_with(b"PROXY UNKNOWN ") {
        return Some(Header::Local);
    }
    let words: Vec<_> = std::str::from_utf8(text).ok()?.split(' ').collect();
    let ["PROXY", family, source, destination, from, to] = words[..] else { return None };
    let ip = |text: &str| -> Option<IpAddr> {
        match family {
            "TCP4" => text.parse::<Ipv4Addr>().ok().map(IpAddr::from),
            "TCP6" => text.parse::<Ipv6Addr>().ok().map(IpAddr::from),
            _ => None,
        }
    };
    let port = |text: &str| text.parse::<u16>().ok().filter(|port| port.to_string() == text);
    let source = SocketAddr::new(ip(source)?, port(from)?);
    Some(Header::Proxied { source, destination: SocketAddr::new(ip(destination)?, port(to)?) })
}

/// A header of version 2.
fn binary(bytes: &[u8]) -> Option<Header> {
    let (command, family, rest) = (bytes[12], bytes[13], &bytes[16..]);
    let size = match family {
        0x00 => Some(0),
        0x11 | 0x12 => Some(12),
        0x21 | 0x22 => Some(36),
        0x31 | 0x32 => Some(216),
        _ => None,
    };
    let sum = size.filter(|size| rest.len() >= *size).map_or(Sum::Unreadable, |size| extensions(bytes, 16 + size));
    if command == 0x20 {
        // All of it is ignored, unless it is known to have been damaged.
        return (sum != Sum::Wrong).then_some(Header::Local);
    }
    // Datagrams are nothing that a connection has.
    if command != 0x21 || family & 0x0f == 2 || sum != Sum::Right {
        return None;
    }
    let port = |at: usize| u16::from_be_bytes([rest[at], rest[at + 1]]);
    let (source, destination) = match family {
        0x11 => {
            let ip = |at: usize| IpAddr::from(<[u8; 4]>::try_from(&rest[at..at + 4]).expect("four bytes"));
            (SocketAddr::new(ip(0), port(8)), SocketAddr::new(ip(4), port(10)))
        }
        0x21 => {
            let ip = |at: usize| IpAddr::from(<[u8; 16]>::try_from(&rest[at..at + 16]).expect("sixteen bytes"));
            (SocketAddr::new(ip(0), port(32)), SocketAddr::new(ip(16), port(34)))
        }
        _ => return Some(Header::Local),
    };
    Some(Header::Proxied { source, destination })
}

/// What the checksums of a header say.
#[derive(PartialEq)]
enum Sum {
    /// Or there is none.
    Right,
    Wrong,
    /// The extensions are not whole, or those that are text are none.
    Unreadable,
}

/// Reads the extensions from there on.
fn extensions(bytes: &[u8], mut at: usize) -> Sum {
    let mut zeroed = bytes.to_vec();
    let mut sums = Vec::new();
    while at < bytes.len() {
        let Some([kind, high, low]) = bytes.get(at..at + 3) else { return Sum::Unreadable };
        let begin = at + 3;
        at = begin + usize::from(*high) * 256 + usize::from(*low);
        let Some(value) = bytes.get(begin..at) else { return Sum::Unreadable };
        let is_good = match kind {
            0x03 => value.len() == 4,
            0x20 => value.len() >= 5,
            0x02 | 0x21..=0x25 | 0x30 => std::str::from_utf8(value).is_ok(),
            _ => true,
        };
        if !is_good {
            return Sum::Unreadable;
        }
        if *kind == 0x03 {
            sums.push(value);
            zeroed[begin..at].fill(0);
        }
    }
    let sum = checksum(&zeroed).to_be_bytes();
    if sums.iter().all(|said| **said == sum) { Sum::Right } else { Sum::Wrong }
}

/// CRC32c, bit by bit.
fn checksum(bytes: &[u8]) -> u32 {
    let mut sum = u32::MAX;
    for byte in bytes {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = (sum >> 1) ^ (0x82f6_3b78 * (sum & 1));
        }
    }
    !sum
}
