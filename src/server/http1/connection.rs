//! The client's side of HTTP/1: a socket, what has been read of it and not used yet, and what is to be written.

use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Version};
use tokio::io::AsyncWrite;
use tokio::time::Instant;
use uuid::Uuid;

use super::super::fairness::Share;
use super::super::outflow::Outflow;
use super::super::socket::{Pressed, Socket};
use crate::config::Config;
use crate::config::Gateway as Limits;
use crate::drain::Phase;
use crate::function::exchange::Part;
use crate::http1::buffer::{LARGE, STANDARD};
use crate::http1::{
    BodyError, BodyReader, Buffer, Framing, FramingError, HeadError, HeadLimits, HeadWriter, MessageWriter, Piece,
    Progress, RequestFraming, Target, head, trailer_fields, with_slots,
};
use crate::message::expectation::expects_continue;
use crate::message::head::{self as message, FieldList, FieldSink, RequestHead, add_http1};
use crate::message::hop::has_option;
use crate::message::problem::{Problem, Reason};
use crate::message::reply::Reply;
use crate::message::response::Delivery;
use crate::proxy::begin::Begun;
use crate::proxy::client::Client;
use crate::proxy::downstream::{BodyFault, ClientGone, Downstream, EachTrailer, Start};
use crate::proxy::incoming::Incoming;
use crate::proxy::{Gateway, new_id};

/// What a client of HTTP/2 says first (RFC 9113 section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// How much of what a client sends ahead is read while its request is served, to see whether it leaves.
const AHEAD: usize = 8 << 10;

/// When a client is looked for first that has sent more than that. The pauses double.
const FIRST_LOOK: Duration = Duration::from_millis(50);

/// The longest pause.
const LONGEST_LOOK: Duration = Duration::from_secs(1);

/// How much of a body that nobody wants is read, so that the connection can take another request.
const UNWANTED: u64 = 1 << 20;

/// A client connection in HTTP/1.
#[derive(Debug)]
pub(super) struct Connection {
    socket: Socket,
    client: Rc<Client>,
    config: Arc<Config>,
    input: Buffer,
    output: MessageWriter,
    progress: Progress,
    body: BodyReader,
    trailers: Buffer,
    stage: Stage,
    /// Whether a request has begun on it.
    has_served: bool,
    request: Request,
    outflow: Outflow,
    share: Rc<Share>,
    loss: Option<Loss>,
}

/// What a connection is doing.
#[derive(Clone, Copy, Debug)]
enum Stage {
    /// Accepted then; nothing has arrived yet.
    New(Instant),
    /// Between two requests, since then.
    Idle(Instant),
    /// Reading a request head, since then.
    Head(Instant),
    Busy,
}

/// What the connection has to know of the request that is served.
#[derive(Clone, Copy, Debug)]
struct Request {
    id: Uuid,
    version: Version,
    is_head: bool,
    /// Whether another request may follow.
    persists: bool,
    /// Whether the client waits to be asked for its body.
    waits: bool,
    has_begun: bool,
    is_close_delimited: bool,
    /// The client may be in the middle of a body that nobody reads.
    upload_continues: bool,
    /// Whether so much comes at once that a large buffer is worth it.
    is_bulk: bool,
    /// How much of a body that nobody wants was read, and since when.
    unwanted: Option<(u64, Instant)>,
    /// When the client is to be looked for, and how long after that again.
    look: Option<(Instant, Duration)>,
}

/// Why a client gets nothing more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Loss {
    Left,
    TooSlow,
}

/// What came of waiting for a request.
pub(super) enum Head {
    Begun,
    /// Nothing has come for a moment.
    Idle,
    Over,
    Http2,
}

impl Connection {
    pub(super) fn new(socket: Socket, client: Rc<Client>, config: Arc<Config>) -> Self {
        let (stage, outflow) = (Stage::New(client.now()), Outflow::new(client.now()));
        Self {
            socket,
            client,
            config,
            input: Buffer::new(),
            output: MessageWriter::new(),
            progress: Progress::default(),
            body: BodyReader::new(Framing::None),
            trailers: Buffer::new(),
            stage,
            has_served: false,
            request: Request::last(),
            outflow,
            share: Rc::default(),
            loss: None,
        }
    }

