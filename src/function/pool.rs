//! The connections of one worker to one instance: idle links, and sessions that several requests share.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::channel::Channel;
use super::instance::Endpoint;
use super::link::Link;
use super::persistence::SETTLED;
use super::session::{Session, Turn};
use super::tls::Offer;
use crate::net::socket::Unread;

/// Idle links that one worker keeps to one instance at most.
const MAX_IDLE: usize = 1024;
/// How many requests a session is expected to take until one has said it.
const EXPECTED: usize = 100;

/// Which idle links a request may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reuse {
    /// Any: if it is lost on one that was just closed, it is sent again.
    Any,
    /// Those of an instance that was seen to keep them open, and only after a look at the socket: it cannot be sent again.
    Proven,
}

/// The connections to one instance. Of the idle links the one used last is used first, so that a burst's surplus grows old and
/// leaves.
#[derive(Debug)]
pub struct Pool {
    endpoint: Rc<Endpoint>,
    #[expect(clippy::vec_box, reason = "links come and go boxed; unboxed, each way would copy one")]
    idle: RefCell<Vec<Box<Link>>>,
    sessions: RefCell<Vec<Rc<Session>>>,
    /// Connections on their way, of which others wait for one that they can share.
    opening: Cell<usize>,
    waiting: Cell<usize>,
    opened: Notify,
    /// How many requests a session takes; zero for an instance that speaks HTTP/1.1.
    room: Cell<usize>,
}

impl Pool {
    #[must_use]
    pub fn new(endpoint: Rc<Endpoint>) -> Rc<Self> {
        let room = if endpoint.instance.may_multiplex() { EXPECTED } else { 0 };
        Rc::new(Self {
            endpoint,
            idle: RefCell::default(),
            sessions: RefCell::default(),
            opening: Cell::default(),
            waiting: Cell::default(),
            opened: Notify::new(),
            room: Cell::new(room),
        })
    }

    #[must_use]
    pub fn endpoint(&self) -> &Rc<Endpoint> {
        &self.endpoint
    }

    /// What a request that wants `offer` gets here: at `h2c://` there is no other choice.
    #[must_use]
    pub fn offer(&self, offer: Offer) -> Offer {
        if self.endpoint.instance.is_h2c() { Offer::Any } else { offer }
    }

    /// What is there for a request, and still good. What is not good any more is dropped on the way.
    #[must_use]
    pub fn take(&self, now: Instant, offer: Offer, reuse: Reuse) -> Option<Channel> {
        if let Some(channel) = self.share(offer) {
            return Some(channel);
        }
        let mut idle = self.idle.borrow_mut();
        let persistence = &self.endpoint.persistence;
        if !persistence.is_proven() && reuse == Reuse::Proven {
            // The link at the bottom has been idle the longest.
            if idle.first_mut().is_some_and(|link| link.idle(now) >= SETTLED && !self.is_usable(link, now)) {
                idle.remove(0);
            }
            if !persistence.is_proven() {
                return None;
            }
        }
        while let Some(mut link) = idle.pop() {
            if !self.is_usable(&mut link, now) {
                continue;
            }
            let unread = if reuse == Reuse::Proven { link.unread() } else { Unread::Nothing };
            match unread {
                Unread::Nothing => {
                    link.set_idle(None);
                    return Some(Channel::Link(link));
                }
                Unread::Bytes => {}
                Unread::End => persistence.was_closed(link.idle(now), now),
            }
        }
        None
    }

    /// Whether an idle link is neither expired nor closed. Learns from what it sees.
    fn is_usable(&self, link: &mut Link, now: Instant) -> bool {
        if link.is_expired(now) {
            return false;
        }
        let (is_open, persistence) = (link.is_open(), &self.endpoint.persistence);
        if !is_open {
            persistence.was_closed(link.idle(now), now);
        } else if !persistence.is_proven() && link.has_been_idle(now, SETTLED) {
            persistence.stayed_open(link.idle(now));
        }
        is_open
    }

    /// A place on a connection that is in use. Whether that is still good is known without trying it.
    #[must_use]
    pub fn share(&self, offer: Offer) -> Option<Channel> {
        let shares = self.room.get() > 0 && self.offer(offer) == Offer::Any;
        if shares { self.turn().map(Channel::Turn) } else { None }
    }

    /// A turn on a session that has room: the oldest, so that those of a burst grow idle and leave.
    #[must_use]
    pub fn turn(&self) -> Option<Box<Turn>> {
        let mut sessions = self.sessions.borrow_mut();
        sessions.retain(|session| !session.is_retired());
        sessions.iter().find_map(Session::turn)
    }

    /// Keeps a new session, and takes the first turn on it.
    #[must_use]
    pub fn add(&self, session: Rc<Session>) -> Option<Box<Turn>> {
        self.room.set(session.limit().max(1));
        let turn = session.turn();
        self.sessions.borrow_mut().push(session);
        turn
    }

