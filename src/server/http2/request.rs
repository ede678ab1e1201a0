//! The client's side of one request in HTTP/2: a stream of its connection.

use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use bytes::{Buf, Bytes};
use h2::server::SendResponse;
use h2::{Reason, RecvStream, SendStream};
use http::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, UPGRADE};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, Version};
use tokio::time::Instant;

use super::super::delivery::Since;
use super::super::stream::Wire;
use super::super::turns::Turns;
use super::tunnel::TunnelStream;
use crate::drain::Phase;
use crate::function::exchange::Part;
use crate::message::http2::check_fields;
use crate::message::problem::{Problem, Reason as Refusal};
use crate::message::response::Delivery;
use crate::proxy::client::Client;
use crate::proxy::downstream::{BodyFault, ClientGone, Downstream, EachTrailer, Start};

/// The most bytes of a response in one frame: what every peer takes (RFC 9113 section 6.5.2).
const PIECE: usize = 16 << 10;

/// How much of a body that nobody wants is read before the stream is reset. It keeps no other request waiting.
const UNWANTED: usize = 16 << 20;

/// How many times as long as alone a frame may wait while others get through.
const AMONG_OTHERS: u32 = 10;

/// What the requests of one connection share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) wire: Rc<Wire>,
    pub(super) turns: Rc<Turns>,
    /// How long a client may leave a response waiting for its window, or send nothing of a body that nobody wants.
    pub(super) patience: Duration,
}

/// A request as its client sees it. A stream whose last handle is dropped is reset by h2, unless it is over.
#[derive(Debug)]
pub(super) struct ClientRequest {
    client: Rc<Client>,
    shared: Rc<Shared>,
    respond: SendResponse<Bytes>,
    /// Of the response, as soon as that has begun.
    sender: Option<SendStream<Bytes>>,
    body: RecvStream,
    /// What has come of the body and is not consumed.
    data: Bytes,
    trailers: Option<HeaderMap>,
    /// The last piece of the response, for which the client has room. It waits for the next call, to end the stream if it is the last one.
    held: Bytes,
    /// Since when the client has had no room for what is there.
    stalled_since: Option<Instant>,
    state: State,
}

/// What follows the head of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    None,
    Body,
    /// The bytes of a WebSocket, once its opening is agreed upon.
    Tunnel,
}

/// What is known of a request.
#[derive(Clone, Copy, Debug)]
struct State {
    content: Content,
    /// The body of the request has ended.
    is_read: bool,
    /// The client waits to be asked for its body.
    waits: bool,
    /// The end of the response was handed over.
    is_complete: bool,
    /// h2 has not taken the response: the stream is gone.
    is_lost: bool,
}

impl ClientRequest {
    pub(super) fn new(
        (body, respond): (RecvStream, SendResponse<Bytes>),
        content: Content,
        client: Rc<Client>,
        shared: Rc<Shared>,
    ) -> Self {
        let is_read = content != Content::Body;
        Self {
            client,
            shared,
            respond,
            sender: None,
            body,
            data: Bytes::new(),
            trailers: None,
            held: Bytes::new(),
            stalled_since: None,
            state: State { content, is_read, waits: false, is_complete: false, is_lost: false },
        }
    }

    /// The client waits to be asked for its body.
    pub(super) fn set_waiting(&mut self) {
        self.state.waits = true;
    }

    /// Whether the client has taken the request back.
    pub(super) fn is_reset(&mut self) -> bool {
        self.poll_left(&mut Context::from_waker(Waker::noop())).is_ready()
    }

    /// Whether a response has begun.
    pub(super) fn has_begun(&self) -> bool {
        self.sender.is_some()
    }

    /// Reads what is left of the body. A stream that is reset right behind its response makes many clients lose the response.
    pub(super) async fn read_out(mut self) {
        // Reading on would ask for it.
        if self.state.is_read || self.state.waits {
            return;
        }
        let deadline = self.client.now() + self.shared.patience;
        let mut bytes = self.data.len();
        self.consume(bytes);
        poll_fn(|cx| {
            while bytes <= UNWANTED && self.client.seat.phase() == Phase::Running {
                let count = self.poll_body(cx).map(|part| if let Ok(Part::Data(data)) = part { data.len() } else { 0 });
                match count {
                    Poll::Ready(0) => break,
                    Poll::Ready(count) => {
                        bytes += count;
                        self.consume(count);
                    }
                    Poll::Pending if self.client.alarm().passed(deadline) => break,
                    Poll::Pending => return Poll::Pending,
                }
            }
            Poll::Ready(())
        })
        .await;
    }

