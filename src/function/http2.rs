//! One connection in HTTP/2 to an instance, and the streams that requests have on it.
//!
//! Many requests share the connection, and none may wait for another to be polled, so a task of the worker drives it. The task ends with the
//! connection, which lives as long as the pool keeps it or a request has a stream on it. All that belongs to one request happens in the
//! task of that request, as over HTTP/1.1.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use bytes::{Buf, Bytes};
use h2::client::{Builder, Connection, ResponseFuture, SendRequest};
use h2::{Ping, PingPong, Reason, RecvStream, SendStream};
use http::header::CONTENT_LENGTH;
use http::response::Parts;
use http::uri::{Authority, Scheme};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, Version};
use smallvec::SmallVec;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::error::{ConnectError, ExchangeError, Truncated};
use super::exchange::{Outgoing, Part};
use super::instance::Endpoint;
use super::presence::Presence;
use super::stream::Stream;
use crate::alarm::{Alarm, AlarmTimer};
use crate::clock::Clock;
use crate::config::ConnectionSettings;
use crate::header::ReservedPrefix;
use crate::http1::{self, Framing};
use crate::message::head::{FieldList, ResponseHead, add_http2};
use crate::message::http2;
use crate::message::response::{Malformed, check_http2};

/// Requests on one connection, however many the function would take.
const STREAMS: usize = 100;
/// What a function may send of one body before the client takes it. Enough for 200 Mbit/s over 10 ms; and what a slow client
/// costs in memory.
const STREAM_WINDOW: u32 = 256 << 10;
/// Room for all of them: clients that do not read must not hold up those on the same connection that do.
const CONNECTION_WINDOW: u32 = STREAM_WINDOW * 100;
/// What h2 may hold of one body while the function's socket takes nothing.
const SEND_BUFFER: usize = 64 << 10;
/// The most bytes of a body in one frame: what every peer takes (RFC 9113 section 6.5.2).
const PIECE: usize = 16 << 10;
/// How long a connection without a request is kept.
const KEEP: Duration = Duration::from_secs(60);
/// How long the answer to a PING may take.
const PING_TIMEOUT: Duration = Duration::from_secs(20);
/// Heads that are read in one poll: interim responses without end must not keep a deadline waiting.
const HEADS: usize = 32;

/// An open connection to an instance.
#[derive(Debug)]
pub struct Http2Connection {
    sender: RefCell<SendRequest<Bytes>>,
    gauge: RefCell<Presence>,
    shared: Rc<Shared>,
    /// Lower than what the function promised, if it has refused requests nevertheless.
    limit: Cell<usize>,
    is_used: Cell<bool>,
    /// Whether it takes no more requests, for a reason that h2 does not know.
    is_retired: Cell<bool>,
    scheme: Scheme,
    /// For requests without a host.
    authority: Authority,
    settings: ConnectionSettings,
    /// The task that drives it, aborted on drop.
    _driver: JoinSet<()>,
}

/// What a connection shares with the task that drives it.
#[derive(Debug, Default)]
struct Shared {
    /// The streams that requests have.
    streams: Cell<usize>,
    /// Bytes that have come from the function.
    received: Cell<u64>,
    is_over: Cell<bool>,
    /// Told of the first bytes, and of the end.
    changed: Notify,
}

impl Http2Connection {
    /// Starts HTTP/2 and waits for the function's own beginning, which says how many requests it takes at once.
    ///
    /// # Errors
    /// When the function does not begin as HTTP/2 does.
    pub async fn open(stream: Stream, endpoint: Rc<Endpoint>) -> Result<Rc<Self>, ConnectError> {
        let settings = endpoint.settings;
        let shared = Rc::new(Shared::default());
        let stream = Observed { stream, shared: shared.clone() };
        let handshake = builder(&settings).handshake(stream).await;
        let (sender, mut connection) = handshake.map_err(|_lost| ConnectError::NotHttp2)?;
        let pings = settings.ping_interval.and_then(|interval| Some(Pings::new(connection.ping_pong()?, interval)));
        let mut driver = JoinSet::new();
        driver.spawn_local(drive(connection, pings, shared.clone()));
        shared.begun().await?;
        Ok(Rc::new(Self {
            sender: RefCell::new(sender),
            shared,
            limit: Cell::new(STREAMS),
            is_used: Cell::new(false),
            is_retired: Cell::new(false),
            scheme: if endpoint.instance.is_h2c() { Scheme::HTTP } else { Scheme::HTTPS },
            authority: authority(&endpoint),
            settings,
            gauge: RefCell::new(Presence::new(endpoint)),
            _driver: driver,
        }))
    }

