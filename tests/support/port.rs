//! Ports for programs that have to be told one.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU32, Ordering};

/// Below those that the kernel picks for listeners at port 0 and for connections, so that none of these takes a port that was given out.
const FIRST: u32 = 16_384;
const COUNT: u32 = 16_384;
/// Processes that run side by side begin so far apart.
const APART: u32 = 128;

/// A port that nobody listens on. No other test of this process gets it.
pub(crate) fn free_port() -> u16 {
    static GIVEN: AtomicU32 = AtomicU32::new(0);
    loop {
        let given = GIVEN.fetch_add(1, Ordering::Relaxed);
        assert!(given < COUNT, "all ports are given out");
        let place = std::process::id().wrapping_mul(APART).wrapping_add(given) % COUNT;
        let port = u16::try_from(FIRST + place).expect("a port");
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
