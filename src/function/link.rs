//! One HTTP/1.1 connection to an instance, driven by the request that uses it.
//!
//! hyper's client connection is a future. Here it is not spawned as a task: the request that has the link polls it, so a
//! request runs in one task from end to end, dropping the request closes the connection at once, and a link that is idle in
//! the pool costs no wake-ups. Whatever only the connection can make ready (the response future, the body channel) is
//! polled with a no-op waker, since this very task has just polled its source.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use http::{Request, Response, Version};
use hyper::body::Incoming;
use hyper::client::conn::http1::{Builder, Connection, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::task::coop::has_budget_remaining;
use tokio::task::unconstrained;
use tokio::time::Instant;

use super::connect::{Stream, Wire};
use super::error::ExchangeError;
use super::failure::{Failed, FailedKind};
use super::instance::Endpoint;
use super::persistence::with_margin;
use super::presence::Presence;
use super::signal::Signal;
use crate::config::ConnectionSettings;
use crate::message::body::RequestBody;
use crate::message::lines::Lines;
use crate::net::socket::Unread;

/// What hyper may read at once, which is also the largest chunk of a body, unless heads may be larger. Without a bound it is
/// 400 KiB, and a client that takes nothing makes the gateway hold two or three of them for each request.
const BUFFER: usize = 64 * 1024;

/// How long an idle link is kept when the function does not say: shorter than the 5 s after which many servers close.
const DEFAULT_KEEP: Duration = Duration::from_secs(4);

/// An open connection to an instance.
#[derive(Debug)]
pub struct Link {
    sender: SendRequest<RequestBody>,
    /// `None` once it has ended with a request that it never took.
    connection: Option<Connection<TokioIo<Stream>, RequestBody>>,
    wire: Rc<Wire>,
    signal: Arc<Signal>,
    /// Of the signal.
    waker: Waker,
    presence: Presence,
    keep: Duration,
    used: bool,
    /// Since when it had been idle when it was taken.
    idle_before: Option<Instant>,
}

/// What is left of a link after the function switched protocols.
#[derive(Debug)]
pub struct Switched {
    pub stream: Stream,
    /// What the function sent behind its 101.
    pub received: bytes::Bytes,
}

impl Link {
    /// Starts HTTP/1.1 on a stream.
    ///
    /// # Errors
    /// When the connection is lost at once.
    pub async fn open(stream: Stream, endpoint: Rc<Endpoint>) -> Result<Box<Self>, ExchangeError> {
        let wire = stream.wire().clone();
        let settings = endpoint.settings;
        let mut builder = Builder::new();
        builder
            .preserve_header_case(true)
            .max_header_size(settings.max_response_header_bytes)
            .max_buf_size(settings.max_response_header_bytes.max(BUFFER));
        // hyper's own limit costs nothing; another one costs an allocation for each response.
        if settings.max_response_headers != ConnectionSettings::default().max_response_headers {
            builder.max_headers(settings.max_response_headers);
        }
        let (sender, connection) =
            builder.handshake(TokioIo::new(stream)).await.map_err(|error| ExchangeError::new(error, &[], &settings))?;
        let signal = Arc::new(Signal::default());
        Ok(Box::new(Self {
            sender,
            connection: Some(connection),
            wire,
            waker: Waker::from(signal.clone()),
            signal,
            presence: Presence::new(endpoint),
            keep: DEFAULT_KEEP,
            used: false,
            idle_before: None,
        }))
    }

    /// Sends a request, with `lines` in front of its own fields, and waits for the response head, or until `stop` says why not
    /// to wait longer. `stop` is asked in every poll.
    ///
    /// # Errors
    /// [`Failed`]; the link is gone then.
    pub fn exchange<S>(
        mut self: Box<Self>,
        request: Request<RequestBody>,
        lines: Lines,
        mut stop: impl FnMut() -> Option<S>,
    ) -> impl Future<Output = Result<(Response<Incoming>, Box<Self>), Failed<S>>> {
        let (reused, before) = (self.used, self.wire.received());
        self.wire.insert(lines);
        self.wire.set_in_exchange(true);
        self.used = true;
        // Out here, so that the future does not keep a place for the request beside that of hyper's future.
        let response = self.sender.try_send_request(request);
        async move {
            let mut response = std::pin::pin!(response);
            let outcome = poll_fn(|cx| {
                loop {
                    // An error of the connection reaches the response future as well.
                    let ended = self.drive(cx).is_ready();
                    // Only the connection makes it ready, which has just been polled. Without budget it is pending even so, and has to be asked again.
                    let waker = if has_budget_remaining() { Waker::noop() } else { cx.waker() };
                    if let Poll::Ready(outcome) = response.as_mut().poll(&mut Context::from_waker(waker)) {
                        return Poll::Ready(Ok(outcome));
                    }
                    if !ended || self.connection.take().is_none() {
                        return stop().map_or(Poll::Pending, |stopped| Poll::Ready(Err(stopped)));
                    }
                    // It ended in order before it took the request, which comes back now that the connection is dropped.
                }
            })
            .await;
            let answered = self.wire.received() > before;
            if reused && !answered && matches!(outcome, Ok(Err(_))) {
                self.note_closed();
            }
            let kind = match outcome {
                Ok(Ok(response)) => {
                    self.learn_keep(&response);
                    return Ok((response, self));
                }
                Ok(Err(mut error)) => match error.take_message() {
                    Some(request) => FailedKind::Unsent(Box::new(request)),
                    None => FailedKind::Lost(self.lost(error.into_error())),
                },
                Err(stopped) => FailedKind::Stopped(stopped),
            };
            Err(Failed { kind, reused, answered })
        }
    }

    /// The function has closed the connection that was idle.
    fn note_closed(&self) {
        let now = Instant::now();
        if let Some(since) = self.idle_before {
            self.presence.endpoint().persistence.was_closed(now.saturating_duration_since(since), now);
        }
    }

    /// An exchange without a response, with what is left unread of it.
    fn lost(self: Box<Self>, error: hyper::Error) -> ExchangeError {
        let settings = self.presence.endpoint().settings;
        let received = self.connection.map(|connection| connection.into_parts().read_buf).unwrap_or_default();
        ExchangeError::new(error, &received, &settings)
    }

    /// Lets the connection make progress with what is left of an exchange.
    pub fn drive(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(connection) = &mut self.connection else { return Poll::Ready(()) };
        self.signal.attach(cx.waker());
        self.wire.begin_poll();
        let ended = ready!(connection.poll_without_shutdown(&mut Context::from_waker(&self.waker)));
        if ended.is_ok() {
            self.wire.set_in_exchange(false);
        }
        Poll::Ready(())
    }

    /// Lets the connection do what it can at once. Pending means that nothing has come, never that the runtime's budget for the task is used up:
    /// a task that looks at hundreds of links would take all behind the first hundred for quiet.
    fn drive_now(&mut self) -> Poll<()> {
        let mut driving = unconstrained(poll_fn(|cx| self.drive(cx)));
        Pin::new(&mut driving).poll(&mut Context::from_waker(Waker::noop()))
    }

    /// Reads what the connection has made ready.
    pub fn read<T>(&self, read: impl FnOnce() -> T) -> T {
        self.signal.muted(read)
    }

    /// Whether the exchange is over on the wire and the link can take another.
    pub fn is_free(&mut self) -> bool {
        let is_free = self.sender.is_ready() || (self.drive_now().is_pending() && self.sender.is_ready());
        let is_free = is_free && !self.wire.has_write_failed();
        if is_free {
            self.wire.set_in_exchange(false);
        }
        is_free
    }

    /// Whether an idle link is still good: not closed, nothing received that nobody asked for.
    pub fn is_open(&mut self) -> bool {
        let is_quiet = self.wire.is_quiet() || self.drive_now().is_pending();
        is_quiet && self.sender.is_ready()
    }

    /// What has come by now, which the runtime may not have heard of yet.
    #[must_use]
    pub fn unread(&self) -> Unread {
        self.wire.unread()
    }

    /// How long the link has been idle.
    #[must_use]
    pub fn idle(&self, now: Instant) -> Duration {
        self.presence.idle_since().map_or(Duration::ZERO, |since| now.saturating_duration_since(since))
    }

    #[must_use]
    pub fn has_been_idle(&self, now: Instant, time: Duration) -> bool {
        self.presence.idle_since().is_some_and(|since| now >= since + time)
    }

    #[must_use]
    pub fn is_expired(&self, now: Instant) -> bool {
        let life = self.keep.min(self.presence.endpoint().persistence.life());
        self.presence.idle_since().map_or(life.is_zero(), |since| now >= since + life)
    }

    /// Marks the link as idle, or as in use again.
    pub fn set_idle(&mut self, since: Option<Instant>) {
        self.signal.detach();
        self.idle_before = self.presence.idle_since();
        self.presence.set_idle(since);
    }

    /// Has the link closed after this exchange.
    pub fn use_once(&mut self) {
        self.keep = Duration::ZERO;
    }

    /// Whether the link may be kept at all.
    #[must_use]
    pub fn keeps(&self) -> bool {
        !self.keep.is_zero()
    }

    /// Takes the stream back after a 101.
    pub fn into_switched(mut self: Box<Self>) -> Option<Switched> {
        // hyper gives the stream back once it knows that the exchange ended in an upgrade.
        if self.drive_now().is_pending() {
            return None;
        }
        let parts = self.connection?.into_parts();
        Some(Switched { stream: parts.io.into_inner(), received: parts.read_buf })
    }

    /// Leaves a margin to `Keep-Alive: timeout=N`. After an answer in
    /// HTTP/1.0 the link is not used again, whatever the function says: hyper would write the next request in HTTP/1.0 as
    /// well, and a chunked body, which does not exist there, not at all.
    fn learn_keep(&mut self, response: &Response<Incoming>) {
        if response.version() == Version::HTTP_10 {
            self.keep = Duration::ZERO;
        }
        let Some(value) = response.headers().get("keep-alive").filter(|_| self.keeps()) else { return };
        let seconds = value.to_str().ok().and_then(|value| {
            value.split(',').find_map(|option| option.trim().strip_prefix("timeout=")?.trim().parse::<u32>().ok())
        });
        if let Some(seconds) = seconds {
            self.keep = with_margin(Duration::from_secs(u64::from(seconds)));
        }
    }
}
