//! A client of the admin API that sends what it is told, field by field.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;

use serde_json::Value;
use socket2::{Domain, Socket, Type};

use super::support::PATIENCE;

/// One request.
#[derive(Clone, Debug)]
pub struct Call {
    method: String,
    target: String,
    host: Option<String>,
    fields: Vec<(String, String)>,
    body: Option<String>,
    from: Ipv4Addr,
}

#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    fields: Vec<(String, String)>,
    pub body: String,
    /// The body as it came, for one that is no text.
    pub bytes: Vec<u8>,
}

impl Call {
    pub fn new(method: &str, target: &str) -> Self {
        let (method, target) = (method.to_owned(), target.to_owned());
        Self { method, target, host: None, fields: Vec::new(), body: None, from: Ipv4Addr::LOCALHOST }
    }

    pub fn get(target: &str) -> Self {
        Self::new("GET", target)
    }

    pub fn field(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn fields(self, fields: &[(&str, &str)]) -> Self {
        fields.iter().fold(self, |call, (name, value)| call.field(name, value))
    }

    pub fn token(self, token: &str) -> Self {
        self.field("Authorization", &format!("Bearer {token}"))
    }

    /// In place of the address that is asked.
    pub fn host(mut self, host: &str) -> Self {
        self.host = Some(host.to_owned());
        self
    }

    /// The client's address; all of 127.0.0.0/8 is this host.
    pub fn from(mut self, address: Ipv4Addr) -> Self {
        self.from = address;
        self
    }

    pub fn body(mut self, body: &str) -> Self {
        self.body = Some(body.to_owned());
        self
    }

    pub fn json(self, body: &Value) -> Self {
        self.field("Content-Type", "application/json").body(&body.to_string())
    }

    pub fn send(&self, admin: SocketAddr) -> io::Result<Answer> {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.bind(&SocketAddr::from((self.from, 0)).into())?;
        socket.connect(&admin.into())?;
        let stream = TcpStream::from(socket);
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        self.over(stream, &admin.to_string())
    }

    pub fn send_unix(&self, path: &Path) -> io::Result<Answer> {
        let stream = UnixStream::connect(path)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        self.over(stream, "localhost")
    }

    fn over(&self, mut stream: impl Read + Write, address: &str) -> io::Result<Answer> {
        let host = self.host.as_deref().unwrap_or(address);
        let mut text = format!("{} {} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n", self.method, self.target);
        for (name, value) in &self.fields {
            text += &format!("{name}: {value}\r\n");
        }
        if let Some(body) = &self.body {
            text += &format!("Content-Length: {}\r\n", body.len());
        }
        text += "\r\n";
        text += self.body.as_deref().unwrap_or_default();
        stream.write_all(text.as_bytes())?;
        read(&mut stream)
    }
}

/// Reads an answer to the end of the connection; of a stream of events, only what is there at once.
fn read(stream: &mut impl Read) -> io::Result<Answer> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 16 << 10];
    loop {
        let text = String::from_utf8_lossy(&bytes);
        let head = text.split_once("\r\n\r\n").map(|(head, _)| head.to_ascii_lowercase());
        let is_endless = head.is_some_and(|head| head.contains("text/event-stream"));
        let count = if is_endless { 0 } else { stream.read(&mut buffer)? };
        if count == 0 {
            return parse(&text, &bytes);
        }
        bytes.extend_from_slice(&buffer[..count]);
    }
}

fn parse(text: &str, bytes: &[u8]) -> io::Result<Answer> {
    let (head, body) = text.split_once("\r\n\r\n").ok_or(io::ErrorKind::UnexpectedEof)?;
    let mut lines = head.lines();
    let status =
        lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).ok_or(io::ErrorKind::InvalidData)?;
    let field = |line: &str| line.split_once(':').map(|(name, value)| (name.to_owned(), value.trim().to_owned()));
    let body_at = bytes.windows(4).position(|four| four == b"\r\n\r\n").map_or(bytes.len(), |at| at + 4);
    let (fields, body) = (lines.filter_map(field).collect(), body.to_owned());
    Ok(Answer { status, fields, body, bytes: bytes[body_at..].to_vec() })
}

impl Answer {
    pub fn field(&self, name: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    #[track_caller]
    pub fn etag(&self) -> String {
        self.field("ETag").unwrap_or_else(|| panic!("no ETag: {self:?}")).to_owned()
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The word of a problem that is for programs.
    #[track_caller]
    pub fn reason(&self) -> String {
        self.json()["reason"].as_str().unwrap_or_else(|| panic!("no problem: {self:?}")).to_owned()
    }
}