    pub(super) fn client(&self) -> &Rc<Client> {
        &self.client
    }

    /// Whether nothing has come yet.
    pub(super) fn is_new(&self) -> bool {
        matches!(self.stage, Stage::New(_))
    }

    /// Since when it is doing what it does.
    pub(super) fn since(&self) -> Instant {
        match self.stage {
            Stage::New(since) | Stage::Idle(since) | Stage::Head(since) => since,
            Stage::Busy => self.client.now(),
        }
    }

    pub(super) fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<()> {
        if self.input.is_empty() { self.socket.poll_readable(cx) } else { Poll::Ready(()) }
    }

    pub(super) fn loss(&self) -> Option<Loss> {
        self.loss
    }

    /// Whether a connection that is closed in order would make a broken response look complete.
    pub(super) fn is_close_delimited(&self) -> bool {
        self.request.is_close_delimited
    }

    pub(super) fn upload_continues(&self) -> bool {
        self.request.upload_continues
    }

    /// The socket, and what has been read of it.
    pub(super) fn into_parts(self) -> (Socket, Bytes) {
        (self.socket, Bytes::copy_from_slice(&self.input))
    }

    fn limits(&self) -> &Limits {
        &self.config.gateway
    }

    /// The answer to a request that a bug put an end to, and whether that was HEAD; none if a response has begun already. Its record has been
    /// written by then.
    pub(super) fn answer_to_panic(&mut self) -> Option<(Reply, bool)> {
        if self.request.has_begun || !matches!(self.stage, Stage::Busy) {
            return None;
        }
        self.request.persists = false;
        Some((Gateway::panicked(self.request.id), self.request.is_head))
    }

    /// Waits for the next request, which is put into `begun`. Where none comes for `moment`, the connection is idle.
    pub(super) fn poll_head(
        &mut self,
        cx: &mut Context<'_>,
        gateway: &Gateway,
        moment: Duration,
        begun: &mut Begun,
    ) -> Poll<Head> {
        loop {
            self.skip_empty_lines();
            if !self.input.is_empty() {
                self.stage = match self.stage {
                    Stage::New(since) => Stage::Head(since),
                    // The head has its full time.
                    Stage::Idle(_) => Stage::Head(self.client.now()),
                    stage => stage,
                };
                if self.is_preface() {
                    if self.input.len() >= PREFACE.len() {
                        return Poll::Ready(Head::Http2);
                    }
                } else if self.read_head(gateway, begun) {
                    (self.stage, self.has_served) = (Stage::Busy, true);
                    return Poll::Ready(Head::Begun);
                }
            }
            match self.poll_fill(cx) {
                Poll::Ready(Ok(count)) if count > 0 => {}
                Poll::Ready(_end) => return Poll::Ready(Head::Over),
                Poll::Pending => return self.poll_overdue(gateway, moment, begun),
            }
        }
    }

    /// Empty lines in front of a request are no part of it (RFC 9112 section 2.2). There are clients that send one behind a body.
    fn skip_empty_lines(&mut self) {
        while self.input.starts_with(b"\r\n") {
            self.input.consume(2);
            self.progress = Progress::default();
        }
    }

    /// What to do about a client that sends nothing.
    fn poll_overdue(&mut self, gateway: &Gateway, moment: Duration, begun: &mut Begun) -> Poll<Head> {
        let (alarm, limits, phase) = (self.client.alarm(), self.limits(), self.client.seat.phase());
        match self.stage {
            _ if phase == Phase::Expired => Poll::Ready(Head::Over),
            Stage::New(since) if alarm.passed(since + limits.header_read_timeout) => Poll::Ready(Head::Over),
            Stage::Head(since) if alarm.passed(since + limits.header_read_timeout) => {
                let problem = Problem::new(Reason::RequestTimeout, "the request head took too long");
                *begun = self.refuse(gateway, &problem);
                Poll::Ready(Head::Begun)
            }
            Stage::Idle(_) if phase >= Phase::Draining => Poll::Ready(Head::Over),
            Stage::Idle(since) if alarm.passed(since + limits.keepalive_timeout) => Poll::Ready(Head::Over),
            Stage::Idle(since) if alarm.passed(since + moment) => Poll::Ready(Head::Idle),
            Stage::New(_) | Stage::Idle(_) | Stage::Head(_) | Stage::Busy => Poll::Pending,
        }
    }

