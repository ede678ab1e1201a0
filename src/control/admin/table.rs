//! `/v1/routes` and `/v1/explain`: the table in use, and why a request selects what it selects.

#![expect(unused_qualifications, reason = "in the code that utoipa::path makes")]

use axum::Json;
use axum::extract::State as Extract;
use axum::http::{Method, Uri};
use serde::Deserialize;
use utoipa::IntoParams;

use super::extract::Params;
use super::refusal::Refused;
use super::state::State;
use crate::control::page::{Page, Range, contain};
use crate::control::problem::Problem;
use crate::inspect::explain::Explained;
use crate::inspect::route::{Route, is_function, routes};

/// Which rows of the table are asked for.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct RouteQuery {
    pub service: Option<String>,
    /// `release`, `prepub` or `test`.
    pub environment: Option<String>,
    /// A host as the configuration writes it.
    pub host: Option<String>,
    /// A method, or `ANY`.
    pub method: Option<String>,
    /// `name`, `namespace/name` or `namespace/name:version`.
    pub function: Option<String>,
    pub enabled: Option<bool>,
    /// Words that the name, path, method, service, function or host contain, in any letter case.
    pub q: Option<String>,
    /// The most items on the page [default: 100].
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<usize>,
    /// The `next` of the previous page.
    pub cursor: Option<String>,
}

impl RouteQuery {
    fn wants(&self, route: &Route) -> bool {
        let is = |wanted: &Option<String>, own: &str| wanted.as_ref().is_none_or(|wanted| wanted == own);
        let is_bound = |wanted: &String| is_function(wanted, &route.function, &route.version);
        let has = |wanted: &String| route.domains.iter().any(|domain| domain.host.eq_ignore_ascii_case(wanted));
        let holds = |text: &String| {
            let own = [&route.service, &route.path, &route.api, &route.function, &route.method].map(String::clone);
            contain(text, route.domains.iter().map(|domain| domain.location()).chain(own))
        };
        is(&self.service, &route.service)
            && is(&self.environment, &route.environment)
            && is(&self.method, &route.method)
            && self.function.as_ref().is_none_or(is_bound)
            && self.host.as_ref().is_none_or(has)
            && self.enabled.is_none_or(|enabled| enabled == route.enabled)
            && self.q.as_ref().is_none_or(holds)
    }
}

/// List the table in use: each API in each environment.
#[utoipa::path(get, operation_id = "listRoutes", path = "/v1/routes", tag = "routes", params(RouteQuery), responses(
    (status = 200, description = "A page of the table", body = Page<Route>),
    Refused,
))]
pub async fn list(
    Extract(state): Extract<State>,
    Params(query): Params<RouteQuery>,
) -> Result<Json<Page<Route>>, Problem> {
    let snapshot = state.snapshot();
    let all: Vec<_> = routes(&snapshot).filter(|route| query.wants(route)).collect();
    let range = Range { limit: query.limit, cursor: query.cursor };
    Page::cut(all, &range, |route| route).map(Json).map_err(Problem::invalid)
}

/// A request that is looked up.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ExplainQuery {
    /// A method, such as `GET`.
    pub method: String,
    /// `http://host/path`
    pub url: String,
}

/// Explain which API a request selects, and why the others lost.
#[utoipa::path(get, operation_id = "explain", path = "/v1/explain", tag = "routes", params(ExplainQuery), responses(
    (status = 200, description = "The story of the look-up", body = Explained),
    Refused,
))]
pub async fn explain(
    Extract(state): Extract<State>,
    Params(ExplainQuery { method, url }): Params<ExplainQuery>,
) -> Result<Json<Explained>, Problem> {
    let method: Method = method.parse().map_err(|_error| Problem::invalid(format!("`{method}` is not a method")))?;
    let uri: Uri = url.parse().map_err(|error| Problem::invalid(format!("`{url}` is not a URL: {error}")))?;
    let host = uri.authority().ok_or_else(|| Problem::invalid(format!("`{url}` names no host")))?;
    Ok(Json(Explained::new(&state.snapshot(), host.as_str(), uri.path(), &method)))
}
