//! A request on its way to its function, and the response on its way back: one future, polled by the task of the client.
//!
//! To drop it is to give the request up. What it holds is given back by that: the slot, the connection to the function (which is reset in
//! the middle of an exchange), the record.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http::Version;
use tokio::time::{Instant, sleep};

use super::attempt::{Answer, Connections, Failed, Told};
use super::broken::Broken;
use super::client::Client;
use super::deadline::{Budget, WaitingFor};
use super::downstream::{ClientGone, Downstream, Start};
use super::error::Error;
use super::outbound::Outbound;
use super::own;
use super::reply::answer;
use super::retry::{Attempts, Next};
use super::served::Served;
use super::upload::{Limits, Stopped, Upload};
use super::view::{LocalApi, View};
use crate::clock::http_date;
use crate::drain::Phase;
use crate::function::balance::Selection;
use crate::function::dial::{self, Terms};
use crate::function::error::{ConnectError, ExchangeError};
use crate::function::exchange::{Outgoing, Part};
use crate::function::http1::Switched;
use crate::function::local::Permit;
use crate::function::pool::Pool;
use crate::function::tls::Offer;
use crate::function::upstream::Upstream;
use crate::http1::Framing;
use crate::message::head::{FieldSink, ResponseHead};
use crate::message::id;
use crate::message::lines::{self, Lines};
use crate::message::response::{Delivery, Malformed, Rewrite};
use crate::message::trailer;
use crate::message::websocket::Opening;
use crate::telemetry::access::Record;

/// Interim responses to one request that are passed on. A function that sends more has no use for a client.
const INTERIMS: usize = 100;

/// A request that has an API to go to.
#[derive(Debug)]
pub struct Forward {
    pub(super) view: Rc<View>,
    pub(super) api: Rc<LocalApi>,
    pub(super) request: Outbound,
    pub(super) record: Record,
    /// The sync-wait timeout.
    pub(super) timeout: Duration,
    pub(super) is_grpc: bool,
    /// Whether it may reach its function twice.
    pub(super) is_repeatable: bool,
    pub(super) expects_continue: bool,
    pub(super) takes_trailers: bool,
    /// Of a WebSocket over HTTP/2.
    pub(super) opening: Option<Opening>,
    /// Whether its response meets a bug.
    #[cfg(test)]
    pub(super) has_fault: bool,
}

impl Forward {
    /// Sends the request, and its response to the client.
    pub(super) async fn serve<D: Downstream>(&mut self, downstream: &mut D) -> Outcome {
        let Self { view, api, request, record, is_grpc, .. } = self;
        let client = downstream.client().clone();
        let limits = Limits {
            max_bytes: api.api.max_body_bytes,
            idle: view.snapshot.config.gateway.client_body_idle,
            rules: &view.rules,
            custom: &api.api.custom,
        };
        let upload = Upload::new(limits, record.started, self.expects_continue);
        let mut exchange = Exchange {
            budget: Budget::new(self.timeout, record.started),
            upload,
            client: &client,
            view,
            api,
            request,
            record,
            downstream,
            is_repeatable: self.is_repeatable,
            takes_trailers: self.takes_trailers,
            opening: self.opening.as_ref(),
            interims: 0,
            has_heard: false,
            #[cfg(test)]
            has_fault: self.has_fault,
        };
        let error = match exchange.run().await {
            Ok(outcome) => return outcome,
            Err(Error::ClientClosed) => return Outcome::Over(Served::ClientGone),
            Err(error) => error,
        };
        let reply = own::fail(&error, *is_grpc, record);
        Outcome::Over(answer(downstream, &reply, request.is_head, record).await)
    }
}

/// What came of an exchange.
pub(super) enum Outcome {
    Over(Served),
    /// The function has switched protocols, and the client knows.
    Switched(Switched, Permit),
}

