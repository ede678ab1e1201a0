//! HTTP/1 on a client connection: requests one after the other, then a tunnel or an orderly end.
//!
//! One task does everything that a connection needs. Between two requests it has a socket and nothing of HTTP; what a request needs is
//! in a box of its own, and buffers are the worker's.

mod connection;

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;

use self::connection::{Connection, Head, Loss};
use super::socket::Socket;
use crate::alarm::AlarmTimer;
use crate::config::Gateway as Limits;
use crate::drain::Phase;
use crate::message::problem::Problem;
use crate::proxy::Gateway;
use crate::proxy::begin::{Begun, serve as serve_request};
use crate::proxy::client::Client;
use crate::proxy::reply::send_reply;
use crate::proxy::served::Served as Response;
use crate::proxy::upgrade::Tunnel;

/// How long a connection has been idle when it gives up what requests need. Shorter, and clients that pause between two requests would have
/// it made anew each time.
const MOMENT: Duration = Duration::from_secs(1);

/// What became of a connection.
#[derive(Debug)]
pub enum Served {
    Over,
    /// The client speaks HTTP/2, and these are its first bytes.
    Http2(Socket, Bytes),
}

/// What becomes of a connection when a request is over, or none came.
enum Next {
    /// It is idle, and stays.
    Wait,
    /// It ends in order.
    Close,
    /// The client left, or takes nothing more.
    Lost,
    /// A response broke off.
    Broken,
    Tunnel(Box<Tunnel>),
    Http2,
    /// A bug.
    Panicked,
}

/// Serves a client until its connection is over or turns out to be one of HTTP/2. Every other way out of here closes the socket.
pub async fn serve(socket: Socket, client: Rc<Client>, gateway: Rc<Gateway>) -> Served {
    let config = gateway.view().snapshot.config.clone();
    let limits = &config.gateway;
    let mut timer = AlarmTimer::new();
    // What came with the end of a handshake is not to be seen from the socket.
    let mut is_quiet = !matches!(socket, Socket::Tls(_));
    let mut connection = Connection::new(socket, client, config.clone());
    loop {
        if is_quiet && !wait(&connection, limits, &mut timer).await {
            return Box::pin(close(connection, Next::Close, limits)).await;
        }
        is_quiet = true;
        // In a box, as the end of the connection is: one that waits has room for neither.
        match Box::pin(converse(&mut connection, &gateway, &mut timer)).await {
            Next::Wait => {}
            Next::Http2 => {
                let (socket, early) = connection.into_parts();
                return Served::Http2(socket, early);
            }
            next => return Box::pin(close(connection, next, limits)).await,
        }
    }
}

/// Tells a client that it speaks another protocol than is spoken here.
pub async fn refuse(socket: Socket, client: Rc<Client>, gateway: &Gateway, problem: &Problem) {
    let config = gateway.view().snapshot.config.clone();
    let mut connection = Connection::new(socket, client.clone(), config.clone());
    let mut begun = gateway.unreadable(&client, problem);
    let answered = drive(&client, &mut AlarmTimer::new(), pin!(serve_request(&mut connection, &mut begun))).await;
    let next = if matches!(answered, Ok(Response::Whole)) { Next::Close } else { Next::Lost };
    close(connection, next, &config.gateway).await;
}

/// Waits for a client that has nothing under way. False when its time is over, or the gateway stops.
async fn wait(connection: &Connection, limits: &Limits, timer: &mut AlarmTimer) -> bool {
    let client = connection.client();
    poll_fn(|cx| {
        loop {
            client.tick();
            let phase = client.seat.poll_phase(cx);
            // Before anything else: what has come in time is served.
            if connection.poll_readable(cx).is_ready() {
                return Poll::Ready(true);
            }
            let is_over = if connection.is_new() {
                // The first request of a new connection may still be on its way when a stop begins.
                phase == Phase::Expired || client.alarm().passed(connection.since() + limits.header_read_timeout)
            } else {
                phase >= Phase::Draining || client.alarm().passed(connection.since() + limits.keepalive_timeout)
            };
            if is_over {
                return Poll::Ready(false);
            }
            if timer.poll(client.alarm(), cx).is_pending() {
                return Poll::Pending;
            }
        }
    })
    .await
}

/// Serves requests until the connection is over, or idle.
async fn converse(connection: &mut Connection, gateway: &Gateway, timer: &mut AlarmTimer) -> Next {
    let client = connection.client().clone();
    if let Ok(next) = drive(&client, timer, pin!(requests(connection, gateway))).await {
        return next;
    }
    // Nothing of a response may have been sent.
    let Some((reply, is_head)) = connection.answer_to_panic() else { return Next::Panicked };
    match drive(&client, timer, pin!(send_reply(connection, &reply, is_head))).await {
        Ok(Ok(_)) => Next::Close,
        Ok(Err(_)) | Err(Panicked) => Next::Panicked,
    }
}

/// A bug put an end to the work.
struct Panicked;

/// Polls the work of a connection, and again when the earliest of its deadlines has passed. It does not go on after a panic. If that were left
/// to the runtime to catch, the socket would be closed in order, and a client that reads a response to the end of the connection would
/// take what it has for the whole.
async fn drive<F: Future>(
    client: &Client,
    timer: &mut AlarmTimer,
    mut work: Pin<&mut F>,
) -> Result<F::Output, Panicked> {
    let mut poll = |cx: &mut Context<'_>| {
        loop {
            client.tick();
            client.seat.poll_phase(cx);
            if let Poll::Ready(output) = work.as_mut().poll(cx) {
                return Poll::Ready(Ok(output));
            }
            if timer.poll(client.alarm(), cx).is_pending() {
                return Poll::Pending;
            }
        }
    };
    poll_fn(|cx| catch_unwind(AssertUnwindSafe(|| poll(cx))).unwrap_or(Poll::Ready(Err(Panicked)))).await
}

async fn requests(connection: &mut Connection, gateway: &Gateway) -> Next {
    let mut begun = Begun::default();
    loop {
        match poll_fn(|cx| connection.poll_head(cx, gateway, MOMENT, &mut begun)).await {
            Head::Begun => {}
            Head::Idle => return Next::Wait,
            Head::Over => return Next::Close,
            Head::Http2 => return Next::Http2,
        }
        match serve_request(connection, &mut begun).await {
            Response::Whole => {}
            Response::Broken => return Next::Broken,
            Response::ClientGone => return Next::Lost,
            Response::Switched(tunnel) => return Next::Tunnel(tunnel),
        }
        if !poll_fn(|cx| connection.poll_rest(cx)).await {
            return Next::Close;
        }
    }
}

/// Ends a connection.
async fn close(connection: Connection, next: Next, limits: &Limits) -> Served {
    let client = connection.client().clone();
    let (loss, is_close_delimited, upload_continues) =
        (connection.loss(), connection.is_close_delimited(), connection.upload_continues());
    let (mut socket, early) = connection.into_parts();
    match next {
        Next::Tunnel(tunnel) => {
            tunnel.run(&mut socket, early, &client.seat).await;
            socket.linger().await;
        }
        Next::Close if upload_continues => socket.linger_over_upload(&client.seat).await,
        Next::Close | Next::Wait | Next::Http2 => socket.linger().await,
        // Who takes nothing gets nothing more.
        Next::Lost if loss == Some(Loss::TooSlow) => socket.reset(),
        Next::Lost | Next::Broken if is_close_delimited => socket.reset_when_sent(limits.client_body_idle).await,
        Next::Lost | Next::Broken => socket.linger().await,
        Next::Panicked => socket.reset(),
    }
    Served::Over
}
