//! HTTP/1.1 messages as they stand on the wire, read without any HTTP library.

use std::io::{self, Read};

/// A message: its first line, its fields in order and case, its body.
#[derive(Clone, Debug, Default)]
pub struct Message {
    pub start: String,
    pub fields: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub trailers: Vec<(String, String)>,
    /// Whether the body ended as its framing announced.
    pub complete: bool,
}

impl Message {
    /// The value of the only field of this name, in any case.
    #[track_caller]
    pub fn field(&self, name: &str) -> Option<&str> {
        let values = self.values(name);
        assert!(values.len() <= 1, "{name} stands {} times in {self:?}", values.len());
        values.first().copied()
    }

    pub fn values(&self, name: &str) -> Vec<&str> {
        let same = |(other, _): &&(String, String)| other.eq_ignore_ascii_case(name);
        self.fields.iter().filter(same).map(|(_, value)| value.as_str()).collect()
    }

    pub fn status(&self) -> u16 {
        self.start.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0)
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body of a problem+json answer.
    #[track_caller]
    pub fn problem(&self) -> serde_json::Value {
        assert_eq!(self.field("content-type"), Some("application/problem+json"), "{self:?}");
        serde_json::from_slice(&self.body).expect("JSON")
    }

    pub fn reason(&self) -> String {
        self.problem()["reason"].as_str().unwrap_or_default().to_owned()
    }
}

/// Reads messages from a stream.
#[derive(Debug)]
pub struct Reader<R> {
    stream: R,
    buffer: Vec<u8>,
}

/// How the body of a message is delimited when no field says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Without {
    Nothing,
    UntilClose,
}

impl<R: Read> Reader<R> {
    pub fn new(stream: R) -> Self {
        Self { stream, buffer: Vec::new() }
    }

    /// More bytes; false at the end of the stream.
    pub fn fill(&mut self) -> io::Result<bool> {
        let mut chunk = [0; 16 * 1024];
        let count = self.stream.read(&mut chunk)?;
        self.buffer.extend_from_slice(&chunk[..count]);
        Ok(count > 0)
    }

    /// Everything until the stream ends.
    pub fn rest(&mut self) -> io::Result<Vec<u8>> {
        while self.fill()? {}
        Ok(std::mem::take(&mut self.buffer))
    }

    /// What is there, at least `count` bytes unless the stream ends.
    pub fn take(&mut self, count: usize) -> io::Result<Vec<u8>> {
        while self.buffer.len() < count && self.fill()? {}
        let count = count.min(self.buffer.len());
        Ok(self.buffer.drain(..count).collect())
    }

    /// The head of a message: none at a clean end.
    pub fn head(&mut self) -> io::Result<Option<Message>> {
        loop {
            if let Some(end) = self.buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                let head: Vec<u8> = self.buffer.drain(..end + 4).collect();
                let text: String = head[..end].iter().map(|&byte| char::from(byte)).collect();
                let mut lines = text.split("\r\n");
                let start = lines.next().unwrap_or_default().to_owned();
                return Ok(Some(Message { start, fields: lines.map(field).collect(), ..Message::default() }));
            }
            if !self.fill()? {
                return if self.buffer.is_empty() { Ok(None) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
            }
        }
    }

    /// Reads the body that belongs to a head.
    pub fn body(&mut self, message: &mut Message, without: Without) -> io::Result<()> {
        if message.field("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked")) {
            while let Some(chunk) = self.chunk(message)? {
                message.body.extend_from_slice(&chunk);
            }
        } else if let Some(length) = message.field("content-length").map(|value| value.parse().expect("a length")) {
            message.body = self.take(length)?;
            message.complete = message.body.len() == length;
        } else if without == Without::UntilClose {
            message.body = self.rest()?;
            message.complete = true;
        } else {
            message.complete = true;
        }
        Ok(())
    }

    /// One chunk of a chunked body; none at its end, when `complete` says whether that was the proper end.
    pub fn chunk(&mut self, message: &mut Message) -> io::Result<Option<Vec<u8>>> {
        let Some(line) = self.line()? else { return Ok(None) };
        let size = usize::from_str_radix(line.split(';').next().unwrap_or_default().trim(), 16).expect("a chunk size");
        if size > 0 {
            let chunk = self.take(size + 2)?;
            return Ok((chunk.len() == size + 2).then(|| chunk[..size].to_vec()));
        }
        while let Some(line) = self.line()? {
            if line.is_empty() {
                message.complete = true;
                break;
            }
            message.trailers.push(field(&line));
        }
        Ok(None)
    }

    fn line(&mut self) -> io::Result<Option<String>> {
        loop {
            if let Some(end) = self.buffer.windows(2).position(|window| window == b"\r\n") {
                let line: Vec<u8> = self.buffer.drain(..end + 2).collect();
                return Ok(Some(line[..end].iter().map(|&byte| char::from(byte)).collect()));
            }
            if !self.fill()? {
                return Ok(None);
            }
        }
    }
}

fn field(line: &str) -> (String, String) {
    let (name, value) = line.split_once(':').unwrap_or((line, ""));
    (name.to_owned(), value.trim().to_owned())
}
