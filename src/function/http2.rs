//! One HTTP/2 connection to an instance, and the turns that requests have on it.
//!
//! Unlike a link it is driven by tasks of its own: many requests share it, and none may wait for another to be polled. The
//! tasks belong to the session. It lives as long as the pool keeps it or a request has a turn.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use http::uri::{Authority, Scheme};
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;
use hyper::client::conn::http2::{Builder, Connection, SendRequest};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::time::Instant;

use super::connect::{Stream, Wire};
use super::error::{ConnectError, ExchangeError, http2};
use super::failure::{Failed, FailedKind};
use super::instance::Endpoint;
use super::presence::Presence;
use super::tasks::{Executor, Tasks};
use crate::config::ConnectionSettings;
use crate::message;
use crate::message::body::RequestBody;
use crate::message::body::detached::{Detached, Hold};
use crate::message::lines::Lines;

/// Requests on one connection, however many the function would take.
const STREAMS: usize = 100;
/// What a function may send of one body before the client takes it. Enough for 200 Mbit/s over 10 ms; and what a slow client
/// costs in memory.
const STREAM_WINDOW: u32 = 256 << 10;
/// Room for all of them: clients that do not read must not hold up those on the same connection that do.
const CONNECTION_WINDOW: u32 = STREAM_WINDOW * 100;
/// How long a session without a request is kept.
const KEEP: Duration = Duration::from_secs(60);
/// How long the answer to a PING may take.
const PING_TIMEOUT: Duration = Duration::from_secs(20);

/// None once it is over: a request that it did not get to is given back when the connection is gone.
type Shared = Rc<RefCell<Option<Connection<TokioIo<Stream>, Detached, Executor>>>>;

/// An open connection in HTTP/2.
pub struct Session {
    sender: RefCell<SendRequest<Detached>>,
    connection: Shared,
    tasks: Rc<Tasks>,
    presence: RefCell<Presence>,
    turns: Cell<usize>,
    /// Lower than what the function promised, if it has refused requests nevertheless.
    limit: Cell<usize>,
    used: Cell<bool>,
    /// Whether it takes no more requests.
    retired: Rc<Cell<bool>>,
    scheme: Scheme,
    authority: Authority,
    settings: ConnectionSettings,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("turns", &self.turns).field("retired", &self.retired).finish_non_exhaustive()
    }
}

/// A place for one request on a session. Dropping it ends what is left of the exchange: its stream is reset.
#[derive(Debug)]
pub struct Turn {
    session: Rc<Session>,
    upload: Option<Hold>,
}

impl Session {
    /// Starts HTTP/2 on a stream and waits for the function's own beginning, which says how many requests it takes at once.
    ///
    /// # Errors
    /// When the function does not begin as HTTP/2 does.
    pub async fn open(stream: Stream, endpoint: Rc<Endpoint>) -> Result<Rc<Self>, ConnectError> {
        let settings = endpoint.settings;
        let (wire, tasks) = (stream.wire().clone(), Rc::new(Tasks::default()));
        let scheme = if endpoint.instance.is_h2c() { Scheme::HTTP } else { Scheme::HTTPS };
        let (sender, connection) = Builder::new(Executor::new(&tasks))
            .timer(TokioTimer::new())
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            // h2 does not say which heads it refuses for their size. Those that are not far over the limit are judged later.
            .max_header_list_size(
                u32::try_from(settings.max_response_header_bytes).unwrap_or(u32::MAX).saturating_mul(2),
            )
            .keep_alive_interval(settings.ping_interval)
            .keep_alive_timeout(PING_TIMEOUT)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|_lost| ConnectError::NotHttp2)?;
        let (connection, retired) = (Rc::new(RefCell::new(Some(connection))), Rc::new(Cell::new(false)));
        tasks.begin(drive(connection.clone(), wire.clone(), retired.clone()));
        begun(&wire, &retired).await?;
        Ok(Rc::new(Self {
            sender: RefCell::new(sender),
            connection,
            tasks,
            authority: authority(&endpoint),
            presence: RefCell::new(Presence::new(endpoint)),
            turns: Cell::new(0),
            limit: Cell::new(STREAMS),
            used: Cell::new(false),
            retired,
            scheme,
            settings,
        }))
    }

    /// A turn, if there is room for another request.
    #[must_use]
    pub fn turn(self: &Rc<Self>) -> Option<Box<Turn>> {
        if self.is_retired() || self.turns.get() >= self.limit() {
            return None;
        }
        self.turns.set(self.turns.get() + 1);
        self.presence.borrow_mut().set_idle(None);
        Some(Box::new(Turn { session: self.clone(), upload: None }))
    }

    /// How many requests it takes at once.
    #[must_use]
    pub fn limit(&self) -> usize {
        let promised = self.connection.borrow().as_ref().map_or(0, Connection::current_max_send_streams);
        promised.min(self.limit.get())
    }

    /// Whether it takes no more requests: it is over, or the function has said that it will be.
    #[must_use]
    pub fn is_retired(&self) -> bool {
        self.retired.get() || self.sender.borrow().is_closed()
    }

    /// Whether it has been without a request for too long.
    #[must_use]
    pub fn is_expired(&self, now: Instant) -> bool {
        self.presence.borrow().idle_since().is_some_and(|since| now >= since + KEEP.min(self.settings.keepalive))
    }

    fn leave(&self) {
        self.turns.set(self.turns.get() - 1);
        if self.turns.get() > 0 {
            return;
        }
        let mut presence = self.presence.borrow_mut();
        if presence.endpoint().allowance.is_used_up() || self.settings.keepalive.is_zero() {
            self.retired.set(true);
        } else {
            presence.set_idle(Some(Instant::now()));
        }
    }

    /// The function has turned a request away. It gets fewer at once from now on, or none if it said that it is leaving.
    fn refused(&self, leaves: bool) {
        if leaves {
            self.retired.set(true);
        }
        self.limit.set(self.limit.get().min(self.turns.get() - 1).max(1));
    }
}

