//! The connections of one worker to one instance: idle ones in HTTP/1.1, and those in HTTP/2, which several requests share.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::http1::Http1Connection;
use super::http2::{Http2Connection, Http2Stream};
use super::instance::Endpoint;
use super::persistence::SETTLED;
use super::tls::Offer;
use super::upstream::Upstream;
use crate::net::socket::Unread;

/// Idle connections that one worker keeps to one instance at most.
const MAX_IDLE: usize = 1024;
/// How many requests a connection is expected to take until one has said it.
const EXPECTED: usize = 100;

/// Which idle connections a request may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reuse {
    /// Any: if it is lost on one that was just closed, it is sent again.
    Any,
    /// Those of an instance that was seen to keep them open, and only after a look at the socket: it cannot be sent again.
    Proven,
}

/// The connections to one instance. Of the idle connections the one used last is used first, so that a burst's surplus grows old and
/// leaves.
#[derive(Debug)]
pub struct Pool {
    endpoint: Rc<Endpoint>,
    #[expect(clippy::vec_box, reason = "connections come and go boxed; unboxed, each way would copy one")]
    idle: RefCell<Vec<Box<Http1Connection>>>,
    shared: RefCell<Vec<Rc<Http2Connection>>>,
    /// Connections on their way, of which others wait for one that they can share.
    opening: Cell<usize>,
    waiting: Cell<usize>,
    opened: Notify,
    /// How many requests a connection takes; zero for an instance that speaks HTTP/1.1.
    room: Cell<usize>,
}

impl Pool {
    #[must_use]
    pub fn new(endpoint: Rc<Endpoint>) -> Rc<Self> {
        let room = if endpoint.instance.may_multiplex() { EXPECTED } else { 0 };
        Rc::new(Self {
            endpoint,
            idle: RefCell::default(),
            shared: RefCell::default(),
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
    pub fn take(&self, now: Instant, offer: Offer, reuse: Reuse) -> Option<Upstream> {
        if let Some(stream) = self.share(offer) {
            return Some(stream);
        }
        let mut idle = self.idle.borrow_mut();
        let persistence = &self.endpoint.persistence;
        if !persistence.is_proven() && reuse == Reuse::Proven {
            // The connection at the bottom has been idle the longest.
            if idle
                .first_mut()
                .is_some_and(|connection| connection.idle(now) >= SETTLED && !self.is_usable(connection, now))
            {
                idle.remove(0);
            }
            if !persistence.is_proven() {
                return None;
            }
        }
        while let Some(mut connection) = idle.pop() {
            if !self.is_usable(&mut connection, now) {
                continue;
            }
            // The runtime may not have looked since the last answer was read, and what stands behind that must not answer another request.
            match connection.unread() {
                Unread::Nothing => {
                    connection.set_idle(None);
                    return Some(Upstream::Http1(connection));
                }
                Unread::Bytes => {}
                Unread::End => persistence.was_closed(connection.idle(now), now),
            }
        }
        None
    }

    /// Whether an idle connection is neither expired nor closed. Learns from what it sees.
    fn is_usable(&self, connection: &mut Http1Connection, now: Instant) -> bool {
        if connection.is_expired(now) {
            return false;
        }
        let (is_open, persistence) = (connection.is_open(), &self.endpoint.persistence);
        if !is_open {
            persistence.was_closed(connection.idle(now), now);
        } else if !persistence.is_proven() && connection.idle(now) >= SETTLED {
            persistence.stayed_open(connection.idle(now));
        }
        is_open
    }

    /// A place on a connection that is in use. Whether that is still good is known without trying it.
    #[must_use]
    pub fn share(&self, offer: Offer) -> Option<Upstream> {
        let shares = self.room.get() > 0 && self.offer(offer) == Offer::Any;
        if shares { self.stream().map(Upstream::Http2) } else { None }
    }

    /// A stream on a connection that has room: the oldest, so that those of a burst grow idle and leave.
    #[must_use]
    pub fn stream(&self) -> Option<Box<Http2Stream>> {
        let mut shared = self.shared.borrow_mut();
        shared.retain(|connection| !connection.is_retired());
        shared.iter().find_map(Http2Connection::stream)
    }

    /// Keeps a new connection, and takes the first stream on it.
    #[must_use]
    pub fn add(&self, connection: Rc<Http2Connection>) -> Option<Box<Http2Stream>> {
        self.room.set(connection.limit().max(1));
        let turn = connection.stream();
        self.shared.borrow_mut().push(connection);
        turn
    }

    /// Keeps a connection whose exchange is over.
    pub fn put(&self, mut connection: Box<Http1Connection>, now: Instant) {
        let mut idle = self.idle.borrow_mut();
        if connection.keeps()
            && self.endpoint.persistence.is_allowed()
            && idle.len() < MAX_IDLE
            && !self.endpoint.allowance.is_used_up()
        {
            connection.set_idle(Some(now));
            idle.push(connection);
        }
    }

    /// Closes what the instance has closed or is about to, and what has been idle for too long.
    pub fn sweep(&self, now: Instant) {
        self.endpoint.persistence.forget(now);
        self.idle.borrow_mut().retain_mut(|connection| self.is_usable(connection, now));
        self.shared.borrow_mut().retain(|connection| !connection.is_retired() && !connection.is_expired(now));
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
    use std::io::Write;
    use std::sync::Arc;

    use super::super::allowance::Allowance;
    use super::super::instance::Instance;
    use super::super::stream::Stream;
    use super::*;
    use crate::config::ConnectionSettings;
    use crate::config::InstanceAddress;
    use crate::telemetry::metrics::Metrics;

    #[tokio::test]
    async fn idle_connections_of_all_pools_share_one_allowance() {
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
            let connection = Http1Connection::new(Stream::Echo(near), pool.endpoint().clone());
            pool.put(connection, Instant::now());
        }
        assert!(allowance.is_used_up());
        let count = |pool: &Pool| pool.idle.borrow().len();
        assert_eq!((count(&one), count(&other)), (1, 1));
        let taken = one.take(Instant::now(), Offer::Any, Reuse::Any).expect("an idle connection");
        assert!(!allowance.is_used_up());
        drop(taken);
        other.sweep(Instant::now() + std::time::Duration::from_secs(3600));
        assert_eq!(count(&other), 0);
        assert!(!allowance.is_used_up());
    }

    #[tokio::test]
    async fn bytes_that_nobody_asked_for_are_seen_before_the_runtime_has_heard_of_them() {
        let function = Metrics::new().function("f");
        let instance = Arc::new(Instance::new(&InstanceAddress::Echo, None, &function));
        let settings = ConnectionSettings::default();
        let pool = Pool::new(Endpoint::new(instance, settings, function.shards.of(0), Allowance::new(MAX_IDLE)));
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        for (sent, is_good) in [("", true), ("HTTP/1.1 200 OK\r\n\r\n", false)] {
            let near = tokio::net::TcpStream::connect(address).await.expect("it listens");
            let mut far = listener.accept().expect("a connection").0;
            // Nothing waits from here on, so that the runtime does not look.
            pool.put(Http1Connection::new(Stream::Tcp(near), pool.endpoint().clone()), Instant::now());
            far.write_all(sent.as_bytes()).expect("written");
            let taken = pool.take(Instant::now(), Offer::Any, Reuse::Any);
            assert_eq!(taken.is_some(), is_good, "{sent:?}");
        }
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
                let connection = Http1Connection::new(Stream::Echo(near), pool.endpoint().clone());
                pool.put(connection, Instant::now());
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
