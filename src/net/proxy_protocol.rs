//! The PROXY protocol, versions 1 and 2: reads the header that a proxy puts in front of a connection, and writes one.
//!
//! Not a byte behind the header is read: what follows belongs to TLS or HTTP. A header is taken or refused as a whole.

use std::io;
use std::net::{IpAddr, SocketAddr};

use proxy_header::{ParseConfig, ProxiedAddress, ProxyHeader, Tlv};
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::config::ProxyProtocol;

/// `PROXY UNKNOWN` and its CRLF: no header of either version is shorter.
const SHORTEST: usize = 15;
/// The longest line of version 1, with its CRLF.
const LONGEST_LINE: usize = 107;
/// The fixed part of version 2: signature, command, family, length.
const FIXED: usize = 16;
/// The longest header of version 2 that is taken. Certificates in extensions make long ones.
const LONGEST: usize = 4096;

const LINE: &[u8] = b"PROXY ";
const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
/// Version 2 and the command LOCAL.
const LOCAL: u8 = 0x20;
/// The lower half of the family: datagrams of any family, which do not come over a stream.
const DATAGRAMS: u8 = 0x02;

/// What a header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Header {
    /// The connection is the proxy's own, or it does not say whose: `LOCAL`, `UNKNOWN`, or no IP address.
    Local,
    Proxied {
        source: SocketAddr,
        destination: SocketAddr,
    },
}

