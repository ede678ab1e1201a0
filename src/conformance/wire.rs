//! Both ends of the wire without any HTTP library: a client that writes the bytes that it is given, a function that answers with
//! the bytes that it is given, and every byte that either receives, with its time.

pub mod client;
pub mod frame;
pub mod hpack;
pub mod http2;
pub mod origin;
mod shared;
pub mod tls;

use std::fmt;
use std::io;
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

pub use self::shared::Shared;

/// How long one end waits for what should be there at once.
pub const PATIENCE: Duration = Duration::from_secs(5);
/// How long bytes may be on their way before they count as held back.
pub const PROMPT: Duration = Duration::from_millis(1500);

/// How a connection ended, as the end that reads saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The other side closed in order.
    Closed,
    /// It was reset or lost.
    Reset,
}

/// Every byte that one end of a connection received.
#[derive(Clone, Default)]
pub struct Recording {
    pub bytes: Vec<u8>,
    /// How many bytes there were at which time.
    pub times: Vec<(usize, Instant)>,
    pub end: Option<End>,
}

impl fmt::Debug for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`, then {:?}", self.bytes.escape_ascii(), self.end)
    }
}

impl Recording {
    fn add(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        self.times.push((self.bytes.len(), Instant::now()));
    }

    #[must_use]
    pub fn contains(&self, bytes: &[u8]) -> bool {
        contains(&self.bytes, bytes)
    }

    /// When the byte at this place had arrived.
    #[must_use]
    pub fn arrival(&self, place: usize) -> Option<Instant> {
        self.times.iter().find(|(count, _)| *count > place).map(|(_, time)| *time)
    }
}

/// What one end does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Send(Vec<u8>),
    /// Goes on when the other end has received these bytes. That it has not, in time, is noted.
    Arrived(Vec<u8>),
    /// Goes on when this end has received these bytes.
    Received(Vec<u8>),
    /// Goes on when the other side has closed, or has not in time.
    Ended,
    /// Closes the sending side.
    Finish,
    /// Closes with a reset. Functions only.
    Reset,
}

impl Step {
    #[must_use]
    pub fn send(bytes: impl AsRef<[u8]>) -> Self {
        Self::Send(bytes.as_ref().to_vec())
    }
}

/// The bytes that steps send, without the pauses between them.
#[must_use]
pub fn sent(steps: &[Step]) -> Vec<u8> {
    let bytes = steps.iter().filter_map(|step| match step {
        Step::Send(bytes) => Some(bytes.as_slice()),
        _ => None,
    });
    bytes.collect::<Vec<_>>().concat()
}

#[must_use]
pub fn contains(bytes: &[u8], part: &[u8]) -> bool {
    part.is_empty() || bytes.windows(part.len()).any(|window| window == part)
}

/// Prepares the socket of either end.
fn prepare(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_write_timeout(Some(PATIENCE))
}

type Recorded = Arc<Shared<Recording>>;

#[cfg(test)]
mod tests {
    use super::client::Client;
    use super::origin::{Answer, Origin, When};
    use super::*;

    #[test]
    fn both_ends_keep_every_byte_with_its_time() {
        let origin = Origin::start(([127, 0, 0, 1], 0).into()).expect("a function");
        let client = Client::connect(origin.address()).expect("a connection");
        let head = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n";
        let steps = vec![Step::send(format!("{head}one")), Step::Arrived(b"one".to_vec()), Step::send("two")];
        origin.expect(&[Answer { when: When::Whole, steps: steps.clone() }], client.received());
        let request = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n";
        let asked = [Step::send(&request[..5]), Step::Arrived(request[..5].to_vec()), Step::send(&request[5..])];
        assert!(client.play(&asked, |bytes| origin.has_received(bytes)));
        assert!(client.wait(PATIENCE, |received| received.contains(b"onetwo")));
        let received = client.recording();
        assert_eq!((&received.bytes, received.end), (&sent(&steps), None));
        let arrival = |place| received.arrival(place).expect("it has arrived");
        assert!(arrival(0) <= arrival(head.len()) && arrival(head.len()) < arrival(head.len() + 3));
        assert_eq!(received.arrival(received.bytes.len()), None);
        assert!(origin.log().wait(PATIENCE, origin::Log::is_settled));
        origin.log().read(|log| {
            let bytes = &log.connections[0];
            assert_eq!((bytes.bytes.as_slice(), bytes.times.len() > 1), (&request[..], true));
            assert!(log.requests.len() == 1 && log.violations.is_empty());
        });
        assert!(origin.was_prompt());
    }

    #[test]
    fn what_is_held_back_is_noted() {
        let origin = Origin::start(([127, 0, 0, 1], 0).into()).expect("a function");
        let client = Client::connect(origin.address()).expect("a connection");
        let steps = vec![Step::Arrived(b"never sent".to_vec()), Step::send("HTTP/1.1 204 No\r\n\r\n")];
        origin.expect(&[Answer { when: When::Whole, steps }], client.received());
        let request = [Step::send("GET / HTTP/1.1\r\nHost: h\r\n\r\n"), Step::Arrived(b"never sent".to_vec())];
        assert!(!client.play(&request, |bytes| origin.has_received(bytes)));
        assert!(client.wait(PATIENCE, |received| received.contains(b"204")));
        assert!(!origin.was_prompt());
    }
}
