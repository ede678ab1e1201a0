//! The current snapshot as one worker sees it: with its own connection pools and its own numbers.
//!
//! What a request takes along is reached through an `Rc` here. The parts of the snapshot itself are shared by the workers:
//! to count references to them in every request would make the workers take a cache line from each other.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use tokio::time::Instant;

use crate::function::allowance::Allowance;
use crate::function::local::Local;
use crate::message::rules::Rules;
use crate::route::Match;
use crate::snapshot::{Api, Snapshot};
use crate::telemetry::access::Tally;

/// A snapshot and this worker's part of each of its functions.
#[derive(Debug)]
pub struct View {
    pub snapshot: Arc<Snapshot>,
    pub rules: Rc<Rules>,
    /// Where requests without a service are counted.
    pub nowhere: Rc<Tally>,
    worker: usize,
    allowance: Rc<Allowance>,
    /// In the order of the snapshot's functions, each made when it is first asked for.
    functions: Vec<OnceCell<Rc<Local>>>,
    /// In the order of the snapshot's APIs, each made when it is first asked for.
    apis: Vec<OnceCell<Rc<LocalApi>>>,
    /// The base paths of the table's domains as text, each made when it is first removed from a path.
    base_paths: Vec<OnceCell<Rc<str>>>,
    services: RefCell<HashMap<String, Rc<Tally>>>,
}

/// An API as one worker sees it.
#[derive(Debug)]
pub struct LocalApi {
    pub api: Arc<Api>,
    pub function: Rc<Local>,
    pub tally: Rc<Tally>,
}

impl View {
    /// The first view of a worker, which may keep as many connections idle as `allowance` says.
    #[must_use]
    pub fn first(snapshot: Arc<Snapshot>, worker: usize, allowance: Rc<Allowance>) -> Rc<Self> {
        Self::new(snapshot, worker, allowance)
    }

    /// Takes another snapshot over; pools of functions that were there before stay. Takes as long as there are functions in use, not as
    /// there are in the table.
    #[must_use]
    pub fn adopt(&self, snapshot: Arc<Snapshot>) -> Rc<Self> {
        let view = Self::new(snapshot, self.worker, self.allowance.clone());
        for previous in self.functions.iter().filter_map(OnceCell::get) {
            if let Some(index) = view.snapshot.function(&previous.function.spec.id) {
                view.functions[index].get_or_init(|| view.local(index, Some(previous)));
            }
        }
        view
    }

    fn new(snapshot: Arc<Snapshot>, worker: usize, allowance: Rc<Allowance>) -> Rc<Self> {
        Rc::new(Self {
            rules: Rc::new(snapshot.rules.clone()),
            nowhere: Tally::new(&snapshot.nowhere, worker),
            worker,
            functions: vec![OnceCell::new(); snapshot.functions.len()],
            apis: vec![OnceCell::new(); snapshot.apis.len()],
            base_paths: vec![OnceCell::new(); snapshot.table.domains()],
            services: RefCell::default(),
            allowance,
            snapshot,
        })
    }

    fn local(&self, index: usize, previous: Option<&Rc<Local>>) -> Rc<Local> {
        let function = self.snapshot.functions[index].clone();
        Local::new(function, self.worker, &self.allowance, previous.map(|previous| &**previous))
    }

    /// The API with this index in the snapshot.
    #[must_use]
    pub fn api(&self, index: usize) -> &Rc<LocalApi> {
        self.apis[index].get_or_init(|| {
            let api = self.snapshot.apis[index].clone();
            let function = self.functions[api.function].get_or_init(|| self.local(api.function, None)).clone();
            Rc::new(LocalApi { function, tally: Tally::new(&api.route, self.worker), api })
        })
    }

    /// The base path that was removed from the path of a request, if one was.
    #[must_use]
    pub fn base_path(&self, found: &Match<'_, usize>) -> Option<Rc<str>> {
        let base_path = found.base_path()?;
        Some(self.base_paths[found.domain()].get_or_init(|| base_path.to_string().into()).clone())
    }

    /// Where to count a request that reached a service but no API.
    #[must_use]
    pub fn service(&self, name: &str) -> Rc<Tally> {
        let mut services = self.services.borrow_mut();
        if let Some(tally) = services.get(name) {
            return tally.clone();
        }
        let tally = Tally::new(self.snapshot.service(name), self.worker);
        services.insert(name.to_owned(), tally.clone());
        tally
    }

    /// Closes idle connections that have grown too old.
    pub fn sweep(&self, now: Instant) {
        for local in self.functions.iter().filter_map(OnceCell::get) {
            local.sweep(now);
        }
    }
}
