//! What those who attack have before them: an impatient gateway, and a good client of it, who measures how long it takes to be served.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use tokio::time::Instant;

use crate::support::gateway::{BASE, Folder, Gateway};

/// How long an answer may take at all.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two requests.
const PACE: Duration = Duration::from_millis(2);

/// A gateway before this function that waits so long for whatever a client may be slow at.
pub fn impatient(function: SocketAddr, workers: usize, deadline: Duration) -> String {
    format!(
        r#"{BASE}
[gateway]
workers = {workers}
header_read_timeout = "{deadline:?}"
keepalive_timeout = "{deadline:?}"
client_body_idle = "{deadline:?}"
[[function]]
name = "f"
instances = ["http://{function}"]
timeout = "60s"
[[service]]
name = "shop"
hosts = ["*"]
[[service.api]]
path = "/"
method = "ANY"
function = "f"
"#
    )
}

/// Two processors as if they were machines of their own. Attackers have one. On the other is the gateway, and what asks it and what
/// answers it, which need next to nothing and are never kept waiting by it: what they see is how long the gateway lets them wait. On
/// a machine with only one processor all share it.
#[derive(Clone, Copy, Debug)]
pub struct Processors {
    attackers: usize,
}

impl Processors {
    /// Keeps this thread and all that it starts from now on away from the attackers.
    pub fn divide() -> Self {
        let allowed = sched_getaffinity(None).expect("the processors of this thread");
        let mut allowed = (0..CpuSet::MAX_CPU).filter(|&processor| allowed.is_set(processor));
        let attackers = allowed.next().expect("a processor");
        stay(allowed.last().unwrap_or(attackers));
        Self { attackers }
    }

    /// Has this thread and all that it starts from now on where the attackers are.
    pub fn attack(self) {
        stay(self.attackers);
    }

    /// Starts a gateway that runs whenever nobody else wants to.
    pub fn start(folder: &Folder) -> Gateway {
        let argument = folder.argument();
        let mut command = Command::new("chrt");
        command.args(["--idle", "0", env!("CARGO_BIN_EXE_fngate"), "run", "-c", &argument]).stdin(Stdio::null());
        Gateway::start_with(&mut command, folder)
    }
}

fn stay(processor: usize) {
    let mut set = CpuSet::new();
    set.set(processor);
    sched_setaffinity(None, &set).expect("a processor of this machine");
}

/// Ends the work of everybody else, also when the test fails.
#[derive(Debug)]
pub struct End<'a>(pub &'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A client that asks again as soon as it has been answered, on one connection, and takes nothing but the right answer.
#[derive(Debug)]
pub struct Client(TcpStream);

impl Client {
    pub fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("the gateway listens");
        stream.set_nodelay(true).expect("no delay");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        Self(stream)
    }

    fn ask(&mut self) -> Duration {
        let began = Instant::now();
        self.0.write_all(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n").expect("the connection stays open");
        let (mut answer, mut buffer) = (Vec::new(), [0; 1024]);
        while !answer.ends_with(b"\r\n\r\nok") {
            let count = self.0.read(&mut buffer).expect("an answer");
            assert!(count > 0, "the connection was closed");
            answer.extend_from_slice(&buffer[..count]);
        }
        assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
        let latency = began.elapsed();
        std::thread::park_timeout(PACE);
        latency
    }

    pub fn ask_for(&mut self, time: Duration) -> Vec<Duration> {
        let end = Instant::now() + time;
        std::iter::from_fn(|| (Instant::now() < end).then(|| self.ask())).collect()
    }

    pub fn ask_until(&mut self, over: &AtomicBool) -> Vec<Duration> {
        std::iter::from_fn(|| (!over.load(Ordering::Relaxed)).then(|| self.ask())).collect()
    }
}

/// The 99th percentile.
pub fn p99(mut latencies: Vec<Duration>) -> Duration {
    assert!(!latencies.is_empty(), "nobody was served");
    latencies.sort_unstable();
    latencies[latencies.len() * 99 / 100]
}
