//! `/v1/apis` and `/v1/services/{service}/apis`.

#![expect(unused_qualifications, reason = "in the code that utoipa::path makes")]

use axum::Json as Answer;
use axum::extract::State as Extract;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use super::access::Caller;
use super::extract::{Json, Params, Segments};
use super::objects::{self, ChangeQuery};
use super::refusal::{ChangeRefused, Refused};
use super::state::State;
use crate::config;
use crate::control::change::{Condition, Outcome};
use crate::control::page::{Page, Range, contain};
use crate::control::problem::Problem;
use crate::inspect::api::Api;
use crate::inspect::object::Target;
use crate::inspect::route::is_function;

/// Which APIs are asked for.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ApiQuery {
    pub service: Option<String>,
    /// `name`, `namespace/name` or `namespace/name:version`.
    pub function: Option<String>,
    /// `release`, `prepub` or `test`.
    pub environment: Option<String>,
    /// A host as the configuration writes it.
    pub host: Option<String>,
    pub enabled: Option<bool>,
    /// Words that the name, path, method, function or service contain, in any letter case.
    pub q: Option<String>,
    /// The most items on the page [default: 100].
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<usize>,
    /// The `next` of the previous page.
    pub cursor: Option<String>,
}

impl ApiQuery {
    fn wants(&self, config: &config::Config, service: &config::Service, api: &config::Api) -> bool {
        let ids = || api.bindings.iter().map(|binding| &config.functions[binding.function].id);
        let function = |wanted: &String| {
            ids().any(|id| is_function(wanted, &format!("{}/{}", id.namespace, id.name), &id.version))
        };
        let environment = |wanted: &String| api.bindings.iter().any(|binding| binding.environment.as_str() == wanted);
        let host = |wanted: &String| {
            let own =
                |domain: &&config::Domain| api.bindings.iter().any(|binding| binding.environment == domain.environment);
            service.domains.iter().filter(own).any(|domain| domain.host.to_string().eq_ignore_ascii_case(wanted))
        };
        let holds = |text: &String| {
            let own = [service.name.clone(), api.name.clone(), api.path.as_str().to_owned(), api.method.to_string()];
            contain(text, ids().map(ToString::to_string).chain(own))
        };
        self.service.as_ref().is_none_or(|wanted| *wanted == service.name)
            && self.function.as_ref().is_none_or(function)
            && self.environment.as_ref().is_none_or(environment)
            && self.host.as_ref().is_none_or(host)
            && self.enabled.is_none_or(|enabled| enabled == api.enabled)
            && self.q.as_ref().is_none_or(holds)
    }
}

/// List the APIs of all services.
#[utoipa::path(get, operation_id = "listApis", path = "/v1/apis", tag = "apis", params(ApiQuery), responses(
    (status = 200, description = "A page of APIs", body = Page<Api>),
    Refused,
))]
pub async fn list(
    Extract(state): Extract<State>,
    Params(query): Params<ApiQuery>,
) -> Result<Answer<Page<Api>>, Problem> {
    page(&state, query)
}

/// List the APIs of a service.
#[utoipa::path(get, operation_id = "listServiceApis", path = "/v1/services/{service}/apis", tag = "apis", params(("service" = String, Path), ApiQuery), responses(
    (status = 200, description = "A page of APIs", body = Page<Api>),
    Refused,
))]
pub async fn list_of(
    Extract(state): Extract<State>,
    Segments(service): Segments<String>,
    Params(query): Params<ApiQuery>,
) -> Result<Answer<Page<Api>>, Problem> {
    let target = Target::Service(service.clone());
    if target.find(&state.snapshot()).is_none() {
        return Err(Problem::not_found(format!("there is no {}", target.title())));
    }
    page(&state, ApiQuery { service: Some(service), ..query })
}

