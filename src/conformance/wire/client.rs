//! The raw client.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use super::tls::{Secure, Session};
use super::{End, PATIENCE, PROMPT, Recorded, Recording, Shared, Step, prepare};

/// Where a gateway listens, and how it is spoken to there.
#[derive(Clone, Debug)]
pub struct Target {
    pub address: SocketAddr,
    pub tls: Option<Secure>,
}

impl From<SocketAddr> for Target {
    fn from(address: SocketAddr) -> Self {
        Self { address, tls: None }
    }
}

/// A client connection. A thread of its own reads it to its end.
#[derive(Debug)]
pub struct Client {
    stream: TcpStream,
    session: Option<Arc<Session>>,
    received: Recorded,
}

impl Client {
    /// # Errors
    /// When nobody listens there.
    pub fn connect(address: SocketAddr) -> io::Result<Self> {
        Self::open(&address.into())
    }

    /// # Errors
    /// When nobody listens there, or the handshake fails.
    pub fn open(target: &Target) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&target.address, PATIENCE)?;
        prepare(&stream)?;
        let open = |secure| Session::open(secure, stream.try_clone()?).map(Arc::new);
        let session = target.tls.as_ref().map(open).transpose()?;
        let received = Recorded::default();
        let (reading, through, record) = (stream.try_clone()?, session.clone(), received.clone());
        let thread = std::thread::Builder::new().name("client".to_owned());
        thread.spawn(move || read(reading, through.as_deref(), &record))?;
        Ok(Self { stream, session, received })
    }

    /// What is received, for others to wait for.
    #[must_use]
    pub fn received(&self) -> &Recorded {
        &self.received
    }

    /// A copy of what was received so far.
    #[must_use]
    pub fn recording(&self) -> Recording {
        self.received.read(Clone::clone)
    }

    /// # Errors
    /// When the other side has closed.
    pub fn send(&self, bytes: &[u8]) -> io::Result<()> {
        match &self.session {
            Some(session) => session.write(bytes),
            None => (&self.stream).write_all(bytes),
        }
    }

    /// Closes the sending side.
    fn finish(&self) -> io::Result<()> {
        self.session.as_ref().map_or(Ok(()), |session| session.finish())?;
        self.stream.shutdown(Shutdown::Write)
    }

    /// Closes both sides, which ends the thread that reads.
    pub(super) fn close(&self) {
        // It does not matter whether the other side has closed already.
        let _ = self.stream.shutdown(Shutdown::Both);
    }

    /// Does the steps in order; `arrived` says whether the other end has received bytes, waiting for it if need be. The result
    /// says whether everything came in time.
    pub fn play(&self, steps: &[Step], arrived: impl Fn(&[u8]) -> bool) -> bool {
        let mut prompt = true;
        for step in steps {
            // A gateway may close when it has seen enough. Whether it was right shows in what either end received.
            match step {
                Step::Send(bytes) if self.send(bytes).is_err() => break,
                Step::Finish if self.finish().is_err() => break,
                Step::Arrived(bytes) => prompt &= arrived(bytes),
                Step::Received(bytes) => prompt &= self.wait(PATIENCE, |received| received.contains(bytes)),
                Step::Ended => drop(self.wait(PROMPT, |received| received.end.is_some())),
                Step::Send(_) | Step::Finish | Step::Reset => {}
            }
        }
        prompt
    }

    /// Waits until what was received is as `condition` wants it, or has ended; says whether the condition holds.
    pub fn wait(&self, patience: Duration, condition: impl Fn(&Recording) -> bool) -> bool {
        self.received.wait(patience, |received| condition(received) || received.end.is_some());
        self.received.read(condition)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.close();
    }
}

/// Reads to the end. In TLS, only an end that the other side has announced is one in order.
fn read(mut stream: TcpStream, session: Option<&Session>, received: &Shared<Recording>) {
    let mut buffer = [0; 16 * 1024];
    let end = loop {
        let count = match stream.read(&mut buffer) {
            Ok(0) => break if session.is_some() { End::Reset } else { End::Closed },
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_lost) => break End::Reset,
        };
        match session.map(|session| session.read(&buffer[..count])) {
            None => received.change(|received| received.add(&buffer[..count])),
            Some(Ok((bytes, ended))) => {
                received.change(|received| received.add(&bytes));
                if ended {
                    break End::Closed;
                }
            }
            Some(Err(_broken)) => break End::Reset,
        }
    };
    received.change(|received| received.end = Some(end));
}
