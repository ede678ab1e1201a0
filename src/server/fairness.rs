//! What one connection may do before the others of its worker have their turn.

use std::cell::Cell;
use std::rc::Rc;
use std::task::{Context, Poll};

use tokio::task::{spawn_local, yield_now};

/// What a connection may move at a time, in bytes: a few dozen microseconds.
const SHARE: usize = 128 << 10;

/// What a connection has moved since others had their turn.
#[derive(Debug, Default)]
pub(super) struct Share {
    moved: Cell<usize>,
    is_resting: Cell<bool>,
}

impl Share {
    /// Notes bytes that went through the socket.
    pub(super) fn spend(&self, bytes: usize) {
        self.moved.set(self.moved.get() + bytes);
    }

    /// Ready while there is something left. Once that is used up the others have their turn: everybody who can go on by the time that the
    /// worker has looked. To be polled again does not mean that, because what h2 does for one frame can wake the task for the next, dozens
    /// of times in a row.
    pub(super) fn poll(self: &Rc<Self>, cx: &Context<'_>) -> Poll<()> {
        if self.moved.get() < SHARE {
            return Poll::Ready(());
        }
        if !self.is_resting.replace(true) {
            let (share, waker) = (self.clone(), cx.waker().clone());
            spawn_local(async move {
                // Until the worker has been around.
                yield_now().await;
                share.is_resting.set(false);
                share.moved.set(0);
                waker.wake();
            });
        }
        Poll::Pending
    }
}