    /// A stream, if there is room for another request.
    #[must_use]
    pub fn stream(self: &Rc<Self>) -> Option<Box<Http2Stream>> {
        let streams = self.shared.streams.get();
        if self.is_retired() || streams >= self.limit() {
            return None;
        }
        self.shared.streams.set(streams + 1);
        self.gauge.borrow_mut().set_idle(None);
        Some(Box::new(Http2Stream {
            connection: self.clone(),
            exchange: Exchange::default(),
            sender: None,
            taken: Taken::Nothing,
            response: None,
            body: None,
            data: Bytes::new(),
            trailers: None,
        }))
    }

    /// How many requests it takes at once.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.sender.borrow().current_max_send_streams().min(self.limit.get())
    }

    /// Whether it takes no more requests: it is over, or the function has said that it will be.
    #[must_use]
    pub fn is_retired(&self) -> bool {
        // Nothing is registered: the result is there at once.
        let cx = &mut Context::from_waker(Waker::noop());
        let mut is_closed = || matches!(self.sender.borrow_mut().poll_ready(cx), Poll::Ready(Err(_)));
        self.is_retired.get() || self.shared.is_over.get() || is_closed()
    }

    /// Whether it has been without a request for too long.
    #[must_use]
    pub fn is_expired(&self, now: Instant) -> bool {
        self.gauge.borrow().idle_since().is_some_and(|since| now >= since + KEEP.min(self.settings.keepalive))
    }

    fn leave(&self) {
        let left = self.shared.streams.get() - 1;
        self.shared.streams.set(left);
        if left > 0 {
            return;
        }
        let mut gauge = self.gauge.borrow_mut();
        if gauge.endpoint().allowance.is_used_up() || self.settings.keepalive.is_zero() {
            self.is_retired.set(true);
        } else {
            gauge.set_idle(Some(Instant::now()));
        }
    }

    /// The function has turned a request away. It gets fewer at once from now on, or none if it is leaving.
    fn note_refusal(&self, refusal: Refusal) {
        match refusal {
            Refusal::Leaving => self.is_retired.set(true),
            Refusal::Stream => self.limit.set(self.limit.get().min(self.shared.streams.get() - 1).max(1)),
        }
    }
}

impl Shared {
    /// Waits for the first bytes, which are the function's settings, or the end.
    async fn begun(&self) -> Result<(), ConnectError> {
        while self.received.get() == 0 && !self.is_over.get() {
            self.changed.notified().await;
        }
        // If that was something else, the connection ends with it.
        for _ in 0..2 {
            tokio::task::yield_now().await;
        }
        if self.is_over.get() { Err(ConnectError::NotHttp2) } else { Ok(()) }
    }
}

fn builder(settings: &ConnectionSettings) -> Builder {
    let mut builder = Builder::new();
    builder
        .enable_push(false)
        .initial_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buffer_size(SEND_BUFFER)
        // h2 does not say which heads it refuses for their size. Those that are not far over the limit are judged later.
        .max_header_list_size(u32::try_from(settings.max_response_header_bytes).unwrap_or(u32::MAX).saturating_mul(2));
    builder
}

fn authority(endpoint: &Endpoint) -> Authority {
    let address = endpoint.instance.label().split_once("://").map_or("", |(_, rest)| rest);
    address.parse().unwrap_or_else(|_| Authority::from_static("localhost"))
}

