//! One client connection from the first byte to the last: HTTP/1.1 through hyper, then a tunnel or an orderly end.

use std::cell::RefCell;
use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1::{Builder, Connection};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;
use uuid::Uuid;

use super::stream::{ClientStream, Socket};
use crate::alarm::AlarmTimer;
use crate::config::types::Gateway as Limits;
use crate::drain::Phase;
use crate::message::problem::{Problem, Reason};
use crate::proxy::client::{Client, Stage};
use crate::proxy::exchange::GatewayResponse;
use crate::proxy::{Gateway, new_id};

/// What a client may still send after the last answer before the connection is cut.
const LINGER_BYTES: usize = 256 * 1024;
/// How long it may take to read the last answer and close: a client whose deadline is over is gone a second later.
const LINGER_TIME: Duration = Duration::from_millis(750);
/// hyper's own default for the number of header fields, which costs no allocation.
const DEFAULT_HEADERS: usize = 100;

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
}

/// The requests of one connection.
struct Requests {
    gateway: Rc<Gateway>,
    client: Rc<Client>,
}

type Http = Connection<TokioIo<ClientStream>, Requests>;

impl hyper::service::Service<Request<Incoming>> for Requests {
    type Response = GatewayResponse;
    type Error = Infallible;
    /// `Unpin`, so that the connection can be moved and the socket taken back from it.
    type Future = Serving;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        self.client.begin();
        let (gateway, client) = (self.gateway.clone(), self.client.clone());
        let id = new_id();
        let work = Box::pin(gateway.clone().handle(client.clone(), request, id));
        Serving { work, gateway, client, id }
    }
}

/// A request that is being served. A panic becomes an answer; the unwinding has given back what the request held by then.
struct Serving {
    work: Pin<Box<dyn Future<Output = GatewayResponse>>>,
    gateway: Rc<Gateway>,
    client: Rc<Client>,
    id: Uuid,
}

impl Future for Serving {
    type Output = Result<GatewayResponse, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // Nothing of the work is touched again after a panic, so it does not matter what state it is in.
        match catch_unwind(AssertUnwindSafe(|| self.work.as_mut().poll(cx))) {
            Ok(response) => response.map(Ok),
            Err(_panic) => Poll::Ready(Ok(self.gateway.panicked(&self.client, self.id))),
        }
    }
}

/// Serves a client until its connection is over. Every way out of here closes the socket.
pub async fn serve(socket: Socket, client: Rc<Client>, gateway: Rc<Gateway>) {
    let config = gateway.view().snapshot.config.clone();
    let limits = &config.gateway;
    let socket = Rc::new(RefCell::new(socket));
    let stream = ClientStream::new(socket.clone(), client.clone(), limits.client_body_idle);
    let requests = Requests { gateway: gateway.clone(), client: client.clone() };
    let mut http = builder(limits).serve_connection(TokioIo::new(stream), requests);
    let end = drive(&mut http, &client, limits, &socket).await;
    let parts = http.into_parts();
    let verdict = parts.io.into_inner().verdict();
    let socket = Rc::into_inner(socket).expect("hyper's stream, which shared the socket, is gone").into_inner();
    match end {
        End::Done => match client.take_tunnel() {
            Some(tunnel) => tunnel.run(socket, parts.read_buf, client.seat()).await,
            None => linger(socket).await,
        },
        End::Failed(error) => match verdict {
            Some(status) => answer(socket, &gateway.unreadable(&client, &unreadable(status, limits))).await,
            // To the preface of HTTP/2, hyper says nothing at all.
            None if error.is_parse() && !client.is_answering() => {
                answer(socket, &gateway.unreadable(&client, &unreadable(400, limits))).await;
            }
            None => {
                tracing::debug!(%error, client = %client.peer().text(), "connection lost");
                reset(socket);
            }
        },
        End::HeadTimeout => {
            let detail = "the request head took too long";
            answer(socket, &gateway.unreadable(&client, &Problem::new(Reason::RequestTimeout, detail))).await;
        }
        End::Idle => linger(socket).await,
        End::Panicked => reset(socket),
        End::Left => tracing::debug!(client = %client.peer().text(), "the client left in the middle of its request"),
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
async fn drive(http: &mut Http, client: &Client, limits: &Limits, socket: &RefCell<Socket>) -> End {
    let mut timer = AlarmTimer::new();
    let mut ending = false;
    let mut work = |cx: &mut Context<'_>| {
        loop {
            client.alarm().clock().tick();
            let phase = client.seat().poll_phase(cx);
            if !ending && (phase >= Phase::Draining || client.leftover().ends_connection()) {
                ending = true;
                Pin::new(&mut *http).graceful_shutdown();
            }
            if ending {
                client.leftover().forget();
            }
            match http.poll_without_shutdown(cx) {
                Poll::Ready(Ok(())) => return Poll::Ready(End::Done),
                Poll::Ready(Err(error)) => return Poll::Ready(End::Failed(error)),
                Poll::Pending if !ending && client.leftover().ends_connection() => continue,
                Poll::Pending => {}
            }
            let alarm = client.alarm();
            if client.leftover().poll_discard(cx, alarm, limits.client_body_idle).is_ready() {
                client.read_out();
                continue;
            }
            let overdue = match client.stage() {
                _ if !client.leftover().is_empty() && phase < Phase::Expired => None,
                Stage::Busy if client.is_held_back() => socket.borrow().has_ended().then_some(End::Left),
                Stage::Busy => None,
                _ if phase == Phase::Expired => Some(End::Idle),
                Stage::New(since) => alarm.passed(since + limits.header_read_timeout).then_some(End::Idle),
                Stage::Head(since) => alarm.passed(since + limits.header_read_timeout).then_some(End::HeadTimeout),
                Stage::Idle(since) => alarm.passed(since + limits.keepalive_timeout).then_some(End::Idle),
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
        431 => {
            let detail = format!(
                "the request head has more than {} bytes or {} fields",
                limits.max_header_bytes, limits.max_headers
            );
            Problem::new(Reason::HeaderTooLarge, detail)
        }
        414 => Problem::new(
            Reason::UriTooLong,
            format!("the request target is longer than {} bytes", limits.max_uri_bytes),
        ),
        _ => Problem::new(Reason::BadRequest, "malformed HTTP"),
    }
}

/// Sends a last answer and closes.
async fn answer(mut socket: Socket, bytes: &[u8]) {
    if let Ok(Ok(())) = timeout(LINGER_TIME, socket.write_all(bytes)).await {
        linger(socket).await;
    }
}

/// Closes the sending side and waits a little for the client to do the same. A socket that is closed with unread bytes is
/// reset, and a reset can destroy the last answer before the client has read it.
async fn linger(mut socket: Socket) {
    let goodbye = async {
        socket.shutdown().await?;
        let mut scratch = [0; 1024];
        let mut left = LINGER_BYTES;
        while left > 0 {
            match socket.read(&mut scratch).await? {
                0 => break,
                count => left = left.saturating_sub(count),
            }
        }
        std::io::Result::Ok(())
    };
    // Whether the client closed in time, too late or not at all: the connection is over.
    let _ = timeout(LINGER_TIME, goodbye).await;
}

/// Closes at once with a reset: a response that broke off must not look complete to a client that reads to the end.
fn reset(socket: Socket) {
    if let Socket::Tcp(stream) = &socket {
        // A socket that cannot be reset is closed all the same.
        let _ = stream.set_zero_linger();
    }
    drop(socket);
}
