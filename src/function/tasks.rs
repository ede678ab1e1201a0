//! The tasks of one HTTP/2 connection: they end with it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::future::Future;
use std::rc::{Rc, Weak};

use tokio::task::{AbortHandle, Id, JoinSet};

/// Tasks of this worker, aborted when dropped.
#[derive(Debug, Default)]
pub struct Tasks {
    all: RefCell<JoinSet<()>>,
    /// Those that hyper started, of which each may be ended by itself.
    started: RefCell<HashMap<Id, AbortHandle>>,
}

impl Tasks {
    /// Starts the task that is there as long as the connection.
    pub fn begin(&self, work: impl Future<Output = ()> + 'static) {
        self.all.borrow_mut().spawn_local(work);
    }

    /// Ends one that hyper started.
    pub fn end(&self, id: Id) {
        if let Some(task) = self.started.borrow_mut().remove(&id) {
            task.abort();
        }
    }

    fn start(&self, work: impl Future<Output = ()> + 'static) {
        let (mut all, mut started) = (self.all.borrow_mut(), self.started.borrow_mut());
        while let Some(ended) = all.try_join_next_with_id() {
            let id = ended.map_or_else(|error| error.id(), |(id, ())| id);
            started.remove(&id);
        }
        let task = all.spawn_local(work);
        started.insert(task.id(), task);
    }
}

/// Where hyper starts its tasks. Once the connection is gone nothing is started any more.
#[derive(Clone, Debug)]
pub struct Executor(Weak<Tasks>);

impl Executor {
    #[must_use]
    pub fn new(tasks: &Rc<Tasks>) -> Self {
        Self(Rc::downgrade(tasks))
    }
}

impl<F: Future<Output = ()> + 'static> hyper::rt::Executor<F> for Executor {
    fn execute(&self, work: F) {
        if let Some(tasks) = self.0.upgrade() {
            tasks.start(work);
        }
    }
}
