//! Parts of requests, with problems for those that are not what they should be.

use std::time::Duration;

use axum::body::{Bytes, HttpBody};
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{FromRequest, FromRequestParts, OptionalFromRequest, Path, Query, Request};
use axum::http::header::{IF_MATCH, IF_NONE_MATCH};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::timeout;

use super::access::Caller;
use super::unique;
use crate::control::change::{Author, Condition, Tags};
use crate::control::problem::Problem;

/// The largest body of a request, in bytes.
pub const LARGEST_BODY: usize = 16 << 20;
/// Parameters of a query.
const PARAMETERS: usize = 64;
/// How long the body of a request may take.
const BODY: Duration = Duration::from_secs(30);

/// Query parameters.
#[derive(Clone, Copy, Debug)]
pub struct Params<T>(pub T);

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let pairs = form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes());
        let mut seen: Vec<String> = Vec::new();
        for (name, _) in pairs {
            if seen.iter().any(|other| **other == *name) {
                return Err(Problem::invalid(format!("the parameter `{name}` is given twice")));
            }
            if seen.len() == PARAMETERS {
                return Err(Problem::invalid(format!("the query has more than {PARAMETERS} parameters")));
            }
            seen.push(name.into_owned());
        }
        let read: Result<Query<T>, _> = Query::try_from_uri(&parts.uri);
        read.map(|Query(params)| Self(params)).map_err(|error| Problem::invalid(error.body_text()))
    }
}

/// Segments of the path.
#[derive(Clone, Copy, Debug)]
pub struct Segments<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Segments<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let read: Result<Path<T>, PathRejection> = Path::from_request_parts(parts, state).await;
        read.map(|Path(segments)| Self(segments)).map_err(|error| Problem::not_found(error.body_text()))
    }
}

/// A JSON object, of which nothing is known yet.
#[derive(Clone, Debug)]
pub struct Json(pub serde_json::Map<String, Value>);

impl Json {
    /// The object as a body of known shape.
    ///
    /// # Errors
    /// A key that is unknown, missing or of another type.
    pub fn read<T: DeserializeOwned>(self) -> Result<T, Problem> {
        let body = serde_json::from_value(Value::Object(self.0));
        body.map_err(|error| Problem::invalid(format!("the body: {error}")))
    }

    fn parse(bytes: &[u8]) -> Result<Self, Problem> {
        match unique::read(bytes) {
            Ok(Value::Object(keys)) => Ok(Self(keys)),
            Ok(_) => Err(Problem::invalid("the body is not a JSON object")),
            Err(error) => {
                Err(Problem::new(StatusCode::BAD_REQUEST, "malformed", format!("the body is not JSON: {error}")))
            }
        }
    }
}

impl<S: Send + Sync> FromRequest<S> for Json {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        Self::parse(&read(request, state).await?)
    }
}

/// A request may come without a body.
impl<S: Send + Sync> OptionalFromRequest<S> for Json {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Option<Self>, Problem> {
        let bytes = read(request, state).await?;
        if bytes.is_empty() { Ok(None) } else { Self::parse(&bytes).map(Some) }
    }
}

/// The body of a request, within the limits of the router.
async fn read<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Problem> {
    let too_large = || {
        let detail = format!("the body is larger than {} MiB", LARGEST_BODY >> 20);
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail)
    };
    // Said before the client sends it, if it asks.
    if request.body().size_hint().lower() > LARGEST_BODY as u64 {
        return Err(too_large());
    }
    let body: Result<Bytes, BytesRejection> =
        timeout(BODY, Bytes::from_request(request, state)).await.map_err(|_elapsed| {
            let detail = format!("the body did not come within {} s", BODY.as_secs());
            Problem::new(StatusCode::REQUEST_TIMEOUT, "too_slow", detail)
        })?;
    body.map_err(|error| match error.status() {
        // The limit of a path may be lower than that of all.
        status @ StatusCode::PAYLOAD_TOO_LARGE => Problem::new(status, "too_large", "the body is too large"),
        status => Problem::new(status, "malformed", error.body_text()),
    })
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        // Put there by the check in front of every route that has a caller.
        parts.extensions.get().cloned().ok_or_else(|| Problem::unauthorized("this needs a token"))
    }
}

impl Caller {
    #[must_use]
    pub fn author(&self) -> Author {
        Author { name: self.name.clone(), from: self.from.clone() }
    }
}

impl<S: Sync> FromRequestParts<S> for Condition {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let is_new = match text(&parts.headers, &IF_NONE_MATCH)? {
            None => false,
            Some("*") => true,
            Some(_) => return Err(Problem::invalid("`If-None-Match` is `*` here")),
        };
        let is = text(&parts.headers, &IF_MATCH)?.map(|text| match text {
            "*" => Tags::Any,
            tags => Tags::OneOf(tags.split(',').map(|tag| tag.trim().to_owned()).collect()),
        });
        Ok(Self { is, is_new })
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Problem> {
    let Some(value) = headers.get(name) else { return Ok(None) };
    value.to_str().map(|text| Some(text.trim())).map_err(|_error| Problem::invalid(format!("`{name}` is not text")))
}
