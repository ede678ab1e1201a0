//! Five thousand connections that do nothing, or next to nothing, and one client that wants to be served.
//!
//! They take what processors nobody else wants: the good client may be twice as slow as it is alone.
//!
//! A test binary of its own, because nothing else should run beside it: it measures latencies.

#![expect(unreachable_pub, reason = "a test binary has no outside")]

#[path = "support/attacked.rs"]
#[allow(dead_code, reason = "shared with another test, which uses other parts of it")]
mod attacked;
#[path = "cli/support.rs"]
#[allow(dead_code, reason = "shared with the tests of the command line, which use more of it")]
mod support;

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::AtomicBool;
use std::thread::park_timeout;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{self, TcpSocket};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use attacked::{Client, End, give_way, impatient, p99};
use support::gateway::{Folder, Gateway};
use support::{PATIENCE, eventually};

/// They come in rounds of 25.
const ROUNDS: usize = 200;
const ATTACKERS: u64 = 5000;
/// Every deadline of the gateway in this test.
const DEADLINE: Duration = Duration::from_secs(20);
/// How much later a connection may be closed.
const GRACE: Duration = Duration::from_secs(1);
/// What a debug build may be late by: it takes a good part of a second of CPU for each second of five thousand drips.
const SLACK: Duration = Duration::from_secs(if cfg!(debug_assertions) { 4 } else { 0 });
/// Between two arrivals: what is tested is how slow connections are borne, not how fast new ones are accepted.
const ARRIVAL: Duration = Duration::from_millis(2);
/// Between two looks at how many there are, each of which costs the gateway some work.
const LOOK: Duration = Duration::from_millis(100);
/// Between two bytes of those who send or take some.
const DRIP: Duration = Duration::from_millis(500);
/// The body of `/big`: more than sockets hold.
const BIG: usize = 16 << 20;
/// What sockets are asked to hold, so that a thousand of them do not fill the memory.
const BUFFER: u32 = 16 << 10;

#[derive(Clone, Copy, Debug)]
enum Attack {
    /// Connects.
    Silence,
    /// Sends a head that never ends, a byte at a time.
    Head,
    /// Sends a head and a few bytes of its body, one at a time.
    Body,
    /// Asks for much and takes a byte at a time.
    Reader,
    /// Is served once and stays.
    Idle,
}

/// How many of each in a round. Each reader makes the gateway push megabytes into sockets, which takes a debug build its time.
const ATTACKS: [(Attack, usize); 5] =
    [(Attack::Silence, 6), (Attack::Head, 6), (Attack::Body, 6), (Attack::Reader, 1), (Attack::Idle, 6)];

#[test]
fn five_thousand_slow_connections_are_shed_while_a_good_client_is_served() {
    raise_open_files();
    let (function, runtime) = (attacked::runtime(|| ()), attacked::runtime(give_way));
    let functions = [function.block_on(origin()), runtime.block_on(origin())];
    let gateway = Gateway::start(&Folder::new(&impatient(functions, 2, DEADLINE)));
    let address = gateway.address;
    let mut client = Client::connect(address);
    let alone = p99(client.ask_for(Duration::from_secs(5)));

    let over = AtomicBool::new(false);
    let (busy, last) = std::thread::scope(|scope| {
        let end = End(&over);
        let serving = scope.spawn(|| client.ask_until(&over));
        // Only the clock of the arrivals is here.
        give_way();
        let mut attackers = runtime.block_on(siege(address));
        let begun = Instant::now();
        let clients = || {
            park_timeout(LOOK);
            gateway.metric("fngate_client_connections")
        };
        eventually("everybody is there", || (clients() > ATTACKERS * 4 / 5).then_some(()));
        eventually("all are shed", || (clients() <= 1).then_some(()));
        let last = begun.elapsed();
        drop(end);
        runtime.block_on(async {
            while let Some(ended) = attackers.join_next().await {
                let (attack, late) = ended.expect("no panic").expect("the gateway closes in order");
                assert!(late < GRACE + SLACK, "{attack:?} was closed {late:?} after its deadline");
            }
        });
        (p99(serving.join().expect("every request is served")), last)
    });
    report(&format!(
        "p99 of a good client: {alone:?} alone, {busy:?} under siege; the last of 5,000 left after {last:?}"
    ));
    // Those who send bytes of a body start the clock again with each.
    assert!(last < 5 * DRIP + DEADLINE + GRACE + SLACK, "{last:?}");
    // A debug build has little to spare while thousands of connections arrive.
    let slack = Duration::from_millis(if cfg!(debug_assertions) { 100 } else { 1 });
    assert!(busy < 2 * alone + slack, "p99: {busy:?} under siege, {alone:?} alone");
}

