//! The access record of a request: kept while it runs, counted and written when it is dropped.
//!
//! A worker collects its lines in a buffer of its own and hands them over a few times a second; a thread of its own writes
//! them, so that a slow disk or a blocked pipe delays no request. What cannot be queued or written is counted.

mod line;
mod output;
pub mod seen;
pub mod sink;
pub mod text;
pub mod writer;

use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::{Method, Version};
use tokio::time::Instant;
use uuid::Uuid;

use self::line::{Plain, write_fields};
use self::seen::Seen;
use self::sink::Sink;
use self::text::{Form, Line};
use super::live::Outcome;
use super::metrics::{ApiShard, Errors};
use super::route::Route;
use super::shard::Timing;
use super::tail::{RequestEvent, milliseconds};
use super::tap::Topic;
use super::trace::context::Context;
use super::trace::{Finished, Trace};
use crate::clock::Clock;

/// A route with the numbers of one worker.
#[derive(Debug)]
pub struct Tally {
    shard: Arc<ApiShard>,
    duration: Arc<Timing>,
    errors: Arc<Errors>,
    /// What an access line says of the route.
    fields: Box<[u8]>,
    route: Arc<Route>,
}

impl Tally {
    #[must_use]
    pub fn new(route: &Arc<Route>, worker: usize) -> Rc<Self> {
        let metrics = &route.metrics;
        let (shard, duration, errors) =
            (metrics.shards.of(worker), metrics.duration.of(worker), metrics.errors.of(worker));
        let mut fields = Vec::new();
        let written = write_fields!(&mut fields, {
            service: *route.service,
            api: *route.api,
            environment: Some(route.environment).filter(|environment| !environment.is_empty()),
            function: *route.function,
            version: *route.version,
        });
        debug_assert!(written.is_ok(), "all of it is text");
        Rc::new(Self { fields: fields.into(), shard, duration, errors, route: route.clone() })
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
    /// What is told of the request. Empty when its head could not be read.
    pub request: Seen,
    tally: Rc<Tally>,
    pub revision: u64,
    pub status: u16,
    pub bytes_in: u64,
    pub bytes_out: u64,
    pub queued: Option<Duration>,
    pub connected: Option<Duration>,
    pub answered: Option<Duration>,
    pub instance: Option<Rc<str>>,
    /// Why the gateway itself answered.
    pub reason: Option<&'static str>,
    /// The same in words.
    pub detail: Option<String>,
    /// Why the exchange ended before its end.
    pub aborted: Option<&'static str>,
    /// Its part in a trace that is continued or begun here.
    pub trace: Option<Box<Trace>>,
    clock: Clock,
    sink: Rc<Sink>,
}

/// The status of a request whose client left before the response head.
pub const CLIENT_LEFT: u16 = 499;

/// What a request is called that ended because its client left.
pub const CLIENT_CLOSED: &str = "client_closed";

/// What a panic is counted and logged as.
const INTERNAL_ERROR: &str = "internal_error";

impl Record {
    /// Starts the record of a request. Until it is answered it counts as abandoned.
    #[must_use]
    pub fn begin(sink: Rc<Sink>, clock: Clock, client: Rc<str>, tally: Rc<Tally>, id: Uuid) -> Self {
        tally.shard.in_flight.inc();
        Self {
            id,
            started: clock.now(),
            client,
            tls: None,
            request: Seen::default(),
            tally,
            revision: 0,
            status: CLIENT_LEFT,
            bytes_in: 0,
            bytes_out: 0,
            queued: None,
            connected: None,
            answered: None,
            instance: None,
            reason: None,
            detail: None,
            aborted: Some(CLIENT_CLOSED),
            trace: None,
            clock,
            sink,
        }
    }

    /// Notes where the request turned out to go.
    pub fn route(&mut self, tally: Rc<Tally>) {
        tally.shard.in_flight.inc();
        std::mem::replace(&mut self.tally, tally).shard.in_flight.dec();
    }

    /// Counts an error of the gateway's own making.
    pub fn count_error(&self, reason: &'static str) {
        self.tally.errors.count(reason);
    }

    /// The time of the connection, for those who outlive its polls.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Begins an attempt to reach the function, and returns what it is told of the trace, if it is.
    pub fn attempt(&mut self) -> Option<Context> {
        let trace = self.trace.as_mut()?;
        Some(trace.attempt(self.clock.now(), self.instance.as_deref()))
    }

    /// Notes that the head of the function's answer is there.
    pub fn answer(&mut self, waited: Duration, status: u16) {
        self.answered = Some(waited);
        if let Some(trace) = &mut self.trace {
            trace.end(self.clock.now(), self.instance.as_deref(), Some(status));
        }
    }

    /// What a trace tells of a request that took so long.
    fn finished(&self, mut trace: Box<Trace>, duration: Duration, began: SystemTime) -> Finished {
        trace.end(self.clock.now(), self.instance.as_deref(), None);
        let (request, text) = (&self.request, |text: &[u8]| String::from_utf8_lossy(text).into());
        Finished {
            trace,
            id: self.id,
            route: self.tally.route.clone(),
            began: (began, self.started),
            duration,
            client: (*self.client).into(),
            host: request.host().map(text),
            is_secure: self.tls.is_some(),
            method: request.method().cloned().unwrap_or(Method::GET),
            path: request.path().into(),
            version: request.version(),
            user_agent: request.user_agent().map(text),
            status: Some(self.status).filter(|_| !self.is_client_gone()),
            bytes_in: self.bytes_in,
            bytes_out: self.bytes_out,
            queued: self.queued,
            reason: self.reason,
            aborted: self.aborted,
        }
    }

