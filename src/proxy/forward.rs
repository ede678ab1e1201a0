//! From a routed request to the response head of its function.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use http::header::CONTENT_LENGTH;
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response, StatusCode, Uri};
use http_body_util::Full;
use hyper::body::{Body, Incoming};
use tokio::time::Instant;
use uuid::Uuid;

use super::client::Client;
use super::deadline::{Budget, Stop, WaitingFor};
use super::error::Error;
use super::exchange::{Exchange, GatewayResponse, Held, StreamLimits, Terms};
use super::retry::{Attempt, may_retry};
use super::upgrade::Tunnel;
use super::view::View;
use crate::function::admission::Permit;
use crate::function::connect::connect;
use crate::function::error::ExchangeError;
use crate::function::link::{FailedKind, Link, Switched};
use crate::function::pool::{Local, Pool};
use crate::function::reply::Reply;
use crate::message::body::{ContinueGate, Fault, Progress, RequestBody, ResponseBody, UploadLimits};
use crate::message::lines::Lines;
use crate::message::{request, response};
use crate::snapshot::Api;
use crate::telemetry::access::Record;
use crate::telemetry::metrics::seconds;

/// Attempts on connections that turn out to be closed before the request is written, or that cannot be opened.
const ATTEMPTS: usize = 3;

/// A request that found its API.
#[derive(Debug)]
pub(super) struct Routed {
    pub(super) api: Arc<Api>,
    /// What the function is asked for.
    pub(super) target: Uri,
    pub(super) host: HeaderValue,
    pub(super) path_parameters: Option<String>,
    pub(super) upgrade: Option<HeaderValue>,
}

/// The response of a function, ready for the client.
#[derive(Debug)]
pub struct Answer {
    head: http::response::Parts,
    content: Content,
    local: Rc<Local>,
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
    local: &'a Local,
    budget: &'a Budget,
    progress: Option<&'a Progress>,
}

/// Sends a request to its function and waits for the response head.
///
/// # Errors
/// [`Error`]; what the request held is given back.
pub(super) async fn forward(
    view: &View,
    client: &Rc<Client>,
    (mut head, incoming): (Parts, Incoming),
    routed: Routed,
    record: &mut Record,
) -> Result<Answer, Error> {
    let local = view.function(routed.api.function).clone();
    let (body, progress, gate) = upload(view, client, &head, incoming, routed.api.max_body_bytes);
    record.bytes_in = progress.as_ref().map(|progress| progress.bytes.clone());
    let budget = Budget::new(routed.api.timeout, record.started, progress.clone());
    let permit = slot(&local, client, &budget, record).await?;
    let extensions = std::mem::take(&mut head.extensions);
    let forwarding = Forwarding {
        view,
        client,
        head: &head,
        routed: &routed,
        local: &local,
        budget: &budget,
        progress: progress.as_deref(),
    };
    let mut outgoing = forwarding.request(body)?;
    *outgoing.extensions_mut() = extensions;
    if let Some(gate) = gate {
        hyper::ext::on_informational(&mut outgoing, move |head| {
            if head.status() == StatusCode::CONTINUE {
                gate.open();
            }
        });
    }
    let (answer, link, pool) = forwarding.send(outgoing, record).await?;
    let (mut parts, incoming) = answer.into_parts();
    let upgrade = routed.upgrade.as_ref();
    response::prepare(&mut parts, &view.snapshot.rules.prefix, record.id, upgrade).map_err(Error::Malformed)?;
    record.status = parts.status.as_u16();
    let content = if parts.status == StatusCode::SWITCHING_PROTOCOLS {
        let lost = || Error::Malformed(response::Malformed::Unasked);
        Content::Tunnel(link.into_switched().ok_or_else(lost)?)
    } else {
        let bodiless = head.method == Method::HEAD || parts.status == StatusCode::NOT_MODIFIED;
        let withheld = bodiless && parts.headers.contains_key(CONTENT_LENGTH);
        Content::Body { reply: Reply::new(incoming, link, pool), withheld }
    };
    Ok(Answer { head: parts, content, local, held: Held { permit, progress } })
}

/// The body to send, its progress, and the gate that holds it back while the client waits for `100 Continue`.
fn upload(
    view: &View,
    client: &Client,
    head: &Parts,
    incoming: Incoming,
    max_bytes: Option<u64>,
) -> (RequestBody, Option<Rc<Progress>>, Option<ContinueGate>) {
    if incoming.is_end_stream() {
        return (RequestBody::empty(), None, None);
    }
    let limits = UploadLimits {
        idle: view.snapshot.config.gateway.client_body_idle,
        max_bytes,
        rules: view.snapshot.rules.clone(),
    };
    let gate = request::expects_continue(head).then(ContinueGate::default);
    let (body, progress) =
        RequestBody::forward(incoming, limits, (client.alarm().clone(), client.leftover().clone()), gate.clone());
    (body, Some(progress), gate)
}

/// A slot of the function, at once or from its queue.
async fn slot(local: &Local, client: &Client, budget: &Budget, record: &mut Record) -> Result<Permit, Error> {
    let function = &local.function;
    if let Some(permit) = function.admission.try_admit() {
        return Ok(permit);
    }
    let began = Instant::now();
    let admitted = budget.limit(client, function.admission.admit(function.spec.queue_timeout)).await;
    record.queued = Some(began.elapsed());
    admitted.map_err(|stop| stopped(stop, budget))?.map_err(Error::NoSlot)
}

fn stopped(stop: Stop, budget: &Budget) -> Error {
    Error::Stopped { stop, timeout: budget.timeout() }
}