    /// Resets the stream once everything that came before has been written: h2 drops what it holds of it.
    pub(super) async fn reset(mut self) {
        // A stream that is lost needs no reset.
        let _ = self.push(false);
        let mut since = Since::default();
        let Some(sender) = &mut self.sender else { return };
        poll_fn(|cx| match sender.poll_reset(cx) {
            Poll::Ready(_over) => Poll::Ready(()),
            Poll::Pending => self.shared.wire.delivery.poll(&mut since, cx),
        })
        .await;
        sender.send_reset(Reason::INTERNAL_ERROR);
    }

    /// The stream of a WebSocket, whose opening has been answered.
    pub(super) fn into_tunnel(self) -> Option<TunnelStream> {
        let Self { shared, sender, body, .. } = self;
        Some(TunnelStream::new(sender?, body, shared.wire.frames.clone()))
    }

    /// Hands the held piece over, or an empty one that ends the stream.
    fn push(&mut self, is_last: bool) -> Result<(), ClientGone> {
        let sender = self.sender.as_mut().ok_or(ClientGone)?;
        if self.held.is_empty() && !is_last {
            return Ok(());
        }
        self.shared.wire.frames.answered(1);
        sender.send_data(std::mem::take(&mut self.held), is_last).map_err(|error| gone(&error))
    }

    /// How much the client has room for, of so many bytes that are there.
    fn poll_room(&mut self, cx: &mut Context<'_>, wanted: usize) -> Poll<Result<usize, ClientGone>> {
        let Some(sender) = &mut self.sender else { return Poll::Ready(Err(ClientGone)) };
        if sender.capacity() == 0 {
            sender.reserve_capacity(wanted);
        }
        while sender.capacity() == 0 {
            if !matches!(ready!(sender.poll_capacity(cx)), Some(Ok(_))) {
                return Poll::Ready(Err(ClientGone));
            }
        }
        Poll::Ready(Ok(sender.capacity()))
    }

    /// Whether the client has left what is there waiting for too long. While the connection itself takes nothing, that is not the stream's
    /// fault; while bodies get through, it may be that of those in front, since h2 does not say whose bytes they are.
    fn is_stalled(&mut self) -> bool {
        let (alarm, wire, patience) = (self.client.alarm(), &self.shared.wire, self.shared.patience);
        let since = *self.stalled_since.get_or_insert(alarm.now());
        let since = since.max(wire.flowing_since().unwrap_or_else(|| alarm.now()));
        self.client.seat.phase() == Phase::Expired
            || alarm.passed(since.max(wire.frames.delivered()) + patience)
            || alarm.passed(since + AMONG_OTHERS * patience)
    }
}

fn gone(error: &h2::Error) -> ClientGone {
    tracing::debug!(%error, "the client takes nothing more");
    ClientGone
}

impl Downstream for ClientRequest {
    type Sink<'s> = HeaderMap;

    fn client(&self) -> &Rc<Client> {
        &self.client
    }

    fn version(&self) -> Version {
        Version::HTTP_2
    }

