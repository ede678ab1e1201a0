//! From a routed request to the response head of its function.

use std::rc::Rc;
use std::time::Duration;

use http::header::CONTENT_LENGTH;
use http::request::Parts;
use http::{Extensions, HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::{Body, Incoming};
use uuid::Uuid;

use super::client::Client;
use super::deadline::{Budget, Stop, WaitingFor};
use super::error::Error;
use super::exchange::{Exchange, GatewayResponse, Held};
use super::retry::{Attempt, may_retry};
use super::upgrade::Tunnel;
use super::view::{LocalApi, View};
use crate::function::connect::connect;
use crate::function::error::ExchangeError;
use crate::function::link::{FailedKind, Link, Switched};
use crate::function::local::{Local, Permit};
use crate::function::pool::Pool;
use crate::function::reply::Reply;
use crate::message::body::{ContinueGate, Fault, Progress, RequestBody, ResponseBody, UploadLimits};
use crate::message::lines::Lines;
use crate::message::{request, response};
use crate::net::proxy_protocol;
use crate::snapshot::Api;
use crate::telemetry::access::Record;

/// Attempts on connections that turn out to be closed before the request is written, or that cannot be opened.
const ATTEMPTS: usize = 3;

/// A request as hyper delivered it.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) head: Rc<Parts>,
    /// Taken out of the head: the letter case of its names, which hyper wants back with the request for the function.
    pub(super) extensions: Extensions,
    pub(super) incoming: Incoming,
}

/// Where a request goes.
#[derive(Debug)]
pub(super) struct Routed {
    pub(super) api: Rc<LocalApi>,
    /// How many bytes of the path are removed.
    pub(super) base_path: usize,
    pub(super) host: HeaderValue,
    pub(super) path_parameters: Option<String>,
    pub(super) upgrade: Option<HeaderValue>,
}

/// The response of a function, ready for the client.
#[derive(Debug)]
pub struct Answer {
    head: http::response::Parts,
    content: Content,
    held: Held,
}

#[derive(Debug)]
enum Content {
    Body { reply: Reply, withheld: bool },
    Tunnel(Switched),
}

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
}

/// What is sent next: a request that is still to be made, or one that came back unsent.
enum Next {
    New(Outgoing),
    Unsent(Box<Request<RequestBody>>),
}

/// Which connections an attempt may use: one that follows a lost one must not meet another that is as old.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Links {
    Any,
    New,
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
    let Received { head, extensions, incoming } = received;
    let LocalApi { api, function, .. } = &*routed.api;
    let (body, progress, gate) = upload(view, client, &head, incoming, api);
    record.bytes_in = progress.as_ref().map(|progress| progress.bytes.clone());
    let budget = Budget::new(api.timeout, record.started, progress.clone());
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
    };
    let outgoing = Outgoing { headers: forwarding.headers()?, body, extensions, gate };
    let (answer, link, pool) = forwarding.send(outgoing, record).await?;
    if progress.as_ref().is_some_and(|progress| progress.held.get()) {
        // The client is not asked for its body any more.
        client.leftover().end_connection();
    }
    let (mut parts, incoming) = answer.into_parts();
    let upgrade = routed.upgrade.as_ref();
    response::prepare(&mut parts, &view.rules.prefix, record.id, upgrade).map_err(Error::Malformed)?;
    record.status = parts.status.as_u16();
    let content = if parts.status == StatusCode::SWITCHING_PROTOCOLS {
        let lost = || Error::Malformed(response::Malformed::Unasked);
        Content::Tunnel(link.into_switched().ok_or_else(lost)?)
    } else {
        let bodiless = head.method == Method::HEAD || parts.status == StatusCode::NOT_MODIFIED;
        let withheld = bodiless && parts.headers.contains_key(CONTENT_LENGTH);
        Content::Body { reply: Reply::new(incoming, link, pool, client.now()), withheld }
    };
    Ok(Answer { head: parts, content, held: Held { permit, progress } })
}

