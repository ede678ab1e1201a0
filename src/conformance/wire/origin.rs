//! The recording function: it answers with the bytes that it is given, and reads requests through the oracle.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::{End, PROMPT, Recorded, Recording, Shared, Step, prepare};
use crate::conformance::grammar::{self, Hop, Message, Violation};

/// The answer to one request.
#[derive(Clone, Debug)]
pub struct Answer {
    pub when: When,
    pub steps: Vec<Step>,
}

/// When a function begins to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    Head,
    Whole,
}

/// What a function has received and done.
#[derive(Debug, Default)]
pub struct Log {
    pub connections: Vec<Recording>,
    /// Whole requests, in the order of their ends, each with the number of its connection.
    pub requests: Vec<(usize, Message)>,
    /// What the oracle found, each with the number of its connection. Where it is no HTTP at all, nothing more is read.
    pub violations: Vec<(usize, Violation)>,
    /// How many bytes of each connection belong to whole requests.
    taken: Vec<usize>,
    /// How many bytes of each connection were there when the exchange began.
    before: Vec<usize>,
    answers: VecDeque<Answer>,
    /// Requests whose head is there and whose answer is not all sent.
    answering: usize,
    /// Whether everything that was waited for came in time.
    prompt: bool,
    client: Option<Recorded>,
}

impl Log {
    /// Whether no request is half received, and no answer half sent, on an open connection.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        let whole =
            |(recording, taken): (&Recording, &usize)| recording.end.is_some() || recording.bytes.len() == *taken;
        self.answering == 0 && self.connections.iter().zip(&self.taken).all(whole)
    }

    /// Where an exchange begins.
    #[must_use]
    pub fn so_far(&self) -> Mark {
        Mark { requests: self.requests.len(), violations: self.violations.len(), unfinished: self.unfinished().count() }
    }

    /// What has come of an exchange.
    #[must_use]
    pub fn since(&self, mark: Mark) -> Since {
        Since {
            requests: self.requests[mark.requests..].iter().map(|(_, request)| request.clone()).collect(),
            violation: self.violations.get(mark.violations).map(|(_, violation)| *violation),
            unfinished: self.unfinished().count() > mark.unfinished,
        }
    }

    /// What came on each connection since the exchange began.
    fn recent(&self) -> impl Iterator<Item = &[u8]> {
        let before = self.before.iter().copied().chain(std::iter::repeat(0));
        self.connections.iter().zip(before).map(|(recording, before)| &recording.bytes[before..])
    }

    /// What came of requests that are not whole.
    pub fn unfinished(&self) -> impl Iterator<Item = &[u8]> {
        let rest = self.connections.iter().zip(&self.taken).map(|(recording, &taken)| &recording.bytes[taken..]);
        rest.filter(|bytes| !bytes.is_empty())
    }
}

/// How much of a log there was.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    requests: usize,
    violations: usize,
    unfinished: usize,
}

/// What came behind a mark.
#[derive(Debug)]
pub struct Since {
    pub requests: Vec<Message>,
    pub violation: Option<Violation>,
    /// Whether there is a part of a request whose rest never came.
    pub unfinished: bool,
}

/// A function on a socket of its own. Stopped when dropped.
#[derive(Debug)]
pub struct Origin {
    address: SocketAddr,
    log: Arc<Shared<Log>>,
    stopped: Arc<AtomicBool>,
}

impl Origin {
    /// # Errors
    /// When the address cannot be bound.
    pub fn start(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        let address = listener.local_addr()?;
        let (log, stopped) = (Arc::<Shared<Log>>::default(), Arc::<AtomicBool>::default());
        let (shared, stop) = (log.clone(), stopped.clone());
        std::thread::Builder::new().name("origin".to_owned()).spawn(move || {
            for stream in listener.incoming() {
                if stop.load(Ordering::SeqCst) {
                    break;
                }
                let Ok(stream) = stream else { continue };
                let connection = Connection::new(stream, shared.clone());
                // A connection without a thread is closed, and the run shows it.
                let _ = std::thread::Builder::new().name("answers".to_owned()).spawn(move || connection.serve());
            }
        })?;
        Ok(Self { address, log, stopped })
    }

    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    #[must_use]
    pub fn log(&self) -> &Shared<Log> {
        &self.log
    }

    /// Answers the next requests like this, any further one with its target. `client` is what waits at the other end.
    pub fn expect(&self, answers: &[Answer], client: &Recorded) {
        self.log.change(|log| {
            log.answers = answers.iter().cloned().collect();
            log.before = log.connections.iter().map(|recording| recording.bytes.len()).collect();
            log.prompt = true;
            log.client = Some(client.clone());
        });
    }

    /// Whether all that answers waited for came in time.
    #[must_use]
    pub fn was_prompt(&self) -> bool {
        self.log.read(|log| log.prompt)
    }

    /// Whether these bytes have come since the exchange began, waiting for them if need be.
    #[must_use]
    pub fn has_received(&self, bytes: &[u8]) -> bool {
        self.log.wait(PROMPT, |log| log.recent().any(|received| super::contains(received, bytes)))
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts.
        drop(TcpStream::connect(self.address));
    }
}

