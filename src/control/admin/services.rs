//! `/v1/services` and `/v1/environments`.

#![expect(unused_qualifications, reason = "in the code that utoipa::path makes")]

use axum::Json as Answer;
use axum::extract::State as Extract;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::access::Caller;
use super::apis::Changed;
use super::extract::{Json, Params, Segments};
use super::objects::{self, ChangeQuery};
use super::refusal::{ChangeRefused, Refused};
use super::state::State;
use crate::control::change::{Condition, Outcome};
use crate::control::page::{Page, Range, contain};
use crate::control::problem::Problem;
use crate::inspect::environment::Environment;
use crate::inspect::object::Target;
use crate::inspect::service::{Domain, Service};

/// Which services are asked for.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ServiceQuery {
    /// A host as the configuration writes it.
    pub host: Option<String>,
    /// Words that the name or a host contain, in any letter case.
    pub q: Option<String>,
    /// The most items on the page [default: 100].
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<usize>,
    /// The `next` of the previous page.
    pub cursor: Option<String>,
}

/// List the services.
#[utoipa::path(get, operation_id = "listServices", path = "/v1/services", tag = "services", params(ServiceQuery), responses(
    (status = 200, description = "A page of services", body = Page<Service>),
    Refused,
))]
pub async fn list(
    Extract(state): Extract<State>,
    Params(query): Params<ServiceQuery>,
) -> Result<Answer<Page<Service>>, Problem> {
    let snapshot = state.snapshot();
    let wants = |service: &Service| {
        let has = |wanted: &String| service.domains.iter().any(|domain| domain.host.eq_ignore_ascii_case(wanted));
        let holds =
            |text: &String| contain(text, service.domains.iter().map(|domain| &domain.host).chain([&service.name]));
        query.host.as_ref().is_none_or(has) && query.q.as_ref().is_none_or(holds)
    };
    let all: Vec<_> = snapshot.config.services.iter().map(Service::new).filter(wants).collect();
    let page = Page::cut(all, &Range { limit: query.limit, cursor: query.cursor }, |mut service| {
        state.mark_read_only(&mut service.status.origin);
        service
    });
    page.map(Answer).map_err(Problem::invalid)
}

/// Show a service.
#[utoipa::path(get, operation_id = "showService", path = "/v1/services/{service}", tag = "services", params(("service" = String, Path)), responses(
    (status = 200, description = "The service", body = Service, headers(("ETag" = String))),
    Refused,
))]
pub async fn show(Extract(state): Extract<State>, Segments(name): Segments<String>) -> Result<Response, Problem> {
    objects::show(&state, &Target::Service(name))
}

/// Make a service, or change its domains.
#[utoipa::path(put, operation_id = "putService", path = "/v1/services/{service}", tag = "services", params(
    ("service" = String, Path),
    ("If-Match" = Option<String>, Header, description = "The ETag of the service that is changed"),
    ("If-None-Match" = Option<String>, Header, description = "`*`: make it, change none"),
    ChangeQuery,
), request_body = ServiceBody, responses(
    (status = 200, description = "It was there; whether it changed says `change`", body = ChangedService),
    (status = 201, description = "It was made", body = ChangedService),
    ChangeRefused,
))]
pub async fn put(
    Extract(state): Extract<State>,
    Segments(name): Segments<String>,
    Params(query): Params<ChangeQuery>,
    caller: Caller,
    condition: Condition,
    Json(keys): Json,
) -> Result<Response, Problem> {
    objects::put(&state, &caller, (Target::Service(name), keys), condition, query).await
}

/// Remove a service that has no API.
#[utoipa::path(delete, operation_id = "deleteService", path = "/v1/services/{service}", tag = "services", params(
    ("service" = String, Path),
    ("If-Match" = Option<String>, Header, description = "The ETag of the service"),
    ChangeQuery,
), responses(
    (status = 200, description = "It is gone", body = Changed),
    ChangeRefused,
))]
pub async fn delete(
    Extract(state): Extract<State>,
    Segments(name): Segments<String>,
    Params(query): Params<ChangeQuery>,
    caller: Caller,
    condition: Condition,
) -> Result<Response, Problem> {
    objects::delete(&state, &caller, Target::Service(name), condition, query).await
}

/// List the environments, and what each of them serves.
#[utoipa::path(get, operation_id = "listEnvironments", path = "/v1/environments", tag = "releases", responses(
    (status = 200, description = "All of them", body = Page<Environment>),
    Refused,
))]
pub async fn list_environments(Extract(state): Extract<State>) -> Answer<Page<Environment>> {
    let items = Environment::all(&state.snapshot());
    Answer(Page { total: items.len(), items, next: None })
}

/// A service, and what came of the change.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ChangedService {
    #[serde(flatten)]
    pub service: Service,
    pub change: Outcome,
}

/// The keys of a service.
#[derive(Clone, Debug, ToSchema)]
#[expect(dead_code, reason = "describes what the configuration's reader checks")]
pub struct ServiceBody {
    domains: Vec<Domain>,
}