/// Drives a connection to its end.
async fn drive(mut connection: Connection<Observed, Bytes>, mut pings: Option<Pings>, shared: Rc<Shared>) {
    let ended = poll_fn(|cx| {
        if let Poll::Ready(ended) = Pin::new(&mut connection).poll(cx) {
            return Poll::Ready(ended.map_err(io::Error::other));
        }
        match &mut pings {
            Some(pings) => pings.poll(&shared, cx).map(|()| Err(io::ErrorKind::TimedOut.into())),
            None => Poll::Pending,
        }
    });
    if let Err(error) = ended.await {
        tracing::debug!(%error, "a connection in HTTP/2 ended");
    }
    shared.is_over.set(true);
    shared.changed.notify_one();
}

/// The PINGs on a connection: while requests wait on it and nothing comes, they ask whether the function is still there.
#[derive(Debug)]
struct Pings {
    ping_pong: PingPong,
    interval: Duration,
    alarm: Alarm,
    timer: AlarmTimer,
    /// Bytes that had come by the last poll, and whether there was a request then.
    received: u64,
    is_busy: bool,
    /// When bytes came last, or the first request.
    heard: Instant,
    /// When the PING was sent that has not been answered.
    asked: Option<Instant>,
}

impl Pings {
    fn new(ping_pong: PingPong, interval: Duration) -> Self {
        let alarm = Alarm::new(Clock::new());
        let heard = alarm.now();
        Self { ping_pong, interval, alarm, timer: AlarmTimer::new(), received: 0, is_busy: false, heard, asked: None }
    }

    /// Ready when an answer is overdue. To be called behind every poll of the connection.
    fn poll(&mut self, shared: &Shared, cx: &mut Context<'_>) -> Poll<()> {
        let (received, is_busy) = (shared.received.get(), shared.streams.get() > 0);
        let has_news = received != self.received || (is_busy && !self.is_busy);
        (self.received, self.is_busy) = (received, is_busy);
        self.alarm.clock().tick();
        if has_news {
            self.heard = self.alarm.now();
        }
        loop {
            if self.asked.is_some() && self.ping_pong.poll_pong(cx).is_ready() {
                self.asked = None;
            }
            match self.asked {
                Some(asked) if self.alarm.passed(asked + PING_TIMEOUT) => return Poll::Ready(()),
                None if is_busy && self.alarm.passed(self.heard + self.interval) => {
                    // One that cannot be sent is not answered either.
                    drop(self.ping_pong.send_ping(Ping::opaque()));
                    self.asked = Some(self.alarm.now());
                    continue;
                }
                Some(_) | None => {}
            }
            if self.timer.poll(&self.alarm, cx).is_pending() {
                return Poll::Pending;
            }
            self.alarm.clock().tick();
        }
    }
}

/// A stream for one request. Dropping it resets what is left of the exchange.
#[derive(Debug)]
pub struct Http2Stream {
    connection: Rc<Http2Connection>,
    exchange: Exchange,
    /// None where nothing more of the request's body is sent: it is over, or the function does not take it.
    sender: Option<SendStream<Bytes>>,
    taken: Taken,
    /// Until the final head is there.
    response: Option<ResponseFuture>,
    body: Option<RecvStream>,
    /// What has come of the body and is not consumed.
    data: Bytes,
    trailers: Option<HeaderMap>,
}

/// What was taken of the body of a request.
#[derive(Debug, Default)]
enum Taken {
    #[default]
    Nothing,
    /// One piece, kept until the function answers: it may say that it did not look at the request.
    First(Bytes),
    /// More than is kept.
    More,
}

/// What is known of the exchange.
#[derive(Clone, Copy, Debug, Default)]
struct Exchange {
    /// Of a request with HEAD.
    is_head: bool,
    /// Whether the connection had served a request before.
    is_reused: bool,
    /// How much of it is to come, where that was announced.
    left: Option<u64>,
    /// Whether the function has said anything.
    is_answered: bool,
}

impl Drop for Http2Stream {
    fn drop(&mut self) {
        // h2 resets the stream with its last handle.
        self.connection.leave();
    }
}