    /// Whether what has come may be the preface of HTTP/2, from a client that may turn to it by itself. Over TLS it is agreed upon before.
    fn is_preface(&self) -> bool {
        let entrance = &self.client.entrance;
        let is_first = matches!(self.stage, Stage::New(_) | Stage::Head(_)) && !self.has_served;
        let compared = self.input.len().min(PREFACE.len());
        is_first && entrance.http2 && entrance.tls.is_none() && self.input[..compared] == PREFACE[..compared]
    }

    /// Reads a head into `begun`. False while no whole one has come.
    fn read_head(&mut self, gateway: &Gateway, begun: &mut Begun) -> bool {
        let gateway_limits = self.limits();
        let limits = HeadLimits { bytes: gateway_limits.max_header_bytes, fields: gateway_limits.max_headers };
        let view = gateway.view();
        let prefix = &view.rules.prefix;
        let Self { input, progress, client, request, stage, .. } = self;
        let read = with_slots(limits.fields, |slots| {
            let read = match head::request(input, limits, progress, slots) {
                Ok(read) => read?,
                Err(error) => return Some(Err(error)),
            };
            let method = match Method::from_bytes(read.method.as_bytes()) {
                Ok(method) => method,
                Err(_invalid) => return Some(Err(HeadError::Method)),
            };
            let (framing, fault) = match Framing::of_request(read.version, read.fields) {
                Ok(found) => (found, None),
                Err(error) => {
                    (RequestFraming { framing: Framing::None, overrides_length: true }, Some(framing_fault(error)))
                }
            };
            let mut fields = FieldList::new();
            add_http1(&mut fields, read.fields, prefix);
            let version = match read.version {
                head::Version::Http10 => Version::HTTP_10,
                head::Version::Http11 => Version::HTTP_11,
            };
            let mut text = String::new();
            let (target, target_fault) = match target_of(&method, read.target, &mut text) {
                Ok(found) => found,
                Err(error) => return Some(Err(error)),
            };
            let head = RequestHead { method: &method, target, version, fields: &fields };
            let fault = fault.or(target_fault);
            *request = Request::new(&head, framing.framing, framing.overrides_length);
            *stage = Stage::Busy;
            let incoming = Incoming { head, framing: framing.framing, opening: None, fault };
            gateway.begin(client, incoming, request.id, begun);
            Some(Ok((read.length, framing.framing)))
        });
        let Some(read) = read else { return false };
        self.progress = Progress::default();
        match read {
            Ok((length, framing)) => {
                self.input.consume(length);
                self.body = BodyReader::new(framing);
            }
            Err(error) => {
                let problem = unreadable(error, self.limits());
                *begun = self.refuse(gateway, &problem);
            }
        }
        true
    }

    /// The answer to a head that cannot be read. The connection ends with it.
    fn refuse(&mut self, gateway: &Gateway, problem: &Problem) -> Begun {
        self.request = Request::last();
        self.body = BodyReader::new(Framing::None);
        gateway.unreadable(&self.client, problem)
    }

    /// Ready when the request is over: with whether another may follow. What is left of its body is read and thrown away, within bounds.
    pub(super) fn poll_rest(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        let now = self.client.now();
        if !self.request.persists {
            self.request.upload_continues = !self.body.is_over() && !self.request.waits;
            return Poll::Ready(false);
        }
        let (mut read, since) = self.request.unwanted.unwrap_or((0, now));
        while !self.body.is_over() {
            if read.saturating_add(self.body.remaining().unwrap_or(0)) > UNWANTED {
                self.request.upload_continues = true;
                return Poll::Ready(false);
            }
            match self.poll_body(cx) {
                Poll::Ready(Ok(Part::Data(data))) => {
                    let count = data.len();
                    self.consume(count);
                    read += count as u64;
                }
                Poll::Ready(Ok(Part::End)) => {}
                Poll::Ready(Err(_broken_off)) => return Poll::Ready(false),
                Poll::Pending => {
                    self.request.unwanted = Some((read, since));
                    let idle = self.limits().client_body_idle;
                    let is_over =
                        self.client.seat.phase() >= Phase::Draining || self.client.alarm().passed(since + idle);
                    return if is_over { Poll::Ready(false) } else { Poll::Pending };
                }
            }
        }
        self.trailers = Buffer::new();
        self.stage = Stage::Idle(now);
        Poll::Ready(true)
    }

