//! `/v1/requests` and `/v1/live`: what the gateway does at this moment, as server-sent events.

#![expect(unused_qualifications, reason = "in the code that utoipa::path makes")]

use std::convert::Infallible;
use std::future::ready;
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

/// How often a stream without events sends a comment.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How often to check that the caller is still known, as there may never be an event.
const CHECK: Duration = Duration::from_secs(3);

/// Events as an answer, as long as the caller is known; without any, comments keep the connection open. `room` is given back at the end.
pub fn events<S>(
    stream: S,
    state: State,
    caller: Caller,
    room: Room,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>>
where
    S: Stream<Item = Event> + Send + 'static,
{
    let forgotten = {
        let (state, caller) = (state.clone(), caller.clone());
        async move {
            let mut check = interval(CHECK);
            while state.still_knows(&caller) {
                check.tick().await;
            }
        }
    };
    let known = stream.take_while(move |_event| ready(state.still_knows(&caller))).take_until(forgotten);
    let held = known.map(move |event| {
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
    Ok(events(followed(&state, filter), state, caller, room))
}

/// Filters of requests, by their names.
///
/// # Errors
/// 422
pub fn filter<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<TailFilter, Problem> {
    TailFilter::parse(pairs).map_err(|error| Problem::invalid(error.to_string()))
}

/// Requests as they end.
pub fn followed(state: &State, filter: TailFilter) -> impl Stream<Item = Event> + use<> {
    unfold(state.tail.subscribe(filter), |mut subscription| async move {
        let event = match subscription.next().await? {
            TailItem::Event(event) => Event::default().event("request").json_data(&*event),
            TailItem::Lost(lost) => Event::default().event("lost").json_data(Lost { lost }),
        };
        Some((event.ok()?, subscription))
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
    Ok(events(figures(&state), state, caller, room))
}

/// The figures of each second.
pub fn figures(state: &State) -> impl Stream<Item = Event> + use<> {
    unfold(state.live.subscribe(), |mut subscription| async move {
        let figures = subscription.next().await?;
        Some((Event::default().event("figures").json_data(&*figures).ok()?, subscription))
    })
}
