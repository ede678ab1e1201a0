//! The console: pages that are embedded in the program.
//!
//! They hold no data, so they need no token. What they show they ask the admin API for, with the token of a [session](super::session).

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use axum::Router;
use axum::extract::{Request, State as Extract};
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use bytes::Bytes;
use flate2::Compression;
use rust_embed::RustEmbed;
use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;

use super::access;
use super::encoding::{accepts, gzip};
use super::state::State;
use crate::config::Digest;
use crate::control::problem::Problem;

/// Where the pages are.
pub const ROOT: &str = "/console/";
const INDEX: &str = "index.html";
/// Files whose names change with their content.
const ASSETS: &str = "assets/";

const FOREVER: &str = "public, max-age=31536000, immutable";
/// Kept, and asked for again each time.
const ASK_AGAIN: &str = "no-cache";

/// Scripts and styles of the listener alone, and none inside of pages. No page of others frames these, opens them with a handle, or embeds
/// their files.
const HEADERS: [(HeaderName, &str); 3] = [
    (
        CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
         connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// The kinds of files, by the endings of their names, and whether gzip makes them smaller.
const KINDS: [(&str, &str, Gzip); 11] = [
    ("css", "text/css; charset=utf-8", Gzip::Smaller),
    ("html", "text/html; charset=utf-8", Gzip::Smaller),
    ("ico", "image/x-icon", Gzip::Smaller),
    ("js", "text/javascript; charset=utf-8", Gzip::Smaller),
    ("json", "application/json", Gzip::Smaller),
    ("map", "application/json", Gzip::Smaller),
    ("png", "image/png", Gzip::Useless),
    ("svg", "image/svg+xml", Gzip::Smaller),
    ("txt", "text/plain; charset=utf-8", Gzip::Smaller),
    ("webmanifest", "application/manifest+json", Gzip::Smaller),
    ("woff2", "font/woff2", Gzip::Useless),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gzip {
    Smaller,
    Useless,
}

/// What the build of `console/` made, as it is checked in.
#[derive(Debug, RustEmbed)]
#[folder = "console/dist"]
struct Embedded;

/// One file.
#[derive(Debug)]
struct File {
    body: Bytes,
    kind: &'static str,
    caching: &'static str,
    /// Its digest, the text of its tags.
    digest: String,
    gzip: Gzip,
    /// Made when somebody first takes it.
    zipped: OnceCell<Option<Bytes>>,
}

static FILES: LazyLock<HashMap<Cow<'static, str>, File>> = LazyLock::new(|| {
    let file = |path: Cow<'static, str>| Some((path.clone(), File::new(&path, Embedded::get(&path)?.data)));
    Embedded::iter().filter_map(file).collect()
});

/// The address of the console at a listener, such as `http://127.0.0.1:9901`, with a code that lets a browser in. What is behind `#` stays
/// in the browser.
#[must_use]
pub fn address(listener: &str, code: &str) -> String {
    format!("{listener}{ROOT}#code={code}")
}

/// The routes of the pages.
pub fn routes(state: &State) -> Router<State> {
    Router::new()
        .route("/console", get(|| async { Redirect::permanent(ROOT) }))
        .route(ROOT, get(page))
        .route("/console/{*path}", get(page))
        .route_layer(from_fn_with_state(state.clone(), visitors_only))
}

async fn visitors_only(Extract(state): Extract<State>, request: Request, next: Next) -> Response {
    let snapshot = state.snapshot();
    let admin = &snapshot.config.admin;
    if let Err(problem) = access::refuse_embedding(request.headers(), request.uri(), admin) {
        // Read by people.
        return (StatusCode::FORBIDDEN, format!("{}\n", problem.detail)).into_response();
    }
    if let Err(problem) = access::refuse_without_console(admin) {
        return problem.into_response();
    }
    let mut response = next.run(request).await;
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

async fn page(uri: Uri, headers: HeaderMap) -> Response {
    match find(uri.path().strip_prefix(ROOT).unwrap_or_default()) {
        Some(file) => file.answer(&headers).await,
        None => Problem::not_found("the console has no such file").into_response(),
    }
}

/// The file at a path below the root. What is no file is a page, and the script of the one page there is knows them all.
fn find(path: &str) -> Option<&'static File> {
    FILES.get(path).or_else(|| if is_file(path) { None } else { FILES.get(INDEX) })
}

/// Whether somebody asks for a file rather than for a page, whose path may end in the name of an object with dots in it.
fn is_file(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    // Names of objects that are no plain words come percent-encoded: `GET%20%2Flogo.png`.
    path.starts_with(ASSETS) || !name.contains('%') && kind(name).is_some()
}

fn kind(path: &str) -> Option<(&'static str, Gzip)> {
    let (_, ending) = path.rsplit_once('.')?;
    KINDS.iter().find(|(known, ..)| *known == ending).map(|(_, kind, gzip)| (*kind, *gzip))
}

impl File {
    fn new(path: &str, body: Cow<'static, [u8]>) -> Self {
        let (kind, gzip) = kind(path).unwrap_or(("application/octet-stream", Gzip::Useless));
        let digest = Digest::of(&body).to_string();
        let body = match body {
            Cow::Borrowed(bytes) => Bytes::from_static(bytes),
            Cow::Owned(bytes) => bytes.into(),
        };
        let caching = if path.starts_with(ASSETS) { FOREVER } else { ASK_AGAIN };
        Self { body, kind, caching, digest, gzip, zipped: OnceCell::new() }
    }

    async fn answer(&self, headers: &HeaderMap) -> Response {
        let zipped = if accepts(headers, ACCEPT_ENCODING, "gzip") { self.zipped().await } else { None };
        let tag = format!("\"{}{}\"", &self.digest[..32], if zipped.is_some() { "-gzip" } else { "" });
        let mut response = match (is_known(headers, &tag), zipped) {
            (true, _) => StatusCode::NOT_MODIFIED.into_response(),
            (false, Some(body)) => ([(CONTENT_TYPE, self.kind), (CONTENT_ENCODING, "gzip")], body).into_response(),
            (false, None) => ([(CONTENT_TYPE, self.kind)], self.body.clone()).into_response(),
        };
        let fields = response.headers_mut();
        if self.gzip == Gzip::Smaller {
            fields.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
        }
        fields.insert(CACHE_CONTROL, HeaderValue::from_static(self.caching));
        if let Ok(tag) = HeaderValue::from_str(&tag) {
            fields.insert(ETAG, tag);
        }
        response
    }

    /// The file in gzip, if that is smaller. Made on a thread of its own, once: other requests of the control plane do not wait for it.
    async fn zipped(&self) -> Option<Bytes> {
        if self.gzip == Gzip::Useless {
            return None;
        }
        let zip = || async {
            let body = self.body.clone();
            let zipped = spawn_blocking(move || gzip(&body, Compression::best())).await.ok()?.ok()?;
            (zipped.len() < self.body.len()).then(|| zipped.into())
        };
        self.zipped.get_or_init(zip).await.clone()
    }
}

/// Whether the client has what has this tag.
fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let known = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut known = known.flat_map(|value| value.split(',')).map(str::trim);
    known.any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_told_from_files() {
        for (path, is) in [
            ("", false),
            ("services/shop", false),
            ("services/shop.test", false),
            ("functions/default/orders:v1.2", false),
            ("services/shop/apis/GET%20%2Flogo.png", false),
            ("services/a.b/", false),
            ("favicon.ico", true),
            ("a/b/c.js", true),
            ("assets/", true),
            ("assets/anything", true),
        ] {
            assert_eq!(is_file(path), is, "{path}");
        }
    }

    #[test]
    fn every_file_is_of_a_known_kind() {
        assert!(FILES.contains_key(INDEX));
        for path in FILES.keys() {
            assert!(kind(path).is_some(), "{path}: add its ending to the kinds");
        }
    }
}
