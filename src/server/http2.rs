//! HTTP/2 on a client connection: every request is a task of its own, with the deadlines that it has in HTTP/1.
//!
//! h2 speaks the protocol. What it leaves to us is here: how long a connection may do nothing, a frame or a window may keep us waiting, and
//! what a client may send for nothing.

mod request;
mod tunnel;

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use h2::ext::Protocol;
use h2::server::{Builder, Connection, Handshake, SendResponse};
use h2::{Reason, RecvStream};
use http::header::CONTENT_LENGTH;
use http::request::Parts;
use http::uri::{Authority, PathAndQuery};
use http::{HeaderMap, Method, Request, Version};
use smallvec::SmallVec;
use tokio::io::AsyncWriteExt;
use tokio::task::spawn_local;
use tokio::time::{Instant, timeout};
use uuid::Uuid;

use self::request::{ClientRequest, Content, Shared};
use super::frames::Frames;
use super::socket::Socket;
use super::stream::{ClientStream, Wire};
use super::turns::Ticket;
use crate::alarm::AlarmTimer;
use crate::config::Gateway as Limits;
use crate::config::Http2;
use crate::drain::Phase;
use crate::http1::{self, Framing, FramingError};
use crate::message::expectation::expects_continue;
use crate::message::head::{FieldList, RequestHead, Target, add_http2};
use crate::message::websocket::Opening;
use crate::proxy::begin::{Begun, serve as serve_request};
use crate::proxy::client::Client;
use crate::proxy::downstream::Downstream;
use crate::proxy::incoming::Incoming;
use crate::proxy::reply::send_reply;
use crate::proxy::served::Served;
use crate::proxy::{Gateway, new_id};
use crate::telemetry::floods::{Budget, Floods};

/// What h2 may hold of a response that the client has room for.
const SEND_BUFFER: usize = 32 * 1024;

/// How long a client may take to hear that the connection ends.
const GOODBYE: Duration = Duration::from_secs(1);

/// How a connection ended.
enum End {
    /// In order, or by an error that h2 has told the client.
    Closed,
    Lost(h2::Error),
    /// A deadline has passed.
    Overdue,
    /// The client has sent more of something than it may.
    Flooded(Budget),
    /// A bug outside of any request.
    Panicked,
}

/// A request that h2 has accepted.
type Accepted = (Request<RecvStream>, SendResponse<Bytes>);

/// Serves a client that speaks HTTP/2, and has sent `early` of it, until its connection is over.
pub async fn serve((socket, early): (Socket, Bytes), client: Rc<Client>, gateway: Rc<Gateway>, floods: &Floods) {
    let config = gateway.view().snapshot.config.clone();
    let limits = &config.gateway;
    let frames = Frames::new(client.alarm().clock().clone(), limits.http2, client.now());
    let wire = Wire::new(frames.clone(), client.now());
    let shared = Shared { wire: wire.clone(), turns: Rc::default(), patience: limits.client_body_idle };
    let requests = Rc::new(Requests {
        open: Cell::new(0),
        idle_since: Cell::new(client.now()),
        shared: Rc::new(shared),
        client: client.clone(),
        gateway,
    });
    let socket = Rc::new(RefCell::new(socket));
    let stream = ClientStream::new((socket.clone(), early), client.clone(), wire, limits.client_body_idle);
    let mut http = Http::Handshake { handshake: Box::new(builder(limits).handshake(stream)), is_ending: false };
    let end = drive(&mut http, limits, &requests).await;
    drop(http);
    let Some(mut socket) = Rc::into_inner(socket).map(RefCell::into_inner) else { return };
    match end {
        End::Closed | End::Overdue => socket.linger().await,
        End::Flooded(budget) => {
            floods.ended(budget, client.peer.text());
            if let Some(frame) = frames.farewell() {
                // A client that does not take it hears nothing.
                let _ = timeout(GOODBYE, socket.write_all(&frame)).await;
            }
            socket.linger().await;
        }
        End::Lost(error) => {
            tracing::debug!(%error, client = %client.peer.text(), "connection lost");
            // h2 has ended it, with a frame that says so, because its client was too much trouble.
            if error.is_library() && error.reason() == Some(Reason::ENHANCE_YOUR_CALM) {
                floods.ended(Budget::Streams, client.peer.text());
            }
            socket.linger().await;
        }
        End::Panicked => socket.reset(),
    }
}