impl Http2Stream {
    /// Whether the connection had served a request before the present one.
    #[must_use]
    pub fn is_reused(&self) -> bool {
        self.exchange.is_reused
    }

    /// Whether the function has answered, be it by a reset.
    #[must_use]
    pub fn is_answered(&self) -> bool {
        self.exchange.is_answered
    }

    /// Begins the exchange.
    ///
    /// # Errors
    /// [`ExchangeError::Unsendable`], or [`ExchangeError::Unseen`] when the connection takes no request any more.
    pub fn begin(&mut self, request: Outgoing<'_>) -> Result<(), ExchangeError> {
        let connection = &*self.connection;
        let head = http2::request(request.head, connection.scheme.clone(), &connection.authority)
            .ok_or(ExchangeError::Unsendable)?;
        let left = match request.framing {
            Framing::None => Some(0),
            Framing::Length(length) if !request.may_have_trailers => Some(length),
            Framing::Length(_) | Framing::Chunked | Framing::UntilClose => None,
        };
        let is_reused = connection.is_used.replace(true);
        self.exchange = Exchange { is_head: request.is_head, is_reused, left, ..Exchange::default() };
        self.taken = Taken::Nothing;
        // A handle of its own: one that several requests share would take no other while h2 still counts a stream that is gone.
        let mut sender = connection.sender.borrow().clone();
        let is_whole = left == Some(0);
        match sender.send_request(head, is_whole) {
            Ok((response, body)) => {
                self.response = Some(response);
                self.sender = (!is_whole).then_some(body);
                Ok(())
            }
            Err(error) => {
                connection.note_refusal(Refusal::Leaving);
                Err(ExchangeError::Unseen(into_io(error)))
            }
        }
    }

    /// Sends content. Returns how many bytes of it were taken.
    ///
    /// The first piece goes along with the head, whether the function has room for it or not; what follows waits for room. Where the
    /// function takes no more, everything counts as sent: it may have answered, and the answer is read all the same.
    ///
    /// # Errors
    /// None: [`Self::poll_head`] says what is wrong. It is ready when a function has refused a stream of whose body no more than one piece
    /// was taken, and this is pending.
    pub fn poll_send(&mut self, cx: &mut Context<'_>, data: &[u8]) -> Poll<Result<usize, ExchangeError>> {
        let Some(sender) = &mut self.sender else { return self.pass_over(data) };
        if data.is_empty() {
            return Poll::Ready(Ok(0));
        }
        let left = self.exchange.left.map_or(usize::MAX, |left| usize::try_from(left).unwrap_or(usize::MAX));
        let mut count = data.len().min(left).min(PIECE);
        if !matches!(self.taken, Taken::Nothing) {
            if sender.capacity() == 0 {
                sender.reserve_capacity(count);
            }
            while sender.capacity() == 0 {
                if !matches!(ready!(sender.poll_capacity(cx)), Some(Ok(_))) {
                    return self.pass_over(data);
                }
            }
            count = count.min(sender.capacity());
        }
        let (piece, is_last) = (Bytes::copy_from_slice(&data[..count]), count == left);
        if sender.send_data(piece.clone(), is_last).is_err() {
            return self.pass_over(data);
        }
        self.taken = if let Taken::Nothing = self.taken { Taken::First(piece) } else { Taken::More };
        self.exchange.left = self.exchange.left.map(|left| left - count as u64);
        if is_last {
            self.sender = None;
        }
        Poll::Ready(Ok(count))
    }

    /// The function takes no more of the body. If it may not have looked at the request, nothing more is lost of that.
    fn pass_over(&mut self, data: &[u8]) -> Poll<Result<usize, ExchangeError>> {
        if self.response.is_some() && !matches!(self.taken, Taken::More) {
            return Poll::Pending;
        }
        (self.sender, self.taken) = (None, Taken::More);
        Poll::Ready(Ok(data.len()))
    }

