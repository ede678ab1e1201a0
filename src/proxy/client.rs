//! One client connection as its requests and its socket see it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::delivery::Delivery;
use super::upgrade::Tunnel;
use crate::alarm::Alarm;
use crate::clock::Clock;
use crate::drain::Seat;
use crate::entrance::Entrance;
use crate::message::body::leftover::Leftover;
use crate::message::forwarded::Peer;

/// How often a client is looked for that hyper does not read from.
const LOOK: Duration = Duration::from_millis(50);

/// What a connection may move before the others have their turn: a few dozen microseconds.
const SHARE: usize = 128 << 10;

/// What a client connection is doing.
#[derive(Clone, Copy, Debug)]
pub enum Stage {
    /// Accepted then; nothing has arrived yet.
    New(Instant),
    /// Between two requests, since then.
    Idle(Instant),
    /// Reading a request head, since then.
    Head(Instant),
    /// A request is being served.
    Busy,
}

/// Whether the socket of a connection takes what is written.
#[derive(Clone, Copy, Debug)]
enum Outflow {
    FlowingSince(Instant),
    BlockedSince(Instant),
}

/// What the requests of one client connection share with the task that owns its socket. Everything is on one thread.
#[derive(Debug)]
pub struct Client {
    peer: Peer,
    entrance: Arc<Entrance>,
    seat: Seat,
    /// Over the limit of connections: every request is answered `overloaded`.
    refused: bool,
    alarm: Rc<Alarm>,
    leftover: Rc<Leftover>,
    stage: Cell<Stage>,
    /// Whether what is written now belongs to a request that was read.
    answering: Cell<bool>,
    held_back: Cell<bool>,
    /// Whether any request has begun.
    used: Cell<bool>,
    /// Frames of the response that have been passed on since the last question.
    passed: Cell<u32>,
    /// Since when a frame that has been passed on has kept hyper from asking for the next.
    stalled_since: Cell<Option<Instant>>,
    outflow: Cell<Outflow>,
    /// Of the connection, shared by all requests on it.
    delivery: Rc<Delivery>,
    /// Whether the end of the connection is all that tells a client where the answer ends.
    is_close_delimited: Cell<bool>,
    /// What has gone through its socket since others had their turn, in bytes.
    moved: Cell<usize>,
    /// Whether it waits for that.
    resting: Cell<bool>,
    tunnel: RefCell<Option<Tunnel>>,
    /// How often the connection has been polled.
    polls: Cell<u64>,
    is_next_marked: Cell<bool>,
}

impl Client {
    #[must_use]
    pub fn new(peer: Peer, entrance: Arc<Entrance>, seat: Seat, refused: bool) -> Rc<Self> {
        Self::with((Leftover::of_connection(), Rc::default()), peer, entrance, seat, refused)
    }

    fn with(
        (leftover, delivery): (Leftover, Rc<Delivery>),
        peer: Peer,
        entrance: Arc<Entrance>,
        seat: Seat,
        refused: bool,
    ) -> Rc<Self> {
        let clock = Clock::new();
        let now = clock.now();
        Rc::new(Self {
            peer,
            entrance,
            seat,
            refused,
            stage: Cell::new(Stage::New(now)),
            alarm: Rc::new(Alarm::new(clock)),
            leftover: Rc::new(leftover),
            answering: Cell::new(false),
            held_back: Cell::new(false),
            used: Cell::new(false),
            passed: Cell::new(0),
            stalled_since: Cell::new(None),
            outflow: Cell::new(Outflow::FlowingSince(now)),
            delivery,
            is_close_delimited: Cell::new(false),
            moved: Cell::new(0),
            resting: Cell::new(false),
            tunnel: RefCell::default(),
            polls: Cell::new(0),
            is_next_marked: Cell::new(false),
        })
    }

    /// The client of one request among several on this connection.
    #[must_use]
    pub fn for_stream(&self) -> Rc<Self> {
        let (peer, entrance, seat) = (self.peer.clone(), self.entrance.clone(), self.seat.another());
        Self::with((Leftover::of_stream(), self.delivery.clone()), peer, entrance, seat, self.refused)
    }

    #[must_use]
    pub fn peer(&self) -> &Peer {
        &self.peer
    }

    /// The way that it came in.
    #[must_use]
    pub fn entrance(&self) -> &Entrance {
        &self.entrance
    }

