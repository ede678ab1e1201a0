//! The admin listener: metrics, health, the admin API and the console.
//!
//! What is there without a token gives nothing away that a scrape does not. The browser of an operator reaches the listener too, so nothing is
//! given to pages of others: not to those that say where they come from, and not to those that got here under a name that was made to lead
//! here (DNS rebinding).

pub mod access;
pub mod apis;
pub mod attempt;
pub mod certificates;
pub mod console;
pub mod encoding;
pub mod extract;
pub mod files;
pub mod functions;
mod listener;
pub mod login;
pub mod objects;
pub mod refusal;
pub mod revisions;
pub mod room;
pub mod runtime;
pub mod services;
pub mod session;
pub mod state;
pub mod status;
pub mod streams;
pub mod table;
pub mod token;
mod unique;

use std::fmt::Display;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State as Extract};
use axum::http::header::{
    ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ORIGIN,
    REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use flate2::Compression;
use serde_json::json;
use tokio::sync::oneshot;
use tokio::time::timeout;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::access::{Caller, Peer};
use self::encoding::{accepts, gzip};
use self::extract::LARGEST_BODY;
use self::state::State;
use super::Command;
use super::problem::{Finding, Problem};
use super::reload::Reloaded;
use crate::config::Admin;
use crate::net::admin::AdminSocket;
use crate::process;
use crate::telemetry::exposition::Format;
use crate::telemetry::metrics::Metrics;

/// The path that `fngate reload` posts to.
pub const RELOAD: &str = "/v1/reload";
/// The path that `fngate top` and Prometheus ask for.
pub const METRICS: &str = "/metrics";
/// The path that `fngate health` asks for.
pub const READY: &str = "/readyz";

/// The largest body of a request without a token.
const LOGIN_BODY: usize = 1 << 10;
/// How long such a body may take.
const LOGIN_TIMEOUT: Duration = Duration::from_secs(10);

/// The description of everything under `/v1`.
#[derive(OpenApi)]
#[openapi(
    info(title = "fngate admin API", description = "Everything that the fngate commands do.", license(name = "Apache-2.0", identifier = "Apache-2.0")),
    components(schemas(Problem)),
    modifiers(&Bearer),
    security(("token" = [])),
)]
struct Description;

/// The token of a request.
struct Bearer;

impl Modify for Bearer {
    fn modify(&self, api: &mut utoipa::openapi::OpenApi) {
        let components = api.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    }
}

/// Serves the admin listener until the runtime ends.
pub async fn serve(socket: AdminSocket, state: State) {
    let router = router(&state);
    listener::serve(socket, state, router).await;
}

/// Everything that needs a token.
fn private() -> OpenApiRouter<State> {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(status::status))
        .routes(routes!(status::events))
        .routes(routes!(certificates::list))
        .routes(routes!(files::list, files::put))
        .routes(routes!(table::list))
        .routes(routes!(table::explain))
        .routes(routes!(attempt::attempt))
        .routes(routes!(apis::list))
        .routes(routes!(apis::list_of))
        .routes(routes!(apis::show, apis::put, apis::delete))
        .routes(routes!(functions::list))
        .routes(routes!(functions::show, functions::put, functions::delete))
        .routes(routes!(functions::list_triggers, functions::bind))
        .routes(routes!(functions::list_instances))
        .routes(routes!(services::list))
        .routes(routes!(services::show, services::put, services::delete))
        .routes(routes!(services::list_environments))
        .routes(routes!(revisions::release))
        .routes(routes!(revisions::unrelease))
        .routes(routes!(revisions::follow))
        .routes(routes!(revisions::list))
        .routes(routes!(revisions::show))
        .routes(routes!(revisions::diff))
        .routes(routes!(revisions::rollback))
        .routes(routes!(revisions::apply))
        .routes(routes!(revisions::audit))
        .routes(routes!(streams::requests))
        .routes(routes!(streams::live))
}

/// What each caller may do about their own session, whatever their role.
fn sessions() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(login::make_code)).routes(routes!(login::show, login::end))
}

