//! A function that is nothing but a socket: it records what it gets and sends what the test says.

use std::io::{self, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use super::PATIENCE;
use super::message::{Message, Reader, Without};

/// A function on a free port.
#[derive(Debug)]
pub struct Origin {
    pub port: u16,
    state: Arc<State>,
    accepting: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct State {
    connections: AtomicUsize,
    open: AtomicUsize,
    stopped: AtomicBool,
    requests: Mutex<Vec<Message>>,
}

/// One connection that the gateway made.
#[derive(Debug)]
pub struct Connection {
    pub stream: TcpStream,
    pub reader: Reader<TcpStream>,
    state: Arc<State>,
}

impl Origin {
    /// Serves each connection with `serve`, on a thread of its own.
    pub fn start(serve: impl Fn(&mut Connection) -> io::Result<()> + Send + Sync + 'static) -> Self {
        Self::start_on(0, serve)
    }

    #[track_caller]
    pub fn start_on(port: u16, serve: impl Fn(&mut Connection) -> io::Result<()> + Send + Sync + 'static) -> Self {
        let listener = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a socket");
        listener.set_reuse_address(true).expect("an option");
        listener.bind(&std::net::SocketAddr::from(([127, 0, 0, 1], port)).into()).expect("a free port");
        listener.listen(1024).expect("a listener");
        let listener = TcpListener::from(listener);
        let port = listener.local_addr().expect("an address").port();
        let state = Arc::new(State::default());
        let (shared, serve) = (state.clone(), Arc::new(serve));
        let accepting = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if shared.stopped.load(Ordering::SeqCst) {
                    break;
                }
                let Ok(stream) = stream else { break };
                shared.connections.fetch_add(1, Ordering::SeqCst);
                shared.open.fetch_add(1, Ordering::SeqCst);
                let (serve, state) = (serve.clone(), shared.clone());
                std::thread::spawn(move || {
                    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
                    stream.set_nodelay(true).expect("no delay");
                    let reader = Reader::new(stream.try_clone().expect("a clone"));
                    let mut connection = Connection { stream, reader, state: state.clone() };
                    // A gateway that closes ends the connection; that is no failure of the test.
                    let _ = serve(&mut connection);
                    state.open.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        Self { port, state, accepting: Some(accepting) }
    }

    /// Answers every request with these bytes.
    pub fn answering(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        Self::start(move |connection| {
            while connection.request()?.is_some() {
                connection.send(&bytes)?;
            }
            Ok(())
        })
    }

    /// Answers one request of each connection with these bytes, and closes.
    pub fn answering_once(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        Self::start(move |connection| {
            connection.request()?;
            connection.send(&bytes)
        })
    }

    /// Answers every request with `200` and `hello`.
    pub fn hello() -> Self {
        Self::answering("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// How many connections were made.
    pub fn connections(&self) -> usize {
        self.state.connections.load(Ordering::SeqCst)
    }

    /// How many connections are open.
    pub fn open(&self) -> usize {
        self.state.open.load(Ordering::SeqCst)
    }

    /// What was received so far.
    pub fn requests(&self) -> Vec<Message> {
        self.state.requests.lock().expect("no panic").clone()
    }

    /// What was received so far, and no more from then on.
    pub fn take(&self) -> Vec<Message> {
        std::mem::take(&mut *self.state.requests.lock().expect("no panic"))
    }

    /// The only request that was received.
    #[track_caller]
    pub fn request(&self) -> Message {
        let requests = self.requests();
        assert_eq!(requests.len(), 1, "{requests:?}");
        requests[0].clone()
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        self.state.stopped.store(true, Ordering::SeqCst);
        // Wakes the accepting thread, so that the port is free again.
        drop(TcpStream::connect(("127.0.0.1", self.port)));
        // Whoever connects from now on is refused.
        drop(self.accepting.take().map(JoinHandle::join));
    }
}

impl Connection {
    /// The next request with its body, recorded; none when the gateway closed in between.
    pub fn request(&mut self) -> io::Result<Option<Message>> {
        let Some(mut message) = self.reader.head()? else { return Ok(None) };
        self.reader.body(&mut message, Without::Nothing)?;
        self.record(&message);
        Ok(Some(message))
    }

    pub fn record(&self, message: &Message) {
        self.state.requests.lock().expect("no panic").push(message.clone());
    }

    pub fn send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.stream.write_all(bytes.as_ref())
    }

    /// Closes with a reset, as a killed process does when bytes are unread.
    pub fn reset(&self) -> io::Result<()> {
        socket2::SockRef::from(&self.stream).set_linger(Some(std::time::Duration::ZERO))?;
        self.stream.shutdown(Shutdown::Both)
    }
}
