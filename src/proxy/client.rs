//! The client of a connection, or of one stream on it, as requests see it.

use std::rc::Rc;
use std::sync::Arc;

use tokio::time::Instant;

use crate::alarm::Alarm;
use crate::clock::Clock;
use crate::drain::Seat;
use crate::entrance::Entrance;
use crate::message::forwarded::Peer;

/// Who sends requests, and how the requests of its task tell the time.
#[derive(Debug)]
pub struct Client {
    pub peer: Peer,
    /// The listener that it came in by.
    pub entrance: Arc<Entrance>,
    pub seat: Seat,
    /// Over the limit of connections: every request is answered `overloaded`.
    pub is_refused: bool,
    alarm: Alarm,
}

impl Client {
    #[must_use]
    pub fn new(peer: Peer, entrance: Arc<Entrance>, seat: Seat, is_refused: bool) -> Rc<Self> {
        Rc::new(Self { peer, entrance, seat, is_refused, alarm: Alarm::new(Clock::new()) })
    }

    /// The client of one request among several on this connection, in a task of its own.
    #[must_use]
    pub fn for_stream(&self) -> Rc<Self> {
        Self::new(self.peer.clone(), self.entrance.clone(), self.seat.another(), self.is_refused)
    }

    /// The deadlines of the task.
    #[must_use]
    pub fn alarm(&self) -> &Alarm {
        &self.alarm
    }

    /// The task is polled: time goes on.
    pub fn tick(&self) {
        self.alarm.clock().tick();
    }

    /// The time of the present poll.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.alarm.now()
    }
}
