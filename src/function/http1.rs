//! One connection in HTTP/1.1 to an instance.
//!
//! It does nothing by itself: the request that has it polls it. So a request runs in one task from end to end, a request that is dropped
//! resets the connection at once, and an idle connection causes no wake-ups and has no buffer.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use bytes::Bytes;
use http::Version;
use httparse::EMPTY_HEADER;
use tokio::io::AsyncWrite;
use tokio::time::Instant;

use super::error::{ExchangeError, Truncated};
use super::exchange::Part;
use super::instance::Endpoint;
use super::persistence::with_margin;
use super::presence::Presence;
use super::stream::Stream;
use crate::header::ReservedPrefix;
use crate::http1::buffer::{LARGE, STANDARD};
use crate::http1::{
    BodyReader, Buffer, Framing, FramingError, HeadError, HeadLimits, MessageWriter, Piece, Progress, head,
    trailer_fields, with_slots,
};
use crate::message::head::{FieldList, ResponseHead, add_http1, values_of};
use crate::message::hop::has_option;
use crate::message::response::Malformed;
use crate::net::socket::Unread;

/// How long an idle connection is kept when the function does not say: shorter than the 5 s after which many servers close.
const DEFAULT_KEEP: Duration = Duration::from_secs(4);

/// Heads that are read in one poll: interim responses without end must not keep a deadline waiting.
const HEADS: usize = 32;

/// An open connection to an instance.
#[derive(Debug)]
pub struct Http1Connection {
    stream: Stream,
    input: Buffer,
    progress: Progress,
    body: BodyReader,
    trailers: Buffer,
    output: MessageWriter,
    gauge: Presence,
    /// How long it may be idle.
    keep: Duration,
    /// Since when it had been idle when it was taken, for one that has served a request before.
    idle_before: Option<Instant>,
    exchange: Exchange,
}

/// What is known of the exchange under way.
#[derive(Clone, Copy, Debug, Default)]
struct Exchange {
    /// A connection that is dropped in the middle of one is reset.
    is_open: bool,
    /// Of a request with HEAD.
    is_head: bool,
    /// Whether a byte of the request was written.
    is_sent: bool,
    /// Whether a byte of the response has come.
    is_answered: bool,
    /// Many servers answer without reading the whole request, and close: what they have sent is read all the same.
    has_write_failed: bool,
    /// Whether so much comes at once that a large buffer is worth it.
    is_bulk: bool,
}

/// What is left of a connection after the function switched protocols.
#[derive(Debug)]
pub struct Switched {
    pub stream: Stream,
    /// What the function sent behind its 101. A tunnel may be idle for long, so that it is no buffer of the pool.
    pub received: Bytes,
}

impl Drop for Http1Connection {
    fn drop(&mut self) {
        if self.exchange.is_open {
            self.stream.reset();
        }
    }
}

impl Http1Connection {
    #[must_use]
    pub fn new(stream: Stream, endpoint: Rc<Endpoint>) -> Box<Self> {
        Box::new(Self {
            stream,
            input: Buffer::new(),
            progress: Progress::default(),
            body: BodyReader::new(Framing::None),
            trailers: Buffer::new(),
            output: MessageWriter::new(),
            gauge: Presence::new(endpoint),
            keep: DEFAULT_KEEP,
            idle_before: None,
            exchange: Exchange::default(),
        })
    }

    /// Whether it had served a request before the present one.
    #[must_use]
    pub fn is_reused(&self) -> bool {
        self.idle_before.is_some()
    }

    /// Whether a byte of the response has come.
    #[must_use]
    pub fn is_answered(&self) -> bool {
        self.exchange.is_answered
    }

    /// Begins an exchange. `head` is the whole head of a request whose body has this framing.
    pub fn begin(&mut self, head: &[u8], framing: Framing, is_head: bool) {
        self.exchange = Exchange { is_open: true, is_head, ..Exchange::default() };
        self.output.begin(framing).lines(head);
    }

