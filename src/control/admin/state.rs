//! What the admin listener shows and can ask for.

use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use tokio::sync::{Mutex, mpsc, oneshot};

use super::access::{Access, Caller};
use super::room::{Room, Rooms};
use crate::control::Command;
use crate::control::attempt::Bound;
use crate::control::audit::Audit;
use crate::control::board::Reader;
use crate::control::change::{Answer, Request};
use crate::control::live::Live;
use crate::control::load::Requests;
use crate::control::problem::Problem;
use crate::control::ready::Readiness;
use crate::control::reload::Reloader;
use crate::control::revisions::Revisions;
use crate::control::tail::Tail;
use crate::inspect::document::Document;
use crate::inspect::origin;
use crate::snapshot::{Shared, Snapshot};
use crate::telemetry::metrics::Metrics;

/// Shared by all requests to the admin listener.
#[derive(Clone, Debug)]
pub struct State(Arc<Parts>);

/// What it is made of.
#[derive(Debug)]
pub struct Parts {
    pub shared: Arc<Shared>,
    pub metrics: Arc<Metrics>,
    /// Held by the scrape that runs: one at a time.
    pub scraping: Arc<Mutex<()>>,
    pub readiness: Arc<Readiness>,
    pub commands: mpsc::Sender<Command>,
    pub requests: Requests,
    pub board: Reader,
    pub access: Access,
    pub audit: Audit,
    pub tail: Tail,
    pub live: Live,
    /// The listeners that requests can be tried at.
    pub bound: Vec<Bound>,
    /// Streams of events at a time: whoever follows must not take up all connections.
    pub streams: Arc<Rooms>,
    pub started: SystemTime,
    /// Whether the files are removed when the process ends.
    pub temporary: bool,
}

impl State {
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// The table in use.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.0.shared.load()
    }

    /// Room for a stream of events, until it is dropped.
    ///
    /// # Errors
    /// 503: there are as many as there may be.
    pub fn stream(&self, caller: &Caller) -> Result<Room, Problem> {
        self.0.streams.take(caller.holder())
    }

    /// Whether a stream may go on: its token may have been taken back since it began.
    #[must_use]
    pub fn still_knows(&self, caller: &Caller) -> bool {
        self.0.access.still_knows(caller, &self.snapshot().config.admin)
    }

    /// What the history says, after the loads and changes that wait already.
    ///
    /// # Errors
    /// 404 with the reason.
    pub async fn history<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&Revisions) -> Result<T, String> + Send + 'static,
    ) -> Result<T, Problem> {
        self.look(|reloader| ask(&reloader.parts().revisions)).await?.map_err(Problem::not_found)
    }

    /// The files of the configuration in use and its revision, after the loads and changes that wait already.
    ///
    /// # Errors
    /// 503: the gateway is stopping.
    pub async fn documents(&self) -> Result<(u64, Vec<Document>), Problem> {
        self.look(|reloader| {
            let read_only = |file: &Path| (!reloader.can_write(file)).then(|| origin::read_only(file));
            let inputs = reloader.applied().documents();
            let documents = inputs.filter_map(|input| Document::new(input, read_only(&input.path))).collect();
            (reloader.parts().shared.load().revision, documents)
        })
        .await
    }

    async fn look<T: Send + 'static>(&self, ask: impl FnOnce(&Reloader) -> T + Send + 'static) -> Result<T, Problem> {
        let (answer, outcome) = oneshot::channel();
        let stopping = || Problem::unavailable("the gateway is stopping");
        let look = Box::new(move |reloader: &Reloader| drop(answer.send(ask(reloader))));
        self.0.requests.look(look).await.map_err(|_closed| stopping())?;
        outcome.await.map_err(|_closed| stopping())
    }

    /// Has a change made, after the loads and changes that wait already.
    ///
    /// # Errors
    /// Why it was not made.
    pub async fn change(&self, request: Request) -> Answer {
        let stopping = || Box::new(Problem::unavailable("the gateway is stopping"));
        let (answer, outcome) = oneshot::channel();
        self.0.requests.change(request, answer).await.map_err(|_closed| stopping())?;
        outcome.await.map_err(|_closed| stopping())?
    }
}

impl std::ops::Deref for State {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