/// What is answered when nothing else is expected: the target of the request.
#[must_use]
pub fn echo(target: &[u8]) -> Answer {
    let mut bytes = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", target.len()).into_bytes();
    bytes.extend_from_slice(target);
    Answer { when: When::Whole, steps: vec![Step::Send(bytes)] }
}

/// One connection that a gateway made.
struct Connection {
    stream: TcpStream,
    log: Arc<Shared<Log>>,
    number: usize,
}

impl Connection {
    fn new(stream: TcpStream, log: Arc<Shared<Log>>) -> Self {
        let number = log.change(|log| {
            log.connections.push(Recording::default());
            log.taken.push(0);
            log.connections.len() - 1
        });
        Self { stream, log, number }
    }

    fn serve(&self) {
        let end = loop {
            match prepare(&self.stream).and_then(|()| self.exchange()) {
                Ok(true) => {}
                Ok(false) => {
                    // The other side may have closed already.
                    let _ = self.stream.shutdown(Shutdown::Write);
                    break End::Closed;
                }
                Err(_lost) => break End::Reset,
            }
        };
        self.log.change(|log| log.connections[self.number].end = Some(end));
    }

    /// One request and its answer; false when there is no next one.
    fn exchange(&self) -> io::Result<bool> {
        let Some((head, _)) = self.read(|bytes| grammar::request_head(bytes, Hop::Inbound))? else { return Ok(false) };
        let answer = self.log.change(|log| {
            log.answering += 1;
            log.answers.pop_front().unwrap_or_else(|| echo(head.target()))
        });
        let answered = self.answer(&answer);
        self.log.change(|log| log.answering -= 1);
        answered
    }

    fn answer(&self, answer: &Answer) -> io::Result<bool> {
        if answer.when == When::Head {
            let open = self.play(&answer.steps)?;
            // A gateway may close after an early answer, and then the request stays unfinished.
            return Ok(self.whole()? && open);
        }
        Ok(self.whole()? && self.play(&answer.steps)?)
    }

    /// Reads a request to its end; false when that never comes.
    fn whole(&self) -> io::Result<bool> {
        let Some((message, length)) = self.read(|bytes| grammar::request(bytes, Hop::Inbound))? else {
            return Ok(false);
        };
        self.log.change(|log| {
            let bytes = &log.connections[self.number].bytes[log.taken[self.number]..];
            // Not every form that is HTTP is one that nobody can misread.
            if let Err(violation) = grammar::request(bytes, Hop::Outbound) {
                log.violations.push((self.number, violation));
            }
            log.taken[self.number] += length;
            log.requests.push((self.number, message));
        });
        Ok(true)
    }

    /// Reads until `parse` has found what it looks for; none when the gateway closes before, or sends what is no HTTP.
    fn read<T>(&self, parse: impl Fn(&[u8]) -> Result<Option<T>, Violation>) -> io::Result<Option<T>> {
        let mut buffer = [0; 16 * 1024];
        loop {
            let parsed = self.log.read(|log| parse(&log.connections[self.number].bytes[log.taken[self.number]..]));
            match parsed {
                Ok(Some(found)) => return Ok(Some(found)),
                Ok(None) => {}
                Err(violation) => {
                    self.log.change(|log| log.violations.push((self.number, violation)));
                    return Ok(None);
                }
            }
            match (&self.stream).read(&mut buffer)? {
                0 => return Ok(None),
                count => self.log.change(|log| log.connections[self.number].add(&buffer[..count])),
            }
        }
    }

    /// Sends an answer; false when the connection is over with it.
    fn play(&self, steps: &[Step]) -> io::Result<bool> {
        for step in steps {
            match step {
                Step::Send(bytes) => (&self.stream).write_all(bytes)?,
                Step::Finish => return Ok(false),
                Step::Reset => {
                    socket2::SockRef::from(&self.stream).set_linger(Some(Duration::ZERO))?;
                    return Err(io::ErrorKind::ConnectionReset.into());
                }
                Step::Arrived(bytes) => {
                    let client = self.log.read(|log| log.client.clone());
                    self.note(client.is_none_or(|client| client.wait(PROMPT, |client| client.contains(bytes))));
                }
                Step::Received(bytes) => {
                    let found = self.patiently(|| self.read(|read| Ok(super::contains(read, bytes).then_some(()))))?;
                    self.note(found.flatten().is_some());
                }
                Step::Ended => {
                    if self.patiently(|| self.stream.peek(&mut [0]))? == Some(0) {
                        return Ok(false);
                    }
                }
            }
        }
        Ok(true)
    }

    fn note(&self, prompt: bool) {
        if !prompt {
            self.log.change(|log| log.prompt = false);
        }
    }

    /// Reads with a deadline; none when it passes.
    fn patiently<T>(&self, read: impl FnOnce() -> io::Result<T>) -> io::Result<Option<T>> {
        self.stream.set_read_timeout(Some(PROMPT))?;
        let result = read();
        self.stream.set_read_timeout(None)?;
        match result {
            Ok(read) => Ok(Some(read)),
            Err(error) if [io::ErrorKind::WouldBlock, io::ErrorKind::TimedOut].contains(&error.kind()) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
