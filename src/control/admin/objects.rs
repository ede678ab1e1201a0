//! What the addresses of all objects have in common: reading one, changing one.

use axum::Json;
use axum::http::header::ETAG;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::IntoParams;

use super::access::Caller;
use super::state::State;
use crate::control::change::{Change, Condition, Done, Effect, Mode, Request, check_note};
use crate::control::problem::Problem;
use crate::inspect::object::{Object, STATUS, Target};

/// How a change is made.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ChangeQuery {
    /// Check the change and show its effect without making it.
    pub dry_run: Option<bool>,
    /// A note to record in the history, of 1000 characters at most.
    #[param(max_length = 1000)]
    pub note: Option<String>,
}

/// An object with its tag.
///
/// # Errors
/// 404
pub fn show(state: &State, target: &Target) -> Result<Response, Problem> {
    let found = target.find(&state.snapshot());
    let object = found.ok_or_else(|| Problem::not_found(format!("there is no {}", target.title())))?;
    Ok(with_etag(Json(state.judged(object.clone()).into_json()).into_response(), Some(&object.etag)))
}

/// Makes an object, or gives one these keys.
///
/// # Errors
/// Why that was not done.
pub async fn put(
    state: &State,
    caller: &Caller,
    (target, keys): (Target, Map<String, Value>),
    condition: Condition,
    query: ChangeQuery,
) -> Result<Response, Problem> {
    change(state, caller, Change::Put { target, keys, condition }, query).await
}

/// Removes an object.
///
/// # Errors
/// Why that was not done.
pub async fn delete(
    state: &State,
    caller: &Caller,
    target: Target,
    condition: Condition,
    query: ChangeQuery,
) -> Result<Response, Problem> {
    change(state, caller, Change::Delete { target, condition }, query).await
}

/// Makes a change and answers with the object and what came of it.
///
/// # Errors
/// Why it was not made.
pub async fn change(state: &State, caller: &Caller, change: Change, query: ChangeQuery) -> Result<Response, Problem> {
    query.note.as_deref().map_or(Ok(()), check_note).map_err(Problem::invalid)?;
    let mode = if query.dry_run.unwrap_or(false) { Mode::DryRun } else { Mode::Make };
    let request = Request { author: caller.author(), note: query.note, change, mode };
    let done = state.change(request).await.map_err(|problem| *problem)?;
    Ok(answer(done, mode))
}

fn answer(done: Done, mode: Mode) -> Response {
    let Done { outcome, object, etag, .. } = done;
    let status =
        if outcome.result == Effect::Created && mode == Mode::Make { StatusCode::CREATED } else { StatusCode::OK };
    let mut keys = match object {
        Some(Value::Object(keys)) => keys,
        _ => Map::new(),
    };
    keys.insert("change".to_owned(), serde_json::to_value(&outcome).unwrap_or_default());
    with_etag((status, Json(Value::Object(keys))).into_response(), etag.as_deref())
}

fn with_etag(mut response: Response, etag: Option<&str>) -> Response {
    if let Some(etag) = etag.and_then(|etag| HeaderValue::from_str(etag).ok()) {
        response.headers_mut().insert(ETAG, etag);
    }
    response
}

impl State {
    /// The object with what its file says of changes.
    fn judged(&self, mut object: Object) -> Object {
        let reason = self.read_only(&object.place.file);
        if let Some(origin) = object.status.get_mut("origin").and_then(Value::as_object_mut) {
            origin.insert("read_only".to_owned(), reason.map_or(Value::Null, Value::from));
        }
        debug_assert!(!object.keys.contains_key(STATUS), "it is apart");
        object
    }
}