    /// Writes the line of a request that took so long.
    fn write(&self, line: &mut Vec<u8>, form: Form, duration: Duration, time: &str) -> serde_json::Result<()> {
        match form {
            Form::Json => self.write_json(line, duration, time),
            Form::Text { colours } => {
                let shown = Line {
                    time,
                    method: self.request.method().map_or("", Method::as_str),
                    path: self.request.path(),
                    status: self.status,
                    duration,
                    function: &self.tally.route.function,
                    why: [self.reason, self.aborted],
                };
                shown.write(colours, line)
            }
        }
    }

    fn write_json(&self, line: &mut Vec<u8>, duration: Duration, time: &str) -> serde_json::Result<()> {
        let request = &self.request;
        let start = line.len();
        write_fields!(line, {
            time: Plain(time),
            request_id: self.id,
            client: Plain(&self.client),
            host: request.host(),
            method: Plain(request.method().map_or("", Method::as_str)),
            path: request.path(),
            status: self.status,
            bytes_in: self.bytes_in,
            bytes_out: self.bytes_out,
            duration_ms: duration,
            function_ms: self.answered,
            connect_ms: self.connected,
            queue_ms: self.queued,
        })?;
        line.extend_from_slice(&self.tally.fields);
        write_fields!(line, {
            instance: self.instance.as_deref(),
        })?;
        if self.reason.is_none() && self.aborted.is_none() {
            // As most are; written at once.
            line.extend_from_slice(b",\"reason\":null,\"detail\":null,\"aborted\":null");
        } else {
            write_fields!(line, {
                reason: self.reason.map(Plain),
                detail: self.detail.as_deref(),
                aborted: self.aborted.map(Plain),
            })?;
        }
        write_fields!(line, {
            protocol: Plain(self.protocol()),
            tls: self.tls.map(Plain),
            user_agent: request.user_agent(),
            revision: self.revision,
        })?;
        line[start] = b'{';
        line.push(b'}');
        Ok(())
    }

    fn protocol(&self) -> &'static str {
        match self.request.version() {
            Version::HTTP_10 => "HTTP/1.0",
            Version::HTTP_2 => "HTTP/2",
            _ => "HTTP/1.1",
        }
    }

    /// Whether the client left before the head of an answer.
    fn is_client_gone(&self) -> bool {
        self.status == CLIENT_LEFT && self.aborted.is_some()
    }

    /// Leaves a request that took so long for those who listen.
    #[cold]
    #[inline(never)]
    fn report(&self, duration: Duration, began: SystemTime) {
        let tap = self.sink.tap();
        if tap.is_open_for(Topic::Live) {
            let (status, reason) = (self.status, self.reason);
            let outcome = Outcome { status, is_client_gone: self.is_client_gone(), reason, duration };
            tap.count(&self.tally.route, outcome);
        }
        if tap.is_open_for(Topic::Tail) {
            tap.push(self.clock.now(), || self.event(duration, began));
        }
    }

    fn event(&self, duration: Duration, began: SystemTime) -> RequestEvent {
        let request = &self.request;
        let route = &self.tally.route;
        RequestEvent {
            time: self.sink.time(began),
            request_id: self.id.simple().to_string(),
            client: self.client.to_string(),
            host: request.host().map(|host| String::from_utf8_lossy(host).into_owned()),
            method: request.method().map_or("", Method::as_str).to_owned(),
            path: request.path().to_owned(),
            protocol: self.protocol().to_owned(),
            status: self.status,
            service: route.service.to_string(),
            api: route.api.to_string(),
            environment: Some(route.environment).filter(|name| !name.is_empty()).map(str::to_owned),
            function: route.function.to_string(),
            version: route.version.to_string(),
            instance: self.instance.as_deref().map(str::to_owned),
            bytes_in: self.bytes_in,
            bytes_out: self.bytes_out,
            duration_ms: milliseconds(duration),
            queue_ms: self.queued.map(milliseconds),
            connect_ms: self.connected.map(milliseconds),
            function_ms: self.answered.map(milliseconds),
            reason: self.reason.map(str::to_owned),
            detail: self.detail.clone(),
            aborted: self.aborted.map(str::to_owned),
            revision: self.revision,
        }
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.count_error(INTERNAL_ERROR);
            if self.status == CLIENT_LEFT {
                (self.status, self.reason, self.aborted) = (500, Some(INTERNAL_ERROR), None);
            } else {
                // Its head is out.
                self.aborted = Some(INTERNAL_ERROR);
            }
        }
        let duration = self.clock.now() - self.started;
        self.tally.shard.codes.count(self.status);
        self.tally.shard.in_flight.dec();
        self.tally.duration.observe(duration);
        let is_listened = self.sink.tap().is_open();
        let trace = self.trace.take().filter(|trace| trace.context.is_sampled());
        if !self.sink.is_written() && !is_listened && trace.is_none() {
            return;
        }
        // Everybody is told the same time.
        let began = SystemTime::now() - duration;
        self.sink.line(began, |line, form, time| self.write(line, form, duration, time));
        if is_listened {
            self.report(duration, began);
        }
        if let Some(trace) = trace {
            self.sink.span(self.finished(trace, duration, began));
        }
    }
}