    /// What was taken of the body, if the whole of that is still there.
    pub fn reclaim(&mut self) -> Bytes {
        match std::mem::take(&mut self.taken) {
            Taken::First(piece) => piece,
            Taken::Nothing | Taken::More => Bytes::new(),
        }
    }

    /// Ends the body. The trailers have been filtered. A body with less than its length is cut off instead, when the stream is dropped.
    pub fn finish<'t>(&mut self, trailers: impl IntoIterator<Item = (&'t [u8], &'t [u8])>) {
        if self.exchange.left.is_some() {
            return;
        }
        let Some(mut sender) = self.sender.take() else { return };
        let mut fields = HeaderMap::new();
        for (name, value) in trailers {
            if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value)) {
                fields.append(name, value);
            }
        }
        let ended = if fields.is_empty() { sender.send_data(Bytes::new(), true) } else { sender.send_trailers(fields) };
        if let Err(error) = ended {
            tracing::debug!(%error, "the function takes no more of the request");
        }
    }

    /// Shows heads of the response to `take`, until that returns something. For any but those of interim responses it has to.
    ///
    /// The framing says what there is to read: a head without a length that ends the stream has [`Framing::Length`] of zero, and any other
    /// [`Framing::Chunked`], since the end of such a body is seen.
    ///
    /// # Errors
    /// Why there is no response.
    pub fn poll_head<R>(
        &mut self,
        cx: &mut Context<'_>,
        prefix: &ReservedPrefix,
        mut take: impl FnMut(&ResponseHead<'_>, Framing) -> Option<R>,
    ) -> Poll<Result<R, ExchangeError>> {
        for _ in 0..HEADS {
            let head = ready!(self.poll_next_head(cx)).map_err(|error| self.failure(error))?;
            self.exchange.is_answered = true;
            if let Taken::First(_) = self.taken {
                self.taken = Taken::More;
            }
            let is_over = head.body().as_ref().is_some_and(RecvStream::is_end_stream);
            let (head, body) = head.into_parts();
            let taken = self.show(&head, is_over, prefix, &mut take).map_err(ExchangeError::Malformed)?;
            if body.is_some() {
                (self.body, self.response) = (body, None);
            }
            if let Some(taken) = taken {
                return Poll::Ready(Ok(taken));
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// The next head. Only the final one has a body.
    fn poll_next_head(&mut self, cx: &mut Context<'_>) -> Poll<Result<Response<Option<RecvStream>>, h2::Error>> {
        let Some(response) = &mut self.response else {
            return Poll::Ready(Err(Reason::INTERNAL_ERROR.into()));
        };
        match ready!(response.poll_informational(cx)) {
            Some(interim) => Poll::Ready(interim.map(|head| head.map(|()| None))),
            None => Pin::new(response).poll(cx).map_ok(|head| head.map(Some)),
        }
    }

    fn show<R>(
        &self,
        head: &Parts,
        is_over: bool,
        prefix: &ReservedPrefix,
        take: &mut impl FnMut(&ResponseHead<'_>, Framing) -> Option<R>,
    ) -> Result<Option<R>, Malformed> {
        // HTTP/2 has no such response (RFC 9113 section 8.6).
        if head.status == StatusCode::SWITCHING_PROTOCOLS {
            return Err(Malformed::Unasked);
        }
        check_http2(&head.headers, &self.connection.settings)?;
        let framing = framing(head, is_over, self.exchange.is_head)?;
        let mut fields = FieldList::new();
        add_http2(&mut fields, &head.headers, prefix);
        // The words have no place in HTTP/2.
        let (status, reason) = (head.status.as_u16(), head.status.canonical_reason().unwrap_or_default().as_bytes());
        Ok(take(&ResponseHead { status, reason, version: Version::HTTP_2, fields: &fields }, framing))
    }

    /// What has come of the body of the response.
    ///
    /// # Errors
    /// When it broke off. That is also what a reset is that says `NO_ERROR`, unless the stream was at its end.
    pub fn poll_data(&mut self, cx: &mut Context<'_>) -> Poll<Result<Part<'_>, Truncated>> {
        let broken = |error| {
            tracing::debug!(%error, "the response broke off");
            Truncated
        };
        while self.data.is_empty() {
            let Some(body) = &mut self.body else { return Poll::Ready(Err(Truncated)) };
            match ready!(body.poll_data(cx)).transpose().map_err(broken)? {
                Some(data) => self.data = data,
                None => {
                    if let Some(trailers) = ready!(body.poll_trailers(cx)).map_err(broken)? {
                        self.trailers = Some(trailers);
                    }
                    return Poll::Ready(Ok(Part::End));
                }
            }
        }
        Poll::Ready(Ok(Part::Data(&self.data)))
    }

    /// So much of the last data is used up: the function may send as much again.
    pub fn consume(&mut self, count: usize) {
        self.data.advance(count);
        if let Some(body) = &mut self.body
            && let Err(error) = body.flow_control().release_capacity(count)
        {
            tracing::debug!(%error, "more was consumed than the function has sent");
        }
    }

    /// Shows the trailers behind a body that is over, with their names and values, to `each`.
    ///
    /// # Errors
    /// When the section is malformed.
    pub fn trailers(&self, mut each: impl FnMut(&str, &[u8])) -> Result<(), Truncated> {
        let Some(trailers) = &self.trailers else { return Ok(()) };
        check_http2(trailers, &self.connection.settings).map_err(|error| {
            tracing::debug!(%error, "the trailers are malformed");
            Truncated
        })?;
        trailers.iter().for_each(|(name, value)| each(name.as_str(), value.as_bytes()));
        Ok(())
    }

    /// Why there is no response, and what the connection is to learn from it.
    fn failure(&mut self, error: h2::Error) -> ExchangeError {
        let Some(refusal) = Refusal::of(&error) else {
            // A stream that the function has reset is its answer.
            self.exchange.is_answered |= error.is_reset();
            return ExchangeError::of_http2(error, &self.connection.settings);
        };
        self.connection.note_refusal(refusal);
        match self.taken {
            Taken::Nothing | Taken::First(_) => ExchangeError::Unseen(into_io(error)),
            Taken::More => ExchangeError::Closed(into_io(error)),
        }
    }
}

/// How much of a body follows a head. `is_over` says that the head ends the stream.
fn framing(head: &Parts, is_over: bool, is_head: bool) -> Result<Framing, Malformed> {
    let lengths = head.headers.get_all(CONTENT_LENGTH).iter();
    let lengths: SmallVec<[httparse::Header<'_>; 1]> =
        lengths.map(|length| httparse::Header { name: "content-length", value: length.as_bytes() }).collect();
    Ok(match Framing::of_response(head.status.as_u16(), http1::Version::Http11, is_head, &lengths)? {
        Framing::UntilClose if is_over => Framing::Length(0),
        Framing::UntilClose => Framing::Chunked,
        framing => framing,
    })
}

/// How a function has said that it did not look at a request (RFC 9113 section 8.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    /// It closes the connection.
    Leaving,
    /// There are too many streams.
    Stream,
}

impl Refusal {
    fn of(error: &h2::Error) -> Option<Self> {
        if !error.is_remote() {
            None
        } else if error.is_go_away() {
            Some(Self::Leaving)
        } else {
            (error.reason() == Some(Reason::REFUSED_STREAM)).then_some(Self::Stream)
        }
    }
}

/// The stream under h2, which notes what comes.
#[derive(Debug)]
struct Observed {
    stream: Stream,
    shared: Rc<Shared>,
}

impl AsyncRead for Observed {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        let count = buffer.filled().len() - before;
        if count > 0 {
            let received = self.shared.received.replace(self.shared.received.get() + count as u64);
            if received == 0 {
                self.shared.changed.notify_one();
            }
        }
        read
    }
}

impl AsyncWrite for Observed {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

fn into_io(error: h2::Error) -> io::Error {
    if error.is_io() { error.into_io().unwrap_or_else(|| io::ErrorKind::Other.into()) } else { io::Error::other(error) }
}

#[cfg(test)]
mod tests;