/// The body to send, its progress, and the gate that holds it back while the client waits for `100 Continue`.
fn upload(
    view: &View,
    client: &Client,
    head: &Parts,
    incoming: Incoming,
    api: &Api,
) -> (RequestBody, Option<Rc<Progress>>, Option<ContinueGate>) {
    if incoming.is_end_stream() {
        return (RequestBody::empty(), None, None);
    }
    let limits = UploadLimits {
        idle: view.snapshot.config.gateway.client_body_idle,
        max_bytes: api.max_body_bytes,
        rules: view.rules.clone(),
        custom: api.custom.clone(),
    };
    let gate = request::expects_continue(head).then(ContinueGate::default);
    let (body, progress) =
        RequestBody::forward(incoming, limits, (client.alarm().clone(), client.leftover().clone()), gate.clone());
    (body, Some(progress), gate)
}

/// A slot from the function's queue.
async fn queue(function: &Rc<Local>, client: &Client, budget: &Budget, record: &mut Record) -> Result<Permit, Error> {
    let began = client.now();
    let admitted = budget.limit(client, function.admit()).await;
    record.queued = Some(client.now() - began);
    admitted.map_err(|stop| stopped(stop, budget))?.map_err(Error::NoSlot)
}

fn stopped(stop: Stop, budget: &Budget) -> Error {
    Error::Stopped { stop, timeout: budget.timeout() }
}