/// Why there is no header.
#[derive(Debug, thiserror::Error)]
pub enum HeaderError {
    #[error("the connection ended within the PROXY header")]
    Truncated,
    #[error("the PROXY header is malformed")]
    Malformed,
    #[error("the PROXY header is too long")]
    TooLong,
    #[error("the checksum of the PROXY header is wrong")]
    Checksum,
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Reads a header and nothing behind it. `header` holds what has been read, also when this future is dropped.
///
/// # Errors
/// [`HeaderError`]; the stream is of no use then.
pub async fn read<S: AsyncRead + Unpin>(stream: &mut S, header: &mut Vec<u8>) -> Result<Header, HeaderError> {
    fill(stream, header, SHORTEST).await?;
    if header.starts_with(SIGNATURE) {
        fill(stream, header, FIXED).await?;
        let length = FIXED + usize::from(u16::from_be_bytes([header[FIXED - 2], header[FIXED - 1]]));
        if length > LONGEST {
            return Err(HeaderError::TooLong);
        }
        fill(stream, header, length).await?;
    } else {
        // Byte by byte: only the line's end tells how long it is.
        while !header.ends_with(b"\r\n") {
            if header.len() == LONGEST_LINE {
                return Err(HeaderError::TooLong);
            }
            let next = header.len() + 1;
            fill(stream, header, next).await?;
        }
    }
    parse(header)
}

/// Reads on until there are `length` bytes, if they can be a header at all.
async fn fill<S: AsyncRead + Unpin>(stream: &mut S, header: &mut Vec<u8>, length: usize) -> Result<(), HeaderError> {
    while header.len() < length {
        let room = (length - header.len()) as u64;
        if (&mut *stream).take(room).read_buf(header).await? == 0 {
            return Err(HeaderError::Truncated);
        }
        let begins = |with: &[u8]| header.iter().zip(with).all(|(one, other)| one == other);
        if !begins(LINE) && !begins(SIGNATURE) {
            return Err(HeaderError::Malformed);
        }
    }
    Ok(())
}

/// Reads a whole header.
fn parse(header: &[u8]) -> Result<Header, HeaderError> {
    if header.starts_with(SIGNATURE) && header.get(SIGNATURE.len()) == Some(&LOCAL) {
        return parse_local(header);
    }
    let (parsed, length) =
        ProxyHeader::parse(header, ParseConfig::default()).map_err(|_error| HeaderError::Malformed)?;
    if length != header.len() {
        return Err(HeaderError::Malformed);
    }
    let proxied = parsed.proxied_address();
    if header.starts_with(SIGNATURE) {
        if header[FIXED - 3] & 0x0f == DATAGRAMS {
            return Err(HeaderError::Malformed);
        }
        check_extensions(header, &parsed)?;
    } else if !is_strict(header, proxied) {
        return Err(HeaderError::Malformed);
    }
    Ok(proxied.map_or(Header::Local, |ends| Header::Proxied { source: ends.source, destination: ends.destination }))
}

/// Whatever is in a header with `LOCAL` is to be ignored, even a family that does not exist. What is left is a checksum, if it can be found.
fn parse_local(header: &[u8]) -> Result<Header, HeaderError> {
    let Ok((parsed, _)) = ProxyHeader::parse(header, ParseConfig::default()) else { return Ok(Header::Local) };
    match check_extensions(header, &parsed) {
        Err(HeaderError::Checksum) => Err(HeaderError::Checksum),
        _ => Ok(Header::Local),
    }
}

/// What the library lets pass in a line: any byte behind `PROXY`, a sign or zeros in front of a port.
fn is_strict(line: &[u8], proxied: Option<&ProxiedAddress>) -> bool {
    match proxied {
        Some(ProxiedAddress { source, destination, .. }) => {
            line.starts_with(LINE)
                && line.ends_with(format!(" {} {}\r\n", source.port(), destination.port()).as_bytes())
        }
        None => line.starts_with(b"PROXY UNKNOWN\r\n") || line.starts_with(b"PROXY UNKNOWN "),
    }
}

/// The extensions at the end of a header: whole, and a checksum among them is right.
fn check_extensions(header: &[u8], parsed: &ProxyHeader<'_>) -> Result<(), HeaderError> {
    let mut extensions = Vec::new();
    let mut sums = Vec::new();
    for extension in parsed.tlvs() {
        let extension = extension.map_err(|_error| HeaderError::Malformed)?;
        extension.encode(&mut extensions);
        if let Tlv::Crc32c(sum) = extension {
            sums.push((sum, extensions.len()));
        }
    }
    let Some(begin) = header.len().checked_sub(extensions.len()).filter(|_| !sums.is_empty()) else { return Ok(()) };
    let mut zeroed = header.to_vec();
    for (_, end) in &sums {
        zeroed[begin + end - size_of::<u32>()..begin + end].fill(0);
    }
    let sum = crc32c::crc32c(&zeroed);
    if sums.iter().all(|(said, _)| *said == sum) { Ok(()) } else { Err(HeaderError::Checksum) }
}

/// The header for a connection that carries the requests of a client: from where to where, or `LOCAL` if that is unknown.
#[must_use]
pub fn header(version: ProxyProtocol, ends: Option<(SocketAddr, SocketAddr)>) -> Vec<u8> {
    let header = match ends {
        Some((source, destination)) => {
            let (source, destination) = one_family(source, destination);
            ProxyHeader::with_address(ProxiedAddress::stream(source, destination))
        }
        None => ProxyHeader::with_local(),
    };
    let mut bytes = Vec::with_capacity(LONGEST_LINE);
    let encoded = match version {
        ProxyProtocol::V1 => header.encode_v1(&mut bytes),
        ProxyProtocol::V2 => header.encode_v2(&mut bytes),
    };
    encoded.expect("two addresses of one family without extensions can be written in both versions");
    bytes
}

/// A header has one family for both addresses: IPv4 if both are, otherwise IPv6, in which IPv4 has a form.
fn one_family(source: SocketAddr, destination: SocketAddr) -> (SocketAddr, SocketAddr) {
    let canonical = |address: SocketAddr| SocketAddr::new(address.ip().to_canonical(), address.port());
    let (source, destination) = (canonical(source), canonical(destination));
    if source.is_ipv4() == destination.is_ipv4() {
        return (source, destination);
    }
    let mapped = |address: SocketAddr| match address.ip() {
        IpAddr::V4(ip) => SocketAddr::new(ip.to_ipv6_mapped().into(), address.port()),
        IpAddr::V6(_) => address,
    };
    (mapped(source), mapped(destination))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> SocketAddr {
        text.parse().expect("an address")
    }

    #[tokio::test]
    async fn what_is_written_is_read_and_nothing_behind_it() {
        for (source, destination) in [
            ("192.0.2.1:4000", "127.0.0.1:80"),
            ("[2001:db8::1]:4000", "[::1]:80"),
            ("[::ffff:192.0.2.1]:4000", "127.0.0.1:80"),
            ("192.0.2.1:4000", "[2001:db8::1]:80"),
        ] {
            for version in [ProxyProtocol::V1, ProxyProtocol::V2] {
                let mut bytes = header(version, Some((address(source), address(destination))));
                bytes.extend_from_slice(b"GET /");
                let mut stream = &bytes[..];
                let Ok(Header::Proxied { source: client, .. }) = read(&mut stream, &mut Vec::new()).await else {
                    panic!("{source}")
                };
                assert_eq!(client.ip().to_canonical(), address(source).ip().to_canonical());
                assert_eq!(stream, b"GET /");
            }
        }
        for version in [ProxyProtocol::V1, ProxyProtocol::V2] {
            let bytes = header(version, None);
            assert_eq!(read(&mut &bytes[..], &mut Vec::new()).await.expect("a header"), Header::Local);
        }
    }
}
