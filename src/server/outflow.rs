//! Whether a client takes what is written, and for how long it may not.

use std::io;
use std::time::Duration;

use tokio::time::Instant;

use super::socket::{Pressed, Socket};
use crate::drain::Phase;
use crate::proxy::client::Client;

/// How many times the kernel is asked, while a client takes nothing, before that is over.
const LOOKS: u32 = 32;

/// What is known of the sending side of a socket.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outflow {
    flowing_since: Instant,
    blocked_since: Option<Instant>,
    /// When the kernel was last asked whether it has room after all, since there was none.
    looked: Option<Instant>,
}

impl Outflow {
    pub(super) fn new(now: Instant) -> Self {
        Self { flowing_since: now, blocked_since: None, looked: None }
    }

    /// Since when the socket has kept nothing waiting, unless it does so now.
    pub(super) fn flowing_since(&self) -> Option<Instant> {
        self.blocked_since.is_none().then_some(self.flowing_since)
    }

    /// The socket has taken what there was.
    pub(super) fn unblock(&mut self, now: Instant) {
        if self.blocked_since.take().is_some() {
            self.flowing_since = now;
        }
        self.looked = None;
    }

    /// The socket takes no more, and what it does not take goes on with `next`. Sets the client's alarm for the next look.
    ///
    /// A client that takes little by little makes no room that the kernel would tell of. So the kernel is asked: at first, that what it
    /// takes later is what the client has taken, and then now and then, to know when that was.
    ///
    /// # Errors
    /// `TimedOut` when the client has taken nothing for `patience`, `ConnectionAborted` when the gateway has to stop, and what the kernel says of a
    /// connection that is lost.
    pub(super) fn press(
        &mut self,
        socket: &mut Socket,
        next: &[u8],
        client: &Client,
        patience: Duration,
    ) -> io::Result<Pressed> {
        let (now, alarm, pause) = (client.now(), client.alarm(), patience / LOOKS);
        let overdue = alarm.passed(*self.blocked_since.get_or_insert(now) + patience);
        let mut pressed = Pressed::default();
        if overdue || self.looked.is_none_or(|looked| alarm.passed(looked + pause)) {
            pressed = socket.press(next)?;
            self.looked = Some(now);
            alarm.passed(now + pause);
        }
        if pressed.moved > 0 {
            // It is as full as before, but only from now on.
            self.blocked_since = Some(now);
        } else if overdue {
            return Err(io::ErrorKind::TimedOut.into());
        } else if client.seat.phase() == Phase::Expired {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        Ok(pressed)
    }
}
