//! Where one worker leaves what its requests have to say.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::Notify;

use super::line::Stamp;
use super::text::Form;
use super::writer::{Batch, Writer};
use crate::telemetry::escape::escape;
use crate::telemetry::tap::{Tap, Taps};
use crate::telemetry::trace::{Finished, Queue, Spans};

/// A buffer of this many bytes is handed over at once.
const FULL: usize = 32 * 1024;
/// How long a line or a span may wait in a worker.
const LINGER: Duration = Duration::from_millis(50);

/// Who takes over from the sinks. None of them: everything is thrown away.
#[derive(Clone, Debug, Default)]
pub struct Outlets {
    /// Of access lines.
    pub writer: Option<Writer>,
    /// Of traced requests.
    pub spans: Option<Queue>,
    /// Of what somebody listens to.
    pub taps: Arc<Taps>,
}

/// What one worker has not handed over yet.
#[derive(Debug)]
pub struct Sink {
    writer: Option<Writer>,
    spans: Option<Spans>,
    pending: RefCell<Batch>,
    stamp: RefCell<Stamp>,
    tap: Arc<Tap>,
    waiting: Notify,
}

impl Sink {
    #[must_use]
    pub fn new(outlets: Outlets) -> Rc<Self> {
        Rc::new(Self {
            writer: outlets.writer,
            spans: outlets.spans.map(Spans::new),
            pending: RefCell::default(),
            stamp: RefCell::default(),
            tap: outlets.taps.join(),
            waiting: Notify::new(),
        })
    }

    /// Whether lines are written.
    #[inline]
    pub(super) fn is_written(&self) -> bool {
        self.writer.is_some()
    }

    /// Takes the line of a request that began then. `write` appends it in the form that it is told, and is told the time as text.
    pub(super) fn line(
        &self,
        began: SystemTime,
        write: impl FnOnce(&mut Vec<u8>, Form, &str) -> serde_json::Result<()>,
    ) {
        let Some(writer) = &self.writer else { return };
        let mut stamp = self.stamp.borrow_mut();
        let mut pending = self.pending.borrow_mut();
        let start = pending.bytes.len();
        if write(&mut pending.bytes, writer.form(), stamp.of(began)).is_err() {
            pending.bytes.truncate(start);
            writer.count_lost(1, "a line could not be written as JSON");
            return;
        }
        escape(&mut pending.bytes, start);
        pending.bytes.push(b'\n');
        pending.lines += 1;
        if pending.bytes.len() >= FULL {
            drop(pending);
            self.flush();
        } else if start == 0 {
            self.waiting.notify_one();
        }
    }

    /// Where a request is left for those who listen.
    #[inline]
    pub(super) fn tap(&self) -> &Tap {
        &self.tap
    }

    /// The time at which a request began, as text.
    pub(super) fn time(&self, began: SystemTime) -> String {
        self.stamp.borrow_mut().of(began).to_owned()
    }

    /// Takes a traced request.
    pub(super) fn span(&self, finished: Finished) {
        if self.spans.as_ref().is_some_and(|spans| spans.push(finished)) {
            self.waiting.notify_one();
        }
    }

    /// Hands over what has been collected.
    pub fn flush(&self) {
        let mut pending = self.pending.borrow_mut();
        if let (Some(writer), true) = (&self.writer, pending.lines > 0) {
            // The next is about as large.
            let next = Batch::with_capacity(pending.bytes.capacity());
            writer.queue(std::mem::replace(&mut *pending, next));
        }
        if let Some(spans) = &self.spans {
            spans.flush();
        }
    }

    /// Hands over what would wait too long; runs as long as the worker.
    pub async fn keep_flushing(&self) {
        loop {
            self.waiting.notified().await;
            tokio::time::sleep(LINGER).await;
            self.flush();
        }
    }
}
