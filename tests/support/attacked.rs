//! What those who attack have before them: an impatient gateway, and a good client of it, who measures how long it takes to be served.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::process::{Pid, getpid};
use rustix::thread::{CpuSet, gettid, sched_getaffinity, sched_setaffinity};
use tokio::runtime::{Builder, Runtime};
use tokio::time::Instant;

use crate::support::gateway::BASE;

/// How long an answer may take at all.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two requests.
const PACE: Duration = Duration::from_millis(2);

/// A gateway that waits so long for whatever a client may be slow at, before a function for good clients and one for all others.
pub fn impatient([good, other]: [SocketAddr; 2], workers: usize, deadline: Duration) -> String {
    format!(
        r#"{BASE}
[gateway]
workers = {workers}
header_read_timeout = "{deadline:?}"
keepalive_timeout = "{deadline:?}"
client_body_idle = "{deadline:?}"
[[function]]
name = "good"
instances = ["http://{good}"]
[[function]]
name = "other"
instances = ["http://{other}"]
timeout = "60s"
[[service]]
name = "shop"
hosts = ["*"]
[[service.api]]
path = "/good"
method = "GET"
function = "good"
[[service.api]]
path = "/"
method = "ANY"
function = "other"
"#
    )
}

/// Lets everybody else go before this thread and those that it starts: an attacker has a machine of its own to exhaust, and takes
/// here what processors are left, no more.
pub fn give_way() {
    let thread = gettid().as_raw_nonzero().to_string();
    let done = Command::new("chrt").args(["--idle", "--pid", "0", &thread]).status().expect("chrt of util-linux");
    assert!(done.success(), "{done}");
}

/// Gives a gateway a processor to itself and this process the others, as if its clients were other machines: a client that waits for
/// a processor on which the gateway is at work has not been kept waiting by it. Where there is one, they share it.
pub fn set_apart(gateway: Pid) {
    let mut others = sched_getaffinity(None).expect("processors");
    let first = (0..CpuSet::MAX_CPU).find(|place| others.is_set(*place)).expect("a processor");
    let mut own = CpuSet::new();
    own.set(first);
    others.unset(first);
    if others.count() == 0 {
        return;
    }
    for (process, processors) in [(gateway, own), (getpid(), others)] {
        for thread in std::fs::read_dir(format!("/proc/{}/task", process.as_raw_nonzero())).expect("threads") {
            let thread = thread.expect("a thread").file_name();
            let thread = thread.to_str().and_then(|thread| Pid::from_raw(thread.parse().ok()?));
            // One that has ended meanwhile needs none.
            let _ = sched_setaffinity(thread, &processors);
        }
    }
}

/// A runtime of one thread, which does this first.
pub fn runtime(start: fn()) -> Runtime {
    Builder::new_multi_thread().worker_threads(1).enable_all().on_thread_start(start).build().expect("a runtime")
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
        self.0.write_all(b"GET /good HTTP/1.1\r\nHost: h\r\n\r\n").expect("the connection stays open");
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