    /// Reads once, in its turn. The buffer is the pool's while nothing is in it.
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        ready!(self.share.poll(cx));
        self.input.prepare(self.request.is_bulk);
        let read = self.input.poll_fill(&mut self.socket, cx, LARGE);
        match read {
            Poll::Ready(Ok(count)) => {
                self.request.is_bulk |= count >= STANDARD;
                self.share.spend(count);
            }
            Poll::Ready(Err(_)) | Poll::Pending if self.input.is_empty() => self.input = Buffer::new(),
            Poll::Ready(Err(_)) | Poll::Pending => {}
        }
        read
    }

    /// Writes what is pending, and of `data` what the body takes. Returns how many bytes of `data` went out.
    fn poll_write(&mut self, cx: &mut Context<'_>, data: &[u8]) -> Poll<Result<usize, ClientGone>> {
        ready!(self.share.poll(cx));
        match self.output.poll_write(&mut self.socket, cx, data) {
            Poll::Ready(Ok(written)) => {
                self.outflow.unblock(self.client.now());
                self.share.spend(written.bytes);
                Poll::Ready(Ok(written.content))
            }
            Poll::Ready(Err(error)) => {
                tracing::debug!(%error, client = %self.client.peer.text(), "connection lost");
                Poll::Ready(Err(self.lose(Loss::Left)))
            }
            Poll::Pending => self.press(cx, data),
        }
    }

    /// The socket takes no more. Ends the connection when that has been so for too long.
    fn press(&mut self, cx: &mut Context<'_>, data: &[u8]) -> Poll<Result<usize, ClientGone>> {
        let patience = self.limits().client_body_idle;
        let pieces = self.output.pieces(data);
        let next: &[u8] = pieces.first().map_or(&[], |piece| piece);
        match self.outflow.press(&mut self.socket, next, &self.client, patience) {
            Ok(Pressed { of_next, .. }) if of_next > 0 => Poll::Ready(Ok(self.output.wrote(of_next))),
            Ok(Pressed { moved, .. }) => {
                if moved > 0 {
                    cx.waker().wake_by_ref();
                }
                Poll::Pending
            }
            Err(error) if error.kind() == io::ErrorKind::TimedOut => Poll::Ready(Err(self.lose(Loss::TooSlow))),
            Err(_lost) => Poll::Ready(Err(self.lose(Loss::Left))),
        }
    }

    fn lose(&mut self, loss: Loss) -> ClientGone {
        self.loss = Some(loss);
        ClientGone
    }

    /// Whether another request may follow this response.
    fn persists(&self, start: &Start<'_>) -> bool {
        self.request.persists
            && !start.ends_connection
            && !self.request.waits
            && start.delivery != Delivery::ToTheEnd
            && !(start.is_own && self.body.remaining().is_some_and(|left| left > UNWANTED))
            && self.client.seat.phase() == Phase::Running
    }
}

impl Request {
    fn new(head: &RequestHead<'_>, framing: Framing, overrides_length: bool) -> Self {
        let asks = match head.version {
            Version::HTTP_10 => has_option(head.fields, "keep-alive"),
            _ => true,
        };
        Self {
            id: new_id(),
            version: head.version,
            is_head: *head.method == Method::HEAD,
            persists: asks && !has_option(head.fields, "close") && !overrides_length,
            waits: expects_continue(head) && framing.has_content(),
            has_begun: false,
            is_close_delimited: false,
            upload_continues: false,
            is_bulk: false,
            unwanted: None,
            look: None,
        }
    }

    /// Something that no request follows.
    fn last() -> Self {
        Self {
            id: Uuid::nil(),
            version: Version::HTTP_11,
            is_head: false,
            persists: false,
            waits: false,
            has_begun: false,
            is_close_delimited: false,
            upload_continues: false,
            is_bulk: false,
            unwanted: None,
            look: None,
        }
    }
}

