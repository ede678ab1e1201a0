//! A client that sends bytes and reads bytes, and never retries.

use std::io::{self, Write};
use std::net::TcpStream;

use super::PATIENCE;
use super::message::{Message, Reader, Without};

/// One connection to the gateway.
#[derive(Debug)]
pub struct Client {
    pub stream: TcpStream,
    pub reader: Reader<TcpStream>,
}

impl Client {
    #[track_caller]
    pub fn connect(address: &str) -> Self {
        Self::of(TcpStream::connect(address).expect("the gateway accepts"))
    }

    /// A client on a connection that is there.
    pub fn of(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        stream.set_nodelay(true).expect("no delay");
        let reader = Reader::new(stream.try_clone().expect("a clone"));
        Self { stream, reader }
    }

    #[track_caller]
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).expect("the gateway reads");
    }

    /// Reads one answer to a request that was not HEAD.
    #[track_caller]
    pub fn receive(&mut self) -> Message {
        self.try_receive().expect("an answer")
    }

    pub fn try_receive(&mut self) -> io::Result<Message> {
        let closed = || io::Error::from(io::ErrorKind::UnexpectedEof);
        let mut message = self.reader.head()?.ok_or_else(closed)?;
        let bodiless = matches!(message.status(), 100..=199 | 204 | 304);
        if bodiless {
            message.complete = true;
        } else {
            self.reader.body(&mut message, Without::UntilClose)?;
        }
        Ok(message)
    }

    /// Sends a request and reads the answer.
    #[track_caller]
    pub fn ask(&mut self, request: impl AsRef<[u8]>) -> Message {
        self.send(request);
        self.receive()
    }

    /// Whether the gateway has closed the connection, in order or with a reset.
    #[track_caller]
    pub fn is_closed(&mut self) -> bool {
        match self.reader.fill() {
            Ok(more) => !more,
            Err(error) => error.kind() == io::ErrorKind::ConnectionReset,
        }
    }
}

/// `METHOD target` to host `h`, with further lines.
pub fn request(line: &str, fields: &[&str]) -> String {
    let fields: String = fields.iter().map(|field| format!("{field}\r\n")).collect();
    format!("{line} HTTP/1.1\r\nHost: h\r\n{fields}\r\n")
}