    fn poll_body(&mut self, cx: &mut Context<'_>) -> Poll<Result<Part<'_>, BodyFault>> {
        while self.data.is_empty() {
            if self.state.is_read {
                return Poll::Ready(Ok(Part::End));
            }
            match ready!(self.body.poll_data(cx)) {
                Some(Ok(data)) => {
                    self.shared.wire.frames.consumed(1);
                    self.data = data;
                }
                Some(Err(_reset)) => return Poll::Ready(Err(BodyFault::ClientClosed)),
                None => {
                    let Ok(trailers) = ready!(self.body.poll_trailers(cx)) else {
                        return Poll::Ready(Err(BodyFault::ClientClosed));
                    };
                    self.trailers = trailers;
                    self.state.is_read = true;
                }
            }
        }
        Poll::Ready(Ok(Part::Data(&self.data)))
    }

    fn consume(&mut self, count: usize) {
        self.data.advance(count);
        if let Err(error) = self.body.flow_control().release_capacity(count) {
            tracing::debug!(%error, "more was consumed than the client has sent");
        }
    }

    fn trailers(&mut self, each: &mut EachTrailer<'_>) -> Result<(), Problem> {
        let Some(trailers) = &self.trailers else { return Ok(()) };
        if trailers.is_empty() {
            // It had pseudo-fields, which h2 leaves out.
            return Err(Problem::new(Refusal::BadRequest, "malformed request body"));
        }
        let fields = || trailers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
        check_fields(fields()).map_err(|invalid| Problem::new(Refusal::BadRequest, invalid.as_str()))?;
        fields().try_for_each(|(name, value)| each(name, value))
    }

    fn poll_left(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let reset = match &mut self.sender {
            Some(sender) => sender.poll_reset(cx),
            None => self.respond.poll_reset(cx),
        };
        reset.map(drop)
    }

    fn interim(&mut self, status: u16, _reason: &[u8], write: impl FnOnce(&mut HeaderMap)) {
        let mut fields = HeaderMap::with_capacity(16);
        write(&mut fields);
        let Ok(status) = StatusCode::from_u16(status) else { return };
        if status == StatusCode::CONTINUE {
            self.state.waits = false;
        }
        let mut head = Response::new(());
        (*head.status_mut(), *head.headers_mut()) = (status, fields);
        self.shared.wire.frames.answered(1);
        if let Err(error) = self.respond.send_informational(head) {
            tracing::debug!(%error, "the client takes no interim response");
        }
    }

    fn begin(&mut self, start: Start<'_>, write: impl FnOnce(&mut HeaderMap)) {
        let mut fields = HeaderMap::with_capacity(16);
        write(&mut fields);
        // An agreement to open a WebSocket, of which HTTP/2 has only the status.
        let switches = self.state.content == Content::Tunnel && start.status == 200;
        if switches {
            [CONNECTION, UPGRADE, SEC_WEBSOCKET_ACCEPT].into_iter().for_each(|name| drop(fields.remove(name)));
        }
        let is_over = match start.delivery {
            Delivery::Withheld => !switches,
            Delivery::Length => start.length == Some(0),
            Delivery::Chunked | Delivery::ToTheEnd => false,
        };
        self.state.is_complete = is_over;
        self.shared.turns.learn(true);
        let mut head = Response::new(());
        *head.status_mut() = StatusCode::from_u16(start.status).unwrap_or(StatusCode::BAD_GATEWAY);
        *head.headers_mut() = fields;
        match self.respond.send_response(head, is_over) {
            Ok(sender) => self.sender = Some(sender),
            Err(error) => {
                tracing::debug!(%error, "the client takes no response");
                self.state.is_lost = true;
            }
        }
    }

    fn poll_send(&mut self, cx: &mut Context<'_>, data: &[u8]) -> Poll<Result<usize, ClientGone>> {
        if self.state.is_complete {
            return Poll::Ready(Ok(data.len()));
        }
        self.push(false)?;
        let wanted = data.len().min(PIECE);
        let Poll::Ready(room) = self.poll_room(cx, wanted) else {
            return if self.is_stalled() { Poll::Ready(Err(ClientGone)) } else { Poll::Pending };
        };
        let count = wanted.min(room?);
        self.stalled_since = None;
        self.held = Bytes::copy_from_slice(&data[..count]);
        Poll::Ready(Ok(count))
    }

    fn finish<'t>(&mut self, trailers: impl Iterator<Item = (&'t [u8], &'t [u8])>) {
        if std::mem::replace(&mut self.state.is_complete, true) {
            return;
        }
        let mut fields = HeaderMap::new();
        for (name, value) in trailers {
            if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value)) {
                fields.append(name, value);
            }
        }
        let is_last = fields.is_empty();
        if self.push(is_last).is_err() || is_last {
            return;
        }
        self.shared.wire.frames.answered(1);
        if let Some(sender) = &mut self.sender
            && let Err(error) = sender.send_trailers(fields)
        {
            tracing::debug!(%error, "the client takes no trailers");
        }
    }

    /// What h2 has been given fits the client's window, so that its connection sends it: nothing is waited for here.
    fn poll_flush(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), ClientGone>> {
        Poll::Ready(match self.state.is_lost {
            true => Err(ClientGone),
            false if self.held.is_empty() => Ok(()),
            false => self.push(false),
        })
    }

    /// The task of the request [resets](Self::reset) its stream in time.
    fn abort(&mut self) {}
}
