//! What the service manager is told, if there is one.

use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

use sd_notify::NotifyState;
use tokio::time::{Instant, sleep_until};

/// A worker whose heartbeat, one a second, has not changed for so long makes no progress.
const STUCK: Duration = Duration::from_secs(4);

/// The service manager of `NOTIFY_SOCKET`. Without one, everything here does nothing.
#[derive(Debug)]
pub struct Manager {
    /// How often it wants to hear from us.
    watchdog: Option<Duration>,
    next: Instant,
    /// The last heartbeat of each worker, and when it was new.
    heartbeats: Vec<(u64, Instant)>,
}

impl Manager {
    #[must_use]
    pub fn new() -> Self {
        // Twice in the interval, as sd_watchdog_enabled(3) recommends.
        let watchdog = sd_notify::watchdog_enabled().map(|interval| interval / 2);
        Self { watchdog, next: Instant::now() + watchdog.unwrap_or_default(), heartbeats: Vec::new() }
    }

    pub fn ready(&self) {
        tell(&[NotifyState::Ready, NotifyState::Status("serving")]);
    }

    /// The manager waits for the next [`Self::ready`].
    pub fn reloading(&self) {
        match NotifyState::monotonic_usec_now() {
            Ok(now) => tell(&[NotifyState::Reloading, now, NotifyState::Status("reloading")]),
            Err(error) => tracing::debug!(%error, "no monotonic clock"),
        }
    }

    pub fn stopping(&self) {
        tell(&[NotifyState::Stopping, NotifyState::Status("draining")]);
    }

    /// Returns when the watchdog wants to be fed; never without a watchdog.
    pub async fn watchdog_due(&self) {
        match self.watchdog {
            Some(_) => sleep_until(self.next).await,
            None => std::future::pending().await,
        }
    }

    /// Feeds the watchdog if every worker has made progress of late.
    pub fn feed_watchdog(&mut self, heartbeats: &[u64]) {
        let now = Instant::now();
        self.next = now + self.watchdog.unwrap_or_default();
        self.heartbeats.resize(heartbeats.len(), (0, now));
        for (known, beat) in self.heartbeats.iter_mut().zip(heartbeats) {
            if known.0 != *beat {
                *known = (*beat, now);
            }
        }
        if self.heartbeats.iter().all(|(_, since)| now.duration_since(*since) < STUCK) {
            tell(&[NotifyState::Watchdog]);
        } else {
            tracing::error!(?heartbeats, "a worker makes no progress; the watchdog is not fed");
        }
    }
}

impl Default for Manager {
    fn default() -> Self {
        Self::new()
    }
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = notify(states) {
        tracing::debug!(%error, "the service manager does not listen");
    }
}

/// The library knows sockets at paths only, not those with a name of their own (`@name`).
fn notify(states: &[NotifyState<'_>]) -> io::Result<()> {
    let socket = std::env::var_os("NOTIFY_SOCKET").unwrap_or_default();
    let Some(name) = socket.as_bytes().strip_prefix(b"@") else { return sd_notify::notify(states) };
    let message: String = states.iter().map(|state| format!("{state}\n")).collect();
    let socket = UnixDatagram::unbound()?;
    socket.set_nonblocking(true)?;
    socket.send_to_addr(message.as_bytes(), &SocketAddr::from_abstract_name(name)?).map(drop)
}
