//! HTTP/2 on a client connection: every request is a task of its own, with the deadlines that it has in HTTP/1.
//!
//! hyper and h2 speak the protocol. What they leave to us is here: how long a connection may do nothing, a frame or a window may
//! keep us waiting, and what a client may send for nothing.

use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http2::{Builder, Connection};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::AsyncWriteExt;
use tokio::task::spawn_local;
use tokio::time::{Instant, timeout};

use super::frames::{Counted, Frames};
use super::scanner::Fault;
use super::serving::Serving;
use super::socket::Socket;
use super::stream::ClientStream;
use super::turns::{Ticket, Turns};
use super::watch::Watch;
use crate::alarm::AlarmTimer;
use crate::config::Gateway as Limits;
use crate::config::Http2;
use crate::drain::Phase;
use crate::function::error::http2;
use crate::proxy::Gateway;
use crate::proxy::client::Client;
use crate::proxy::exchange::GatewayResponse;
use crate::telemetry::floods::{Budget, Floods};

/// What h2 may hold of a response beyond the client's window.
const SEND_BUFFER: usize = 32 * 1024;

/// How many times as long as alone a frame may wait while others get through.
const AMONG_OTHERS: u32 = 10;

/// How long a client may take to hear that the connection ends.
const GOODBYE: Duration = Duration::from_secs(1);

type Http = Connection<TokioIo<ClientStream<Watch>>, Requests, Spawner>;

/// How a connection ended.
enum End {
    /// In order, or by an error that h2 has told the client.
    Closed,
    Lost(hyper::Error),
    /// A deadline has passed.
    Overdue,
    /// The client has sent more of something than it may.
    Flooded(Budget),
    /// A bug outside of any request.
    Panicked,
}

/// The requests of one connection.
struct Requests {
    gateway: Rc<Gateway>,
    streams: Rc<Streams>,
}

/// Those at work on a connection.
#[derive(Debug)]
struct Streams {
    open: Cell<usize>,
    /// Since when there has been none.
    idle_since: Cell<Instant>,
    /// The request that hyper is about to spawn.
    next: RefCell<Option<Rc<Client>>>,
    frames: Rc<Frames>,
    turns: Rc<Turns>,
    connection: Rc<Client>,
    /// How long a client may leave a response waiting for its window.
    write_idle: Duration,
}

/// One of them, until it is dropped.
#[derive(Debug)]
struct Open(Rc<Streams>);

/// Spawns what hyper asks for as tasks of this worker.
#[derive(Clone, Debug)]
struct Spawner(Rc<Streams>);

impl hyper::service::Service<Request<Incoming>> for Requests {
    type Response = GatewayResponse;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<GatewayResponse, Infallible>>>>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        let client = self.streams.connection.for_stream();
        self.streams.next.replace(Some(client.clone()));
        let switch = request.extensions_mut().remove::<OnUpgrade>();
        let streams = self.streams.clone();
        let fault = streams.connection.take_mark().then(|| Fault::Fragment.detail());
        let serving = Serving::begin(&self.gateway, &client, request, fault).among(streams.turns.clone());
        Box::pin(async move {
            let response = serving.await;
            if let Some((tunnel, switch)) = client.take_tunnel().zip(switch) {
                let (frames, open) = (streams.frames.clone(), Open::new(streams));
                spawn_local(async move {
                    let _open = open;
                    // Without a stream there is nobody left to talk to; the tunnel's record says so.
                    if let Ok(stream) = switch.await {
                        let mut stream = Counted { stream: TokioIo::new(stream), frames };
                        tunnel.run(&mut stream, Bytes::new(), client.seat()).await;
                    }
                });
            }
            response
        })
    }
}

impl<F: Future<Output = ()> + 'static> hyper::rt::Executor<F> for Spawner {
    fn execute(&self, work: F) {
        match self.0.next.take() {
            Some(client) => drop(spawn_local(attend(work, client, Open::new(self.0.clone())))),
            // The sending half of a tunnel, which has its deadlines there.
            None => drop(spawn_local(work)),
        }
    }
}

