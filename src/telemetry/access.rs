//! The access record of a request: kept while it runs, counted and written when it is dropped.
//!
//! A worker collects its lines in a buffer of its own and hands them over a few times a second; a thread of its own writes
//! them, so that a slow disk or a blocked pipe delays no request. What cannot be queued or written is counted.

mod line;
mod output;

use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use http::header::{HOST, USER_AGENT};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Request, Version};
use prometheus::IntCounter;
use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;
use uuid::Uuid;

use self::line::{Stamp, millis, text, write_fields};
use self::output::Output;
use super::escape::escape;
use super::metrics::{ApiMetrics, Errors};
use super::shard::{Codes, Timing};
use crate::clock::Clock;
use crate::config::types::AccessLog;

/// Batches that may wait for the writer.
const QUEUE: usize = 256;
/// A buffer of this many bytes is handed over at once.
const FULL: usize = 32 * 1024;
/// How long a line may wait in a worker.
const LINGER: Duration = Duration::from_millis(50);

/// What a request was routed to: the constant part of its record.
#[derive(Debug)]
pub struct Route {
    pub service: String,
    pub api: String,
    pub environment: &'static str,
    /// `namespace/name`.
    pub function: String,
    pub version: String,
    pub metrics: ApiMetrics,
}

/// A route with the numbers of one worker.
#[derive(Debug)]
pub struct Tally {
    codes: Arc<Codes>,
    duration: Arc<Timing>,
    errors: Arc<Errors>,
    /// What an access line says of the route.
    fields: Box<[u8]>,
}

impl Tally {
    #[must_use]
    pub fn new(route: &Route, worker: usize) -> Rc<Self> {
        let metrics = &route.metrics;
        let (codes, duration, errors) =
            (metrics.codes.of(worker), metrics.duration.of(worker), metrics.errors.of(worker));
        let mut fields = Vec::new();
        let written = write_fields!(&mut fields, {
            service: route.service,
            api: route.api,
            environment: Some(route.environment).filter(|environment| !environment.is_empty()),
            function: route.function,
            version: route.version,
        });
        debug_assert!(written.is_ok(), "all of it is text");
        Rc::new(Self { fields: fields.into(), codes, duration, errors })
    }

    /// Counts an error of the gateway's own making.
    pub fn count_error(&self, reason: &'static str) {
        self.errors.count(reason);
    }
}

/// One request, from its head to the end of its response. Counted and logged on drop.
#[derive(Debug)]
pub struct Record {
    pub id: Uuid,
    pub started: Instant,
    pub client: Rc<str>,
    /// The version of TLS that the client's connection has, if any.
    pub tls: Option<&'static str>,
    /// None when the head could not be read.
    pub head: Option<Rc<Parts>>,
    /// Which host the request turned out to be for: with an absolute target it is not the one in `Host`.
    pub host: Option<HeaderValue>,
    pub tally: Rc<Tally>,
    pub revision: u64,
    pub status: u16,
    pub bytes_in: Option<Rc<Cell<u64>>>,
    pub bytes_out: u64,
    pub queued: Option<Duration>,
    pub connected: Option<Duration>,
    pub answered: Option<Duration>,
    pub instance: Option<Rc<str>>,
    /// Why the gateway itself answered.
    pub reason: Option<&'static str>,
    /// Why the exchange ended before its end.
    pub aborted: Option<&'static str>,
    clock: Clock,
    sink: Rc<Sink>,
}

/// The status of a request whose client left before the response head.
pub const CLIENT_LEFT: u16 = 499;

/// What a panic before the head of a response is counted and logged as.
const INTERNAL_ERROR: &str = "internal_error";

impl Record {
    /// Starts the record of a request. Until it is answered it counts as abandoned.
    #[must_use]
    pub fn begin(sink: Rc<Sink>, clock: Clock, client: Rc<str>, tally: Rc<Tally>, id: Uuid) -> Box<Self> {
        Box::new(Self {
            id,
            started: clock.now(),
            client,
            tls: None,
            head: None,
            host: None,
            tally,
            revision: 0,
            status: CLIENT_LEFT,
            bytes_in: None,
            bytes_out: 0,
            queued: None,
            connected: None,
            answered: None,
            instance: None,
            reason: None,
            aborted: Some("client_closed"),
            clock,
            sink,
        })
    }

    /// The time of the connection, for those who outlive its polls.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Keeps a copy of what the line says of the head instead of the head, for a request that may last for hours: each of its fields holds
    /// all that was read at a time.
    pub fn settle(&mut self) {
        let copy = |value: &HeaderValue| HeaderValue::from_bytes(value.as_bytes()).ok();
        self.host = self.host.as_ref().and_then(copy);
        self.head = self.head.take().map(|head| {
            let (mut kept, ()) = Request::new(()).into_parts();
            (kept.method, kept.version) = (head.method.clone(), head.version);
            kept.uri = head.uri.to_string().parse().unwrap_or_default();
            for name in [HOST, USER_AGENT] {
                if let Some(value) = head.headers.get(&name).and_then(copy) {
                    kept.headers.insert(name, value);
                }
            }
            Rc::new(kept)
        });
    }

