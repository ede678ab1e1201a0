//! The part of a request in a trace: a span of the gateway's as a server, and one as a client for each attempt to reach the function.
//!
//! What is known when a request is over goes into a queue, in batches, and never waits: who sends it to a collector is not seen from
//! here. Nothing of this happens unless the configuration has `[traces]`.

pub mod context;

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use http::{Method, Version};
use prometheus::IntCounter;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tokio::time::Instant;
use uuid::Uuid;

use self::context::Context;
use super::route::Route;

/// Requests that a worker hands over at once.
const FULL: usize = 64;
/// Requests that may wait for the exporter.
const QUEUE: usize = 4096;

/// A request in a trace.
#[derive(Debug)]
pub struct Trace {
    /// The server's span.
    pub context: Context,
    /// The client's span that led here. Without one the trace begins here.
    pub parent: Option<u64>,
    /// How many bytes of the path the function does not see.
    pub base_path: usize,
    pub attempts: Vec<Attempt>,
}

/// One attempt to have the request answered by the function.
#[derive(Debug)]
pub struct Attempt {
    pub span: u64,
    pub started: Instant,
    /// When the head of the answer was there, or there was nothing to wait for any more.
    pub ended: Option<Instant>,
    /// Of the answer, if there was one.
    pub status: Option<u16>,
    pub instance: Option<Box<str>>,
}

impl Trace {
    /// A request that is sampled, or that a trace begins with. `None` is one whose client decided that it is not: what it says of itself passes
    /// as it is. `traceparent` are the lines of that
    /// name; `id` is the trace's if it begins here, and `ratio` the part of those that is sampled.
    #[must_use]
    pub fn begin<'a>(traceparent: impl Iterator<Item = &'a [u8]>, id: Uuid, ratio: f64) -> Option<Box<Self>> {
        let (context, parent) = match Context::read(traceparent) {
            Some(parent) if parent.is_sampled() => (parent.child(), Some(parent.span)),
            Some(_) => return None,
            None => (Context::new(id.as_u128(), is_chosen(id, ratio)), None),
        };
        Some(Box::new(Self { context, parent, base_path: 0, attempts: Vec::new() }))
    }

    /// Begins an attempt, and returns what the function is told. The one before is over, at `instance`.
    pub fn attempt(&mut self, now: Instant, instance: Option<&str>) -> Context {
        self.end(now, instance, None);
        let context = self.context.child();
        if context.is_sampled() {
            self.attempts.push(Attempt { span: context.span, started: now, ended: None, status: None, instance: None });
        }
        context
    }

    /// The attempt that runs, if one does, is over.
    pub fn end(&mut self, now: Instant, instance: Option<&str>, status: Option<u16>) {
        if let Some(attempt) = self.attempts.last_mut().filter(|attempt| attempt.ended.is_none()) {
            (attempt.ended, attempt.status, attempt.instance) = (Some(now), status, instance.map(Box::from));
        }
    }
}

/// Whether a trace is sampled, as OpenTelemetry's consistent sampling says it: by the last 56 bits of its id, which are random.
fn is_chosen(id: Uuid, ratio: f64) -> bool {
    const ALL: u64 = 1 << 56;
    let random = id.as_u64_pair().1 % ALL;
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "from 0 to 2^56"
    )]
    let rejected = ((1.0 - ratio) * ALL as f64) as u64;
    random >= rejected
}

/// A traced request that is over.
#[derive(Debug)]
pub struct Finished {
    pub trace: Box<Trace>,
    pub id: Uuid,
    pub route: Arc<Route>,
    /// When it began, by both clocks, and how long it took.
    pub began: (SystemTime, Instant),
    pub duration: Duration,
    pub client: Box<str>,
    pub host: Option<Box<str>>,
    pub is_secure: bool,
    pub method: Method,
    /// As it came, without the query.
    pub path: Box<str>,
    pub version: Version,
    pub user_agent: Option<Box<str>>,
    /// `None`: the client left before there was one.
    pub status: Option<u16>,
    pub bytes_in: u64,
    pub bytes_out: u64,
    pub queued: Option<Duration>,
    /// Why the gateway itself answered.
    pub reason: Option<&'static str>,
    /// Why the exchange ended before its end.
    pub aborted: Option<&'static str>,
}

impl Finished {
    /// How many spans it makes.
    #[must_use]
    pub fn spans(&self) -> u64 {
        1 + self.trace.attempts.len() as u64
    }
}

/// Requests of a worker that are handed over together.
pub type Batch = Vec<Finished>;