/// Runs a request from its head to the last frame of its response, and reads what is left of its body. To drop the work before is to reset the stream.
fn attend<F: Future<Output = ()>>(work: F, client: Rc<Client>, open: Open) -> impl Future<Output = ()> {
    // None once it is done: what it holds of the request's body is left behind only then. Boxed, since the runtime moves tasks three times.
    let mut work = Some(Box::pin(work));
    let (mut timer, mut ticket) = (AlarmTimer::new(), Ticket::default());
    let mut poll = move |cx: &mut Context<'_>| {
        let alarm = client.alarm();
        ready!(open.0.turns.poll_turn(&mut ticket, cx));
        loop {
            alarm.clock().tick();
            let phase = client.seat().poll_phase(cx);
            if work.as_mut().is_some_and(|work| work.as_mut().poll(cx).is_ready()) {
                work = None;
                open.0.frames.exchanged();
            }
            open.0.frames.answered(client.take_passed());
            open.0.frames.consumed(client.leftover().take_read());
            let is_over = if work.is_some() {
                open.0.is_stalled(&client) || (phase == Phase::Expired && client.stalled_since().is_some())
            } else {
                phase >= Phase::Draining || open.0.poll_read_out(&client, cx).is_ready()
            };
            if is_over {
                return Poll::Ready(());
            }
            if timer.poll(alarm, cx).is_pending() {
                return Poll::Pending;
            }
        }
    };
    poll_fn(move |cx| catch_unwind(AssertUnwindSafe(|| poll(cx))).unwrap_or(Poll::Ready(())))
}

/// Serves a client that speaks HTTP/2, and has sent `early` of it, until its connection is over.
pub async fn serve((socket, early): (Socket, Bytes), client: Rc<Client>, gateway: Rc<Gateway>, floods: &Floods) {
    let config = gateway.view().snapshot.config.clone();
    let limits = &config.gateway;
    let frames = Frames::new(client.alarm().clock().clone(), limits.http2, client.since());
    let streams = Rc::new(Streams {
        open: Cell::new(0),
        idle_since: Cell::new(client.now()),
        next: RefCell::default(),
        frames: frames.clone(),
        turns: Rc::default(),
        connection: client.clone(),
        write_idle: limits.client_body_idle,
    });
    let socket = Rc::new(RefCell::new(socket));
    let stream = ClientStream::new(socket.clone(), client.clone(), Watch::new(frames.clone()), limits.client_body_idle);
    let requests = Requests { gateway, streams: streams.clone() };
    let io = TokioIo::new(stream.with_early(early));
    let mut http = builder(limits, Spawner(streams.clone())).serve_connection(io, requests);
    let end = drive(&mut http, &client, limits, &streams).await;
    drop(http);
    let Some(mut socket) = Rc::into_inner(socket).map(RefCell::into_inner) else { return };
    match end {
        End::Closed | End::Overdue => socket.linger().await,
        End::Flooded(budget) => {
            floods.ended(budget, client.peer().text());
            if let Some(frame) = frames.farewell() {
                // A client that does not take it hears nothing.
                let _ = timeout(GOODBYE, socket.write_all(&frame)).await;
            }
            socket.linger().await;
        }
        End::Lost(error) => {
            tracing::debug!(%error, client = %client.peer().text(), "connection lost");
            if is_enhance_your_calm(&error) {
                floods.ended(Budget::Streams, client.peer().text());
            }
            socket.linger().await;
        }
        End::Panicked => socket.reset(),
    }
}

/// Whether h2 has ended the connection, with a frame that says so, because its client was too much trouble.
fn is_enhance_your_calm(error: &hyper::Error) -> bool {
    http2(error).is_some_and(|error| error.is_library() && error.reason() == Some(h2::Reason::ENHANCE_YOUR_CALM))
}

fn builder(limits: &Limits, spawner: Spawner) -> Builder<Spawner> {
    let http2 = &limits.http2;
    let mut builder = Builder::new(spawner);
    builder
        .max_concurrent_streams(http2.max_streams)
        .initial_stream_window_size(http2.stream_window)
        .initial_connection_window_size(http2.connection_window)
        .max_pending_accept_reset_streams(http2.max_resets)
        .max_send_buf_size(SEND_BUFFER)
        // A head that is over the limit is answered by the gateway, up to twice of it; beyond, h2 answers 431 itself.
        .max_header_list_size(u32::try_from(limits.max_header_bytes).unwrap_or(u32::MAX).saturating_mul(2))
        .enable_connect_protocol();
    builder
}

