//! `/v1/functions` and `/v1/instances`: functions, what they run on, and what is bound to them.

#![expect(unused_qualifications, reason = "in the code that utoipa::path makes")]

use std::collections::BTreeMap;

use axum::Json as Answer;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use super::access::Caller;
use super::apis::{Changed, ChangedApi};
use super::extract::{Json, Params, Segments};
use super::objects::{self, ChangeQuery};
use super::refusal::{ChangeRefused, Refused};
use super::state::State;
use crate::control::change::{Condition, Outcome};
use crate::control::page::{Page, Range, contain};
use crate::control::problem::Problem;
use crate::inspect::function::{
    Function, Instance, InstanceState, Reference, Trigger, functions, id_of, instances, reference, triggers,
};
use crate::inspect::object::Target;
use crate::inspect::route::is_function;

/// Which functions are asked for.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct FunctionQuery {
    pub namespace: Option<String>,
    /// Words that the name or an address contain, in any letter case.
    pub q: Option<String>,
    /// The most items on the page [default: 100].
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<usize>,
    /// The `next` of the previous page.
    pub cursor: Option<String>,
}

/// List the function versions.
#[utoipa::path(get, operation_id = "listFunctions", path = "/v1/functions", tag = "functions", params(FunctionQuery), responses(
    (status = 200, description = "A page of functions", body = Page<Function>),
    Refused,
))]
pub async fn list(
    Extract(state): Extract<State>,
    Params(query): Params<FunctionQuery>,
) -> Result<Answer<Page<Function>>, Problem> {
    let snapshot = state.snapshot();
    let wants = |function: &Function| {
        let holds = |text: &String| contain(text, function.instances.iter().chain([&function.status.id]));
        query.namespace.as_ref().is_none_or(|wanted| *wanted == function.namespace)
            && query.q.as_ref().is_none_or(holds)
    };
    let all: Vec<_> = functions(&snapshot).filter(wants).collect();
    let page = Page::cut(all, &Range { limit: query.limit, cursor: query.cursor }, |mut function| {
        state.mark_read_only(&mut function.status.origin);
        function
    });
    page.map(Answer).map_err(Problem::invalid)
}

/// Show a function version.
#[utoipa::path(get, operation_id = "showFunction", path = "/v1/functions/{namespace}/{function}", tag = "functions", params(
    ("namespace" = String, Path), ("function" = String, Path, description = "`name`, or `name:version`"),
), responses(
    (status = 200, description = "The function", body = Function, headers(("ETag" = String))),
    Refused,
))]
pub async fn show(
    Extract(state): Extract<State>,
    Segments((namespace, name)): Segments<(String, String)>,
) -> Result<Response, Problem> {
    objects::show(&state, &target(&namespace, &name))
}

/// Make a function version, or change one. `[function.tls]` stays as the file has it.
#[utoipa::path(put, operation_id = "putFunction", path = "/v1/functions/{namespace}/{function}", tag = "functions", params(
    ("namespace" = String, Path), ("function" = String, Path, description = "`name`, or `name:version`"),
    ("If-Match" = Option<String>, Header, description = "The ETag of the function that is changed"),
    ("If-None-Match" = Option<String>, Header, description = "`*`: make it, change none"),
    ChangeQuery,
), request_body = FunctionBody, responses(
    (status = 200, description = "It was there; whether it changed says `change`", body = ChangedFunction),
    (status = 201, description = "It was made", body = ChangedFunction),
    ChangeRefused,
))]
pub async fn put(
    Extract(state): Extract<State>,
    Segments((namespace, name)): Segments<(String, String)>,
    Params(query): Params<ChangeQuery>,
    caller: Caller,
    condition: Condition,
    Json(keys): Json,
) -> Result<Response, Problem> {
    objects::put(&state, &caller, (target(&namespace, &name), keys), condition, query).await
}