/// The field lines that a routed request gets from the gateway.
fn own_lines(view: &View, client: &Client, head: &Parts, routed: &Routed, id: Uuid) -> Lines {
    let rules = &view.snapshot.rules;
    let mut lines = Lines::with_capacity(routed.api.lines.len() + 384);
    lines.extend(&routed.api.lines);
    request::add_lines(&mut lines, head, rules, id, routed.upgrade.as_ref());
    if let Some(parameters) = &routed.path_parameters {
        lines.push(&rules.path_parameters, parameters.as_bytes());
    }
    let proxies = &view.snapshot.config.gateway.trusted_proxies;
    if client.peer().is_trusted(proxies) {
        client.peer().forward_by_proxy(&mut lines, &head.headers, &routed.host, proxies);
    } else {
        client.peer().forward(&mut lines, &routed.host);
    }
    lines
}

impl Forwarding<'_> {
    /// The request as the function gets it. Of a repeated request the letter case of names is lost.
    fn request(&self, body: RequestBody) -> Result<Request<RequestBody>, Error> {
        let snapshot = &self.view.snapshot;
        let filter = request::Filter {
            rules: &snapshot.rules,
            custom: &self.routed.api.custom,
            trusted: self.client.peer().is_trusted(&snapshot.config.gateway.trusted_proxies),
        };
        let headers = request::prepare(self.head, self.routed.host.clone(), filter).map_err(Error::Refused)?;
        let mut outgoing = Request::new(body);
        *outgoing.method_mut() = self.head.method.clone();
        *outgoing.uri_mut() = self.routed.target.clone();
        *outgoing.headers_mut() = headers;
        Ok(outgoing)
    }

    /// Sends the request until it is certain to have reached a function, and waits for the head of the answer.
    async fn send(
        &self,
        mut outgoing: Request<RequestBody>,
        record: &mut Record,
    ) -> Result<(Response<Incoming>, Box<Link>, Rc<Pool>), Error> {
        let (mut unsent, mut repeated) = (0, false);
        loop {
            let (link, pool) = self.link(repeated, record).await?;
            record.instance = Some(link.instance().label().clone());
            self.budget.enter(WaitingFor::Response);
            let began = Instant::now();
            let lines = own_lines(self.view, self.client, self.head, self.routed, record.id);
            let failed = match link.exchange(outgoing, lines, || self.check()).await {
                Ok((answer, link)) => {
                    let answered = began.elapsed();
                    record.answered = Some(answered);
                    self.local.function.metrics.duration.observe(seconds(answered));
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
            match failed.kind {
                FailedKind::Unsent(request) if unsent + 1 < ATTEMPTS => {
                    unsent += 1;
                    outgoing = *request;
                }
                FailedKind::Lost(ExchangeError::Closed(_)) if may_retry(attempt) && !repeated => {
                    outgoing = self.request(RequestBody::empty())?;
                }
                FailedKind::Unsent(_) => return Err(Error::Connect(closed_at_once())),
                FailedKind::Lost(error) => return Err(self.lost(error)),
                FailedKind::Stopped(stop) => return Err(stop),
            }
            repeated = true;
        }
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

    /// A connection to the instance whose turn it is: an idle one, unless `fresh`, or a new one.
    async fn link(&self, fresh: bool, record: &mut Record) -> Result<(Box<Link>, Rc<Pool>), Error> {
        let function = &self.local.function;
        let tries = function.instances.len().min(ATTEMPTS);
        let mut failed = None;
        for left in (0..tries).rev() {
            let pool = self.local.pick();
            if !fresh && let Some(link) = pool.take() {
                return Ok((link, pool.clone()));
            }
            // Only the last instance is waited for; a function with several has others to ask meanwhile.
            let start_wait = if left == 0 { function.spec.start_wait } else { Duration::ZERO };
            self.budget.enter(WaitingFor::Connection);
            let began = Instant::now();
            let connecting = connect(pool.instance(), function.spec.connect_timeout, start_wait);
            let connected = self.budget.limit(self.client, connecting).await;
            record.connected = Some(record.connected.unwrap_or_default() + began.elapsed());
            record.instance = Some(pool.instance().label().clone());
            match connected.map_err(|stop| stopped(stop, self.budget))? {
                Ok(stream) => {
                    let max_header_bytes = self.view.snapshot.config.gateway.max_header_bytes;
                    let link = Link::open(stream, pool.instance().clone(), max_header_bytes).await;
                    return Ok((link.map_err(Error::Exchange)?, pool.clone()));
                }
                Err(error) => failed = Some(Error::Connect(error)),
            }
        }
        Err(failed.unwrap_or_else(|| Error::Connect(closed_at_once())))
    }
}

fn closed_at_once() -> crate::function::error::ConnectError {
    crate::function::error::ConnectError::Failed(std::io::ErrorKind::ConnectionReset.into())
}

impl Answer {
    /// The response for hyper. The record goes with the body, or with the tunnel.
    #[must_use]
    pub fn into_response(self, view: &View, client: Rc<Client>, record: Box<Record>) -> GatewayResponse {
        let spec = &self.local.function.spec;
        let body = match self.content {
            Content::Body { reply, withheld } => {
                let limits = StreamLimits { idle: spec.stream_idle, max: spec.stream_max };
                let terms = Terms { rules: view.snapshot.rules.clone(), limits, withheld };
                let exchange = Exchange::new(reply, record, client, terms, self.held);
                if withheld { ResponseBody::Withheld(exchange) } else { ResponseBody::Stream(exchange) }
            }
            Content::Tunnel(switched) => {
                let gauge = self.local.function.metrics.tunnels.clone();
                client.leave_tunnel(Tunnel::new(switched, spec.websocket_idle, record, (self.held.permit, gauge)));
                ResponseBody::Own(Full::default())
            }
        };
        Response::from_parts(self.head, body)
    }
}