/// Where one worker leaves its traced requests.
#[derive(Debug)]
pub struct Spans {
    pending: RefCell<Batch>,
    queue: Queue,
}

/// The way to the exporter. What does not fit in is counted.
#[derive(Clone, Debug)]
pub struct Queue {
    batches: mpsc::Sender<Batch>,
    /// How many requests are in it.
    waiting: Arc<AtomicUsize>,
    lost: IntCounter,
}

/// The exporter's end.
#[derive(Debug)]
pub struct Batches {
    batches: mpsc::Receiver<Batch>,
    waiting: Arc<AtomicUsize>,
}

/// A queue, and its other end. Spans that find no room are counted in `lost`.
#[must_use]
pub fn queue(lost: IntCounter) -> (Queue, Batches) {
    // However few are handed over at a time: with little to do, a worker does so for each.
    let (sender, receiver) = mpsc::channel(QUEUE);
    let waiting = Arc::new(AtomicUsize::new(0));
    (Queue { batches: sender, waiting: waiting.clone(), lost }, Batches { batches: receiver, waiting })
}

impl Queue {
    fn push(&self, batch: Batch) {
        let count = batch.len();
        let has_room = self.waiting.fetch_add(count, Ordering::Relaxed) + count <= QUEUE;
        let refused =
            if has_room { self.batches.try_send(batch).err().map(TrySendError::into_inner) } else { Some(batch) };
        if let Some(batch) = refused {
            self.waiting.fetch_sub(count, Ordering::Relaxed);
            self.lost.inc_by(batch.iter().map(Finished::spans).sum());
        }
    }
}

impl Batches {
    /// The next of them; `None` when no more can come.
    pub async fn recv(&mut self) -> Option<Batch> {
        let batch = self.batches.recv().await?;
        self.waiting.fetch_sub(batch.len(), Ordering::Relaxed);
        Some(batch)
    }

    /// Takes no more in.
    pub fn close(&mut self) {
        self.batches.close();
    }
}

impl Spans {
    #[must_use]
    pub fn new(queue: Queue) -> Self {
        Self { pending: RefCell::default(), queue }
    }

    /// Keeps a request until others are handed over with it. Returns whether it is the first that waits.
    pub fn push(&self, finished: Finished) -> bool {
        let mut pending = self.pending.borrow_mut();
        pending.push(finished);
        let count = pending.len();
        drop(pending);
        if count >= FULL {
            self.flush();
        }
        count == 1
    }

    /// Hands over what has been collected.
    pub fn flush(&self) {
        let batch = self.pending.take();
        if !batch.is_empty() {
            self.queue.push(batch);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begin(flags: &str, id: Uuid, ratio: f64) -> Option<Box<Trace>> {
        let text = format!("00-{}-{}-{flags}", "a".repeat(32), "b".repeat(16));
        Trace::begin(std::iter::once(text.as_bytes()), id, ratio)
    }

    #[test]
    fn a_client_decides_on_the_traces_that_it_began() {
        let id = Uuid::from_u128(5);
        for ratio in [0.0, 1.0] {
            assert!(begin("00", id, ratio).is_none(), "not sampled: it passes");
            let sampled = begin("01", id, ratio).expect("sampled");
            assert_eq!(format!("{:x}", sampled.context.trace), "a".repeat(32));
            assert_eq!(sampled.parent.map(|parent| format!("{parent:x}")), Some("b".repeat(16)));
        }
    }

    #[test]
    fn a_trace_that_begins_here_has_the_id_of_its_request() {
        let id = Uuid::from_u128(0x1234 << 64);
        let begun = Trace::begin(std::iter::empty(), id, 1.0).expect("a trace");
        assert_eq!((begun.context.trace, begun.parent, begun.context.is_sampled()), (id.as_u128(), None, true));
        let mut unsampled = Trace::begin(std::iter::empty(), id, 0.0).expect("a trace all the same");
        assert!(!unsampled.context.is_sampled());
        unsampled.attempt(Instant::now(), None);
        assert!(unsampled.attempts.is_empty(), "nobody will ask for them");
    }

    #[test]
    fn the_ratio_is_kept() {
        let ids: Vec<_> = (0..10_000)
            .map(|_| uuid::Builder::from_random_bytes(fastrand::u128(..).to_ne_bytes()).into_uuid())
            .collect();
        for (ratio, least, most) in [(0.0, 0, 0), (0.25, 2_200, 2_800), (1.0, 10_000, 10_000)] {
            let chosen = ids.iter().filter(|id| is_chosen(**id, ratio)).count();
            assert!((least..=most).contains(&chosen), "{chosen} of 10,000 at {ratio}");
        }
    }
}
