//! A gateway, a raw client and a raw function for the tests.

pub mod client;
pub mod gateway;
pub mod message;
pub mod origin;

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
pub fn pause(duration: Duration) {
    std::thread::park_timeout(duration);
}