/// Starts every attacker, one after the other.
async fn siege(address: SocketAddr) -> JoinSet<io::Result<(Attack, Duration)>> {
    let mut attackers = JoinSet::new();
    for _ in 0..ROUNDS {
        for (attack, count) in ATTACKS {
            for _ in 0..count {
                attackers.spawn(async move { Ok((attack, attack.run(address).await?)) });
                sleep(ARRIVAL).await;
            }
        }
    }
    attackers
}

impl Attack {
    /// How long after its deadline it was closed.
    async fn run(self, address: SocketAddr) -> io::Result<Duration> {
        let socket = TcpSocket::new_v4()?;
        socket.set_recv_buffer_size(BUFFER)?;
        let mut stream = socket.connect(address).await?;
        let mut begun = Instant::now();
        match self {
            Self::Silence => {}
            Self::Head => {
                begun = Instant::now();
                stream.write_all(b"GET / HTTP/1.1\r\nX: ").await?;
                // Until the answer, or until the other end has closed.
                while timeout(DRIP, stream.readable()).await.is_err() {
                    stream.write_all(b"x").await?;
                }
            }
            Self::Body => {
                stream.write_all(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n").await?;
                for _ in 0..5 {
                    sleep(DRIP).await;
                    stream.write_all(b"x").await?;
                    begun = Instant::now();
                }
            }
            Self::Reader => {
                stream.write_all(b"GET /big HTTP/1.1\r\nHost: h\r\n\r\n").await?;
                return Self::sip(stream).await;
            }
            Self::Idle => {
                stream.write_all(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n").await?;
                let mut answer = [0; 1024];
                let count = stream.read(&mut answer).await?;
                let answer = String::from_utf8_lossy(&answer[..count]);
                assert!(answer.ends_with("ok"), "{answer}");
                begun = Instant::now();
            }
        }
        // A reset is an end as well: the gateway had bytes of this client's left unread.
        let mut rest = Vec::new();
        let _ = timeout(PATIENCE, stream.read_to_end(&mut rest)).await?;
        Ok(begun.elapsed().saturating_sub(DEADLINE))
    }

    /// Takes a byte now and then. That it was closed is not to be seen from here, behind all that has not been read.
    async fn sip(mut stream: net::TcpStream) -> io::Result<Duration> {
        let mut byte = [0];
        for _ in 0..50 {
            sleep(DRIP).await;
            if stream.read(&mut byte).await.unwrap_or_default() == 0 {
                break;
            }
        }
        Ok(Duration::ZERO)
    }
}

/// A function that reads what it is sent and answers shortly, or on `/big` with very much.
async fn origin() -> SocketAddr {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_send_buffer_size(BUFFER).expect("an option");
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

async fn serve(mut stream: net::TcpStream) -> io::Result<()> {
    let (mut received, mut buffer) = (Vec::new(), [0; 4096]);
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
        } else if head.starts_with(b"POST") {
            // The body never ends.
            while stream.read(&mut buffer).await? > 0 {}
            return Ok(());
        } else {
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await?;
        }
    }
}

#[expect(clippy::print_stderr, reason = "the figures are what the documents quote")]
fn report(figures: &str) {
    eprintln!("siege: {figures}");
}

fn raise_open_files() {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum })
        .expect("up to the hard limit");
    assert!(limit.maximum.is_none_or(|maximum| maximum >= 10_000), "this test needs 10,000 open files: {limit:?}");
}
