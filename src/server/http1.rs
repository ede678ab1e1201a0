//! HTTP/1 on a client connection: requests one after the other, then a tunnel or an orderly end.

use std::cell::RefCell;
use std::convert::Infallible;
use std::future::poll_fn;
use std::io::IoSlice;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::Request;
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1::{Builder, Connection};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, timeout, timeout_at};

use super::parked::{self, Waited};
use super::scanner::{Fault, Scanner};
use super::serving::Serving;
use super::socket::{LINGER_TIME, Socket};
use super::stream::{ClientStream, Observer};
use crate::alarm::AlarmTimer;
use crate::config::Gateway as Limits;
use crate::drain::Phase;
use crate::message::problem::{Problem, Reason};
use crate::proxy::Gateway;
use crate::proxy::client::{Client, Stage};
use crate::proxy::exchange::GatewayResponse;

/// hyper's own default for the number of header fields, which costs no allocation.
const DEFAULT_HEADERS: usize = 100;
/// What a client of HTTP/2 says first (RFC 9113 section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// So much of it is no request of HTTP/1: `PRI * HTTP/2`.
const PREFACE_LINE: usize = 12;

/// What became of a connection.
#[derive(Debug)]
pub enum Served {
    Over,
    /// The client speaks HTTP/2, and these are its first bytes.
    Http2(Socket, Bytes),
}

/// How hyper's part of a connection ended.
enum End {
    /// In order: closed by the client, or after a response that said so, or for a tunnel.
    Done,
    /// Lost, or broken off on purpose, or a head that cannot be read.
    Failed(hyper::Error),
    /// A head took too long.
    HeadTimeout,
    /// Idle for too long, or nothing ever came.
    Idle,
    /// The client closed while its request's body was held back.
    Left,
    /// A bug outside of any request.
    Panicked,
    /// Idle for a moment, with nothing left to send.
    Parked,
}

/// What becomes of a connection that hyper has let go of.
enum Next {
    Served(Served),
    /// The client may go on whenever it likes. These bytes of what it sent stand in front of that.
    Park(Socket, Bytes),
}

/// The requests of one connection.
struct Requests {
    gateway: Rc<Gateway>,
    client: Rc<Client>,
    scanner: Rc<RefCell<Scanner>>,
}

type Http = Connection<TokioIo<ClientStream<Heads>>, Requests>;

impl hyper::service::Service<Request<Incoming>> for Requests {
    type Response = GatewayResponse;
    type Error = Infallible;
    type Future = Serving;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        self.client.begin();
        let fault = self.scanner.borrow_mut().begin(request.headers().len(), request.body().size_hint().exact());
        Serving::begin(&self.gateway, &self.client, request, fault.map(Fault::detail))
    }
}

/// Tells the client's state where its connection is.
///
/// hyper answers a head that it cannot read with a bare status line of its own and closes. Nobody has asked the gateway then,
/// so such bytes are recognized by their time: no request is being answered. They are not sent; their status is kept, for
/// the connection to send a proper answer.
#[derive(Debug)]
struct Heads {
    client: Rc<Client>,
    scanner: Rc<RefCell<Scanner>>,
    verdict: Option<u16>,
}

impl Observer for Heads {
    fn received(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
        self.client.received();
        self.scanner.borrow_mut().read(bytes)?;
        Ok(bytes.len())
    }

    fn holds_back(&mut self, bytes: &[u8]) -> bool {
        if self.client.is_answering() {
            return false;
        }
        let status =
            bytes.strip_prefix(b"HTTP/1.1 ").and_then(|rest| std::str::from_utf8(rest.get(..3)?).ok()?.parse().ok());
        self.verdict = self.verdict.or(status);
        true
    }

