//! The thread that loads configurations: when asked, and when their files have changed.
//!
//! It may hang with the disk that it reads from. So it alone touches files, nobody waits for it without going on with other
//! work, and the process ends without it.

use std::fmt;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::sleep;

use super::amend::Amendment;
use super::change::{self, Request};
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

/// What the loader is asked for.
enum Job {
    Reload(Answer),
    Change(Box<Request>, oneshot::Sender<change::Answer>),
    Look(Look),
}

/// A look at the configuration in use and its history.
pub type Look = Box<dyn FnOnce(&Reloader) + Send>;

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Reload(_) => "Reload",
            Self::Change(..) => "Change",
            Self::Look(_) => "Look",
        })
    }
}

/// The way of changes to the loader.
#[derive(Clone, Debug)]
pub struct Requests(mpsc::Sender<Job>);

/// The loader has ended.
#[derive(Clone, Copy, Debug)]
pub struct Ended;

impl Requests {
    /// Has the configuration in use and its history looked at, after what waits already.
    ///
    /// # Errors
    /// When there is no loader any more.
    pub async fn look(&self, look: Look) -> Result<(), Ended> {
        self.0.send(Job::Look(look)).await.map_err(|_closed| Ended)
    }

    /// Has a change made, after what waits already.
    ///
    /// # Errors
    /// When there is no loader any more.
    pub async fn change(&self, request: Request, answer: oneshot::Sender<change::Answer>) -> Result<(), Ended> {
        self.0.send(Job::Change(Box::new(request), answer)).await.map_err(|_closed| Ended)
    }
}

/// The end of the control loop.
#[derive(Debug)]
pub struct Loads {
    requests: mpsc::Sender<Job>,
    events: mpsc::Receiver<Event>,
}

/// The end that loads.
#[derive(Debug)]
pub struct Loader {
    reloader: Reloader,
    watched: bool,
    requests: mpsc::Receiver<Job>,
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
        let _ = self.requests.try_send(Job::Reload(answer));
    }

    /// For those who change objects.
    #[must_use]
    pub fn requests(&self) -> Requests {
        Requests(self.requests.clone())
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
                job = self.requests.recv() => match job {
                    Some(job) => self.work(job).await,
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

    /// One load for all who wait; changes one by one.
    async fn work(&mut self, job: Job) {
        let (mut reloads, mut changes, mut looks) = (Vec::new(), Vec::new(), Vec::new());
        let mut next = Some(job);
        while let Some(job) = next {
            match job {
                Job::Reload(answer) => reloads.push(answer),
                Job::Change(request, answer) => changes.push((request, answer)),
                Job::Look(look) => looks.push(look),
            }
            next = self.requests.try_recv().ok();
        }
        looks.into_iter().for_each(|look| look(&self.reloader));
        if changes.is_empty() && reloads.is_empty() {
            return;
        }
        self.tell(Event::Begun).await;
        for (request, answer) in changes {
            let mut amendment = Amendment { reloader: &mut self.reloader };
            // Whoever asked may have gone; the change is made all the same.
            let _ = answer.send(amendment.change(*request));
        }
        let outcome = (!reloads.is_empty()).then(|| self.reloader.reload());
        self.tell(Event::Ended).await;
        for (answer, outcome) in reloads.into_iter().zip(std::iter::repeat(outcome).flatten()) {
            let _ = answer.send(outcome);
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
    use crate::control::reload::Parts;
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
        let (loader, mut loads) = start(Reloader::new(None, Parts::without_files(shared, metrics)), false);
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