impl FieldSink for HeadWriter<'_> {
    fn field(&mut self, name: &str, value: &[u8]) {
        HeadWriter::field(self, name.as_bytes(), value);
    }
}

impl Downstream for Connection {
    type Sink<'s> = HeadWriter<'s>;

    fn client(&self) -> &Rc<Client> {
        &self.client
    }

    fn version(&self) -> Version {
        self.request.version
    }

    fn poll_body(&mut self, cx: &mut Context<'_>) -> Poll<Result<Part<'_>, BodyFault>> {
        loop {
            let (skipped, data) = match self.body.next(&self.input) {
                Ok((skipped, Piece::Data(data))) => (skipped, Some(data.len())),
                Ok((skipped, Piece::More)) => (skipped, None),
                Ok((skipped, Piece::End { trailers })) => {
                    self.trailers.extend_from_slice(trailers);
                    self.input.consume(skipped);
                    return Poll::Ready(Ok(Part::End));
                }
                Err(error) => {
                    self.request.persists = false;
                    return Poll::Ready(Err(BodyFault::Refused(malformed(error))));
                }
            };
            self.input.consume(skipped);
            if let Some(count) = data {
                return Poll::Ready(Ok(Part::Data(&self.input[..count])));
            }
            match ready!(self.poll_fill(cx)) {
                Ok(count) if count > 0 => {}
                Ok(_) | Err(_) => return Poll::Ready(Err(BodyFault::ClientClosed)),
            }
        }
    }

    fn consume(&mut self, count: usize) {
        self.body.used(count);
        self.input.consume(count);
    }

    fn trailers(&mut self, each: &mut EachTrailer<'_>) -> Result<(), Problem> {
        if self.trailers.is_empty() {
            return Ok(());
        }
        let mut slots = vec![httparse::EMPTY_HEADER; self.limits().max_headers];
        let fields = trailer_fields(&self.trailers, &mut slots).map_err(malformed)?;
        fields.iter().try_for_each(|field| each(field.name, field.value))
    }

    fn poll_left(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        // A client that closes its sending side is taken for gone, so that the function can stop at once.
        while self.input.len() < AHEAD {
            match self.poll_fill(cx) {
                Poll::Ready(Ok(count)) if count > 0 => {
                    if !self.body.is_over() {
                        // It may be what the upload waits for.
                        cx.waker().wake_by_ref();
                    }
                }
                Poll::Ready(_end) => return Poll::Ready(()),
                Poll::Pending => return Poll::Pending,
            }
        }
        let (now, alarm) = (self.client.now(), self.client.alarm());
        let (due, pause) = self.request.look.unwrap_or((now, FIRST_LOOK));
        if alarm.passed(due) {
            if self.socket.has_ended() {
                return Poll::Ready(());
            }
            alarm.passed(now + pause);
            self.request.look = Some((now + pause, (pause * 2).min(LONGEST_LOOK)));
        }
        Poll::Pending
    }

    fn interim(&mut self, status: u16, reason: &[u8], write: impl FnOnce(&mut HeadWriter<'_>)) {
        if status == 100 {
            self.request.waits = false;
        }
        let mut head = self.output.begin(Framing::None);
        head.status_line(head::Version::Http11, status, reason);
        write(&mut head);
        head.end();
    }

    fn begin(&mut self, start: Start<'_>, write: impl FnOnce(&mut HeadWriter<'_>)) {
        let persists = self.persists(&start);
        let version =
            if self.request.version == Version::HTTP_10 { head::Version::Http10 } else { head::Version::Http11 };
        let asked = self.request.persists;
        self.request.has_begun = true;
        self.request.persists = persists;
        self.request.is_close_delimited = start.delivery == Delivery::ToTheEnd;
        let mut head = self.output.begin(match (start.delivery, start.length) {
            (Delivery::Withheld, _) => Framing::None,
            (Delivery::Length, length) => Framing::Length(length.unwrap_or(0)),
            (Delivery::Chunked, _) => Framing::Chunked,
            (Delivery::ToTheEnd, _) => Framing::UntilClose,
        });
        head.status_line(version, start.status, start.reason);
        write(&mut head);
        match (persists, version) {
            _ if start.status == 101 => {}
            (true, head::Version::Http10) => head.field(b"Connection", b"keep-alive"),
            // As the version and its client have it where nothing is said.
            (true, head::Version::Http11) => {}
            (false, head::Version::Http10)
                if !asked && !start.ends_connection && start.delivery != Delivery::ToTheEnd => {}
            (false, _) => head.field(b"Connection", b"close"),
        }
        head.end();
    }

    fn poll_send(&mut self, cx: &mut Context<'_>, data: &[u8]) -> Poll<Result<usize, ClientGone>> {
        self.poll_write(cx, data)
    }

    fn finish<'t>(&mut self, trailers: impl Iterator<Item = (&'t [u8], &'t [u8])>) {
        self.output.finish(trailers);
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ClientGone>> {
        while !self.output.is_flushed() {
            ready!(self.poll_write(cx, &[]))?;
        }
        // TLS has a buffer of its own.
        match Pin::new(&mut self.socket).poll_flush(cx) {
            Poll::Ready(Ok(())) => {
                self.outflow.unblock(self.client.now());
                Poll::Ready(Ok(()))
            }
            Poll::Ready(Err(_lost)) => Poll::Ready(Err(self.lose(Loss::Left))),
            Poll::Pending => self.press(cx, &[]).map_ok(|_none| ()),
        }
    }

    fn abort(&mut self) {
        self.request.persists = false;
    }
}

/// The parts of a target, and what is wrong with it that only the client has to be told. `text` has room for a path that is not written as
/// it has to be sent.
fn target_of<'a>(
    method: &Method,
    written: &'a str,
    text: &'a mut String,
) -> Result<(message::Target<'a>, Option<&'static str>), HeadError> {
    const FRAGMENT: &str = "the request target has a fragment (`#`), which is not for servers";
    const ASTERISK: &str = "OPTIONS of a URL without a path asks for `*`, which is not served";
    let (shown, fault) = match Target::parse(written) {
        Err(HeadError::Fragment) => (&written[..written.find('#').unwrap_or(0)], Some(FRAGMENT)),
        Err(error) => return Err(error),
        Ok(_) => (written, None),
    };
    Ok(match Target::parse(shown).unwrap_or(Target::Origin("/")) {
        Target::Origin(path_and_query) => (message::Target::origin(path_and_query), fault),
        Target::Asterisk | Target::Authority(_) => (message::Target::origin(shown), fault),
        Target::Absolute { scheme, authority, path_and_query } => {
            let asks_for_asterisk = *method == Method::OPTIONS && path_and_query.is_empty();
            let fault = fault.or(asks_for_asterisk.then_some(ASTERISK));
            let path_and_query = if path_and_query.starts_with('/') {
                path_and_query
            } else {
                *text = format!("/{path_and_query}");
                text
            };
            (message::Target { scheme: Some(scheme), authority: Some(authority), path_and_query }, fault)
        }
    })
}

