//! A gateway, a raw client and a raw function for the tests.

#[path = "support/certificates.rs"]
pub mod certificates;
#[path = "support/client.rs"]
pub mod client;
#[path = "support/gateway.rs"]
pub mod gateway;
#[path = "support/hanging.rs"]
pub mod hanging;
#[path = "support/message.rs"]
pub mod message;
#[path = "support/origin.rs"]
pub mod origin;
#[path = "support/peer.rs"]
pub mod peer;
#[path = "support/tls.rs"]
pub mod tls;

use std::time::Duration;

use tokio::time::Instant;

/// How long anything in these tests may take that should be quick.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// Waits until `condition` gives something.
#[track_caller]
pub fn eventually<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = condition() {
            return found;
        }
        assert!(Instant::now() < deadline, "it never happened: {what}");
        pause(Duration::from_millis(5));
    }
}

/// Lets time pass where time itself is what is tested.
#[expect(clippy::disallowed_methods, reason = "the threads of these tests serve nobody")]
pub fn pause(duration: Duration) {
    std::thread::sleep(duration);
}

/// Whether bytes that the client at `port` sent lie unread in the kernel, and go on doing so.
pub fn stays_unread(port: u16) -> bool {
    let remote = format!(":{port:04X}");
    // None when the row was missed: with many sockets the table is read in pieces, and changes meanwhile.
    let look = || {
        let table = std::fs::read_to_string("/proc/net/tcp").expect("the kernel's table");
        let queues = |line: &str| {
            let columns: Vec<_> = line.split_whitespace().collect();
            let queues = columns.get(4).filter(|_| columns[2].ends_with(&remote))?;
            Some(!queues.ends_with(":00000000"))
        };
        // The port may have been in use toward somebody else as well.
        table.lines().filter_map(queues).reduce(|one, other| one || other)
    };
    let unread = || eventually("the connection is in the table", look);
    (0..5).all(|_| {
        pause(Duration::from_millis(4));
        unread()
    })
}