/// Remove a function version that no API is bound to.
#[utoipa::path(delete, operation_id = "deleteFunction", path = "/v1/functions/{namespace}/{function}", tag = "functions", params(
    ("namespace" = String, Path), ("function" = String, Path, description = "`name`, or `name:version`"),
    ("If-Match" = Option<String>, Header, description = "The ETag of the function"),
    ChangeQuery,
), responses(
    (status = 200, description = "It is gone", body = Changed),
    ChangeRefused,
))]
pub async fn delete(
    Extract(state): Extract<State>,
    Segments((namespace, name)): Segments<(String, String)>,
    Params(query): Params<ChangeQuery>,
    caller: Caller,
    condition: Condition,
) -> Result<Response, Problem> {
    objects::delete(&state, &caller, target(&namespace, &name), condition, query).await
}

/// Which part of a list is asked for.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct RangeQuery {
    /// The most items on the page [default: 100].
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<usize>,
    /// The `next` of the previous page.
    pub cursor: Option<String>,
}

impl From<RangeQuery> for Range {
    fn from(RangeQuery { limit, cursor }: RangeQuery) -> Self {
        Self { limit, cursor }
    }
}

/// List the triggers of a function version: the APIs that are bound to it.
#[utoipa::path(get, operation_id = "listTriggers", path = "/v1/functions/{namespace}/{function}/triggers", tag = "functions", params(
    ("namespace" = String, Path), ("function" = String, Path, description = "`name`, or `name:version`"), RangeQuery,
), responses(
    (status = 200, description = "A page of triggers", body = Page<Trigger>),
    Refused,
))]
pub async fn list_triggers(
    Extract(state): Extract<State>,
    Segments((namespace, name)): Segments<(String, String)>,
    Params(range): Params<RangeQuery>,
) -> Result<Answer<Page<Trigger>>, Problem> {
    let (snapshot, id) = (state.snapshot(), id_of(&namespace, &name));
    let index = snapshot.function(&id).ok_or_else(|| Problem::not_found(format!("there is no function `{id}`")))?;
    Page::cut(triggers(&snapshot, index), &range.into(), |trigger| trigger).map(Answer).map_err(Problem::invalid)
}

/// Bind a function version to a path and method: add a trigger.
#[utoipa::path(post, operation_id = "bindFunction", path = "/v1/functions/{namespace}/{function}/triggers", tag = "functions", params(
    ("namespace" = String, Path), ("function" = String, Path, description = "`name`, or `name:version`"), ChangeQuery,
), request_body = TriggerBody, responses(
    (status = 200, description = "It is bound like that already", body = ChangedApi),
    (status = 201, description = "The API that was made", body = ChangedApi),
    ChangeRefused,
))]
pub async fn bind(
    Extract(state): Extract<State>,
    Segments((namespace, name)): Segments<(String, String)>,
    Params(query): Params<ChangeQuery>,
    caller: Caller,
    Json(keys): Json,
) -> Result<Response, Problem> {
    let id = id_of(&namespace, &name);
    if state.snapshot().function(&id).is_none() {
        return Err(Problem::not_found(format!("there is no function `{id}`")));
    }
    let (target, keys) = bound(keys, &reference(&id, Reference::WithVersion))?;
    let held = target.clone();
    objects::put(&state, &caller, (target, keys), Condition::default(), query).await.map_err(|problem| {
        if problem.status != StatusCode::PRECONDITION_REQUIRED {
            return problem;
        }
        // Whoever adds something has seen no older state of it.
        let detail = format!("the {} is there already and says something else", held.title());
        Problem { holder: Some(held.url().into()), ..Problem::new(StatusCode::CONFLICT, "taken", detail) }
    })
}

