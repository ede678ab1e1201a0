//! `/v1/status`: how the gateway is. `/v1/events`: that something has changed.

#![expect(unused_qualifications, reason = "in the code that utoipa::path makes")]

use std::convert::Infallible;
use std::future::ready;
use std::path::Path;
use std::pin::Pin;

use axum::Json as Answer;
use axum::extract::State as Extract;
use axum::response::sse::{Event, Sse};
use futures_util::stream::{once, select_all, unfold};
use futures_util::{Stream, StreamExt};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::access::Caller;
use super::extract::Params;
use super::refusal::Refused;
use super::state::State;
use super::streams;
use crate::clock::unix_time;
use crate::config::Diagnostic;
use crate::control::attempt::Bound;
use crate::control::expiry::warning as expiry_warning;
use crate::control::problem::{Finding, Problem};
use crate::inspect::certificate::Certificate;
use crate::inspect::environment::Environment;
use crate::inspect::function::{Instance, InstanceState, instances};
use crate::inspect::origin::{self, Origin};
use crate::snapshot::Snapshot;

/// How the gateway is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Status {
    /// Of fngate.
    pub version: String,
    /// When the process started (RFC 3339).
    pub started: String,
    /// Whether it takes requests.
    pub ready: bool,
    /// The revision in use.
    pub revision: u64,
    /// When it was applied (RFC 3339).
    pub applied: String,
    pub counts: Counts,
    /// Where it takes requests.
    pub listeners: Vec<Listening>,
    /// The last load of the configuration, if it was refused and none was applied since.
    pub refused: Option<RefusedLoad>,
    /// Keys whose change waits for a restart.
    pub pending: Vec<String>,
    /// What an operator should look at.
    pub warnings: Vec<Finding>,
    pub environments: Vec<Environment>,
    pub history: HistoryState,
    /// The file of the audit log; null: the log is lost when the process ends.
    pub audit: Option<String>,
    /// Whether the configuration is removed when the process ends, as that of `fngate dev`.
    pub temporary: bool,
    /// Where new objects go that have no neighbour in a file that can be written; null: to the main file.
    pub edit_dir: Option<String>,
}

/// How much there is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Counts {
    pub services: usize,
    pub apis: usize,
    pub functions: usize,
    pub instances: usize,
    /// Instances whose last connection could not be opened.
    pub instances_down: usize,
}

/// A listener of requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Listening {
    /// As a client on the same machine reaches it: `IP:port` or `unix:/path`.
    pub address: String,
    pub tls: bool,
}

/// A load that changed nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RefusedLoad {
    /// When (RFC 3339).
    pub time: String,
    pub errors: Vec<Finding>,
}

/// Where revisions are kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HistoryState {
    /// Null: nowhere.
    pub directory: Option<String>,
    /// Why nowhere.
    pub reason: Option<String>,
}

/// What has changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ChangeEvent {
    /// The revision in use.
    pub revision: u64,
    /// Whether the last load was refused.
    pub refused: bool,
    /// How many warnings there are.
    pub warnings: usize,
}

/// Show how the gateway is.
#[utoipa::path(get, operation_id = "showStatus", path = "/v1/status", tag = "status", responses(
    (status = 200, description = "How it is", body = Status),
    Refused,
))]
pub async fn status(Extract(state): Extract<State>) -> Answer<Status> {
    Answer(Status::now(&state))
}

impl Status {
    fn now(state: &State) -> Self {
        let snapshot = state.snapshot();
        let known = state.board.borrow().clone();
        let config = &snapshot.config;
        let time = |time| Timestamp::try_from(time).map(|time| time.to_string()).unwrap_or_default();
        let instances: Vec<_> = instances(&snapshot).collect();
        let down = |instance: &&Instance| matches!(instance.state, InstanceState::Down | InstanceState::NeverAnswered);
        let mut warnings = known.warnings.clone();
        warn_of_certificates(&snapshot, &mut warnings);
        warnings.extend(unanswered(&snapshot));
        let (directory, reason) = match &known.history {
            Ok(directory) => (Some(directory.clone()), None),
            Err(reason) => (None, Some(reason.clone())),
        };
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started: time(state.started),
            ready: state.readiness.is_ready(),
            revision: snapshot.revision,
            applied: time(known.applied),
            counts: Counts {
                services: config.services.len(),
                apis: config.services.iter().map(|service| service.apis.len()).sum(),
                functions: config.functions.len(),
                instances_down: instances.iter().filter(down).count(),
                instances: instances.len(),
            },
            listeners: state.bound.iter().map(|bound| Listening::of(bound, &snapshot)).collect(),
            refused: known
                .refused
                .as_ref()
                .map(|refused| RefusedLoad { time: time(refused.at), errors: refused.errors.clone() }),
            pending: known.pending.iter().map(|key| (*key).to_owned()).collect(),
            warnings,
            environments: Environment::all(&snapshot),
            history: HistoryState { directory, reason },
            audit: state.audit.file().map(|file| file.to_string_lossy().into_owned()),
            temporary: state.temporary,
            edit_dir: config.admin.edit_dir.as_ref().map(|directory| directory.to_string_lossy().into_owned()),
        }
    }
}

