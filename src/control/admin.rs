//! The admin listener: metrics, health and the admin API. Reachable by operators only; it knows no users.
//!
//! The browser of an operator reaches it too, so nothing is given to pages of others: not to those that say where they come from,
//! and not to those that got here under a name that was made to lead here (DNS rebinding).

use std::fmt::Display;
use std::io::Write;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, HOST, ORIGIN, VARY};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc, oneshot};

use super::Command;
use super::ready::Readiness;
use super::reload::Reloaded;
use crate::config::Diagnostic;
use crate::process;
use crate::telemetry::exposition::Format;
use crate::telemetry::metrics::Metrics;

/// What the admin listener shows and can ask for.
#[derive(Clone, Debug)]
pub struct Admin {
    pub metrics: Arc<Metrics>,
    /// Held by the scrape that runs: one at a time.
    pub scraping: Arc<Mutex<()>>,
    pub readiness: Arc<Readiness>,
    pub commands: mpsc::Sender<Command>,
    /// The names that it is asked under, beside IP addresses and `localhost`; in lower case.
    pub hosts: Arc<[String]>,
}

/// The path that `fngate reload` posts to.
pub const RELOAD: &str = "/v1/reload";
/// The path that `fngate top` and Prometheus ask for.
pub const METRICS: &str = "/metrics";
/// The path that `fngate health` asks for.
pub const READY: &str = "/readyz";

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Serves the admin listener until the runtime ends.
pub async fn serve(listener: TcpListener, admin: Admin) {
    let router = Router::new()
        .route(METRICS, get(metrics))
        .route(RELOAD, post(reload))
        .route_layer(from_fn_with_state(admin.clone(), operators_only))
        // A probe may come under any name, and learns nothing.
        .route("/livez", get(|| async { "ok\n" }))
        .route(READY, get(readyz))
        .with_state(admin);
    if let Err(error) = axum::serve(listener, router).await {
        tracing::error!(%error, "the admin listener failed");
    }
}

async fn operators_only(State(admin): State<Admin>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let from_elsewhere = |site: &HeaderValue| !["none", "same-origin"].iter().any(|known| site == known);
    if headers.get_all(SEC_FETCH_SITE).iter().any(from_elsewhere) {
        return (StatusCode::FORBIDDEN, "cross-site request refused\n").into_response();
    }
    let given = headers.get_all(HOST).iter().map(|host| host.to_str().unwrap_or_default());
    if given.chain(request.uri().authority().map(Authority::as_str)).all(|host| is_known(host, &admin.hosts)) {
        return next.run(request).await;
    }
    let text = "this Host is neither an IP address nor `localhost` nor listed in `admin.hosts`\n";
    (StatusCode::FORBIDDEN, text).into_response()
}

/// Whether nobody else can have made this name lead here.
fn is_known(host: &str, hosts: &[String]) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    if let Some(address) = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')) {
        return address.parse::<Ipv6Addr>().is_ok();
    }
    let name = name.strip_suffix('.').unwrap_or(name);
    name.parse::<IpAddr>().is_ok_and(|address| address.is_ipv4())
        || name.eq_ignore_ascii_case("localhost")
        || hosts.iter().any(|host| name.eq_ignore_ascii_case(host))
}

/// Renders on a thread of its own, since with many APIs that is the work of a second, and probes do not wait for it.
async fn metrics(State(admin): State<Admin>, headers: HeaderMap) -> Response {
    let accept = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect::<Vec<_>>().join(",");
    let (format, zipped) = (Format::negotiate(&accept), accepts_gzip(&headers));
    // Goes along with the thread: a client that leaves does not make room for a second one.
    let turn = admin.scraping.lock_owned().await;
    let (rendered, text) = oneshot::channel();
    let render = move || {
        process::give_way();
        // Whoever asked may have left.
        let _ = rendered.send(render(&admin.metrics, format, zipped));
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
    if !zipped {
        return Ok(text.into_bytes());
    }
    let mut zip = GzEncoder::new(Vec::new(), Compression::fast());
    zip.write_all(text.as_bytes())?;
    Ok(zip.finish()?)
}

/// `q=0`
fn is_refusal(parameter: &str) -> bool {
    let (name, value) = parameter.split_once('=').unwrap_or_default();
    name.trim() == "q" && value.trim().parse() == Ok(0.0)
}

/// Whether `Accept-Encoding` names gzip, and does not refuse it.
fn accepts_gzip(headers: &HeaderMap) -> bool {
    let values = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip")) && !parts.any(is_refusal)
    })
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
        return (StatusCode::FORBIDDEN, "cross-site request refused\n").into_response();
    }
    let (answer, outcome) = oneshot::channel();
    if admin.commands.send(Command::Reload(answer)).await.is_err() {
        return (StatusCode::SERVICE_UNAVAILABLE, "the gateway is stopping\n").into_response();
    }
    match outcome.await {
        Ok(reloaded) => answer_reload(&reloaded, accepts_json(&headers)),
        Err(_dropped) => (StatusCode::SERVICE_UNAVAILABLE, "stopping, or reload queue full\n").into_response(),
    }
}

fn answer_reload(reloaded: &Reloaded, as_json: bool) -> Response {
    let (status, revision, report) = match reloaded {
        Ok(applied) => (StatusCode::OK, Some(applied.revision), &applied.report),
        Err(report) => (StatusCode::UNPROCESSABLE_ENTITY, None, report),
    };
    if as_json {
        let body =
            json!({ "revision": revision, "diagnostics": report.diagnostics().map(to_json).collect::<Vec<_>>() });
        return (status, [(CONTENT_TYPE, "application/json")], format!("{body}\n")).into_response();
    }
    let mut text = revision.map(|revision| format!("revision {revision}\n")).unwrap_or_default();
    if !report.is_empty() {
        text.push_str(&format!("{report}\n"));
    }
    (status, text).into_response()
}

/// Whether an `Accept` names JSON. Without one, operators get text.
fn accepts_json(headers: &HeaderMap) -> bool {
    let values = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|range| {
        let mut parts = range.split(';').map(str::trim);
        parts.next() == Some("application/json") && !parts.any(is_refusal)
    })
}

/// `{"severity", "message", "file", "line", "column", "advice"}`; what is not known is null.
fn to_json(diagnostic: &Diagnostic) -> Value {
    let place = diagnostic.place();
    json!({
        "severity": diagnostic.severity().as_str(),
        "message": diagnostic.message(),
        "file": place.as_ref().map(|place| place.file.to_string_lossy().into_owned()),
        "line": place.as_ref().map(|place| place.line),
        "column": place.as_ref().map(|place| place.column),
        "advice": diagnostic.advice(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_and_known_names_are_asked_for() {
        let hosts = ["fngate.prod.svc".to_owned()];
        for (host, known) in [
            ("127.0.0.1", true),
            ("10.1.2.3:9901", true),
            ("[::1]:9901", true),
            ("[fe80::1]", true),
            ("localhost:9901", true),
            ("LOCALHOST.", true),
            ("fngate.prod.svc:80", true),
            ("Fngate.Prod.Svc.", true),
            ("", false),
            ("::1", false),
            ("[evil.example]", false),
            ("127.0.0.1.evil.example", false),
            ("localhost.evil.example:9901", false),
            ("127.0.0.1:evil", false),
            ("other.prod.svc", false),
        ] {
            assert_eq!(is_known(host, &hosts), known, "{host}");
        }
    }
}