/// The API that a trigger is.
fn bound(mut keys: Map<String, Value>, function: &str) -> Result<(Target, Map<String, Value>), Problem> {
    let needed = |keys: &mut Map<String, Value>, key: &str| match keys.remove(key) {
        Some(Value::String(text)) => Ok(text),
        Some(_) => Err(Problem::invalid_at(format!("/{key}"), format!("`{key}` is not a string"))),
        None => Err(Problem::invalid_at(format!("/{key}"), format!("`{key}` is missing"))),
    };
    let service = needed(&mut keys, "service")?;
    let path = needed(&mut keys, "path")?;
    let method = if keys.contains_key("method") { needed(&mut keys, "method")? } else { "GET".to_owned() };
    let name = if keys.contains_key("name") { needed(&mut keys, "name")? } else { format!("{method} {path}") };
    if keys.contains_key("function") {
        return Err(Problem::invalid_at("/function", "the function is part of the address"));
    }
    keys.insert("path".to_owned(), path.into());
    keys.insert("method".to_owned(), method.into());
    keys.insert("function".to_owned(), function.into());
    Ok((Target::Api { service, name }, keys))
}

/// Which instances are asked for.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct InstanceQuery {
    /// `name`, `namespace/name` or `namespace/name:version`.
    pub function: Option<String>,
    pub state: Option<InstanceState>,
    /// The most items on the page [default: 100].
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<usize>,
    /// The `next` of the previous page.
    pub cursor: Option<String>,
}

/// List the instances of all functions, and whether they answer.
#[utoipa::path(get, operation_id = "listInstances", path = "/v1/instances", tag = "functions", params(InstanceQuery), responses(
    (status = 200, description = "A page of instances", body = Page<Instance>),
    Refused,
))]
pub async fn list_instances(
    Extract(state): Extract<State>,
    Params(query): Params<InstanceQuery>,
) -> Result<Answer<Page<Instance>>, Problem> {
    let snapshot = state.snapshot();
    let wants = |instance: &Instance| {
        let (function, version) = instance.function.split_once(':').unwrap_or((&instance.function, ""));
        query.function.as_ref().is_none_or(|wanted| is_function(wanted, function, version))
            && query.state.is_none_or(|wanted| wanted == instance.state)
    };
    let all: Vec<_> = instances(&snapshot).filter(wants).collect();
    let range = Range { limit: query.limit, cursor: query.cursor };
    Page::cut(all, &range, |instance| instance).map(Answer).map_err(Problem::invalid)
}

fn target(namespace: &str, name: &str) -> Target {
    Target::Function(id_of(namespace, name))
}

/// A function, and what came of the change.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ChangedFunction {
    #[serde(flatten)]
    pub function: Function,
    pub change: Outcome,
}

/// The keys of a function. What is left out gets its default.
#[derive(Clone, Debug, ToSchema)]
#[expect(dead_code, reason = "describes what the configuration's reader checks")]
pub struct FunctionBody {
    #[schema(example = json!(["http://127.0.0.1:9000"]))]
    instances: Vec<String>,
    #[schema(example = "15s")]
    timeout: Option<String>,
    connect_timeout: Option<String>,
    start_wait: Option<String>,
    stream_idle: Option<String>,
    stream_max: Option<String>,
    websocket_idle: Option<String>,
    max_concurrency: Option<u32>,
    queue: Option<u32>,
    queue_timeout: Option<String>,
    keepalive: Option<String>,
    ping_interval: Option<String>,
    max_response_header_bytes: Option<String>,
    max_response_headers: Option<u32>,
    memory: Option<u32>,
    proxy_protocol: Option<String>,
    headers: Option<BTreeMap<String, String>>,
}

/// A path and method that a function is bound to.
#[derive(Clone, Debug, ToSchema)]
#[expect(dead_code, reason = "describes what the configuration's reader checks")]
pub struct TriggerBody {
    service: String,
    #[schema(example = "/orders/{id}")]
    path: String,
    /// A method, or `ANY`; `GET` without it.
    #[schema(example = "GET")]
    method: Option<String>,
    /// `METHOD path` without it.
    name: Option<String>,
    /// `release` without it.
    environments: Option<Vec<String>>,
    #[schema(example = "15s")]
    timeout: Option<String>,
}
