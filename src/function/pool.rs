//! The idle connections of one worker, by function and instance.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use tokio::time::Instant;

use super::Function;
use super::balance::RoundRobin;
use super::instance::Instance;
use super::link::Link;

/// Idle links that one worker keeps to one instance at most.
const MAX_IDLE: usize = 1024;

/// The idle links to one instance. The one used last is used first, so that a burst's surplus grows old and leaves.
#[derive(Debug)]
pub struct Pool {
    instance: Arc<Instance>,
    #[expect(clippy::vec_box, reason = "links come and go boxed; unboxed, each way would copy one")]
    idle: RefCell<Vec<Box<Link>>>,
}

impl Pool {
    fn new(instance: Arc<Instance>) -> Rc<Self> {
        Rc::new(Self { instance, idle: RefCell::default() })
    }

    #[must_use]
    pub fn instance(&self) -> &Arc<Instance> {
        &self.instance
    }

    /// An idle link that is still good. Those that are not are dropped on the way.
    #[must_use]
    pub fn take(&self) -> Option<Box<Link>> {
        let mut idle = self.idle.borrow_mut();
        let mut link = idle.pop()?;
        let now = Instant::now();
        while !link.is_usable(now) {
            link = idle.pop()?;
        }
        link.set_idle(None);
        Some(link)
    }

    /// Keeps a link whose exchange is over.
    pub fn put(&self, mut link: Box<Link>) {
        let mut idle = self.idle.borrow_mut();
        if link.keeps() && idle.len() < MAX_IDLE {
            link.set_idle(Some(Instant::now()));
            idle.push(link);
        }
    }

    /// Closes the links that the instance has closed or is about to.
    pub fn sweep(&self, now: Instant) {
        self.idle.borrow_mut().retain_mut(|link| link.is_usable(now));
    }
}

/// One function version as one worker sees it.
#[derive(Debug)]
pub struct Local {
    pub function: Arc<Function>,
    pools: Vec<Rc<Pool>>,
    turns: RoundRobin,
}

impl Local {
    /// Prepares a function for this worker. `previous` is the same function in the table before; its pools are taken over
    /// where the instance is still the same.
    #[must_use]
    pub fn new(function: Arc<Function>, previous: Option<&Self>) -> Rc<Self> {
        let known = |instance: &Arc<Instance>| {
            previous?.pools.iter().find(|pool| Arc::ptr_eq(&pool.instance, instance)).cloned()
        };
        let make = |instance: &Arc<Instance>| known(instance).unwrap_or_else(|| Pool::new(instance.clone()));
        let pools = function.instances.iter().map(make).collect();
        Rc::new(Self { function, pools, turns: RoundRobin::default() })
    }

    /// The pool of the instance whose turn it is.
    #[must_use]
    pub fn pick(&self) -> &Rc<Pool> {
        &self.pools[self.turns.next(self.pools.len())]
    }

    pub fn sweep(&self, now: Instant) {
        for pool in &self.pools {
            pool.sweep(now);
        }
    }
}
