//! Two gateways before one function, a client of each, and an attacker of the first.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::park_timeout;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;
use tokio::runtime::Runtime;
use tokio::time::Instant;

use super::DEADLINE;
use super::attacked::{Client, End, give_way, impatient, p99, runtime, set_apart};
use super::attacks::Attack;
use super::support::gateway::{Folder, Gateway};

/// Between two looks at the memory, and at a client that waits.
const LOOK: Duration = Duration::from_millis(5);
/// The body of `/big`.
const BIG: usize = 16 << 20;

#[derive(Debug)]
pub(crate) struct Stand {
    attacked: Gateway,
    /// Of the functions.
    _runtimes: [Runtime; 2],
}

/// What a flood has come to.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) connections: usize,
    /// How long the longest lasted; none if one was not ended.
    pub(crate) longest: Option<Duration>,
    /// The most memory beyond that before, in bytes.
    pub(crate) memory: u64,
    pub(crate) busy: Duration,
    pub(crate) alone: Duration,
    /// Lines in the log of the gateway.
    pub(crate) logged: usize,
}

impl Stand {
    pub(crate) fn start() -> Self {
        let runtimes = [runtime(|| ()), runtime(give_way)];
        let functions = std::array::from_fn(|place| runtimes[place].block_on(function()));
        let folder = Folder::new(&impatient(functions, 1, DEADLINE));
        let attacked = Gateway::start(&folder);
        set_apart(attacked.process.id());
        Self { attacked, _runtimes: runtimes }
    }

    /// Floods the gateway for this long, and once in any case.
    pub(crate) fn flood(&self, attack: &Attack, time: Duration) -> Seen {
        let (before, lines) = (self.memory(), self.logged());
        let alone = p99(Client::connect(self.attacked.address).ask_for(time));
        let (over, most) = (AtomicBool::new(false), AtomicU64::new(before));
        let deadline = Instant::now() + time;
        std::thread::scope(|scope| {
            let end = End(&over);
            let serving = scope.spawn(|| Client::connect(self.attacked.address).ask_until(&over));
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    most.fetch_max(self.memory(), Ordering::Relaxed);
                    park_timeout(LOOK);
                }
            });
            let attacking = scope.spawn(|| {
                give_way();
                let (mut connections, mut longest) = (0, Some(Duration::ZERO));
                while connections == 0 || Instant::now() < deadline {
                    let lasted = run(self.attacked.address, attack, deadline + 2 * time).expect("it listens");
                    longest = longest.zip(lasted).map(|(longest, lasted)| longest.max(lasted));
                    connections += 1;
                }
                (connections, longest)
            });
            let (connections, longest) = attacking.join().expect("the attacker can attack");
            drop(end);
            let busy = p99(serving.join().expect("every request is served"));
            let memory = most.load(Ordering::Relaxed) - before;
            Seen { connections, longest, memory, busy, alone, logged: self.logged() - lines }
        })
    }

    fn logged(&self) -> usize {
        self.attacked.process.err().lines().count()
    }

    /// What the attacked gateway has in memory, in bytes.
    fn memory(&self) -> u64 {
        let path = format!("/proc/{}/status", self.attacked.process.id().as_raw_nonzero());
        let status = std::fs::read_to_string(path).expect("the gateway runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a size");
        line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") << 10
    }
}

/// One connection of an attacker; how long it lasted, unless it was still there at the deadline.
fn run(address: SocketAddr, attack: &Attack, deadline: Instant) -> io::Result<Option<Duration>> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_write_timeout(Some(LOOK))?;
    let begun = Instant::now();
    let closed = Arc::<AtomicBool>::default();
    if attack.reads {
        let (mut reading, closed) = (stream.try_clone()?, closed.clone());
        std::thread::spawn(move || {
            let mut buffer = vec![0; 64 * 1024];
            // An error is an end as well.
            while reading.read(&mut buffer).unwrap_or_default() > 0 {}
            closed.store(true, Ordering::Relaxed);
        });
    }
    let (mut unsent, mut round) = ((attack.first)(), 0);
    let ended = loop {
        match stream.write(&unsent) {
            Ok(count) => drop(unsent.drain(..count)),
            Err(error) if [io::ErrorKind::WouldBlock, io::ErrorKind::TimedOut].contains(&error.kind()) => {}
            Err(_closed) => break true,
        }
        if closed.load(Ordering::Relaxed) {
            break true;
        }
        if Instant::now() > deadline {
            break false;
        }
        if unsent.is_empty() {
            unsent = (attack.again)(round);
            round += 1;
            if unsent.is_empty() {
                park_timeout(LOOK);
            }
        }
    };
    let lasted = ended.then(|| begun.elapsed());
    // Ends the thread that reads; the other side may have closed already.
    let _ = stream.shutdown(Shutdown::Both);
    Ok(lasted)
}

/// A function that answers shortly, or on `/big` with very much, and reads on `/sink` without end. One thread of it bears thousands of
/// connections at a time.
async fn function() -> SocketAddr {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind(([127, 0, 0, 1], 0).into()).expect("a free port");
    let listener = socket.listen(4096).expect("a listener");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // A gateway that closes ends the connection; that is no failure of the test.
            tokio::spawn(async move { serve(stream).await.unwrap_or_default() });
        }
    });
    address
}

async fn serve(mut stream: tokio::net::TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let (mut received, mut buffer) = (Vec::new(), vec![0; 16 * 1024]);
    loop {
        let Some(end) = received.windows(4).position(|bytes| bytes == b"\r\n\r\n") else {
            match stream.read(&mut buffer).await? {
                0 => return Ok(()),
                count => received.extend_from_slice(&buffer[..count]),
            }
            continue;
        };
        let head: Vec<u8> = received.drain(..end + 4).collect();
        if head.starts_with(b"GET /big") {
            stream.write_all(format!("HTTP/1.1 200 OK\r\nContent-Length: {BIG}\r\n\r\n").as_bytes()).await?;
            for _ in 0..BIG / buffer.len() {
                stream.write_all(&buffer).await?;
            }
        } else if head.starts_with(b"POST /sink") {
            while stream.read(&mut buffer).await? > 0 {}
            return Ok(());
        } else {
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await?;
        }
    }
}