/// What needs a code instead of a token.
fn login() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(login::begin))
}

/// The description of the admin API (OpenAPI 3.1).
#[must_use]
pub fn description() -> utoipa::openapi::OpenApi {
    private().merge(sessions()).merge(login()).into_openapi()
}

fn router(state: &State) -> Router {
    let text: Bytes = description().to_pretty_json().unwrap_or_default().into();
    let private = Router::from(private())
        .route("/v1/openapi.json", get(move || async move { ([(CONTENT_TYPE, "application/json")], text) }))
        .route_layer(from_fn_with_state(state.clone(), with_token));
    let sessions = Router::from(sessions()).route_layer(from_fn_with_state(state.clone(), with_any_token));
    let login = Router::from(login())
        .layer(DefaultBodyLimit::max(LOGIN_BODY))
        .route_layer(from_fn_with_state(state.clone(), without_token));
    let open = Router::new()
        .route(METRICS, get(metrics))
        .route(RELOAD, post(reload))
        .route_layer(from_fn_with_state(state.clone(), operators_only))
        // A probe may come under any name, and learns nothing.
        .route("/livez", get(|| async { "ok\n" }))
        .route(READY, get(readyz));
    private
        .merge(sessions)
        .merge(login)
        .merge(open)
        .merge(console::routes(state))
        .fallback(|| async { Problem::not_found("there is nothing at this path") })
        .method_not_allowed_fallback(|| async {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "this path does not take this method")
        })
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(from_fn(with_headers))
        .with_state(state.clone())
}

