//! A client connection that waits for its client: a socket, and nothing of HTTP.
//!
//! What hyper keeps for a connection are buffers that hold nothing while no request is on its way. So a connection that has been idle for
//! a moment is taken back from it, and given to a new one when its client goes on.

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use super::socket::Socket;
use crate::alarm::AlarmTimer;
use crate::config::Gateway as Limits;
use crate::drain::Phase;
use crate::proxy::client::{Client, Stage};

/// How long a connection has been idle by then. Shorter, and clients that pause between two requests would have it made anew each time.
pub(super) const MOMENT: Duration = Duration::from_secs(1);

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Waited {
    /// The client has sent something, or left.
    ForClient,
    /// Its time is over, or the gateway stops.
    InVain,
}

/// Waits for a client that has nothing under way.
pub(super) async fn wait(socket: &Socket, client: &Client, limits: &Limits, timer: &mut AlarmTimer) -> Waited {
    poll_fn(|cx| {
        loop {
            client.tick();
            let phase = client.seat().poll_phase(cx);
            // Before anything else: what has come in time is served.
            if socket.poll_readable(cx).is_ready() {
                return Poll::Ready(Waited::ForClient);
            }
            let alarm = client.alarm();
            let over = match client.stage() {
                // The first request of a new connection may still be on its way when a stop begins.
                Stage::New(since) => phase == Phase::Expired || alarm.passed(since + limits.header_read_timeout),
                Stage::Idle(since) => phase >= Phase::Draining || alarm.passed(since + limits.keepalive_timeout),
                Stage::Head(_) | Stage::Busy => return Poll::Ready(Waited::ForClient),
            };
            if over {
                return Poll::Ready(Waited::InVain);
            }
            if timer.poll(alarm, cx).is_pending() {
                return Poll::Pending;
            }
        }
    })
    .await
}
