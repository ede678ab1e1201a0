//! From a routed request to the response head of its function.

use std::pin::Pin;
use std::rc::Rc;

use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::request::Parts;
use http::{Extensions, HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Version};
use hyper::body::{Body, Incoming};
use uuid::Uuid;

use super::answer::{Answer, Content};
use super::client::Client;
use super::connector::{Connector, Links};
use super::deadline::{Budget, WaitingFor};
use super::error::Error;
use super::exchange::Held;
use super::retry::{Attempt, is_repeatable, may_retry};
use super::routing::{Received, Routed};
use super::upload::Upload;
use super::view::{LocalApi, View};
use crate::function::channel::Channel;
use crate::function::error::{ConnectError, ExchangeError};
use crate::function::failure::{Failed, FailedKind};
use crate::function::local::{Local, Permit};
use crate::function::pool::{Pool, Reuse};
use crate::function::reply::Reply;
use crate::function::session::Turn;
use crate::function::tls::Offer;
use crate::message::body::{Asked, ContinueGate, Fault, Progress, RequestBody};
use crate::message::lines::Lines;
use crate::message::problem::{Problem, Reason};
use crate::message::request::Filter;
use crate::message::trace_fields::TraceFields;
use crate::message::{grpc, http2, request, response};
use crate::telemetry::access::Record;
use crate::telemetry::trace::context::{Context, TRACEPARENT};

/// Attempts on connections that turn out to be closed before the request is written.
const ATTEMPTS: usize = 3;

/// What came of one attempt.
type Outcome = Result<(Response<Incoming>, Channel), Failed<Error>>;

/// One request on its way, with what every attempt needs.
struct Forwarding<'a> {
    view: &'a View,
    client: &'a Client,
    head: &'a Parts,
    routed: &'a Routed,
    budget: &'a Budget,
    progress: Option<&'a Progress>,
    /// Whether the client is a trusted proxy.
    trusted: bool,
    trace: TraceFields,
}

/// What is sent next: a request that is still to be made, or one that came back unsent.
enum Next {
    New(Outgoing),
    Unsent(Box<Request<RequestBody>>),
}

/// The parts of a request that are one attempt's own.
struct Outgoing {
    headers: HeaderMap,
    body: RequestBody,
    extensions: Extensions,
    gate: Option<ContinueGate>,
}

/// Sends a request to its function and waits for the response head.
///
/// # Errors
/// [`Error`]; what the request held is given back.
pub(super) async fn forward(
    view: &View,
    client: &Rc<Client>,
    received: Received,
    routed: &Routed,
    record: &mut Record,
) -> Result<Answer, Error> {
    let Received { head, extensions, incoming, opening, fault: _ } = received;
    let LocalApi { api, function, .. } = &*routed.api;
    let Upload { body, progress, gate } = Upload::new(view, client, &head, incoming, api);
    record.bytes_in = progress.as_ref().map(|progress| progress.bytes.clone());
    let timeout = grpc::timeout(&head).map_or(api.timeout, |patience| patience.min(api.timeout));
    let budget = Budget::new(timeout, record.started, progress.clone());
    let permit = match function.try_admit() {
        Some(permit) => permit,
        None => Box::pin(queue(function, client, &budget, record)).await?,
    };
    let forwarding = Forwarding {
        view,
        client,
        head: &head,
        routed,
        budget: &budget,
        progress: progress.as_deref(),
        trusted: client.peer().is_trusted(&view.snapshot.config.gateway.trusted_proxies),
        trace: TraceFields::of(record.trace.as_deref()),
    };
    if let Some(trace) = &mut record.trace {
        trace.base_path = routed.base_path;
    }
    let outgoing = Outgoing { headers: forwarding.headers()?, body, extensions, gate };
    let (answer, channel, pool) = forwarding.send(outgoing, record).await?;
    if let Some(progress) = progress.as_ref().filter(|progress| progress.asked.get() == Asked::NotYet) {
        progress.asked.set(Asked::Never);
        client.leftover().end_connection();
    }
    let (mut parts, incoming) = answer.into_parts();
    let upgrade = routed.upgrade.as_ref();
    let is_turn = matches!(channel, Channel::Turn(_));
    if is_turn {
        response::check_http2(&parts, &pool.endpoint().settings).map_err(Error::Malformed)?;
    }
    response::prepare(&mut parts, &view.rules.prefix, record.id, head.version, upgrade).map_err(Error::Malformed)?;
    let switched = parts.status == StatusCode::SWITCHING_PROTOCOLS;
    if let Some(opening) = opening {
        opening.finish(&mut parts).map_err(Error::Malformed)?;
    }
    record.status = parts.status.as_u16();
    let content = if switched {
        let lost = || Error::Malformed(response::Malformed::Unasked);
        Content::Tunnel(channel.into_switched().ok_or_else(lost)?)
    } else {
        let bodiless = head.method == Method::HEAD || parts.status == StatusCode::NOT_MODIFIED;
        let withheld = bodiless && parts.headers.contains_key(CONTENT_LENGTH)
            // In HTTP/2 a body can follow all the same.
            || is_turn && (bodiless || parts.status == StatusCode::NO_CONTENT) && !incoming.is_end_stream();
        Content::Body { reply: Reply::new(incoming, channel, pool, client.now()), withheld }
    };
    Ok(Answer { head: parts, content, held: Held { permit, progress } })
}