/// What no page, cache or frame should make of an answer.
async fn with_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CACHE_CONTROL, "no-store"),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (REFERRER_POLICY, "no-referrer"),
    ] {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

async fn operators_only(Extract(state): Extract<State>, request: Request, next: Next) -> Response {
    match access::refuse_strangers(request.headers(), request.uri(), &state.snapshot().config.admin) {
        // Probes and scripts read these as text.
        Err(problem) => (StatusCode::FORBIDDEN, format!("{}\n", problem.detail)).into_response(),
        Ok(()) => next.run(request).await,
    }
}

/// Who sends a request, unless it is refused whatever it asks for.
fn admitted(state: &State, request: &Request) -> Result<Caller, Problem> {
    let snapshot = state.snapshot();
    let admin = &snapshot.config.admin;
    access::refuse_strangers(request.headers(), request.uri(), admin)?;
    let caller = state.access.caller(peer(request)?, request.headers(), admin)?;
    access::refuse_forms(request.method(), request.headers(), admin)?;
    Ok(caller)
}

fn refuse_pages(request: &Request, admin: &Admin) -> Result<(), Problem> {
    access::refuse_strangers(request.headers(), request.uri(), admin)?;
    access::refuse_forms(request.method(), request.headers(), admin)
}

fn peer(request: &Request) -> Result<&Peer, Problem> {
    request.extensions().get().ok_or_else(|| Problem::unauthorized("the peer of this connection is unknown"))
}

async fn with_token(Extract(state): Extract<State>, request: Request, next: Next) -> Response {
    let caller = admitted(&state, &request).and_then(|caller| {
        access::refuse_readers(request.method(), &caller)?;
        Ok(caller)
    });
    pass_on(caller, request, next).await
}

async fn with_any_token(Extract(state): Extract<State>, request: Request, next: Next) -> Response {
    pass_on(admitted(&state, &request), request, next).await
}

async fn pass_on(caller: Result<Caller, Problem>, mut request: Request, next: Next) -> Response {
    match caller {
        Err(problem) => problem.into_response(),
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
    }
}

/// Nothing is known of whoever sends this, so the body is small, and comes in time.
async fn without_token(Extract(state): Extract<State>, request: Request, next: Next) -> Response {
    if let Err(problem) = refuse_pages(&request, &state.snapshot().config.admin) {
        return problem.into_response();
    }
    let late = |_elapsed| {
        let detail = format!("the body did not arrive within {} s", LOGIN_TIMEOUT.as_secs());
        Problem::new(StatusCode::REQUEST_TIMEOUT, "too_slow", detail).into_response()
    };
    timeout(LOGIN_TIMEOUT, next.run(request)).await.unwrap_or_else(late)
}

/// Renders on a thread of its own, since with many APIs that is the work of a second, and probes do not wait for it.
async fn metrics(Extract(admin): Extract<State>, headers: HeaderMap) -> Response {
    let accept = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect::<Vec<_>>().join(",");
    let (format, zipped) = (Format::negotiate(&accept), accepts(&headers, ACCEPT_ENCODING, "gzip"));
    // Goes along with the thread: a client that leaves does not make room for a second one.
    let turn = admin.scraping.clone().lock_owned().await;
    let (rendered, text) = oneshot::channel();
    let metrics = admin.metrics.clone();
    let render = move || {
        process::give_way();
        // Whoever asked may have left.
        let _ = rendered.send(render(&metrics, format, zipped));
        drop(turn);
    };
    let failed = |error: &dyn Display| (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")).into_response();
    if let Err(error) = std::thread::Builder::new().name("scrape".to_owned()).spawn(render) {
        return failed(&error);
    }
    match text.await {
        Ok(Ok(body)) => {
            let mut response =
                ([(CONTENT_TYPE, format.content_type()), (VARY, "Accept, Accept-Encoding")], body).into_response();
            if zipped {
                response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            }
            response
        }
        Ok(Err(error)) => failed(&error),
        Err(error) => failed(&error),
    }
}

fn render(metrics: &Metrics, format: Format, zipped: bool) -> anyhow::Result<Vec<u8>> {
    let text = metrics.render(format)?;
    if zipped { Ok(gzip(text.as_bytes(), Compression::fast())?) } else { Ok(text.into_bytes()) }
}

async fn readyz(Extract(admin): Extract<State>) -> Response {
    if admin.readiness.is_ready() {
        "ready\n".into_response()
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not ready\n").into_response()
    }
}

async fn reload(Extract(admin): Extract<State>, headers: HeaderMap) -> Response {
    // Only browsers say where a request comes from: a page that an operator looks at is no operator.
    if headers.contains_key(ORIGIN) {
        return (StatusCode::FORBIDDEN, "cross-site request refused\n").into_response();
    }
    let (answer, outcome) = oneshot::channel();
    if admin.commands.send(Command::Reload(answer)).await.is_err() {
        return (StatusCode::SERVICE_UNAVAILABLE, "the gateway is stopping\n").into_response();
    }
    match outcome.await {
        Ok(reloaded) => answer_reload(
            &reloaded,
            &status::unanswered(&admin.snapshot()),
            accepts(&headers, ACCEPT, "application/json"),
        ),
        Err(_dropped) => (StatusCode::SERVICE_UNAVAILABLE, "stopping, or reload queue full\n").into_response(),
    }
}

/// The revision and what is to be said of it, or the errors. `unanswered` is said of what is in use.
fn answer_reload(reloaded: &Reloaded, unanswered: &[Finding], as_json: bool) -> Response {
    let (status, revision, report) = match reloaded {
        Ok(applied) => (StatusCode::OK, Some(applied.revision), &applied.report),
        Err(report) => (StatusCode::UNPROCESSABLE_ENTITY, None, report),
    };
    if as_json {
        let more = unanswered.iter().filter(|_| reloaded.is_ok()).cloned();
        let diagnostics: Vec<_> = report.diagnostics().map(Finding::from).chain(more).collect();
        let body = json!({ "revision": revision, "diagnostics": diagnostics });
        return (status, [(CONTENT_TYPE, "application/json")], format!("{body}\n")).into_response();
    }
    let mut text = revision.map(|revision| format!("revision {revision}\n")).unwrap_or_default();
    if !report.is_empty() {
        text.push_str(&format!("{report}\n"));
    }
    for finding in unanswered.iter().filter(|_| reloaded.is_ok()) {
        text.push_str(&format!("warning: {}\n", finding.message));
    }
    (status, text).into_response()
}