/// One request and its response.
struct Exchange<'a, D> {
    client: &'a Client,
    view: &'a View,
    api: &'a Rc<LocalApi>,
    request: &'a mut Outbound,
    record: &'a mut Record,
    downstream: &'a mut D,
    budget: Budget,
    upload: Upload<'a>,
    is_repeatable: bool,
    takes_trailers: bool,
    opening: Option<&'a Opening>,
    /// Interim responses that were passed on, and whether one has just been.
    interims: usize,
    has_heard: bool,
    #[cfg(test)]
    has_fault: bool,
}

impl<D: Downstream> Exchange<'_, D> {
    async fn run(&mut self) -> Result<Outcome, Error> {
        let permit = match self.api.function.try_admit() {
            Some(permit) => permit,
            None => self.queue().await?,
        };
        let Answer { mut upstream, pool, told } = self.send().await?;
        if told.switched {
            let lost = || Error::Malformed(Malformed::Unasked);
            let flushed = poll_fn(|cx| self.downstream.poll_flush(cx)).await;
            let switched = upstream.into_switched().ok_or_else(lost)?;
            return Ok(match flushed {
                Ok(()) => Outcome::Switched(switched, permit),
                Err(ClientGone) => Outcome::Over(Served::ClientGone),
            });
        }
        let served = self.relay(&mut upstream, told, &permit).await;
        if let (Served::Whole, Upstream::Http1(mut connection)) = (&served, upstream)
            && connection.is_free()
        {
            pool.put(connection, self.client.now());
        }
        Ok(Outcome::Over(served))
    }

    /// A slot from the function's queue.
    async fn queue(&mut self) -> Result<Permit, Error> {
        let began = self.client.now();
        let function = self.api.function.clone();
        let admitted = Box::pin(async { self.wait(pin!(function.admit())).await }).await;
        self.record.queued = Some(self.client.now() - began);
        admitted?.map_err(Error::NoSlot)
    }

    /// Waits for `work` within the budget, as long as the client is there.
    async fn wait<F: Future>(&mut self, mut work: Pin<&mut F>) -> Result<F::Output, Error> {
        poll_fn(|cx| match work.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Ok(output)),
            Poll::Pending => self.poll_stopped(cx).map(Err),
        })
        .await
    }

    /// Ready when there is nothing to wait for any more.
    fn poll_stopped(&mut self, cx: &mut Context<'_>) -> Poll<Error> {
        if self.downstream.poll_left(cx).is_ready() {
            return Poll::Ready(Error::ClientClosed);
        }
        self.budget.since = self.budget.since.max(self.upload.last_chunk);
        match self.budget.check(self.client) {
            Some(stop) => Poll::Ready(Error::stopped(stop, &self.budget)),
            None => Poll::Pending,
        }
    }

    /// Attempts to have the request answered, until it is or there is to be no other attempt.
    async fn send(&mut self) -> Result<Answer, Error> {
        let function = self.api.function.clone();
        let mut attempts = Attempts::new(self.is_repeatable, function.function.spec.start_wait);
        let mut selection = function.select(self.client.now());
        self.begin_span();
        loop {
            let failed = match self.attempt(&selection, &mut attempts).await? {
                Ok(answer) => return Ok(answer),
                Err(failed) => failed,
            };
            let now = Instant::now();
            let has_untried = function.advance(&mut selection, now);
            match attempts.after(&failed, has_untried, now, self.budget.end()) {
                Next::Attempt(Duration::ZERO) => {}
                Next::Attempt(pause) => Box::pin(async { self.wait_connecting(pin!(sleep(pause))).await }).await?,
                Next::GiveUp => return Err(failed.into()),
            }
            // Connections that cannot be opened are part of the attempt that they are for.
            if !matches!(failed, Failed::NotConnected(_)) {
                self.begin_span();
            }
        }
    }

    /// The next attempt is told of the trace, if there is one.
    fn begin_span(&mut self) {
        if let Some(span) = self.record.attempt() {
            self.request.set_span(&span);
        }
    }

    /// One attempt: a connection to the selected instance, the request, and the head of the response.
    async fn attempt(
        &mut self,
        selection: &Selection,
        attempts: &mut Attempts,
    ) -> Result<Result<Answer, Failed>, Error> {
        let pool = self.api.function.pool(selection).clone();
        self.record.instance = Some(pool.endpoint().label.clone());
        let mut upstream = match self.take(&pool, attempts.connections()) {
            Some(upstream) => upstream,
            None => {
                attempts.connect(Instant::now());
                match Box::pin(self.open(&pool)).await? {
                    Ok(upstream) => upstream,
                    Err(error) => return Ok(Err(Failed::NotConnected(error))),
                }
            }
        };
        self.budget.waiting_for = WaitingFor::Response;
        let began = self.client.now();
        match self.exchange(&mut upstream).await {
            Ok(told) => {
                let waited = self.client.now() - began;
                self.record.answer(waited, told.status);
                self.api.function.metrics.duration.observe(waited);
                Ok(Ok(Answer { upstream, pool, told }))
            }
            Err(Ended::Stopped(error)) => Err(error),
            Err(Ended::Exchange(error)) => {
                let is_whole = self.upload.restart(upstream.reclaim());
                Ok(Err(Failed::of_exchange(error, &upstream, is_whole)))
            }
        }
    }

    /// What an instance has to offer at once.
    fn take(&self, pool: &Rc<Pool>, connections: Connections) -> Option<Upstream> {
        match connections {
            // A reload may have left connections that begin with no header.
            _ if !self.request.preface.is_empty() => None,
            Connections::Idle(reuse) => pool.take(self.client.now(), self.offer(), reuse),
            Connections::New => pool.share(self.offer()),
        }
    }

    /// What a connection has to be good for: only HTTP/1.1 can be upgraded.
    fn offer(&self) -> Offer {
        if self.request.upgrade.is_some() { Offer::Http1 } else { Offer::Any }
    }

    /// A new connection to an instance.
    async fn open(&mut self, pool: &Rc<Pool>) -> Result<Result<Upstream, ConnectError>, Error> {
        self.budget.waiting_for = WaitingFor::Connection;
        let connect_timeout = self.api.function.function.spec.connect_timeout;
        let terms = Terms { offer: self.offer(), connect_timeout, preface: self.request.preface.clone() };
        self.wait_connecting(pin!(dial::open(pool, terms))).await
    }

    /// Waits within the budget, and notes the time.
    async fn wait_connecting<F: Future>(&mut self, work: Pin<&mut F>) -> Result<F::Output, Error> {
        let began = self.client.now();
        let output = self.wait(work).await;
        let waited = self.client.now() - began;
        self.record.connected = Some(self.record.connected.unwrap_or_default() + waited);
        output
    }

    /// Sends the request over a connection, and waits for the head of the response.
    async fn exchange(&mut self, upstream: &mut Upstream) -> Result<Told, Ended> {
        let Outbound { head, framing, is_head, .. } = &*self.request;
        let may_have_trailers = self.downstream.version() == Version::HTTP_2;
        let request = Outgoing { head, framing: *framing, is_head: *is_head, may_have_trailers };
        upstream.begin(request).map_err(Ended::Exchange)?;
        poll_fn(|cx| self.poll_exchange(cx, upstream)).await
    }

    fn poll_exchange(&mut self, cx: &mut Context<'_>, upstream: &mut Upstream) -> Poll<Result<Told, Ended>> {
        loop {
            self.poll_upload(cx, upstream)?;
            // A client that takes no interim response gets no further one.
            match self.downstream.poll_flush(cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(ClientGone)) => return Poll::Ready(Err(Ended::Stopped(Error::ClientClosed))),
                Poll::Pending => return self.poll_stopped(cx).map(|error| Err(Ended::Stopped(error))),
            }
            let was_held = self.upload.is_held();
            let prefix = &self.view.rules.prefix;
            let told = match upstream.poll_head(cx, prefix, |head, framing| self.hear(head, framing)) {
                Poll::Ready(Ok(told)) => told.map_err(|rule| Ended::Stopped(Error::Malformed(rule))),
                Poll::Ready(Err(error)) => Err(Ended::Exchange(error)),
                Poll::Pending if std::mem::take(&mut self.has_heard) || was_held && !self.upload.is_held() => continue,
                Poll::Pending => return self.poll_stopped(cx).map(|error| Err(Ended::Stopped(error))),
            };
            return Poll::Ready(told);
        }
    }

    fn poll_upload(&mut self, cx: &mut Context<'_>, upstream: &mut Upstream) -> Result<(), Ended> {
        let moved = self.upload.poll(cx, self.client, self.downstream, upstream);
        self.record.bytes_in = self.upload.bytes;
        moved.map_err(|stopped| match stopped {
            Stopped::ByClient(fault) => Ended::Stopped(fault.into()),
            Stopped::Unseen(error) => Ended::Exchange(error),
        })
    }

    /// The head of a response. An interim one is passed on; `None` asks for the next.
    fn hear(&mut self, head: &ResponseHead<'_>, framing: Framing) -> Option<Result<Told, Malformed>> {
        if head.status == 101 || head.status >= 200 {
            return Some(self.tell(head, framing));
        }
        if head.status == 100 {
            // One that nobody expects would be taken for the answer by simple clients.
            if self.upload.is_held() {
                self.upload.release(self.downstream);
            }
        } else if self.downstream.version() != Version::HTTP_10
            && self.interims < INTERIMS
            && let Ok(rewrite) = Rewrite::new(head, &self.view.rules.prefix, Delivery::Withheld, None)
        {
            self.interims += 1;
            self.has_heard = true;
            self.downstream.interim(head.status, head.reason, |sink| {
                rewrite.write(head.fields, sink);
            });
        }
        None
    }

    /// Begins the response for the client.
    fn tell(&mut self, head: &ResponseHead<'_>, framing: Framing) -> Result<Told, Malformed> {
        let delivery = delivery(framing, self.downstream.version());
        let rewrite = Rewrite::new(head, &self.view.rules.prefix, delivery, self.request.upgrade.as_deref())?;
        if let Some(opening) = self.opening {
            opening.check(head)?;
        }
        let switched = head.status == 101;
        self.record.status = if switched && self.opening.is_some() { 200 } else { head.status };
        let start = Start {
            status: self.record.status,
            reason: head.reason,
            delivery,
            length: if let Framing::Length(length) = framing { Some(length) } else { None },
            is_own: false,
            ends_connection: false,
        };
        let (id, now) = (self.record.id, self.client.now());
        self.downstream.begin(start, |sink| {
            let has_date = rewrite.write(head.fields, sink);
            id::write(id, sink);
            if !has_date {
                sink.field("Date", &http_date(now));
            }
        });
        Ok(Told { status: head.status, switched, withheld: delivery == Delivery::Withheld })
    }

    /// Passes the body of the response on, until all of it is sent.
    async fn relay(&mut self, upstream: &mut Upstream, told: Told, permit: &Permit) -> Served {
        let mut relay = Relay { began: self.client.now(), waiting_since: None, end: None };
        if told.withheld {
            relay.end = Some(End::Whole);
            self.downstream.finish(std::iter::empty());
        }
        let served = poll_fn(|cx| self.poll_relay(cx, upstream, &mut relay, permit)).await;
        if matches!(served, Served::Whole) {
            self.record.aborted = None;
        }
        served
    }

    fn poll_relay(
        &mut self,
        cx: &mut Context<'_>,
        upstream: &mut Upstream,
        relay: &mut Relay,
        permit: &Permit,
    ) -> Poll<Served> {
        if relay.end.is_none() && !self.upload.is_over() && !self.upload.is_held() {
            match self.poll_upload(cx, upstream) {
                Ok(()) => {}
                Err(Ended::Stopped(Error::ClientClosed)) => relay.end = Some(End::Broken(Broken::ClientClosed)),
                Err(Ended::Stopped(error)) => relay.end = Some(End::Broken(Broken::Refused(error.problem().reason))),
                // What the function has sent is read to its end.
                Err(Ended::Exchange(_)) => {}
            }
        }
        while relay.end.is_none() {
            relay.end = self.check_relay(relay, permit);
            if relay.end.is_some() {
                break;
            }
            match upstream.poll_data(cx) {
                Poll::Ready(Ok(Part::Data(data))) => {
                    #[cfg(test)]
                    assert!(!self.has_fault, "a fault in the body");
                    let Poll::Ready(sent) = self.downstream.poll_send(cx, data) else { return Poll::Pending };
                    let Ok(count) = sent else { return Poll::Ready(Served::ClientGone) };
                    upstream.consume(count);
                    self.record.bytes_out += count as u64;
                    relay.waiting_since = None;
                }
                Poll::Ready(Ok(Part::End)) => relay.end = Some(self.end(upstream)),
                Poll::Ready(Err(_truncated)) => relay.end = Some(End::Broken(Broken::FunctionClosed)),
                Poll::Pending => return self.poll_waiting(cx, relay, permit),
            }
        }
        // Whatever came before goes out first.
        let Ok(()) = ready!(self.downstream.poll_flush(cx)) else { return Poll::Ready(Served::ClientGone) };
        Poll::Ready(match relay.end {
            Some(End::Broken(why)) => {
                self.record.aborted = Some(why.as_str());
                self.downstream.abort();
                Served::Broken
            }
            Some(End::Whole) | None => Served::Whole,
        })
    }

    /// The function has sent nothing new.
    fn poll_waiting(&mut self, cx: &mut Context<'_>, relay: &mut Relay, permit: &Permit) -> Poll<Served> {
        if let Poll::Ready(Err(ClientGone)) = self.downstream.poll_flush(cx) {
            return Poll::Ready(Served::ClientGone);
        }
        if self.downstream.poll_left(cx).is_ready() {
            return Poll::Ready(Served::ClientGone);
        }
        let since = *relay.waiting_since.get_or_insert(self.client.now());
        if self.client.alarm().passed(since + permit.spec().stream_idle) {
            relay.end = Some(End::Broken(Broken::StreamIdle));
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }

    /// Why the response is not to go on.
    fn check_relay(&self, relay: &Relay, permit: &Permit) -> Option<End> {
        if self.client.seat.phase() == Phase::Expired {
            return Some(End::Broken(Broken::Draining));
        }
        let max = permit.spec().stream_max?;
        self.client.alarm().passed(relay.began + max).then_some(End::Broken(Broken::StreamMax))
    }

    /// The body of the response is over; its trailers are passed on.
    fn end(&mut self, upstream: &mut Upstream) -> End {
        let mut kept = Lines::default();
        let takes_trailers = self.takes_trailers;
        let prefix = &self.view.rules.prefix;
        let read = upstream.trailers(|name, value| {
            if takes_trailers && trailer::passes(name, prefix) {
                kept.push(name, value);
            }
        });
        if read.is_err() {
            return End::Broken(Broken::FunctionClosed);
        }
        self.downstream.finish(lines::fields(kept.as_bytes()));
        End::Whole
    }
}

/// A response on its way.
struct Relay {
    began: Instant,
    /// When the wait for the chunk that is due began.
    waiting_since: Option<Instant>,
    end: Option<End>,
}

/// How a response ends, once all that came before has been sent.
#[derive(Clone, Copy)]
enum End {
    Whole,
    Broken(Broken),
}

/// Why an exchange ended without the head of a response.
enum Ended {
    Exchange(ExchangeError),
    /// There is nothing to wait for any more.
    Stopped(Error),
}

/// How a body with this framing reaches a client of this version.
fn delivery(framing: Framing, version: Version) -> Delivery {
    match (framing, version) {
        (Framing::None, _) => Delivery::Withheld,
        (Framing::Length(_), _) => Delivery::Length,
        (Framing::Chunked | Framing::UntilClose, Version::HTTP_11) => Delivery::Chunked,
        (Framing::Chunked | Framing::UntilClose, _) => Delivery::ToTheEnd,
    }
}