fn page(state: &State, query: ApiQuery) -> Result<Answer<Page<Api>>, Problem> {
    let snapshot = state.snapshot();
    let config = &snapshot.config;
    let all = config.services.iter().flat_map(|service| service.apis.iter().map(move |api| (service, api)));
    let wanted: Vec<_> = all.filter(|(service, api)| query.wants(config, service, api)).collect();
    let range = Range { limit: query.limit, cursor: query.cursor };
    let page = Page::cut(wanted, &range, |(service, api)| {
        let mut api = Api::new(&snapshot, service, api);
        state.mark_read_only(&mut api.status.origin);
        api
    });
    page.map(Answer).map_err(Problem::invalid)
}

/// Show an API.
#[utoipa::path(get, operation_id = "showApi", path = "/v1/services/{service}/apis/{api}", tag = "apis", params(
    ("service" = String, Path), ("api" = String, Path, description = "Its name, or `METHOD path` if it has none"),
), responses(
    (status = 200, description = "The API", body = Api, headers(("ETag" = String))),
    Refused,
))]
pub async fn show(
    Extract(state): Extract<State>,
    Segments((service, name)): Segments<(String, String)>,
) -> Result<Response, Problem> {
    objects::show(&state, &Target::Api { service, name })
}

/// Make an API, or change one.
#[utoipa::path(put, operation_id = "putApi", path = "/v1/services/{service}/apis/{api}", tag = "apis", params(
    ("service" = String, Path), ("api" = String, Path, description = "Its name, or `METHOD path`"),
    ("If-Match" = Option<String>, Header, description = "The ETag of the API that is changed"),
    ("If-None-Match" = Option<String>, Header, description = "`*`: make it, change none"),
    ChangeQuery,
), request_body = ApiBody, responses(
    (status = 200, description = "It was there; whether it changed says `change`", body = ChangedApi),
    (status = 201, description = "It was made", body = ChangedApi),
    ChangeRefused,
))]
pub async fn put(
    Extract(state): Extract<State>,
    Segments((service, name)): Segments<(String, String)>,
    Params(query): Params<ChangeQuery>,
    caller: Caller,
    condition: Condition,
    Json(keys): Json,
) -> Result<Response, Problem> {
    objects::put(&state, &caller, (Target::Api { service, name }, keys), condition, query).await
}

/// Remove an API.
#[utoipa::path(delete, operation_id = "deleteApi", path = "/v1/services/{service}/apis/{api}", tag = "apis", params(
    ("service" = String, Path), ("api" = String, Path),
    ("If-Match" = Option<String>, Header, description = "The ETag of the API"),
    ChangeQuery,
), responses(
    (status = 200, description = "It is gone", body = Changed),
    ChangeRefused,
))]
pub async fn delete(
    Extract(state): Extract<State>,
    Segments((service, name)): Segments<(String, String)>,
    Params(query): Params<ChangeQuery>,
    caller: Caller,
    condition: Condition,
) -> Result<Response, Problem> {
    objects::delete(&state, &caller, Target::Api { service, name }, condition, query).await
}

/// What came of a change.
#[derive(Clone, Debug, serde::Serialize, Deserialize, utoipa::ToSchema)]
pub struct Changed {
    pub change: Outcome,
}

/// An API, and what came of the change.
#[derive(Clone, Debug, serde::Serialize, Deserialize, utoipa::ToSchema)]
pub struct ChangedApi {
    #[serde(flatten)]
    pub api: Api,
    pub change: Outcome,
}

/// The keys of an API. What is left out gets its default.
#[derive(Clone, Debug, utoipa::ToSchema)]
#[expect(dead_code, reason = "describes what the configuration's reader checks")]
pub struct ApiBody {
    /// The rule, such as `/orders/{id}`.
    #[schema(example = "/orders/{id}")]
    path: String,
    /// A method, or `ANY`; `GET` without it.
    #[schema(example = "GET")]
    method: Option<String>,
    /// `name`, `namespace/name` or `namespace/name:version`.
    #[schema(example = "orders")]
    function: String,
    versions: Option<std::collections::BTreeMap<String, String>>,
    /// `release` without it.
    environments: Option<Vec<String>>,
    #[schema(example = "15s")]
    timeout: Option<String>,
    #[schema(example = "6MiB")]
    max_body_bytes: Option<String>,
    headers: Option<std::collections::BTreeMap<String, String>>,
    enabled: Option<bool>,
    raw_path: Option<bool>,
}
