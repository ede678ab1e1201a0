//! What clients take that say nothing for a while.

use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use super::support::client::read_until;
use super::support::gateway::{Folder, Gateway, echo};

/// Clients that come together, and how often some come.
const CLIENTS: usize = 200;
const TIMES: usize = 5;
/// A connection is put aside a second after its last answer.
const ASIDE: Duration = Duration::from_millis(2500);
/// What one may take, in KiB: far from the 23 that the HTTP library keeps for a connection that it serves.
const MOST: usize = 10;

#[test]
fn an_idle_connection_leaves_its_buffers_to_the_next() {
    let folder = Folder::new(&echo("x"));
    let gateway = Gateway::start(&folder);
    let mut clients: Vec<TcpStream> = Vec::new();
    let mut taken = Vec::new();
    for _ in 0..TIMES {
        for _ in 0..CLIENTS {
            let mut client = TcpStream::connect(gateway.address).expect("a connection");
            client.write_all(b"GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n").expect("sent");
            read_until(&mut client, "\r\n\r\n{").expect("an answer");
            clients.push(client);
        }
        pause(ASIDE);
        taken.push(anonymous(&gateway));
    }
    // The first ones have made room for all that come later.
    let each = taken[TIMES - 1].saturating_sub(taken[0]) / (CLIENTS * (TIMES - 1));
    assert!(each < MOST, "{each} KiB each: {taken:?}");
    // All of them are served again.
    for client in &mut clients {
        client.write_all(b"GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n").expect("sent");
        read_until(client, "HTTP/1.1 200").expect("an answer");
    }
}

/// The memory of the process that is no file's, in KiB.
fn anonymous(gateway: &Gateway) -> usize {
    let path = format!("/proc/{}/status", gateway.process.id().as_raw_nonzero());
    let status = std::fs::read_to_string(path).expect("a status");
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).expect("a size");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

#[expect(clippy::disallowed_methods, reason = "time itself is what is waited for, and the thread serves nobody")]
fn pause(duration: Duration) {
    std::thread::sleep(duration);
}
