//! The raw client.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use super::{End, PATIENCE, PROMPT, Recorded, Recording, Shared, Step, prepare};

/// A client connection. A thread of its own reads it to its end.
#[derive(Debug)]
pub struct Client {
    stream: TcpStream,
    received: Recorded,
}

impl Client {
    /// # Errors
    /// When nobody listens there.
    pub fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        prepare(&stream)?;
        let received = Recorded::default();
        let (reading, record) = (stream.try_clone()?, received.clone());
        std::thread::Builder::new().name("client".to_owned()).spawn(move || read(reading, &record))?;
        Ok(Self { stream, received })
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
        (&self.stream).write_all(bytes)
    }

    /// Does the steps in order; `arrived` says whether the other end has received bytes, waiting for it if need be. The result
    /// says whether everything came in time.
    pub fn play(&self, steps: &[Step], arrived: impl Fn(&[u8]) -> bool) -> bool {
        let mut prompt = true;
        for step in steps {
            // A gateway may close when it has seen enough. Whether it was right shows in what either end received.
            match step {
                Step::Send(bytes) if self.send(bytes).is_err() => break,
                Step::Finish if self.stream.shutdown(Shutdown::Write).is_err() => break,
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
        // Ends the thread that reads; it does not matter whether the other side has closed already.
        let _ = self.stream.shutdown(Shutdown::Both);
    }
}

fn read(mut stream: TcpStream, received: &Shared<Recording>) {
    let mut buffer = [0; 16 * 1024];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => break received.change(|received| received.end = Some(End::Closed)),
            Ok(count) => received.change(|received| received.add(&buffer[..count])),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_lost) => break received.change(|received| received.end = Some(End::Reset)),
        }
    }
}
