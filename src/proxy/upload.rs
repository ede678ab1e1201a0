//! The body of a request on its way to the function.

use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf, Bytes};
use http::HeaderName;
use tokio::time::Instant;

use super::client::Client;
use super::downstream::{BodyFault, Downstream};
use super::routing::too_large;
use crate::function::error::ExchangeError;
use crate::function::exchange::Part;
use crate::function::upstream::Upstream;
use crate::message::lines::{self, Lines};
use crate::message::problem::{Problem, Reason};
use crate::message::rules::Rules;
use crate::message::trailer;
use crate::units::format_duration;

/// How long a body is held back for a function's `100 Continue` before it is sent all the same (RFC 9110 section 10.1.1).
const CONTINUE_WAIT: Duration = Duration::from_secs(1);

/// What holds for the body of a request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits<'a> {
    pub(super) max_bytes: Option<u64>,
    /// Between two chunks.
    pub(super) idle: Duration,
    pub(super) rules: &'a Rules,
    /// Names that are configured for the function, and that no client may send.
    pub(super) custom: &'a [HeaderName],
}

/// The body of one request.
#[derive(Debug)]
pub(super) struct Upload<'a> {
    state: State,
    limits: Limits<'a>,
    /// When a chunk was last forwarded, or when the request began.
    pub(super) last_chunk: Instant,
    pub(super) bytes: u64,
    /// Since when the next chunk has been waited for.
    awaited_since: Option<Instant>,
    /// What has been read and has to be sent again.
    again: Bytes,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The client waits for `100 Continue`, and so does the gateway, until then.
    Held(Instant),
    Open,
    /// Some of it may still have to be written.
    Ended,
    Over,
}

/// Why a body goes no further.
#[derive(Debug)]
pub(super) enum Stopped {
    ByClient(BodyFault),
    /// The connection to the function was lost before a byte of the request was written.
    Unseen(ExchangeError),
}

impl From<BodyFault> for Stopped {
    fn from(fault: BodyFault) -> Self {
        Self::ByClient(fault)
    }
}

impl From<ExchangeError> for Stopped {
    fn from(error: ExchangeError) -> Self {
        Self::Unseen(error)
    }
}

impl<'a> Upload<'a> {
    pub(super) fn new(limits: Limits<'a>, now: Instant, is_held: bool) -> Self {
        let state = if is_held { State::Held(now + CONTINUE_WAIT) } else { State::Open };
        Self { state, limits, last_chunk: now, bytes: 0, awaited_since: None, again: Bytes::new() }
    }

    /// Begins anew, on another connection, with `taken` of the one before. False if not all is there that has been read by now. The end of a
    /// body is found again.
    pub(super) fn restart(&mut self, taken: Bytes) -> bool {
        if (taken.len() + self.again.len()) as u64 != self.bytes {
            return false;
        }
        self.again = if self.again.is_empty() { taken } else { [taken, self.again.clone()].concat().into() };
        if matches!(self.state, State::Ended | State::Over) {
            self.state = State::Open;
        }
        true
    }

    /// Whether it waits for the function to ask for it.
    pub(super) fn is_held(&self) -> bool {
        matches!(self.state, State::Held(_))
    }

    pub(super) fn is_over(&self) -> bool {
        self.state == State::Over
    }

    /// The function asks for it, or has waited long enough.
    pub(super) fn release<D: Downstream>(&mut self, downstream: &mut D) {
        self.state = State::Open;
        downstream.interim(100, b"Continue", |_| {});
    }

    /// Moves as much of the body as there is and the function takes.
    pub(super) fn poll<D: Downstream>(
        &mut self,
        cx: &mut Context<'_>,
        client: &Client,
        downstream: &mut D,
        upstream: &mut Upstream,
    ) -> Result<(), Stopped> {
        if let State::Held(until) = self.state {
            if !upstream.is_http2() && !client.alarm().passed(until) {
                return flush(cx, upstream);
            }
            // A function that speaks HTTP/2 was not told that the client waits.
            self.release(downstream);
        }
        while !self.again.is_empty() {
            let Poll::Ready(taken) = upstream.poll_send(cx, &self.again) else { return Ok(()) };
            self.again.advance(taken?);
        }
        while self.state == State::Open {
            match downstream.poll_body(cx) {
                Poll::Ready(Ok(Part::Data(data))) => {
                    self.awaited_since = None;
                    let most = self.limits.max_bytes.unwrap_or(u64::MAX);
                    if self.bytes.saturating_add(data.len() as u64) > most {
                        return Err(BodyFault::Refused(too_large(most)).into());
                    }
                    let Poll::Ready(taken) = upstream.poll_send(cx, data) else { return Ok(()) };
                    let taken = taken?;
                    downstream.consume(taken);
                    self.bytes += taken as u64;
                    self.last_chunk = client.now();
                }
                Poll::Ready(Ok(Part::End)) => self.end(downstream, upstream)?,
                Poll::Ready(Err(fault)) => return Err(fault.into()),
                Poll::Pending => {
                    flush(cx, upstream)?;
                    return self.check_idle(client);
                }
            }
        }
        if self.state == State::Ended
            && let Poll::Ready(flushed) = upstream.poll_flush(cx)
        {
            flushed?;
            self.state = State::Over;
        }
        Ok(())
    }

    fn end<D: Downstream>(&mut self, downstream: &mut D, upstream: &mut Upstream) -> Result<(), BodyFault> {
        let Limits { rules, custom, .. } = self.limits;
        let mut kept = Lines::default();
        downstream
            .trailers(&mut |name, value| {
                if trailer::is_kept_of_request(name, rules, custom)? {
                    kept.push(name, value);
                }
                Ok(())
            })
            .map_err(BodyFault::Refused)?;
        upstream.finish(lines::fields(kept.as_bytes()));
        self.state = State::Ended;
        Ok(())
    }

    fn check_idle(&mut self, client: &Client) -> Result<(), Stopped> {
        let since = *self.awaited_since.get_or_insert(client.now());
        if !client.alarm().passed(since + self.limits.idle) {
            return Ok(());
        }
        let detail = format!("no byte of the request body arrived for {}", format_duration(self.limits.idle));
        Err(BodyFault::Refused(Problem::new(Reason::RequestTimeout, detail)).into())
    }
}

fn flush(cx: &mut Context<'_>, upstream: &mut Upstream) -> Result<(), Stopped> {
    match upstream.poll_flush(cx) {
        Poll::Ready(flushed) => Ok(flushed?),
        Poll::Pending => Ok(()),
    }
}