    #[must_use]
    pub fn seat(&self) -> &Seat {
        &self.seat
    }

    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.refused
    }

    #[must_use]
    pub fn alarm(&self) -> &Rc<Alarm> {
        &self.alarm
    }

    /// The task that owns the socket is polled: time goes on.
    pub fn tick(&self) {
        self.polls.set(self.polls.get() + 1);
        self.alarm.clock().tick();
    }

    /// How often that has been.
    #[must_use]
    pub fn polls(&self) -> u64 {
        self.polls.get()
    }

    /// The request that begins next has a fragment in its target, which hyper does not show.
    pub fn mark_next_request(&self) {
        self.is_next_marked.set(true);
    }

    /// That request did not begin: h2 has refused it.
    pub fn unmark_next_request(&self) {
        self.is_next_marked.set(false);
    }

    /// Whether the request that begins now is the marked one.
    #[must_use]
    pub fn take_mark(&self) -> bool {
        self.is_next_marked.take()
    }

    /// Notes bytes that went through the socket.
    pub fn moved(&self, count: usize) {
        self.moved.set(self.moved.get() + count);
    }

    /// Whether it is the turn of others.
    #[must_use]
    pub fn has_had_its_share(&self) -> bool {
        self.moved.get() >= SHARE
    }

    /// Notes that it waits until others have had their turn. Returns whether it did not do so already: then somebody has to
    /// [end](Self::end_rest) it.
    #[must_use]
    pub fn begin_rest(&self) -> bool {
        !self.resting.replace(true)
    }

    /// Others have had their turn: it has its whole share of the worker again.
    pub fn end_rest(&self) {
        self.resting.set(false);
        self.moved.set(0);
    }

    /// What of the answers has been written.
    #[must_use]
    pub fn delivery(&self) -> &Delivery {
        &self.delivery
    }

    /// The answer that begins ends with its connection, and with nothing else (RFC 9112 section 6.3).
    pub fn delimit_by_close(&self) {
        self.is_close_delimited.set(true);
    }

    /// Whether a connection that is closed in order would make a broken answer look complete.
    #[must_use]
    pub fn is_close_delimited(&self) -> bool {
        self.is_close_delimited.get()
    }

    /// The time of the present poll.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.alarm.now()
    }

    /// Where the rest of a request's body goes once its answer is known.
    #[must_use]
    pub fn leftover(&self) -> &Rc<Leftover> {
        &self.leftover
    }

    #[must_use]
    pub fn stage(&self) -> Stage {
        self.stage.get()
    }

    /// When what it is doing began, for a client that is not being served.
    #[must_use]
    pub fn since(&self) -> Instant {
        match self.stage.get() {
            Stage::New(since) | Stage::Idle(since) | Stage::Head(since) => since,
            Stage::Busy => self.now(),
        }
    }

    /// Bytes arrived: between two requests that is the beginning of a head.
    pub fn received(&self) {
        match self.stage.get() {
            Stage::New(accepted) => self.stage.set(Stage::Head(accepted)),
            Stage::Idle(_) => self.stage.set(Stage::Head(self.now())),
            Stage::Head(_) | Stage::Busy => {}
        }
    }

    /// Bytes left: a client that takes the rest of a response is not idle.
    pub fn sent(&self) {
        if let Stage::Idle(_) = self.stage.get() {
            self.stage.set(Stage::Idle(self.now()));
        }
    }

    /// A head was read; the request is being served.
    pub fn begin(&self) {
        self.stage.set(Stage::Busy);
        self.is_close_delimited.set(false);
        self.answering.set(true);
        self.used.set(true);
    }

    /// Whether no request has begun yet.
    #[must_use]
    pub fn is_new(&self) -> bool {
        !self.used.get()
    }

    /// The response is complete but for what is still buffered.
    pub fn answered(&self) {
        self.stage.set(Stage::Idle(self.now()));
    }

    /// The rest of a body that nobody wanted is gone. The next head has its full time.
    pub fn read_out(&self) {
        if !matches!(self.stage.get(), Stage::Busy) {
            self.stage.set(Stage::Idle(self.now()));
        }
    }

    /// All that was buffered is written.
    pub fn flushed(&self) {
        if !matches!(self.stage.get(), Stage::Busy) {
            self.answering.set(false);
        }
    }

    /// Whether what hyper writes now answers a request. If not, it is hyper's own word on a head that it could not read.
    #[must_use]
    pub fn is_answering(&self) -> bool {
        self.answering.get()
    }

    /// Whether the response is complete and some of it is still buffered.
    #[must_use]
    pub fn has_unsent_answer(&self) -> bool {
        self.is_answering() && !matches!(self.stage.get(), Stage::Busy)
    }

    /// A request waits for its function with a body that is not through. hyper does not read then, and would not see the
    /// client leave; the owner of the socket looks for it every now and then.
    pub fn hold_back(&self) {
        self.held_back.set(true);
        self.alarm.passed(self.now() + LOOK);
    }

    /// Whether a body has been held back since the last question.
    #[must_use]
    pub fn is_held_back(&self) -> bool {
        self.held_back.take()
    }

    /// A frame of the response goes to hyper. Until it asks for the next, it waits for the client to take this one.
    pub fn passed_on(&self) {
        self.passed.set(self.passed.get() + 1);
        self.stalled_since.set(Some(self.now()));
    }

    /// hyper has asked for a frame and has to wait for the function.
    pub fn caught_up(&self) {
        self.stalled_since.set(None);
    }

    #[must_use]
    pub fn take_passed(&self) -> u32 {
        self.passed.take()
    }

    #[must_use]
    pub fn stalled_since(&self) -> Option<Instant> {
        self.stalled_since.get()
    }

    /// The socket takes nothing of what is to be written. Returns since when.
    pub fn blocked(&self) -> Instant {
        if let Outflow::BlockedSince(since) = self.outflow.get() {
            return since;
        }
        let now = self.now();
        self.outflow.set(Outflow::BlockedSince(now));
        now
    }

    /// The socket has taken something.
    pub fn unblocked(&self) {
        if let Outflow::BlockedSince(_) = self.outflow.get() {
            self.outflow.set(Outflow::FlowingSince(self.now()));
        }
    }

    /// Since when the socket has kept nothing waiting, unless it does so now.
    #[must_use]
    pub fn flowing_since(&self) -> Option<Instant> {
        match self.outflow.get() {
            Outflow::FlowingSince(since) => Some(since),
            Outflow::BlockedSince(_) => None,
        }
    }

    /// Leaves a tunnel to the owner of the socket, who opens it once the 101 is written.
    pub fn leave_tunnel(&self, tunnel: Tunnel) {
        self.tunnel.replace(Some(tunnel));
    }

    #[must_use]
    pub fn take_tunnel(&self) -> Option<Tunnel> {
        self.tunnel.take()
    }
}
