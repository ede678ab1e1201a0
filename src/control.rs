//! Everything that is not a request: reload, signals, the admin listener, the service manager, the stop.
//!
//! It has a thread and a runtime of its own, so that a scrape delays no request. Files are read on another one, see [`load`], so that
//! a disk that hangs delays neither signals nor the admin listener.

#[cfg(feature = "acme")]
pub mod acme;
pub mod admin;
pub mod amend;
pub mod attempt;
pub mod audit;
pub mod board;
pub mod change;
pub mod edit;
pub mod expiry;
#[cfg(any(feature = "acme", feature = "otel"))]
mod fetch;
pub mod history;
pub mod live;
pub mod load;
pub mod page;
pub mod problem;
pub mod ready;
pub mod reload;
pub mod restore;
pub mod revisions;
pub mod rewrite;
pub mod signals;
pub mod systemd;
pub mod tail;
#[cfg(feature = "otel")]
pub mod traces;
pub mod watch;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch as channel};
use tokio::time::{Instant, timeout_at};

use self::audit::Audit;
use self::load::{Answer, Event, Loads};
use self::ready::Readiness;
use self::systemd::Manager;
use crate::drain::Phase;
use crate::server::worker::Crew;

/// What workers may take beyond the drain timeout to give up what is left.
const FAREWELL: Duration = Duration::from_secs(3);

/// What the control loop can be asked to do.
#[derive(Debug)]
pub enum Command {
    /// Load the configuration again.
    Reload(Answer),
    ReopenLogs,
    Stop(StopSignal),
}

/// What asked for a stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopSignal {
    Interrupt,
    Terminate,
}

/// How the process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Everything in flight was finished.
    Drained,
    /// The drain timeout was over first.
    Expired(StopSignal),
    /// A worker died.
    Failed,
}

/// What the control loop works with.
#[derive(Debug)]
pub struct Control {
    pub crew: Arc<Crew>,
    pub readiness: Arc<Readiness>,
    pub loads: Loads,
    pub audit: Audit,
    pub phase: channel::Sender<Phase>,
    pub commands: mpsc::Receiver<Command>,
    /// The index of each worker that ends, and whether it ended in order.
    pub ended: mpsc::Receiver<(usize, bool)>,
    pub workers: usize,
}

impl Control {
    /// Works until the process is to end.
    pub async fn run(mut self) -> Outcome {
        let mut manager = Manager::new();
        self.readiness.set_ready(true);
        manager.ready();
        loop {
            tokio::select! {
                command = self.commands.recv() => match command {
                    Some(Command::Reload(answer)) => self.loads.ask(answer),
                    Some(Command::ReopenLogs) => self.reopen_logs(),
                    Some(Command::Stop(signal)) => return self.stop(signal, &manager).await,
                    None => return self.stop(StopSignal::Terminate, &manager).await,
                },
                event = self.loads.event() => match event {
                    Some(Event::Begun) => manager.reloading(),
                    Some(Event::Ended) => manager.ready(),
                    None => {
                        tracing::error!("config loader died; exiting");
                        return Outcome::Failed;
                    }
                },
                ended = self.ended.recv() => {
                    tracing::error!(worker = ended.map(|(index, _)| index), "worker died; exiting");
                    return Outcome::Failed;
                }
                () = manager.watchdog_due() => manager.feed_watchdog(&self.crew.heartbeats()),
            }
        }
    }

    fn reopen_logs(&self) {
        if let Some(writer) = &self.crew.outlets.writer {
            writer.reopen();
        }
        self.audit.reopen();
        tracing::info!("logs reopened");
    }

    /// Not ready, then no new connections, then everything in flight to its end or to the deadline.
    async fn stop(mut self, signal: StopSignal, manager: &Manager) -> Outcome {
        let limit = self.crew.shared.load().config.gateway.drain_timeout;
        tracing::info!(?signal, drain_timeout = ?limit, "stopping");
        self.readiness.set_ready(false);
        manager.stopping();
        self.loads.close();
        self.phase.send_replace(Phase::Draining);
        match self.workers_end(Instant::now() + limit).await {
            Drained::Whole => {
                tracing::info!("drained");
                return Outcome::Drained;
            }
            Drained::TooSlow => tracing::warn!("the drain timeout is over; requests in flight are given up"),
            Drained::CutShort => tracing::warn!("asked to stop again; requests in flight are given up"),
        }
        self.phase.send_replace(Phase::Expired);
        self.workers_end(Instant::now() + FAREWELL).await;
        Outcome::Expired(signal)
    }

    /// Waits for the workers until `deadline`, or until a second stop command.
    async fn workers_end(&mut self, deadline: Instant) -> Drained {
        while self.workers > 0 {
            tokio::select! {
                ended = timeout_at(deadline, self.ended.recv()) => match ended {
                    Ok(Some(_)) => self.workers -= 1,
                    Ok(None) => return Drained::Whole,
                    Err(_elapsed) => return Drained::TooSlow,
                },
                Some(command) = self.commands.recv() => match command {
                    Command::Stop(_) => return Drained::CutShort,
                    Command::ReopenLogs => self.reopen_logs(),
                    // Dropped: whoever asked learns that there is no answer.
                    Command::Reload(_) => {}
                },
            }
        }
        Drained::Whole
    }
}

/// How the workers came to their end.
enum Drained {
    Whole,
    TooSlow,
    CutShort,
}