impl Forwarding<'_> {
    /// The client's own fields as the function gets them.
    fn headers(&self) -> Result<HeaderMap, Error> {
        let filter =
            request::Filter { rules: &self.view.rules, custom: &self.routed.api.api.custom, trusted: self.trusted };
        request::prepare(self.head, self.routed.host.clone(), filter).map_err(Error::Refused)
    }

    /// The field lines that the request gets from the gateway.
    fn own_lines(&self, id: Uuid) -> Lines {
        let Self { view, routed, head, .. } = *self;
        let (fixed, peer) = (&routed.api.api.lines, self.client.peer());
        let mut lines = Lines::with_capacity(fixed.len() + 384);
        lines.extend(fixed);
        request::add_lines(&mut lines, head, &view.rules, id, routed.upgrade.as_ref());
        if let Some(parameters) = &routed.path_parameters {
            lines.push(&view.rules.path_parameters, parameters.as_bytes());
        }
        if self.trusted {
            let proxies = &view.snapshot.config.gateway.trusted_proxies;
            peer.forward_by_proxy(&mut lines, &head.headers, &routed.host, proxies);
        } else {
            peer.forward(&mut lines, &routed.host);
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
    ) -> Result<(Response<Incoming>, Box<Link>, Rc<Pool>), Error> {
        let (mut unsent, mut links) = (0, Links::Any);
        let mut next = Next::New(outgoing);
        loop {
            let (link, pool) = match self.idle(links) {
                Ok(idle) => idle,
                Err(pool) => Box::pin(self.open(pool, links, record)).await?,
            };
            record.instance = Some(pool.endpoint().label.clone());
            let request = match next {
                Next::New(outgoing) => self.request(outgoing)?,
                Next::Unsent(request) => *request,
            };
            self.budget.enter(WaitingFor::Response);
            let began = self.client.now();
            let lines = self.own_lines(record.id);
            let failed = match link.exchange(request, lines, || self.check()).await {
                Ok((answer, link)) => {
                    let answered = self.client.now() - began;
                    record.answered = Some(answered);
                    self.routed.api.function.metrics.duration.observe(answered);
                    return Ok((answer, link, pool));
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
                FailedKind::Lost(ExchangeError::Closed(_)) if may_retry(attempt) && links == Links::Any => {
                    Next::New(self.again()?)
                }
                FailedKind::Unsent(_) => return Err(Error::Connect(closed_at_once())),
                FailedKind::Lost(error) => return Err(self.lost(error)),
                FailedKind::Stopped(stop) => return Err(stop),
            };
            links = Links::New;
        }
    }

    /// The parts of a request without a body for another attempt. The letter case of names went with the first.
    fn again(&self) -> Result<Outgoing, Error> {
        let headers = self.headers()?;
        Ok(Outgoing { headers, body: RequestBody::empty(), extensions: Extensions::new(), gate: None })
    }

    /// Why not to wait longer for the head: the time is over, or the client's body broke off.
    fn check(&self) -> Option<Error> {
        self.budget.check(self.client).map(|stop| stopped(stop, self.budget))
    }

    /// An exchange without an answer, by whose fault that was.
    fn lost(&self, error: ExchangeError) -> Error {
        match self.progress.and_then(|progress| progress.fault.take()) {
            Some(Fault::Refused(problem)) => Error::Refused(problem),
            Some(Fault::ClientClosed) => Error::ClientClosed,
            None => Error::Exchange(error),
        }
    }

    /// An idle connection to the instance whose turn it is, or the pool that has none to offer.
    fn idle(&self, links: Links) -> Result<(Box<Link>, Rc<Pool>), Rc<Pool>> {
        let function = &self.routed.api.function;
        let pool = function.pick();
        match links {
            // A reload may have left links that begin with no header.
            _ if function.function.spec.proxy_protocol.is_some() => Err(pool.clone()),
            Links::Any => pool.take(self.client.now()).map(|link| (link, pool.clone())).ok_or_else(|| pool.clone()),
            Links::New => Err(pool.clone()),
        }
    }

    /// What a new connection begins with: a PROXY header, which names one client, so that it serves no other.
    fn preface(&self) -> Vec<u8> {
        let proxies = &self.view.snapshot.config.gateway.trusted_proxies;
        match self.routed.api.function.function.spec.proxy_protocol {
            Some(version) => proxy_protocol::header(version, self.client.peer().ends(&self.head.headers, proxies)),
            None => Vec::new(),
        }
    }

    /// A new connection: to the instance of `pool` or, if that cannot be reached, one to those whose turn is next.
    async fn open(
        &self,
        mut pool: Rc<Pool>,
        links: Links,
        record: &mut Record,
    ) -> Result<(Box<Link>, Rc<Pool>), Error> {
        let function = &self.routed.api.function;
        let spec = &function.function.spec;
        let mut left = function.function.instances.len().min(ATTEMPTS);
        loop {
            left = left.saturating_sub(1);
            // Only the last instance is waited for; a function with several has others to ask meanwhile.
            let start_wait = if left == 0 { spec.start_wait } else { Duration::ZERO };
            self.budget.enter(WaitingFor::Connection);
            let endpoint = pool.endpoint();
            record.instance = Some(endpoint.label.clone());
            let began = self.client.now();
            let preface = self.preface();
            let connecting = connect(&endpoint.instance, spec.connect_timeout, start_wait, &preface);
            let connected = self.budget.limit(self.client, connecting).await;
            record.connected = Some(record.connected.unwrap_or_default() + (self.client.now() - began));
            match connected.map_err(|stop| stopped(stop, self.budget))? {
                Ok(stream) => {
                    let max_header_bytes = self.view.snapshot.config.gateway.max_header_bytes;
                    let link = Link::open(stream, endpoint.clone(), max_header_bytes).await;
                    let mut link = link.map_err(Error::Exchange)?;
                    if spec.proxy_protocol.is_some() {
                        link.use_once();
                    }
                    return Ok((link, pool));
                }
                Err(error) if left == 0 => return Err(Error::Connect(error)),
                Err(_) => match self.idle(links) {
                    Ok(idle) => return Ok(idle),
                    Err(next) => pool = next,
                },
            }
        }
    }
}

fn closed_at_once() -> crate::function::error::ConnectError {
    crate::function::error::ConnectError::Failed(std::io::ErrorKind::ConnectionReset.into())
}

impl Answer {
    /// The response for hyper. The record goes with the body, or with the tunnel.
    #[must_use]
    pub fn into_response(self, view: &View, client: Rc<Client>, record: Box<Record>) -> GatewayResponse {
        let body = match self.content {
            Content::Body { reply, withheld } => {
                let mut exchange = Exchange::new(reply, record, client, view.rules.clone(), self.held);
                if withheld {
                    exchange.withhold();
                    ResponseBody::Withheld(exchange)
                } else {
                    ResponseBody::Stream(exchange)
                }
            }
            Content::Tunnel(switched) => {
                client.leave_tunnel(Tunnel::new(switched, record, self.held.permit));
                ResponseBody::Own(Full::default())
            }
        };
        Response::from_parts(self.head, body)
    }
}