/// A slot from the function's queue.
async fn queue(function: &Rc<Local>, client: &Client, budget: &Budget, record: &mut Record) -> Result<Permit, Error> {
    let began = client.now();
    let admitted = budget.limit(client, function.admit()).await;
    record.queued = Some(client.now() - began);
    admitted.map_err(|stop| Error::stopped(stop, budget))?.map_err(Error::NoSlot)
}

impl Forwarding<'_> {
    /// The client's own fields as the function gets them.
    fn headers(&self) -> Result<HeaderMap, Error> {
        let custom = &self.routed.api.api.custom;
        let has_body = self.progress.is_some();
        let filter = Filter { rules: &self.view.rules, custom, trusted: self.trusted, trace: self.trace, has_body };
        let mut headers = request::prepare(self.head, self.routed.host.clone(), filter).map_err(Error::Refused)?;
        if self.head.version == Version::HTTP_2 && self.progress.is_some() && !headers.contains_key(CONTENT_LENGTH) {
            // Its end is an event there. For a GET, hyper would not send a body of unknown length otherwise.
            headers.append(TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
        }
        Ok(headers)
    }

    /// The field lines that the request gets from the gateway.
    fn own_lines(&self, id: Uuid, traced: Option<Context>) -> Lines {
        let Self { view, routed, head, .. } = *self;
        let (api, peer) = (&routed.api.api, self.client.peer());
        let mut lines = Lines::with_capacity(api.lines.len() + 416);
        if self.budget.timeout() == api.timeout {
            lines.extend(&api.timeout_line);
        } else {
            // The client's own. Zero would say that there is none.
            let milliseconds = self.budget.timeout().as_nanos().div_ceil(1_000_000);
            lines.push(&format!("{}Timeout", view.rules.prefix.as_str()), milliseconds.to_string().as_bytes());
        }
        lines.extend(&api.lines);
        peer.identify(&mut lines);
        request::add_lines(&mut lines, head, &view.rules, id, routed.upgrade.as_ref());
        if let Some(parameters) = &routed.path_parameters {
            lines.push(&view.rules.path_parameters, parameters.as_bytes());
        }
        if self.trusted {
            let proxies = &view.snapshot.config.gateway.trusted_proxies;
            let place = (&routed.host, routed.prefix.as_deref());
            peer.forward_by_proxy(&mut lines, &head.headers, place, proxies);
        } else {
            peer.forward(&mut lines, &routed.host, routed.prefix.as_deref());
        }
        if let Some(span) = traced.filter(|_| !api.custom.contains(&TRACEPARENT)) {
            lines.push(TRACEPARENT.as_str(), span.to_string().as_bytes());
        }
        lines
    }

    fn request(&self, outgoing: Outgoing) -> Result<Request<RequestBody>, Error> {
        let mut request = Request::new(outgoing.body);
        *request.method_mut() = self.head.method.clone();
        *request.uri_mut() = request::target(&self.head.uri, self.routed.base_path).map_err(Error::Refused)?;
        *request.headers_mut() = outgoing.headers;
        *request.extensions_mut() = outgoing.extensions;
        if let Some(gate) = outgoing.gate {
            hyper::ext::on_informational(&mut request, move |head| {
                if head.status() == StatusCode::CONTINUE {
                    gate.open();
                }
            });
        }
        Ok(request)
    }

    /// Sends the request until it is certain to have reached a function, and waits for the head of the answer.
    async fn send(
        &self,
        outgoing: Outgoing,
        record: &mut Record,
    ) -> Result<(Response<Incoming>, Channel, Rc<Pool>), Error> {
        let is_repeatable = is_repeatable(&self.head.method, self.progress.is_some());
        let mut links = Links::Idle(if is_repeatable { Reuse::Any } else { Reuse::Proven });
        let mut unsent = 0;
        let mut next = Next::New(outgoing);
        let connector = self.connector();
        let mut selection = connector.select();
        loop {
            let traced = record.attempt();
            let (channel, pool) = match connector.take(&selection, links) {
                Some(taken) => taken,
                None => Box::pin(connector.open(&mut selection, links, record)).await?,
            };
            record.instance = Some(pool.endpoint().label.clone());
            let request = match next {
                Next::New(outgoing) => self.request(outgoing)?,
                Next::Unsent(request) => *request,
            };
            self.budget.enter(WaitingFor::Response);
            let began = self.client.now();
            let lines = self.own_lines(record.id, traced);
            let outcome = match channel {
                Channel::Link(link) => {
                    let answered = link.exchange(request, lines, || self.check()).await;
                    answered.map(|(answer, link)| (answer, Channel::Link(link)))
                }
                Channel::Turn(turn) if http2::takes_host(&self.routed.host) => {
                    self.take_turn(turn, request, &lines).await
                }
                Channel::Turn(_) => return Err(Error::Refused(no_authority())),
            };
            let failed = match outcome {
                Ok((answer, channel)) => {
                    let answered = self.client.now() - began;
                    record.answer(answered, answer.status().as_u16());
                    self.routed.api.function.metrics.duration.observe(answered);
                    return Ok((answer, channel, pool));
                }
                Err(failed) => failed,
            };
            let attempt = Attempt {
                method: &self.head.method,
                has_body: self.progress.is_some(),
                reused: failed.reused,
                answered: failed.answered,
            };
            next = match failed.kind {
                FailedKind::Unsent(request) if unsent + 1 < ATTEMPTS => {
                    unsent += 1;
                    Next::Unsent(request)
                }
                FailedKind::Lost(ExchangeError::Closed(_)) if may_retry(attempt) && links != Links::New => {
                    Next::New(self.again(RequestBody::empty())?)
                }
                FailedKind::Refused(body, _) if unsent + 1 < ATTEMPTS => {
                    unsent += 1;
                    Next::New(self.again(body)?)
                }
                FailedKind::Unsent(_) => return Err(Error::Connect(closed_at_once())),
                FailedKind::Lost(error) | FailedKind::Refused(_, error) => return Err(self.lost(error)),
                FailedKind::Stopped(stop) => return Err(stop),
            };
            links = Links::New;
            connector.advance(&mut selection);
        }
    }

    /// An attempt over HTTP/2. Boxed, so that it takes no room where that is not spoken.
    fn take_turn(
        &self,
        turn: Box<Turn>,
        request: Request<RequestBody>,
        lines: &Lines,
    ) -> Pin<Box<impl Future<Output = Outcome>>> {
        let answered = turn.exchange(request, lines, || self.check());
        Box::pin(async move { answered.await.map(|(answer, turn)| (answer, Channel::Turn(turn))) })
    }

    /// The parts of a request for another attempt. The letter case of names went with the first.
    fn again(&self, body: RequestBody) -> Result<Outgoing, Error> {
        let headers = self.headers()?;
        Ok(Outgoing { headers, body, extensions: Extensions::new(), gate: None })
    }

    /// Why not to wait longer for the head: the time is over, or the client's body broke off.
    fn check(&self) -> Option<Error> {
        self.budget.check(self.client).map(|stop| Error::stopped(stop, self.budget))
    }

    /// An exchange without an answer, by whose fault that was.
    fn lost(&self, error: ExchangeError) -> Error {
        match self.progress.and_then(|progress| progress.fault.take()) {
            Some(Fault::Refused(problem)) => Error::Refused(problem),
            Some(Fault::ClientClosed) => Error::ClientClosed,
            None => Error::Exchange(error),
        }
    }

    fn connector(&self) -> Connector<'_> {
        let Self { view, client, head, budget, routed, .. } = *self;
        // Only HTTP/1.1 can be upgraded.
        let offer = if routed.upgrade.is_some() { Offer::Http1 } else { Offer::Any };
        Connector { view, client, head, function: &routed.api.function, budget, offer }
    }
}

fn no_authority() -> Problem {
    Problem::new(Reason::BadRequest, "the Host field cannot be sent in HTTP/2")
}

fn closed_at_once() -> ConnectError {
    ConnectError::Failed(std::io::ErrorKind::ConnectionReset.into())
}