fn builder(limits: &Limits) -> Builder {
    let http2 = &limits.http2;
    let mut builder = Builder::new();
    builder
        .max_concurrent_streams(http2.max_streams)
        .initial_window_size(http2.stream_window)
        .initial_connection_window_size(http2.connection_window)
        .max_pending_accept_reset_streams(http2.max_resets)
        .max_send_buffer_size(SEND_BUFFER)
        // A head that is over the limit is answered by the gateway, up to twice of it; beyond, h2 answers 431 itself.
        .max_header_list_size(u32::try_from(limits.max_header_bytes).unwrap_or(u32::MAX).saturating_mul(2))
        .enable_connect_protocol();
    builder
}

/// h2's part of a connection.
enum Http {
    Handshake { handshake: Box<Handshake<ClientStream, Bytes>>, is_ending: bool },
    Open(Box<Connection<ClientStream, Bytes>>),
}

impl Http {
    /// The next request. None at the end.
    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Accepted, h2::Error>>> {
        loop {
            match self {
                Self::Handshake { handshake, is_ending } => match ready!(Pin::new(&mut **handshake).poll(cx)) {
                    Ok(mut connection) => {
                        if *is_ending {
                            connection.graceful_shutdown();
                        }
                        *self = Self::Open(Box::new(connection));
                    }
                    Err(error) => return Poll::Ready(Some(Err(error))),
                },
                Self::Open(connection) => return connection.poll_accept(cx),
            }
        }
    }

    /// Takes no more requests, and ends when those that have begun are over.
    fn end(&mut self) {
        match self {
            Self::Handshake { is_ending, .. } => *is_ending = true,
            Self::Open(connection) => connection.graceful_shutdown(),
        }
    }
}

/// Lets h2 work until it is done or a deadline of the connection has passed. Deadlines of requests are their own.
async fn drive(http: &mut Http, limits: &Limits, requests: &Rc<Requests>) -> End {
    let mut timer = AlarmTimer::new();
    let (mut ending, mut flooded): (Option<Instant>, Option<Instant>) = (None, None);
    let Requests { client, shared, .. } = &**requests;
    let (alarm, frames) = (client.alarm(), &shared.wire.frames);
    let mut work = |cx: &mut Context<'_>| {
        shared.wire.delivery.attach(cx.waker());
        shared.turns.renew();
        loop {
            client.tick();
            if ending.is_none() && client.seat.poll_phase(cx) >= Phase::Draining {
                ending = Some(alarm.now());
                http.end();
            }
            while let Poll::Ready(next) = http.poll_accept(cx) {
                match next {
                    Some(Ok(request)) => requests.begin(request),
                    Some(Err(error)) => return Poll::Ready(End::Lost(error)),
                    None => return Poll::Ready(End::Closed),
                }
            }
            shared.wire.delivery.after_poll();
            if let Some(budget) = frames.spent().or_else(|| requests.too_many(&limits.http2)) {
                // The last frame has to wait for the end of the one that is being written.
                let since = *flooded.get_or_insert(alarm.now());
                if frames.farewell().is_some() || alarm.passed(since + GOODBYE) {
                    return Poll::Ready(End::Flooded(budget));
                }
            }
            if frames.unfinished_since().is_some_and(|since| alarm.passed(since + limits.header_read_timeout)) {
                return Poll::Ready(End::Overdue);
            }
            if requests.open.get() == 0 {
                let idle = requests.idle_since.get();
                match ending {
                    Some(ending) if alarm.passed(last_moment(idle, ending, limits.client_body_idle)) => {
                        return Poll::Ready(End::Overdue);
                    }
                    Some(_) => {}
                    None if alarm.passed(idle + limits.keepalive_timeout) => {
                        ending = Some(alarm.now());
                        http.end();
                        continue;
                    }
                    None => {}
                }
            }
            if timer.poll(alarm, cx).is_pending() {
                return Poll::Pending;
            }
        }
    };
    poll_fn(|cx| catch_unwind(AssertUnwindSafe(|| work(cx))).unwrap_or(Poll::Ready(End::Panicked))).await
}

/// Until when a client without a request has to have gone that was told to. It may still be owed the end of a response, which its
/// connection has not taken; if not, it only has to answer that it has heard.
fn last_moment(idle: Instant, ending: Instant, write_idle: Duration) -> Instant {
    (idle + write_idle).max(ending + GOODBYE.min(write_idle))
}

/// The requests of one connection.
#[derive(Debug)]
struct Requests {
    open: Cell<usize>,
    /// Since when there has been none.
    idle_since: Cell<Instant>,
    shared: Rc<Shared>,
    /// Of the connection.
    client: Rc<Client>,
    gateway: Rc<Gateway>,
}

impl Requests {
    /// Starts the task of a request.
    fn begin(self: &Rc<Self>, (request, respond): Accepted) {
        let (client, open) = (self.client.for_stream(), Open::new(self.clone()));
        let has_fragment = self.shared.wire.frames.take_fragment(respond.stream_id().as_u32());
        let (head, body) = request.into_parts();
        let request = Arrived { head, body, respond, has_fragment, id: new_id() };
        spawn_local(run(request, client, open));
    }