/// Drives the part of a connection that takes requests. hyper drives the rest in tasks of its own.
async fn drive(connection: Shared, wire: Rc<Wire>, retired: Rc<Cell<bool>>) {
    let ended = poll_fn(|cx| match &mut *connection.borrow_mut() {
        Some(connection) => Pin::new(connection).poll(cx),
        None => Poll::Ready(Ok(())),
    });
    if let Err(error) = ended.await {
        tracing::debug!(%error, "a connection in HTTP/2 ended");
    }
    retired.set(true);
    connection.take();
    wire.wake();
}

/// Waits for the first bytes, which are the function's settings, or the end.
async fn begun(wire: &Wire, over: &Cell<bool>) -> Result<(), ConnectError> {
    poll_fn(|cx| {
        if wire.received() > 0 || over.get() {
            return Poll::Ready(());
        }
        wire.watch(cx.waker());
        Poll::Pending
    })
    .await;
    // If that was something else, the connection ends with it.
    for _ in 0..2 {
        tokio::task::yield_now().await;
    }
    if over.get() { Err(ConnectError::NotHttp2) } else { Ok(()) }
}

/// For requests without a host.
fn authority(endpoint: &Endpoint) -> Authority {
    let address = endpoint.instance.label().split_once("://").map_or("", |(_, rest)| rest);
    address.parse().unwrap_or_else(|_| Authority::from_static("localhost"))
}

impl Turn {
    /// Sends a request, with `lines` in front of its own fields, and waits for the response head, or until `stop` says why not
    /// to wait longer. `stop` is asked in every poll.
    ///
    /// # Errors
    /// [`Failed`]; the stream is reset then.
    pub fn exchange<S>(
        mut self: Box<Self>,
        request: Request<RequestBody>,
        lines: &Lines,
        mut stop: impl FnMut() -> Option<S>,
    ) -> impl Future<Output = Result<(Response<Incoming>, Box<Self>), Failed<S>>> {
        let session = self.session.clone();
        let reused = session.used.replace(true);
        let (mut head, body) = request.into_parts();
        message::http2::prepare(&mut head, lines, session.scheme.clone(), &session.authority);
        let (body, hold) = Detached::new(body);
        self.upload = hold;
        let response = session.sender.borrow_mut().try_send_request(Request::from_parts(head, body));
        async move {
            let mut response = std::pin::pin!(response);
            let outcome = poll_fn(|cx| match response.as_mut().poll(cx) {
                Poll::Ready(outcome) => Poll::Ready(Ok(outcome)),
                Poll::Pending => stop().map_or(Poll::Pending, |stopped| Poll::Ready(Err(stopped))),
            })
            .await;
            match outcome {
                Ok(Ok(response)) => Ok((response, self)),
                Ok(Err(error)) => Err(self.failed(error, reused)),
                Err(stopped) => Err(Failed { kind: FailedKind::Stopped(stopped), reused, answered: false }),
            }
        }
    }

    fn failed<S>(&self, mut error: TrySendError<Request<Detached>>, reused: bool) -> Failed<S> {
        let unsent = error.take_message().is_some();
        let error = error.into_error();
        let fate = if unsent { Fate::Unseen { leaves: true } } else { Fate::of(&error) };
        let kind = match fate {
            Fate::Unseen { leaves } => {
                self.session.refused(leaves);
                let body = self.upload.as_ref().map_or_else(|| Some(RequestBody::empty()), Hold::take_back);
                match body {
                    Some(body) => FailedKind::Refused(body, ExchangeError::Closed(error)),
                    None => FailedKind::Lost(ExchangeError::Closed(error)),
                }
            }
            Fate::Reset | Fate::Unknown => FailedKind::Lost(ExchangeError::new(error, &[], &self.session.settings)),
        };
        // A stream that the function has reset is its answer.
        Failed { kind, reused, answered: fate == Fate::Reset }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(task) = self.upload.as_ref().and_then(Hold::cut) {
            self.session.tasks.end(task);
        }
        self.session.leave();
    }
}

/// What became of a request that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// The function has not looked at it (RFC 9113 section 8.7).
    Unseen {
        leaves: bool,
    },
    /// The function did not want to go on with it.
    Reset,
    Unknown,
}

impl Fate {
    fn of(error: &hyper::Error) -> Self {
        match http2(error) {
            Some(error) if error.is_remote() && error.is_go_away() => Self::Unseen { leaves: true },
            Some(error) if error.is_remote() && error.reason() == Some(h2::Reason::REFUSED_STREAM) => {
                Self::Unseen { leaves: false }
            }
            Some(error) if error.is_reset() => Self::Reset,
            Some(_) | None => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests;
