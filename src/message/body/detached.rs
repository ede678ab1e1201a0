//! The body of a request that another task sends than the one that the request runs in, as HTTP/2 has it.
//!
//! The alarm of the client's connection would not wake that task, so the body has a clock and a timer of its own. The request
//! keeps a hold on it: it can take the body away in the middle, or have it back when nothing of it was read.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use h2::Reason;
use hyper::body::{Body, Frame, SizeHint};
use tokio::task::Id;

use super::{Asked, RequestBody, Upload};
use crate::alarm::{Alarm, AlarmTimer};
use crate::clock::Clock;

/// The sender's end.
#[derive(Debug)]
pub struct Detached(Option<Rc<Shared>>);

/// The request's end. The body is gone when it is dropped, be it sent or not.
#[derive(Debug)]
pub struct Hold(Rc<Shared>);

struct Shared {
    /// None once it is sent or taken away.
    upload: RefCell<Option<Box<Upload>>>,
    /// Of the client's connection, for a body that is taken back.
    original: Rc<Alarm>,
    alarm: Rc<Alarm>,
    timer: RefCell<AlarmTimer>,
    /// Whether anything of it was read.
    touched: Cell<bool>,
    sender: Cell<Option<(Waker, Option<Id>)>>,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("upload", &self.upload).field("touched", &self.touched).finish_non_exhaustive()
    }
}

/// The stream is to be reset, as one whose sender has lost interest.
#[derive(Debug, thiserror::Error)]
#[error("the body of the request broke off")]
pub struct Cancelled(#[source] h2::Error);

impl Detached {
    /// Detaches a body. Without one there is nothing to hold. A body that is held back is sent from now on: that a function
    /// asks for it with `100 Continue` would not be seen.
    #[must_use]
    pub fn new(body: RequestBody) -> (Self, Option<Hold>) {
        let Some(mut upload) = body.0 else { return (Self(None), None) };
        if upload.gate.take().is_some() {
            upload.progress.asked.set(Asked::Yes);
        }
        let alarm = Rc::new(Alarm::new(Clock::new()));
        let original = std::mem::replace(&mut upload.alarm, alarm.clone());
        let shared = Rc::new(Shared {
            upload: RefCell::new(Some(upload)),
            original,
            alarm,
            timer: RefCell::default(),
            touched: Cell::new(false),
            sender: Cell::new(None),
        });
        (Self(Some(shared.clone())), Some(Hold(shared)))
    }
}

impl Shared {
    fn poll_frame(&self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Cancelled>>> {
        let cancelled = || Some(Err(Cancelled(h2::Error::from(Reason::CANCEL))));
        let mut slot = self.upload.borrow_mut();
        let Some(upload) = slot.as_mut() else { return Poll::Ready(cancelled()) };
        self.sender.set(Some((cx.waker().clone(), tokio::task::try_id())));
        self.alarm.clock().tick();
        loop {
            if let Poll::Ready(frame) = upload.poll_frame(cx) {
                self.touched.set(true);
                return Poll::Ready(match frame {
                    Some(Err(_fault)) => cancelled(),
                    frame => frame.and_then(Result::ok).map(Ok),
                });
            }
            if self.timer.borrow_mut().poll(&self.alarm, cx).is_pending() {
                return Poll::Pending;
            }
            self.alarm.clock().tick();
        }
    }

    fn look<T>(&self, look: impl FnOnce(&Upload) -> T) -> Option<T> {
        self.upload.borrow().as_deref().map(look)
    }
}

impl Body for Detached {
    type Data = Bytes;
    type Error = Cancelled;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Cancelled>>> {
        self.0.as_ref().map_or(Poll::Ready(None), |shared| shared.poll_frame(cx))
    }

    fn is_end_stream(&self) -> bool {
        let ended = |upload: &Upload| upload.incoming.as_ref().is_none_or(Body::is_end_stream);
        self.0.as_ref().is_none_or(|shared| shared.look(ended).unwrap_or(false))
    }

    fn size_hint(&self) -> SizeHint {
        let size = |upload: &Upload| upload.incoming.as_ref().map(Body::size_hint);
        match &self.0 {
            Some(shared) => shared.look(size).flatten().unwrap_or_default(),
            None => SizeHint::with_exact(0),
        }
    }
}

impl Drop for Detached {
    fn drop(&mut self) {
        // Sent, or broken off. One that was not even begun waits for the request to take it back.
        if let Some(shared) = self.0.as_ref().filter(|shared| shared.touched.get()) {
            shared.take();
        }
    }
}

impl Shared {
    fn take(&self) -> Option<Box<Upload>> {
        let upload = self.upload.borrow_mut().take();
        self.alarm.clock().tick();
        upload
    }
}

impl Hold {
    /// The body again, if nothing of it was read.
    #[must_use]
    pub fn take_back(&self) -> Option<RequestBody> {
        let mut upload = if self.0.touched.get() { None } else { self.0.take() }?;
        upload.alarm = self.0.original.clone();
        Some(RequestBody(Some(upload)))
    }

    /// Takes the body away from its sender, which then has nothing more to do, and names the task that is to be ended. None is a
    /// body that was not being sent.
    #[must_use]
    pub fn cut(&self) -> Option<Id> {
        let upload = self.0.take();
        let (waker, task) = self.0.sender.take()?;
        upload.is_some().then(|| {
            drop(upload);
            waker.wake();
            task
        })?
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let _ = self.cut();
    }
}