    /// Requests that are reset before it is their turn are there until then. h2 no longer counts them.
    fn too_many(&self, limits: &Http2) -> Option<Budget> {
        (self.open.get() > limits.max_streams as usize + limits.max_resets).then_some(Budget::Streams)
    }
}

/// One of them, until it is dropped.
#[derive(Debug)]
struct Open(Rc<Requests>);

impl Open {
    fn new(requests: Rc<Requests>) -> Self {
        requests.open.set(requests.open.get() + 1);
        Self(requests)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let left = self.0.open.get() - 1;
        self.0.open.set(left);
        if left == 0 {
            self.0.idle_since.set(Instant::now());
            // The connection minds the time.
            self.0.shared.wire.delivery.wake_driver();
        }
    }
}

/// Polls the work of a request in its turn, and again when the earliest of its deadlines has passed.
fn run(request: Arrived, client: Rc<Client>, open: Open) -> impl Future<Output = ()> {
    let (mut timer, mut ticket) = (AlarmTimer::new(), Ticket::default());
    // What the work needs is there from its first turn on: requests that queue may be many, and may be taken back.
    let (mut request, mut work) = (Some(request), None);
    let mut poll = move |cx: &mut Context<'_>| {
        ready!(open.0.shared.turns.poll_turn(&mut ticket, cx));
        if let Some(request) = request.take() {
            // The place first: what begins as a few words of a large future is then written into it, not copied with all the rest.
            let place = Box::new_uninit();
            work = Some(Box::into_pin(Box::write(place, attend(request, client.clone(), open.0.clone()))));
        }
        let Some(work) = &mut work else { return Poll::Ready(()) };
        loop {
            client.tick();
            client.seat.poll_phase(cx);
            if work.as_mut().poll(cx).is_ready() {
                return Poll::Ready(());
            }
            if timer.poll(client.alarm(), cx).is_pending() {
                return Poll::Pending;
            }
        }
    };
    poll_fn(move |cx| catch_unwind(AssertUnwindSafe(|| poll(cx))).unwrap_or(Poll::Ready(())))
}

/// A request whose task begins.
struct Arrived {
    head: Parts,
    body: RecvStream,
    respond: SendResponse<Bytes>,
    has_fragment: bool,
    id: Uuid,
}

/// A request that has not been answered yet: what is learnt when it never is.
struct Unanswered<'a> {
    requests: &'a Requests,
    client: &'a Client,
    is_answered: bool,
}

impl Drop for Unanswered<'_> {
    fn drop(&mut self) {
        if !self.is_answered {
            self.requests.gateway.note_taken_back(self.client.now());
            self.requests.shared.turns.learn(false);
        }
    }
}

/// Serves a request from its head to the last frame of its response, and reads what is left of its body. To drop this before is to reset the
/// stream.
async fn attend(request: Arrived, client: Rc<Client>, requests: Rc<Requests>) {
    let Arrived { head, body, respond, has_fragment, id } = request;
    let gateway = &*requests.gateway;
    let opening = Opening::of(&head.method, head.extensions.get::<Protocol>().map(Protocol::as_str), id.as_u128());
    let (framing, fault) = framing(&head.headers, body.is_end_stream(), opening.is_some());
    let fault = if has_fragment { Some(FRAGMENT) } else { fault };
    let content = match (&opening, framing) {
        (Some(_), _) => Content::Tunnel,
        (None, Framing::None) => Content::None,
        (None, _) => Content::Body,
    };
    let mut stream = ClientRequest::new((body, respond), content, client.clone(), requests.shared.clone());
    let mut unanswered = Unanswered { requests: &requests, client: &client, is_answered: false };
    // While clients take requests back, one that was taken back right behind its head is to be seen before its function is asked for
    // anything.
    if gateway.are_requests_taken_back(client.now()) {
        tokio::task::yield_now().await;
    }
    let frames = &requests.shared.wire.frames;
    if stream.is_reset() {
        frames.exchanged();
        return;
    }
    let is_head = head.method == Method::HEAD;
    let served = {
        let mut work = pin!(async {
            let mut begun = Begun::default();
            begin(gateway, &mut stream, &head, (framing, fault, opening), id, &mut begun);
            // Nothing of it is needed while the function works.
            drop(head);
            serve_request(&mut stream, &mut begun).await
        });
        // Nothing of the work is touched again after a panic, so it does not matter what state it is in.
        poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(cx))) {
            Ok(served) => served.map(Some),
            Err(_panic) => Poll::Ready(None),
        })
        .await
    };
    let served = match served {
        // The unwinding has given back what the request held.
        None if stream.has_begun() => Served::Broken,
        None => match send_reply(&mut stream, &Gateway::panicked(id), is_head).await {
            Ok(_) => Served::Whole,
            Err(_gone) => Served::ClientGone,
        },
        Some(served) => served,
    };
    unanswered.is_answered = stream.has_begun();
    frames.exchanged();
    match served {
        Served::Whole => stream.read_out().await,
        Served::Broken => stream.reset().await,
        Served::ClientGone => {}
        Served::Switched(tunnel) => {
            // Without a stream there is nobody left to talk to; the tunnel's record says so.
            if let Some(mut stream) = stream.into_tunnel() {
                tunnel.run(&mut stream, Bytes::new(), &client.seat).await;
            }
        }
    }
}

