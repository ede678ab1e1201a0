//! The thread that loads configurations: when asked, and when their files have changed.
//!
//! It may hang with the disk that it reads from. So it alone touches files, nobody waits for it without going on with other
//! work, and the process ends without it.

use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::sleep;

use super::reload::{Reloaded, Reloader};
use super::watch::Watch;

/// Requests that may wait for a load.
const WAITING: usize = 16;

/// How long after a load a table that it replaced is looked at, again and again until nobody uses it.
const TIDY_AFTER: Duration = Duration::from_secs(1);

/// Who asked for a load.
pub type Answer = oneshot::Sender<Reloaded>;

/// What a load tells the control loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    Begun,
    Ended,
}

/// The end of the control loop.
#[derive(Debug)]
pub struct Loads {
    requests: mpsc::Sender<Answer>,
    events: mpsc::Receiver<Event>,
}

/// The end that loads.
#[derive(Debug)]
pub struct Loader {
    reloader: Reloader,
    watched: bool,
    requests: mpsc::Receiver<Answer>,
    events: mpsc::Sender<Event>,
}

/// Makes both ends. The files are watched if `watched`.
#[must_use]
pub fn start(reloader: Reloader, watched: bool) -> (Loader, Loads) {
    let (requests, incoming) = mpsc::channel(WAITING);
    let (sender, events) = mpsc::channel(1);
    (Loader { reloader, watched, requests: incoming, events: sender }, Loads { requests, events })
}

impl Loads {
    /// Has the configuration loaded, after the load that runs.
    pub fn ask(&self, answer: Answer) {
        // One too many is dropped: whoever asked learns that there is no answer, and a signal is served by those that wait.
        let _ = self.requests.try_send(answer);
    }

    /// Ends the loader, after the load that runs.
    pub fn close(&mut self) {
        self.events.close();
    }

    /// The next event; `None` when there is no loader any more.
    pub async fn event(&mut self) -> Option<Event> {
        self.events.recv().await
    }
}

impl Loader {
    /// Works until the other end is gone.
    pub async fn run(mut self) {
        let mut watch = if self.watched { Watch::start(self.reloader.watched()) } else { Watch::none() };
        loop {
            tokio::select! {
                request = self.requests.recv() => match request {
                    Some(answer) => self.reload(answer).await,
                    None => return,
                },
                () = watch.changed() => self.look().await,
                () = sleep(TIDY_AFTER), if self.reloader.has_retired() => {}
                () = self.events.closed() => return,
            }
            self.reloader.tidy();
            watch.follow(self.reloader.watched());
        }
    }

    /// One load for all who wait.
    async fn reload(&mut self, first: Answer) {
        let mut answers = vec![first];
        while let Ok(answer) = self.requests.try_recv() {
            answers.push(answer);
        }
        self.tell(Event::Begun).await;
        let outcome = self.reloader.reload();
        self.tell(Event::Ended).await;
        for answer in answers {
            // Whoever asked may have gone; the reload counts all the same.
            let _ = answer.send(outcome.clone());
        }
    }

    async fn look(&mut self) {
        if let Some(outcome) = self.reloader.changed() {
            self.tell(Event::Begun).await;
            // Nobody waits for the outcome.
            let _ = self.reloader.take(outcome);
            self.tell(Event::Ended).await;
        }
    }

    async fn tell(&self, event: Event) {
        // A control loop that has stopped wants to know nothing.
        let _ = self.events.send(event).await;
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use super::*;
    use crate::config;
    use crate::snapshot::{Shared, Snapshot};
    use crate::telemetry::metrics::Metrics;

    const CONFIG: &str = r#"
[[listener]]
address = "127.0.0.1:0"
"#;

    #[tokio::test]
    async fn those_who_wait_are_answered_by_one_load() {
        let config = config::parse(Path::new("test"), CONFIG).expect("a good configuration");
        let metrics = Metrics::new();
        let shared = Arc::new(Shared::new(Snapshot::compile(config, None, &metrics).expect("a table")));
        let (loader, mut loads) = start(Reloader::new(None, shared, metrics), false);
        let outcomes: Vec<_> = (0..=WAITING)
            .map(|_| {
                let (answer, outcome) = oneshot::channel();
                loads.ask(answer);
                outcome
            })
            .collect();
        let work = async {
            assert_eq!(loads.event().await, Some(Event::Begun));
            assert_eq!(loads.event().await, Some(Event::Ended));
            let mut answered = 0;
            for outcome in outcomes {
                // It was made from no file: the answer is an error.
                answered += usize::from(outcome.await.is_ok_and(|outcome| outcome.is_err()));
            }
            assert_eq!(answered, WAITING);
            loads.close();
            assert_eq!(loads.event().await, None);
        };
        tokio::join!(loader.run(), work);
    }
}