/// Lets hyper work until it is done or a deadline of the connection has passed. Deadlines of requests are their own.
async fn drive(http: &mut Http, client: &Client, limits: &Limits, streams: &Streams) -> End {
    let mut timer = AlarmTimer::new();
    let (mut ending, mut flooded): (Option<Instant>, Option<Instant>) = (None, None);
    let alarm = client.alarm();
    let mut work = |cx: &mut Context<'_>| {
        client.delivery().attach(cx.waker());
        streams.turns.renew();
        loop {
            client.tick();
            if ending.is_none() && client.seat().poll_phase(cx) >= Phase::Draining {
                ending = Some(alarm.now());
                Pin::new(&mut *http).graceful_shutdown();
            }
            match Pin::new(&mut *http).poll(cx) {
                Poll::Ready(Ok(())) => return Poll::Ready(End::Closed),
                Poll::Ready(Err(error)) => return Poll::Ready(End::Lost(error)),
                Poll::Pending => client.delivery().after_poll(),
            }
            if let Some(budget) = streams.frames.spent().or_else(|| streams.too_many(&limits.http2)) {
                // The last frame has to wait for the end of the one that is being written.
                let since = *flooded.get_or_insert(alarm.now());
                if streams.frames.farewell().is_some() || alarm.passed(since + GOODBYE) {
                    return Poll::Ready(End::Flooded(budget));
                }
            }
            let unfinished = streams.frames.unfinished_since();
            if unfinished.is_some_and(|since| alarm.passed(since + limits.header_read_timeout)) {
                return Poll::Ready(End::Overdue);
            }
            if streams.open.get() == 0 {
                let idle = streams.idle_since.get();
                match ending {
                    Some(ending) if alarm.passed(last_moment(idle, ending, limits.client_body_idle)) => {
                        return Poll::Ready(End::Overdue);
                    }
                    Some(_) => {}
                    None if alarm.passed(idle + limits.keepalive_timeout) => {
                        ending = Some(alarm.now());
                        Pin::new(&mut *http).graceful_shutdown();
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

/// Until when a client without a request has to have gone that was told to. It may still be owed the end of a response, which h2
/// holds until a window opens; if not, it only has to answer that it has heard.
fn last_moment(idle: Instant, ending: Instant, write_idle: Duration) -> Instant {
    (idle + write_idle).max(ending + GOODBYE.min(write_idle))
}

impl Streams {
    /// Requests that are reset before it is their turn are there until then. h2 no longer counts them.
    fn too_many(&self, limits: &Http2) -> Option<Budget> {
        (self.open.get() > limits.max_streams as usize + limits.max_resets).then_some(Budget::Streams)
    }

    /// Ready when nothing is left of the body of a request that has been answered, or no more of it is read. A stream that is reset right behind its
    /// answer makes many clients lose the answer.
    fn poll_read_out(&self, client: &Client, cx: &mut Context<'_>) -> Poll<()> {
        if client.leftover().is_empty() {
            return Poll::Ready(());
        }
        client.leftover().poll_discard(cx, client.alarm(), self.write_idle)
    }

    /// Whether a client has left a frame waiting for too long. While the connection itself takes nothing, that is not the stream's fault;
    /// while bodies get through, it may be that of those in front, since h2 does not say whose bytes they are.
    fn is_stalled(&self, client: &Client) -> bool {
        let alarm = client.alarm();
        client.stalled_since().is_some_and(|since| {
            let since = since.max(self.connection.flowing_since().unwrap_or_else(|| alarm.now()));
            alarm.passed(since.max(self.frames.delivered()) + self.write_idle)
                || alarm.passed(since + AMONG_OTHERS * self.write_idle)
        })
    }
}

impl Open {
    fn new(streams: Rc<Streams>) -> Self {
        streams.open.set(streams.open.get() + 1);
        Self(streams)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let left = self.0.open.get() - 1;
        self.0.open.set(left);
        if left == 0 {
            self.0.idle_since.set(Instant::now());
            // The connection minds the time.
            self.0.connection.delivery().wake_writer();
        }
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
}