impl Listening {
    fn of(bound: &Bound, snapshot: &Snapshot) -> Self {
        Self { address: bound.address(), tls: bound.has_tls(snapshot) }
    }
}

/// Instances that were tried and have never answered.
#[must_use]
pub fn unanswered(snapshot: &Snapshot) -> Vec<Finding> {
    let silent = instances(snapshot).filter(|instance| instance.state == InstanceState::NeverAnswered);
    let said = |Instance { address, function, .. }: Instance| {
        warning(format!("the instance `{address}` of the function `{function}` has never answered"))
    };
    silent.map(said).collect()
}

/// Warns of the certificates in use that expire soon, or have. What was said of one when it was read is brought up to date.
fn warn_of_certificates(snapshot: &Snapshot, warnings: &mut Vec<Finding>) {
    let now = unix_time();
    let mut rest: Vec<_> =
        Certificate::all(snapshot, now).into_iter().filter(|certificate| certificate.file().is_some()).collect();
    for finding in warnings.iter_mut() {
        let Some(file) = &finding.certificate else { continue };
        let Some(index) = rest.iter().position(|certificate| certificate.file() == Some(file)) else { continue };
        if let Some(text) = expiry(&rest.remove(index), now) {
            finding.message = text;
        }
    }
    warnings.extend(rest.iter().filter_map(|certificate| expiry(certificate, now)).map(warning));
}

/// What there is to say of when a certificate expires.
fn expiry(certificate: &Certificate, now: i64) -> Option<String> {
    let end = certificate.not_after.as_ref()?.parse::<Timestamp>().ok()?;
    let text = expiry_warning(end.as_second() - now)?;
    let name = certificate.names.first().map_or("", String::as_str);
    Some(match &certificate.listener {
        Some(listener) => format!("{name} at {listener}: {text}"),
        None => format!("client certificate {name}: {text}"),
    })
}

fn warning(message: String) -> Finding {
    Finding::from(&Diagnostic::warning(message))
}

/// What is followed beside changes.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct EventQuery {
    /// The events of `/v1/live`, too.
    #[serde(default)]
    pub figures: bool,
    /// The events of `/v1/requests`, too: its query, percent-encoded; empty for all requests.
    pub requests: Option<String>,
}

/// Follow changes: an event with each configuration that is applied or refused, and with each release. Figures and requests come over the
/// same connection: browsers open six to one host, over all tabs.
#[utoipa::path(get, operation_id = "followChanges", path = "/v1/events", tag = "status", params(EventQuery), responses(
    (status = 200, description = "Events named `change`, and those of the other streams", body = ChangeEvent, content_type = "text/event-stream"),
    Refused,
))]
pub async fn events(
    Extract(state): Extract<State>,
    caller: Caller,
    Params(query): Params<EventQuery>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let filter = query.requests.map(|text| {
        let pairs: Vec<_> = form_urlencoded::parse(text.as_bytes()).collect();
        streams::filter(pairs.iter().map(|(name, value)| (name.as_ref(), value.as_ref())))
    });
    let filter = filter.transpose()?;
    let room = state.stream(&caller)?;
    let mut followed = vec![ending(changes(&state))];
    followed.extend(query.figures.then(|| ending(streams::figures(&state))));
    followed.extend(filter.map(|filter| ending(streams::followed(&state, filter))));
    let all = select_all(followed).take_while(|event| ready(event.is_some())).filter_map(ready);
    Ok(streams::events(all, state, caller, room))
}

type Ending = Pin<Box<dyn Stream<Item = Option<Event>> + Send>>;

/// A stream whose end is an item: of several, the first that ends ends all.
fn ending(stream: impl Stream<Item = Event> + Send + 'static) -> Ending {
    Box::pin(stream.map(Some).chain(once(ready(None))))
}

fn changes(state: &State) -> impl Stream<Item = Event> + use<> {
    let mut board = state.board.clone();
    // What is there now is told at once.
    board.mark_changed();
    unfold((board, state.clone()), |(mut board, state)| async move {
        board.changed().await.ok()?;
        let known = board.borrow_and_update().clone();
        let change = ChangeEvent {
            revision: state.snapshot().revision,
            refused: known.refused.is_some(),
            warnings: known.warnings.len(),
        };
        let event = Event::default().event("change").json_data(change).ok()?;
        Some((event, (board, state)))
    })
}

impl State {
    /// Why objects of a file cannot be changed.
    #[must_use]
    pub fn read_only(&self, file: &Path) -> Option<String> {
        let is_read_only = self.board.borrow().read_only.contains(file);
        is_read_only.then(|| origin::read_only(file))
    }

    /// Sets `read_only` of an origin.
    pub fn mark_read_only(&self, origin: &mut Origin) {
        origin.read_only = self.read_only(origin.file.as_ref());
    }
}