    /// Keeps a link whose exchange is over.
    pub fn put(&self, mut link: Box<Link>, now: Instant) {
        let mut idle = self.idle.borrow_mut();
        if link.keeps()
            && self.endpoint.persistence.is_allowed()
            && idle.len() < MAX_IDLE
            && !self.endpoint.allowance.is_used_up()
        {
            link.set_idle(Some(now));
            idle.push(link);
        }
    }

    /// Closes what the instance has closed or is about to, and what has been idle for too long.
    pub fn sweep(&self, now: Instant) {
        self.endpoint.persistence.forget(now);
        self.idle.borrow_mut().retain_mut(|link| self.is_usable(link, now));
        self.sessions.borrow_mut().retain(|session| !session.is_retired() && !session.is_expired(now));
    }

    /// Whether a connection is on its way that has room for one more request. The one who opens it has the first place.
    #[must_use]
    pub fn is_worth_waiting(&self) -> bool {
        self.waiting.get() < self.opening.get() * self.room.get().saturating_sub(1)
    }

    /// Waits for a connection on its way, whatever becomes of it.
    pub async fn opened(&self) {
        let _waiting = Counted::in_count(&self.waiting);
        self.opened.notified().await;
    }

    /// Notes that the instance chose HTTP/1.1 although it was offered more.
    pub fn learn_http1(&self, offer: Offer) {
        if offer == Offer::Any {
            self.room.set(0);
        }
    }
}

/// A connection on its way.
#[derive(Debug)]
pub struct Opening<'a> {
    pool: &'a Pool,
    _counted: Counted<'a>,
}

impl<'a> Opening<'a> {
    #[must_use]
    pub fn begin(pool: &'a Pool) -> Self {
        Self { pool, _counted: Counted::in_count(&pool.opening) }
    }
}

impl Drop for Opening<'_> {
    fn drop(&mut self) {
        self.pool.opened.notify_waiters();
    }
}

/// One more, until it is dropped.
#[derive(Debug)]
struct Counted<'a>(&'a Cell<usize>);

impl<'a> Counted<'a> {
    fn in_count(count: &'a Cell<usize>) -> Self {
        count.set(count.get() + 1);
        Self(count)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::allowance::Allowance;
    use super::super::connect::Stream;
    use super::super::instance::Instance;
    use super::*;
    use crate::config::ConnectionSettings;
    use crate::config::InstanceAddress;
    use crate::telemetry::metrics::Metrics;

    #[tokio::test]
    async fn idle_links_of_all_pools_share_one_allowance() {
        let function = Metrics::new().function("f");
        let allowance = Allowance::new(2);
        let make = || {
            let instance = Arc::new(Instance::new(&InstanceAddress::Echo, None, &function));
            Pool::new(Endpoint::new(instance, ConnectionSettings::default(), function.shards.of(0), allowance.clone()))
        };
        let (one, other) = (make(), make());
        let mut ends = Vec::new();
        for pool in [&one, &other, &other] {
            let (near, far) = tokio::io::duplex(1024);
            ends.push(far);
            let link = Link::open(Stream::of_http1(near), pool.endpoint().clone()).await.expect("a link");
            pool.put(link, Instant::now());
        }
        assert!(allowance.is_used_up());
        let count = |pool: &Pool| pool.idle.borrow().len();
        assert_eq!((count(&one), count(&other)), (1, 1));
        let taken = one.take(Instant::now(), Offer::Any, Reuse::Any).expect("an idle link");
        assert!(!allowance.is_used_up());
        drop(taken);
        other.sweep(Instant::now() + std::time::Duration::from_secs(3600));
        assert_eq!(count(&other), 0);
        assert!(!allowance.is_used_up());
    }

    #[tokio::test]
    async fn all_that_was_closed_is_found_however_much_that_is() {
        let function = Metrics::new().function("f");
        let instance = Arc::new(Instance::new(&InstanceAddress::Echo, None, &function));
        let pool = Pool::new(Endpoint::new(
            instance,
            ConnectionSettings::default(),
            function.shards.of(0),
            Allowance::new(MAX_IDLE),
        ));
        for takes in [false, true] {
            for _ in 0..300 {
                let (near, far) = tokio::io::duplex(1024);
                let link = Link::open(Stream::of_http1(near), pool.endpoint().clone()).await.expect("a link");
                pool.put(link, Instant::now());
                drop(far);
            }
            if takes {
                assert!(pool.take(Instant::now(), Offer::Any, Reuse::Any).is_none());
            } else {
                pool.sweep(Instant::now());
            }
            assert_eq!(pool.idle.borrow().len(), 0);
        }
    }
}
