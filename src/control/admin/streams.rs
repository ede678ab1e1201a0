//! `/v1/requests` and `/v1/live`: what the gateway does at this moment, as server-sent events.

#![expect(unused_qualifications, reason = "in the code that utoipa::path makes")]

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State as Extract;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::unfold;
use futures_util::{Stream, StreamExt};
use serde::{Deserialize, Serialize};
use tokio::time::interval;
use utoipa::{IntoParams, ToSchema};

use super::access::Caller;
use super::extract::Params;
use super::refusal::Refused;
use super::room::Room;
use super::state::State;
use crate::control::live::figures::Figures;
use crate::control::problem::Problem;
use crate::control::tail::TailItem;
use crate::control::tail::filter::TailFilter;
use crate::telemetry::tail::RequestEvent;

/// How often a stream without events says that it lives.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How often it is looked whether the caller is still known. There may never be an event.
const CHECK: Duration = Duration::from_secs(3);

/// Events for somebody who has got room for them, while they are known. When there are none, the stream says that it lives.
pub fn events<S>(
    stream: S,
    state: State,
    caller: Caller,
    room: Room,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>>
where
    S: Stream<Item = Event> + Send + 'static,
{
    let forgotten = async move {
        let mut check = interval(CHECK);
        while state.still_knows(&caller) {
            check.tick().await;
        }
    };
    let held = stream.take_until(forgotten).map(move |event| {
        let _held = &room;
        Ok(event)
    });
    Sse::new(held).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
}

/// Which requests are asked for: those that match every filter.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct RequestQuery {
    /// `name`, `namespace/name` or `namespace/name:version`.
    pub function: Option<String>,
    pub api: Option<String>,
    pub service: Option<String>,
    pub host: Option<String>,
    /// `release`, `prepub` or `test`.
    pub environment: Option<String>,
    /// `404`, or a class such as `5xx`.
    pub status: Option<String>,
    pub method: Option<String>,
    /// A duration, such as `1s`.
    pub slower_than: Option<String>,
}

/// Requests that a listener missed.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Lost {
    /// How many, whatever the filter.
    pub lost: u64,
}

/// Follow requests as they end. Values of header fields and queries are never in it.
#[utoipa::path(get, operation_id = "followRequests", path = "/v1/requests", tag = "status", params(RequestQuery), responses(
    (status = 200, description = "Events named `request`, and `lost` for those that were missed", body = RequestEvent, content_type = "text/event-stream"),
    Refused,
))]
pub async fn requests(
    Extract(state): Extract<State>,
    caller: Caller,
    Params(query): Params<RequestQuery>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let RequestQuery { function, api, service, host, environment, status, method, slower_than } = query;
    let given = [
        ("function", function),
        ("api", api),
        ("service", service),
        ("host", host),
        ("environment", environment),
        ("status", status),
        ("method", method),
        ("slower_than", slower_than),
    ];
    let filter = filter(given.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?))))?;
    let room = state.stream(&caller)?;
    Ok(events(followed(state.clone(), caller.clone(), filter), state, caller, room))
}

/// Filters of requests, by their names.
///
/// # Errors
/// 422
pub fn filter<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<TailFilter, Problem> {
    TailFilter::parse(pairs).map_err(|error| Problem::invalid(error.to_string()))
}

/// Requests as they end, while the caller is known.
pub fn followed(state: State, caller: Caller, filter: TailFilter) -> impl Stream<Item = Event> {
    unfold((state.tail.subscribe(filter), state, caller), |(mut subscription, state, caller)| async move {
        let item = subscription.next().await.filter(|_| state.still_knows(&caller))?;
        let event = match item {
            TailItem::Event(event) => Event::default().event("request").json_data(&*event),
            TailItem::Lost(lost) => Event::default().event("lost").json_data(Lost { lost }),
        };
        Some((event.ok()?, (subscription, state, caller)))
    })
}

/// Follow the figures of each second.
#[utoipa::path(get, operation_id = "followFigures", path = "/v1/live", tag = "status", responses(
    (status = 200, description = "Events named `figures`", body = Figures, content_type = "text/event-stream"),
    Refused,
))]
pub async fn live(
    Extract(state): Extract<State>,
    caller: Caller,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let room = state.stream(&caller)?;
    Ok(events(figures(state.clone(), caller.clone()), state, caller, room))
}

/// The figures of each second, while the caller is known.
pub fn figures(state: State, caller: Caller) -> impl Stream<Item = Event> {
    unfold((state.live.subscribe(), state, caller), |(mut subscription, state, caller)| async move {
        let figures = subscription.next().await.filter(|_| state.still_knows(&caller))?;
        let event = Event::default().event("figures").json_data(&*figures).ok()?;
        Some((event, (subscription, state, caller)))
    })
}
