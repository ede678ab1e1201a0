//! The idle connections of one worker to one instance.

use std::cell::RefCell;
use std::rc::Rc;

use tokio::time::Instant;

use super::instance::Endpoint;
use super::link::Link;

/// Idle links that one worker keeps to one instance at most.
const MAX_IDLE: usize = 1024;

/// The idle links to one instance. The one used last is used first, so that a burst's surplus grows old and leaves.
#[derive(Debug)]
pub struct Pool {
    endpoint: Rc<Endpoint>,
    #[expect(clippy::vec_box, reason = "links come and go boxed; unboxed, each way would copy one")]
    idle: RefCell<Vec<Box<Link>>>,
}

impl Pool {
    #[must_use]
    pub fn new(endpoint: Rc<Endpoint>) -> Rc<Self> {
        Rc::new(Self { endpoint, idle: RefCell::default() })
    }

    #[must_use]
    pub fn endpoint(&self) -> &Rc<Endpoint> {
        &self.endpoint
    }

    /// An idle link that is still good. Those that are not are dropped on the way.
    #[must_use]
    pub fn take(&self, now: Instant) -> Option<Box<Link>> {
        let mut idle = self.idle.borrow_mut();
        let mut link = idle.pop()?;
        while !link.is_usable(now) {
            link = idle.pop()?;
        }
        link.set_idle(None);
        Some(link)
    }

    /// Keeps a link whose exchange is over.
    pub fn put(&self, mut link: Box<Link>, now: Instant) {
        let mut idle = self.idle.borrow_mut();
        if link.keeps() && idle.len() < MAX_IDLE {
            link.set_idle(Some(now));
            idle.push(link);
        }
    }

    /// Closes the links that the instance has closed or is about to.
    pub fn sweep(&self, now: Instant) {
        self.idle.borrow_mut().retain_mut(|link| link.is_usable(now));
    }
}