/// What is wrong with a target that h2 has cut off.
const FRAGMENT: &str = "the request target has a fragment (`#`), which is not for servers";

/// Decides what becomes of a request, and puts it into `begun`.
fn begin(
    gateway: &Gateway,
    stream: &mut ClientRequest,
    head: &Parts,
    (framing, fault, opening): (Framing, Option<&'static str>, Option<Opening>),
    id: Uuid,
    begun: &mut Begun,
) {
    let view = gateway.view();
    let mut fields = FieldList::new();
    add_http2(&mut fields, &head.headers, &view.rules.prefix);
    if opening.is_some() {
        fields.retain(|field| Opening::takes(field));
    }
    let path_and_query = match head.uri.path_and_query().map_or("", PathAndQuery::as_str) {
        query if query.starts_with('?') => Cow::Owned(format!("/{query}")),
        written => Cow::Borrowed(written),
    };
    let target = Target {
        scheme: head.uri.scheme_str(),
        authority: head.uri.authority().map(Authority::as_str),
        path_and_query: &path_and_query,
    };
    let method = if opening.is_some() { &Method::GET } else { &head.method };
    let head = RequestHead { method, target, version: Version::HTTP_2, fields: &fields };
    if framing.has_content() && expects_continue(&head) {
        stream.set_waiting();
    }
    let client = stream.client().clone();
    gateway.begin(&client, Incoming { head, framing, opening, fault }, id, begun);
}

/// How much of a body follows a head, and what is wrong with its length. `is_over` says that the head ends the stream.
fn framing(fields: &HeaderMap, is_over: bool, is_opening: bool) -> (Framing, Option<&'static str>) {
    if is_opening {
        let fault = fields.contains_key(CONTENT_LENGTH).then_some("a WebSocket has no length");
        return (Framing::None, fault);
    }
    let lengths = fields.get_all(CONTENT_LENGTH).iter();
    let lengths: SmallVec<[httparse::Header<'_>; 1]> =
        lengths.map(|length| httparse::Header { name: "content-length", value: length.as_bytes() }).collect();
    let (framing, fault) = match Framing::of_request(http1::Version::Http11, &lengths) {
        Ok(read) => (read.framing, None),
        Err(FramingError::DifferingLengths) => (Framing::None, Some("Content-Length fields that differ")),
        Err(_invalid) => (Framing::None, Some("invalid Content-Length")),
    };
    match framing {
        _ if is_over => (Framing::None, fault),
        Framing::Length(length) => (Framing::Length(length), fault),
        _ => (Framing::Chunked, fault),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_been_idle_for_long_is_not_waited_for() {
        let start = Instant::now();
        for (ending, write_idle, wanted) in [(0, 30, 30), (10, 30, 30), (100, 30, 101), (100, 200, 200)] {
            let second = |seconds| start + Duration::from_secs(seconds);
            let moment = last_moment(start, second(ending), Duration::from_secs(write_idle));
            assert_eq!(moment, second(wanted), "{ending} {write_idle}");
        }
        let short = Duration::from_millis(100);
        assert_eq!(last_moment(start, start + short, short), start + 2 * short);
    }

    #[test]
    fn a_body_ends_with_its_length_or_its_stream() {
        for (lengths, is_over, framing_, has_fault) in [
            (&[][..], true, Framing::None, false),
            (&[], false, Framing::Chunked, false),
            (&["3"], false, Framing::Length(3), false),
            (&["0"], true, Framing::None, false),
            (&["3", "3"], false, Framing::Length(3), false),
            (&["3", "03"], false, Framing::Chunked, true),
            (&[""], false, Framing::Chunked, true),
        ] {
            let mut fields = HeaderMap::new();
            for length in lengths {
                fields.append(CONTENT_LENGTH, http::HeaderValue::from_static(length));
            }
            let (found, fault) = framing(&fields, is_over, false);
            assert_eq!((found, fault.is_some()), (framing_, has_fault), "{lengths:?}");
        }
    }
}