    fn sent(&mut self, _slices: &[IoSlice<'_>], _count: usize) {
        self.client.sent();
    }

    fn flushed(&mut self) {
        self.client.flushed();
    }
}

/// Serves a client until its connection is over or turns out to be one of HTTP/2. Every other way out of here closes the socket.
pub async fn serve(mut socket: Socket, client: Rc<Client>, gateway: Rc<Gateway>) -> Served {
    let config = gateway.view().snapshot.config.clone();
    let limits = &config.gateway;
    let mut timer = AlarmTimer::new();
    let mut early = Bytes::new();
    // What came with the end of a handshake is not to be seen from the socket.
    let mut is_parked = !matches!(socket, Socket::Tls(_));
    loop {
        if is_parked && parked::wait(&socket, &client, limits, &mut timer).await == Waited::InVain {
            socket.linger().await;
            return Served::Over;
        }
        // In a box of its own, which a connection that is parked has no need of.
        match Box::pin(converse(socket, early, &client, &gateway, limits, &mut timer)).await {
            Next::Served(served) => return served,
            Next::Park(parked, rest) => (socket, early, is_parked) = (parked, rest, true),
        }
    }
}

/// Has hyper serve a client until the connection is over, or idle.
async fn converse(
    socket: Socket,
    early: Bytes,
    client: &Rc<Client>,
    gateway: &Rc<Gateway>,
    limits: &Limits,
    timer: &mut AlarmTimer,
) -> Next {
    let socket = Rc::new(RefCell::new(socket));
    let scanner = Rc::new(RefCell::new(Scanner::new()));
    let heads = Heads { client: client.clone(), scanner: scanner.clone(), verdict: None };
    let stream = ClientStream::new(socket.clone(), client.clone(), heads, limits.client_body_idle).with_early(early);
    let requests = Requests { gateway: gateway.clone(), client: client.clone(), scanner };
    let mut builder = builder(limits);
    // Not by a graceful shutdown: of a connection on which nothing has come yet, hyper takes that for its end.
    builder.keep_alive(client.seat().phase() == Phase::Running);
    let mut http = builder.serve_connection(TokioIo::new(stream), requests);
    let end = drive(&mut http, client, limits, &socket, timer).await;
    let parts = http.into_parts();
    let verdict = parts.io.into_inner().into_observer().verdict;
    let mut socket = Rc::into_inner(socket).expect("hyper's stream, which shared the socket, is gone").into_inner();
    let end = match end {
        End::Failed(error) if error.is_parse() && speaks_http2(client) && is_preface(&parts.read_buf) => {
            match rest_of_preface(&mut socket, &parts.read_buf, client.since() + limits.header_read_timeout).await {
                Preface::Whole(early) => return Next::Served(Served::Http2(socket, early)),
                Preface::Other => End::Failed(error),
                Preface::Late => End::HeadTimeout,
            }
        }
        end => end,
    };
    match end {
        End::Done => {
            if let Some(tunnel) = client.take_tunnel() {
                tunnel.run(&mut socket, parts.read_buf, client.seat()).await;
            }
            if client.leftover().upload_continues() {
                socket.linger_over_upload(client.seat()).await;
            } else {
                socket.linger().await;
            }
        }
        End::Failed(error) => match verdict {
            Some(status) => answer(socket, &gateway.unreadable(client, &unreadable(status, limits))).await,
            // To the preface of HTTP/2, hyper says nothing at all.
            None if error.is_parse() && !client.is_answering() => {
                answer(socket, &gateway.unreadable(client, &unreadable(400, limits))).await;
            }
            None => {
                tracing::debug!(%error, client = %client.peer().text(), "connection lost");
                if is_timeout(&error) {
                    // Who takes nothing gets nothing more.
                    socket.reset();
                } else if client.is_close_delimited() {
                    socket.reset_when_sent(limits.client_body_idle).await;
                } else {
                    socket.linger().await;
                }
            }
        },
        End::HeadTimeout => {
            let detail = "the request head took too long";
            answer(socket, &gateway.unreadable(client, &Problem::new(Reason::RequestTimeout, detail))).await;
        }
        End::Idle => socket.linger().await,
        // A copy, which does not keep the rest of the buffer.
        End::Parked => return Next::Park(socket, Bytes::copy_from_slice(&parts.read_buf)),
        End::Panicked => socket.reset(),
        End::Left => tracing::debug!(client = %client.peer().text(), "the client left in the middle of its request"),
    }
    Next::Served(Served::Over)
}

/// Whether the socket has taken nothing for too long.
fn is_timeout(error: &hyper::Error) -> bool {
    let source = std::error::Error::source(error).and_then(|source| source.downcast_ref::<std::io::Error>());
    source.is_some_and(|source| source.kind() == std::io::ErrorKind::TimedOut)
}

/// Whether a client may turn to HTTP/2 on its own, as the first thing that it says. Over TLS it is agreed upon before.
fn speaks_http2(client: &Client) -> bool {
    let entrance = client.entrance();
    client.is_new() && entrance.http2 && entrance.tls.is_none()
}

/// Whether these bytes begin as HTTP/2 does, as far as they go.
fn is_preface(bytes: &[u8]) -> bool {
    bytes.len() >= PREFACE_LINE && bytes.iter().zip(PREFACE).all(|(byte, expected)| byte == expected)
}

/// What came of bytes that began as a preface.
enum Preface {
    /// With all that has been read.
    Whole(Bytes),
    Other,
    Late,
}

/// Reads what is missing of a preface. hyper gives up at its first line, and the rest may still be on its way; or something else.
async fn rest_of_preface(socket: &mut Socket, begun: &Bytes, deadline: Instant) -> Preface {
    let mut bytes = begun.to_vec();
    let reading = async {
        let mut next = [0; PREFACE.len()];
        while bytes.len() < PREFACE.len() && is_preface(&bytes) {
            let missing = PREFACE.len() - bytes.len();
            match socket.read(&mut next[..missing]).await? {
                0 => break,
                count => bytes.extend_from_slice(&next[..count]),
            }
        }
        std::io::Result::Ok(())
    };
    match timeout_at(deadline, reading).await {
        Err(_elapsed) => Preface::Late,
        Ok(_) if bytes.starts_with(PREFACE) => Preface::Whole(bytes.into()),
        Ok(_) => Preface::Other,
    }
}

fn builder(limits: &Limits) -> Builder {
    let mut builder = Builder::new();
    builder.preserve_header_case(true).max_header_size(limits.max_header_bytes).max_buf_size(limits.max_header_bytes);
    if limits.max_headers != DEFAULT_HEADERS {
        builder.max_headers(limits.max_headers);
    }
    builder
}

/// Lets hyper work until it is done or a deadline of the connection has passed. Deadlines of requests are their own.
async fn drive(
    http: &mut Http,
    client: &Client,
    limits: &Limits,
    socket: &RefCell<Socket>,
    timer: &mut AlarmTimer,
) -> End {
    let mut ending = client.seat().phase() >= Phase::Draining;
    let mut work = |cx: &mut Context<'_>| {
        loop {
            client.tick();
            let phase = client.seat().poll_phase(cx);
            let stops = phase >= Phase::Draining && !matches!(client.stage(), Stage::New(_));
            if !ending && (stops || client.leftover().ends_connection()) {
                ending = true;
                Pin::new(&mut *http).graceful_shutdown();
            }
            if ending {
                client.leftover().forget();
            }
            match http.poll_without_shutdown(cx) {
                // hyper is done once it has nothing more to say, written or not.
                Poll::Ready(Ok(())) if client.has_unsent_answer() => {}
                Poll::Ready(Ok(())) => return Poll::Ready(End::Done),
                Poll::Ready(Err(error)) => return Poll::Ready(End::Failed(error)),
                Poll::Pending if !ending && client.leftover().ends_connection() => continue,
                Poll::Pending => client.delivery().after_poll(),
            }
            let alarm = client.alarm();
            let leftover = client.leftover();
            if !leftover.is_empty() && leftover.poll_discard(cx, alarm, limits.client_body_idle).is_ready() {
                client.read_out();
                continue;
            }
            let overdue = match client.stage() {
                _ if !client.leftover().is_empty() && phase < Phase::Expired => None,
                Stage::Busy if client.is_held_back() => socket.borrow().has_ended().then_some(End::Left),
                Stage::Busy => None,
                _ if phase == Phase::Expired => Some(End::Idle),
                Stage::New(since) if alarm.passed(since + limits.header_read_timeout) => Some(End::Idle),
                // For its first request, which hyper does not wait for any more.
                Stage::New(_) => (!ending && phase == Phase::Draining).then_some(End::Parked),
                Stage::Head(since) => alarm.passed(since + limits.header_read_timeout).then_some(End::HeadTimeout),
                Stage::Idle(since) if alarm.passed(since + limits.keepalive_timeout) => Some(End::Idle),
                // What has not been flushed yet is in a buffer of hyper's.
                Stage::Idle(since) if !ending && !client.is_answering() => {
                    alarm.passed(since + parked::MOMENT).then_some(End::Parked)
                }
                Stage::Idle(_) => None,
            };
            if let Some(end) = overdue {
                return Poll::Ready(end);
            }
            if timer.poll(alarm, cx).is_pending() {
                return Poll::Pending;
            }
        }
    };
    // A connection does not go on after a panic. If it were left to the runtime to catch it, the socket would be closed in order,
    // and a client that reads a response to the end of the connection would take what it has for the whole.
    poll_fn(|cx| catch_unwind(AssertUnwindSafe(|| work(cx))).unwrap_or(Poll::Ready(End::Panicked))).await
}

/// What is wrong with a head, from the status that hyper would have answered with.
fn unreadable(status: u16, limits: &Limits) -> Problem {
    match status {
        431 => Problem::head_too_large(limits.max_header_bytes, limits.max_headers),
        414 => Problem::new(
            Reason::UriTooLong,
            format!("the request target is longer than {} bytes", limits.max_uri_bytes),
        ),
        _ => Problem::new(Reason::BadRequest, "malformed HTTP"),
    }
}

/// Sends a last answer and closes.
pub(super) async fn answer(mut socket: Socket, bytes: &[u8]) {
    if let Ok(Ok(())) = timeout(LINGER_TIME, socket.write_all(bytes)).await {
        socket.linger().await;
    }
}