    /// Sends content, together with what waits to be sent. Returns how many bytes of it were taken.
    ///
    /// # Errors
    /// When the connection was lost before a byte of the request was written.
    pub fn poll_send(&mut self, cx: &mut Context<'_>, data: &[u8]) -> Poll<Result<usize, ExchangeError>> {
        if self.exchange.has_write_failed {
            return Poll::Ready(Ok(data.len()));
        }
        match ready!(self.output.poll_write(&mut self.stream, cx, data)) {
            Ok(written) => {
                self.exchange.is_sent |= written.bytes > 0;
                Poll::Ready(Ok(written.content))
            }
            Err(error) => Poll::Ready(self.fail_write(error).map(|()| data.len())),
        }
    }

    /// Ends the body. The trailers have been filtered.
    pub fn finish<'t>(&mut self, trailers: impl IntoIterator<Item = (&'t [u8], &'t [u8])>) {
        self.output.finish(trailers);
    }

    /// Ready when everything has been sent.
    ///
    /// # Errors
    /// When the connection was lost before a byte of the request was written.
    pub fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ExchangeError>> {
        while !self.exchange.has_write_failed && !self.output.is_flushed() {
            ready!(self.poll_send(cx, &[]))?;
        }
        if !self.exchange.has_write_failed
            && let Err(error) = ready!(Pin::new(&mut self.stream).poll_flush(cx))
        {
            self.fail_write(error)?;
        }
        Poll::Ready(Ok(()))
    }

    fn fail_write(&mut self, error: io::Error) -> Result<(), ExchangeError> {
        if !self.exchange.is_sent {
            self.note_closed();
            return Err(ExchangeError::Unseen(error));
        }
        tracing::debug!(%error, "write to the function failed; reading what it has sent");
        self.exchange.has_write_failed = true;
        Ok(())
    }

    /// Reads heads of the response and shows each to `take`, until that returns something. For any but those of interim responses it has to.
    ///
    /// # Errors
    /// Why there is no response.
    pub fn poll_head<R>(
        &mut self,
        cx: &mut Context<'_>,
        prefix: &ReservedPrefix,
        mut take: impl FnMut(&ResponseHead<'_>, Framing) -> Option<R>,
    ) -> Poll<Result<R, ExchangeError>> {
        for _ in 0..HEADS {
            match self.read_head(prefix, &mut take) {
                Ok(Read::Taken(taken)) => return Poll::Ready(Ok(taken)),
                Ok(Read::PassedOn) => continue,
                Ok(Read::Incomplete) => {}
                Err(malformed) => return Poll::Ready(Err(ExchangeError::Malformed(malformed))),
            }
            match ready!(self.poll_fill(cx)) {
                Ok(0) => return Poll::Ready(Err(self.lost(io::ErrorKind::UnexpectedEof.into()))),
                Ok(_) => self.exchange.is_answered = true,
                Err(error) => return Poll::Ready(Err(self.lost(error))),
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn read_head<R>(
        &mut self,
        prefix: &ReservedPrefix,
        take: &mut impl FnMut(&ResponseHead<'_>, Framing) -> Option<R>,
    ) -> Result<Read<R>, Malformed> {
        let Self { input, progress, gauge, exchange, .. } = self;
        let settings = &gauge.endpoint().settings;
        let limits = HeadLimits { bytes: settings.max_response_header_bytes, fields: settings.max_response_headers };
        let malformed = |error| malformed(error, limits);
        let read = with_slots(limits.fields, |slots| -> Result<_, Malformed> {
            let Some(read) = head::response(input, limits, progress, slots).map_err(malformed)? else {
                return Ok(None);
            };
            let framing = Framing::of_response(read.status, read.version, exchange.is_head, read.fields)?;
            let mut fields = FieldList::new();
            add_http1(&mut fields, read.fields, prefix);
            let head = ResponseHead {
                status: read.status,
                reason: read.reason,
                version: version(read.version),
                fields: &fields,
            };
            let is_interim = head.status < 200 && head.status != 101;
            let keep = if is_interim { Keep::AsBefore } else { keep(&head, framing) };
            Ok(Some((read.length, framing, keep, take(&head, framing))))
        })?;
        let Some((length, framing, keep, taken)) = read else { return Ok(Read::Incomplete) };
        self.input.consume(length);
        self.progress = Progress::default();
        self.body = BodyReader::new(framing);
        match keep {
            Keep::For(time) if self.keeps() => self.keep = time,
            Keep::For(_) | Keep::AsBefore => {}
            Keep::Never => self.use_once(),
        }
        Ok(taken.map_or(Read::PassedOn, Read::Taken))
    }

    /// What has come of the body of the response.
    ///
    /// # Errors
    /// When it broke off.
    pub fn poll_data(&mut self, cx: &mut Context<'_>) -> Poll<Result<Part<'_>, Truncated>> {
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
                    tracing::debug!(%error, "the response is malformed");
                    return Poll::Ready(Err(Truncated));
                }
            };
            self.input.consume(skipped);
            if let Some(count) = data {
                return Poll::Ready(Ok(Part::Data(&self.input[..count])));
            }
            match ready!(self.poll_fill(cx)) {
                Ok(count) if count > 0 => {}
                Ok(_) if self.body.end_of_input().is_ok() => return Poll::Ready(Ok(Part::End)),
                Ok(_) => return Poll::Ready(Err(Truncated)),
                Err(error) => {
                    tracing::debug!(%error, "the response broke off");
                    return Poll::Ready(Err(Truncated));
                }
            }
        }
    }

    /// So much of the last data is used up.
    pub fn consume(&mut self, count: usize) {
        self.body.used(count);
        self.input.consume(count);
    }

    /// Shows the trailers behind a body that is over, with their names and values, to `each`.
    ///
    /// # Errors
    /// When the section is malformed.
    pub fn trailers(&self, mut each: impl FnMut(&str, &[u8])) -> Result<(), Truncated> {
        if self.trailers.is_empty() {
            return Ok(());
        }
        let mut slots = vec![EMPTY_HEADER; self.gauge.endpoint().settings.max_response_headers];
        let fields = trailer_fields(&self.trailers, &mut slots).map_err(|error| {
            tracing::debug!(%error, "the trailers are malformed");
            Truncated
        })?;
        fields.iter().for_each(|field| each(field.name, field.value));
        Ok(())
    }

    /// Reads once. The buffer is the pool's while nothing is in it.
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        self.input.prepare(self.exchange.is_bulk);
        let read = self.input.poll_fill(&mut self.stream, cx, LARGE);
        match read {
            Poll::Ready(Ok(count)) => self.exchange.is_bulk |= count >= STANDARD,
            Poll::Ready(Err(_)) | Poll::Pending if self.input.is_empty() => self.input = Buffer::new(),
            Poll::Ready(Err(_)) | Poll::Pending => {}
        }
        read
    }

    /// A connection that was lost before a head was there.
    fn lost(&self, error: io::Error) -> ExchangeError {
        if !self.exchange.is_answered {
            self.note_closed();
        }
        ExchangeError::Closed(error)
    }

    /// The function has closed the connection that was idle.
    fn note_closed(&self) {
        let now = Instant::now();
        if let Some(since) = self.idle_before {
            self.gauge.endpoint().persistence.was_closed(now.saturating_duration_since(since), now);
        }
    }

    /// Whether the exchange is over on the wire, in both directions, and another may follow.
    #[must_use]
    pub fn is_free(&mut self) -> bool {
        let is_free = self.body.is_over()
            && self.output.is_complete()
            && self.output.is_flushed()
            && self.input.is_empty()
            && !self.exchange.has_write_failed;
        if is_free {
            self.exchange.is_open = false;
            self.trailers = Buffer::new();
        }
        is_free
    }

    /// Whether an idle connection is still good: not closed, nothing received that nobody asked for.
    pub fn is_open(&mut self) -> bool {
        if self.stream.is_quiet() {
            return true;
        }
        // Pending means that nothing has come, never that the runtime's budget for the task is used up: a task that looks at hundreds of
        // connections would take all behind the first hundred for quiet.
        let cx = &mut Context::from_waker(Waker::noop());
        let mut look = tokio::task::unconstrained(poll_fn(|cx| self.poll_fill(cx)));
        Pin::new(&mut look).poll(cx).is_pending()
    }

    /// What has come by now, which the runtime may not have heard of yet.
    #[must_use]
    pub fn unread(&self) -> Unread {
        self.stream.unread()
    }

    /// How long it has been idle.
    #[must_use]
    pub fn idle(&self, now: Instant) -> Duration {
        self.gauge.idle_since().map_or(Duration::ZERO, |since| now.saturating_duration_since(since))
    }

    #[must_use]
    pub fn is_expired(&self, now: Instant) -> bool {
        let life = self.keep.min(self.gauge.endpoint().persistence.life());
        self.gauge.idle_since().map_or(life.is_zero(), |since| now >= since + life)
    }

    /// Marks it as idle, or as in use again.
    pub fn set_idle(&mut self, since: Option<Instant>) {
        self.idle_before = self.gauge.idle_since();
        self.gauge.set_idle(since);
    }

    /// Has it closed after this exchange.
    pub fn use_once(&mut self) {
        self.keep = Duration::ZERO;
    }

    /// Whether it may be kept at all.
    #[must_use]
    pub fn keeps(&self) -> bool {
        !self.keep.is_zero()
    }

    /// What is left of it after a 101.
    #[must_use]
    pub fn into_switched(mut self: Box<Self>) -> Switched {
        self.exchange.is_open = false;
        let received = Bytes::copy_from_slice(&self.input);
        let stream = self.stream.take();
        Switched { stream, received }
    }
}

fn version(read: head::Version) -> Version {
    match read {
        head::Version::Http10 => Version::HTTP_10,
        head::Version::Http11 => Version::HTTP_11,
    }
}

/// What came of looking for a head.
enum Read<R> {
    Taken(R),
    /// An interim response.
    PassedOn,
    Incomplete,
}

/// What a response says of the time for which its connection may be idle.
enum Keep {
    /// Nothing.
    AsBefore,
    For(Duration),
    Never,
}

/// How long a connection may be idle after a response with this head. A margin is left to `Keep-Alive: timeout=N`.
fn keep(head: &ResponseHead<'_>, framing: Framing) -> Keep {
    let persists = match head.version {
        Version::HTTP_10 => has_option(head.fields, "keep-alive"),
        _ => true,
    };
    if !persists || framing == Framing::UntilClose || has_option(head.fields, "close") {
        return Keep::Never;
    }
    let seconds = values_of(head.fields, "keep-alive")
        .flat_map(|value| value.split(|&byte| byte == b','))
        .find_map(|option| str::from_utf8(option.trim_ascii().strip_prefix(b"timeout=")?).ok()?.trim().parse().ok());
    seconds.map_or(Keep::AsBefore, |seconds: u32| Keep::For(with_margin(Duration::from_secs(seconds.into()))))
}

/// The rule that a head breaks.
fn malformed(error: HeadError, limits: HeadLimits) -> Malformed {
    match error {
        HeadError::TooLarge => Malformed::HeadTooLarge(limits.bytes),
        HeadError::TooManyFields => Malformed::TooManyFields(limits.fields),
        HeadError::Version => Malformed::Version,
        HeadError::Status => Malformed::Status,
        HeadError::FieldName => Malformed::FieldName,
        HeadError::FieldValue => Malformed::FieldValue,
        HeadError::LineEnd => Malformed::LineEnd,
        HeadError::Method | HeadError::Target | HeadError::TargetTooLong | HeadError::Fragment => Malformed::NotHttp,
    }
}

impl From<FramingError> for Malformed {
    fn from(error: FramingError) -> Self {
        match error {
            FramingError::TransferEncoding => Self::TransferEncoding,
            FramingError::TransferEncodingInHttp10 => Self::OldTransferEncoding,
            FramingError::ContentLength | FramingError::DifferingLengths => Self::ContentLength,
            FramingError::Both => Self::BothLengths,
        }
    }
}