    /// Writes the line of a request that took so long, an object of JSON.
    fn write(&self, line: &mut Vec<u8>, duration: Duration, time: &str) -> serde_json::Result<()> {
        let head = self.head.as_deref();
        let field = |name: &HeaderName| head.and_then(|head| head.headers.get(name));
        let start = line.len();
        write_fields!(line, {
            time: time,
            request_id: self.id,
            client: *self.client,
            host: self.host.as_ref().or_else(|| field(&HOST)).map(text),
            method: head.map_or("", |head| head.method.as_str()),
            path: head.map_or("", |head| head.uri.path()),
            status: self.status,
            bytes_in: self.bytes_in.as_ref().map_or(0, |bytes| bytes.get()),
            bytes_out: self.bytes_out,
            duration_ms: millis(duration),
            function_ms: self.answered.map(millis),
            connect_ms: self.connected.map(millis),
            queue_ms: self.queued.map(millis),
        })?;
        line.extend_from_slice(&self.tally.fields);
        write_fields!(line, {
            instance: self.instance.as_deref(),
            reason: self.reason,
            aborted: self.aborted,
            protocol: match head.map(|head| head.version) {
                Some(Version::HTTP_10) => "HTTP/1.0",
                Some(Version::HTTP_2) => "HTTP/2",
                _ => "HTTP/1.1",
            },
            tls: self.tls,
            user_agent: field(&USER_AGENT).map(text),
            revision: self.revision,
        })?;
        line[start] = b'{';
        line.push(b'}');
        Ok(())
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.tally.count_error(INTERNAL_ERROR);
            (self.status, self.reason, self.aborted) = (500, Some(INTERNAL_ERROR), None);
        }
        let duration = self.clock.now() - self.started;
        self.tally.codes.count(self.status);
        self.tally.duration.observe(duration);
        self.sink.write(self, duration);
    }
}

/// Where one worker leaves its lines.
#[derive(Debug)]
pub struct Sink {
    writer: Option<Writer>,
    pending: RefCell<Batch>,
    stamp: RefCell<Stamp>,
    waiting: Notify,
}

#[derive(Debug, Default)]
struct Batch {
    bytes: Vec<u8>,
    lines: u64,
}

impl Sink {
    /// A sink that hands over to `writer`; none throws everything away.
    #[must_use]
    pub fn new(writer: Option<Writer>) -> Rc<Self> {
        Rc::new(Self { writer, pending: RefCell::default(), stamp: RefCell::default(), waiting: Notify::new() })
    }

    /// Writes the line of a request that took so long.
    fn write(&self, record: &Record, duration: Duration) {
        let Some(writer) = &self.writer else { return };
        let mut stamp = self.stamp.borrow_mut();
        let mut pending = self.pending.borrow_mut();
        let start = pending.bytes.len();
        if record.write(&mut pending.bytes, duration, stamp.of(SystemTime::now() - duration)).is_err() {
            pending.bytes.truncate(start);
            writer.lost.inc();
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

    /// Hands over what has been collected.
    pub fn flush(&self) {
        let batch = self.pending.take();
        if let (Some(writer), true) = (&self.writer, batch.lines > 0) {
            writer.queue(batch);
        }
    }

    /// Hands over lines that would wait too long; runs as long as the worker.
    pub async fn keep_flushing(&self) {
        loop {
            self.waiting.notified().await;
            tokio::time::sleep(LINGER).await;
            self.flush();
        }
    }
}

/// The queue to the thread that writes access lines.
#[derive(Clone, Debug)]
pub struct Writer {
    queue: mpsc::Sender<Message>,
    reopen: Arc<AtomicBool>,
    lost: IntCounter,
}

#[derive(Debug)]
enum Message {
    Lines(Batch),
    /// There is something to do beside the queue.
    Wake,
    /// Answered once everything before it is written.
    Sync(std::sync::mpsc::SyncSender<()>),
}

impl Writer {
    /// Opens the log and starts its thread; `None` when access logging is off. Lines that cannot be queued or written are
    /// counted in `lost`.
    ///
    /// # Errors
    /// When the file cannot be opened or the thread cannot be started.
    pub fn start(log: &AccessLog, lost: IntCounter) -> io::Result<Option<Self>> {
        let Some(mut output) = Output::open(log)? else { return Ok(None) };
        let (queue, mut messages) = mpsc::channel(QUEUE);
        let (counter, reopen) = (lost.clone(), Arc::new(AtomicBool::new(false)));
        let wanted = reopen.clone();
        std::thread::Builder::new().name("access-log".to_owned()).spawn(move || {
            while let Some(message) = messages.blocking_recv() {
                if wanted.swap(false, Ordering::AcqRel) {
                    output.reopen();
                }
                match message {
                    Message::Lines(batch) => {
                        if output.write_all(&batch.bytes).is_err() {
                            counter.inc_by(batch.lines);
                        }
                    }
                    Message::Wake => {}
                    // Whoever asked may have lost patience.
                    Message::Sync(written) => drop(written.try_send(())),
                }
            }
        })?;
        Ok(Some(Self { queue, reopen, lost }))
    }

    /// Closes the file and opens its path again, for log rotation.
    pub fn reopen(&self) {
        self.reopen.store(true, Ordering::Release);
        // A full queue wakes it as well, and whoever asks must not wait for a disk.
        let _ = self.queue.try_send(Message::Wake);
    }

    /// Waits until everything queued so far is written, at most `patience`: a pipe that nobody reads must not keep a process.
    pub fn sync(&self, patience: Duration) {
        let (written, wait) = std::sync::mpsc::sync_channel(1);
        if self.queue.try_send(Message::Sync(written)).is_err() || wait.recv_timeout(patience).is_err() {
            tracing::error!("the access log could not be written to its end");
        }
    }

    fn queue(&self, batch: Batch) {
        let lines = batch.lines;
        if self.queue.try_send(Message::Lines(batch)).is_err() {
            self.lost.inc_by(lines);
        }
    }
}

#[cfg(test)]
mod tests;
