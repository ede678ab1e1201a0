//! A client that sends one request on a connection and reads to its end.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};

use super::PATIENCE;

/// What came back, and whether all of it did.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub body: String,
    /// Whether the body is as long as the head says, or ends with its last chunk.
    pub complete: bool,
}

/// Sends `METHOD target` for a host and reads the answer.
pub fn call(address: SocketAddr, line: &str, host: &str) -> io::Result<Reply> {
    read(&mut open(address, line, host)?, String::new())
}

/// Sends the request and reads nothing.
pub fn open(address: SocketAddr, line: &str, host: &str) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    stream.write_all(format!("{line} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").as_bytes())?;
    Ok(stream)
}

/// `GET target` from `shop.test`, which has to be answered.
#[track_caller]
pub fn get(address: SocketAddr, target: &str) -> Reply {
    call(address, &format!("GET {target}"), "shop.test").unwrap_or_else(|error| panic!("{address}{target}: {error}"))
}

/// Reads until there is this text, and returns everything before and after it that came along.
pub fn read_until(stream: &mut TcpStream, end: &str) -> io::Result<String> {
    let mut text = Vec::new();
    let mut buffer = [0; 4096];
    while !String::from_utf8_lossy(&text).contains(end) {
        match stream.read(&mut buffer)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => text.extend_from_slice(&buffer[..count]),
        }
    }
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// Reads the rest of an answer that begins with `start`. A reset ends a body as an early end does.
pub fn read(stream: &mut TcpStream, start: String) -> io::Result<Reply> {
    let mut bytes = start.into_bytes();
    if let Err(error) = stream.read_to_end(&mut bytes)
        && error.kind() != io::ErrorKind::ConnectionReset
    {
        return Err(error);
    }
    let text = String::from_utf8_lossy(&bytes);
    let (head, body) = text.split_once("\r\n\r\n").ok_or(io::ErrorKind::UnexpectedEof)?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or(io::ErrorKind::InvalidData)?;
    let length = field(head, "content-length").map(|length| length.parse() == Ok(body.len()));
    let complete = length.unwrap_or_else(|| body.ends_with("0\r\n\r\n"));
    Ok(Reply { status, body: body.to_owned(), complete })
}

fn field<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    let mut fields = head.lines().filter_map(|line| line.split_once(':'));
    fields.find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}
