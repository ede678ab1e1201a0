//! The admin listener: metrics, health and the admin API. Reachable by operators only; it knows no users.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, ORIGIN};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};

use super::Command;
use super::ready::Readiness;
use crate::telemetry::metrics::Metrics;

/// What the admin listener shows and can ask for.
#[derive(Clone, Debug)]
pub struct Admin {
    pub metrics: Arc<Metrics>,
    pub readiness: Arc<Readiness>,
    pub commands: mpsc::Sender<Command>,
}

/// The path that `fngate reload` posts to.
pub const RELOAD: &str = "/v1/reload";

/// Serves the admin listener until the runtime ends.
pub async fn serve(listener: TcpListener, admin: Admin) {
    let router = Router::new()
        .route("/metrics", get(metrics))
        .route("/livez", get(|| async { "ok\n" }))
        .route("/readyz", get(readyz))
        .route(RELOAD, post(reload))
        .with_state(admin);
    if let Err(error) = axum::serve(listener, router).await {
        tracing::error!(%error, "the admin listener failed");
    }
}

async fn metrics(State(admin): State<Admin>) -> Response {
    match admin.metrics.render() {
        Ok(text) => ([(CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")).into_response(),
    }
}

async fn readyz(State(admin): State<Admin>) -> Response {
    if admin.readiness.is_ready() {
        "ready\n".into_response()
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not ready\n").into_response()
    }
}

async fn reload(State(admin): State<Admin>, headers: HeaderMap) -> Response {
    // Only browsers say where a request comes from: a page that an operator looks at is no operator.
    if headers.contains_key(ORIGIN) {
        return (StatusCode::FORBIDDEN, "not for browsers\n").into_response();
    }
    let (answer, outcome) = oneshot::channel();
    if admin.commands.send(Command::Reload(answer)).await.is_err() {
        return (StatusCode::SERVICE_UNAVAILABLE, "the gateway is stopping\n").into_response();
    }
    match outcome.await {
        Ok(Ok(revision)) => format!("revision {revision}\n").into_response(),
        Ok(Err(errors)) => (StatusCode::UNPROCESSABLE_ENTITY, errors).into_response(),
        Err(_stopping) => (StatusCode::SERVICE_UNAVAILABLE, "the gateway is stopping\n").into_response(),
    }
}