/// What is wrong with a head, for its client.
fn unreadable(error: HeadError, limits: &Limits) -> Problem {
    match error {
        HeadError::TooLarge | HeadError::TooManyFields => {
            Problem::head_too_large(limits.max_header_bytes, limits.max_headers)
        }
        HeadError::TargetTooLong => Problem::new(
            Reason::UriTooLong,
            format!("the request target is longer than {} bytes", limits.max_uri_bytes),
        ),
        _ => Problem::new(Reason::BadRequest, "malformed HTTP"),
    }
}

fn framing_fault(error: FramingError) -> &'static str {
    match error {
        FramingError::TransferEncoding => "the only Transfer-Encoding that is served is `chunked`",
        FramingError::TransferEncodingInHttp10 => "a Transfer-Encoding in HTTP/1.0",
        FramingError::ContentLength => "invalid Content-Length",
        FramingError::DifferingLengths => "Content-Length fields that differ",
        FramingError::Both => "both Transfer-Encoding and Content-Length",
    }
}

/// What is wrong with a body, for its client.
fn malformed(error: BodyError) -> Problem {
    let detail = match error {
        BodyError::ChunkExtension => "a chunk extension has a control character",
        _ => "malformed request body",
    };
    Problem::new(Reason::BadRequest, detail)
}
