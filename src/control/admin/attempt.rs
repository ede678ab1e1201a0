//! `/v1/try`: sends a request through the gateway and shows the answer.

use axum::Json as Answer;
use axum::extract::State as Extract;
use axum::http::header::{
    CONNECTION, CONTENT_LENGTH, EXPECT, FORWARDED, HOST, HeaderMap, HeaderName, HeaderValue, TE, TRAILER,
    TRANSFER_ENCODING, UPGRADE,
};
use axum::http::{Method, StatusCode, Uri};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::access::Caller;
use super::extract::Json;
use super::refusal::Refused;
use super::state::State;
use crate::control::attempt::{Answered, Attempt, AttemptError, send};
use crate::control::audit::Line;
use crate::control::problem::Problem;
use crate::telemetry::log::with_sources;

/// The fields of a request that say how it is sent. The gateway's client decides that.
const FRAMING: [HeaderName; 8] = [HOST, CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING, TE, TRAILER, UPGRADE, EXPECT];

/// The most header fields of a request that is tried, and the most bytes in their names and values.
const FIELDS: usize = 100;
const LARGEST_FIELDS: usize = 64 << 10;
/// The most bytes of its method and path in the audit log.
const LONGEST_OBJECT: usize = 256;

/// A request that is tried.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TryBody {
    #[schema(example = "GET")]
    pub method: String,
    /// `http://` or `https://` with a host, which becomes `Host`.
    #[schema(example = "http://shop.example/orders/1?x=1")]
    pub url: String,
    pub headers: Option<Vec<Field>>,
    pub body: Option<String>,
}

/// A header field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Field {
    pub name: String,
    pub value: String,
}

/// The answer to a request that was tried.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Tried {
    pub status: u16,
    /// In the order in which they came; values that are secret are not masked.
    pub headers: Vec<Field>,
    pub body: String,
    pub encoding: Encoding,
    /// Whether the body is longer than 256 KiB or was not at its end after 60 s, or has broken off.
    pub truncated: bool,
    /// From the connection to the end of the answer.
    pub duration_ms: f64,
    /// What the gateway calls the request.
    pub request_id: Option<String>,
}

/// How `body` is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    Text,
    /// The body is not UTF-8.
    Base64,
}

/// Try a request: send it to a listener of this gateway, as a client on this machine would, and show the answer.
#[utoipa::path(post, operation_id = "tryRequest", path = "/v1/try", tag = "routes", request_body = TryBody, responses(
    (status = 200, description = "The answer, whatever its status", body = Tried),
    Refused,
    (status = 502, description = "No listener could be reached, or it closed the connection without an answer", body = Problem, content_type = "application/problem+json"),
    (status = 504, description = "There was no answer within 60 s", body = Problem, content_type = "application/problem+json"),
))]
pub async fn attempt(Extract(state): Extract<State>, caller: Caller, body: Json) -> Result<Answer<Tried>, Problem> {
    let attempt = read(body.read()?)?;
    note(&state, &caller, &attempt).await;
    match send(attempt, &state.snapshot(), &state.bound).await {
        Ok(answered) => Ok(Answer(shown(&answered))),
        Err(error) => {
            let (status, reason) = match error {
                AttemptError::Late => (StatusCode::GATEWAY_TIMEOUT, "no_answer"),
                // It may have been processed.
                AttemptError::Exchange { .. } => (StatusCode::BAD_GATEWAY, "no_answer"),
                AttemptError::NoListener | AttemptError::Connect { .. } => (StatusCode::BAD_GATEWAY, "not_sent"),
            };
            Err(Problem::new(status, reason, with_sources(&error)))
        }
    }
}

/// The request that a body asks for.
fn read(TryBody { method, url, headers, body }: TryBody) -> Result<Attempt, Problem> {
    let no_method = || Problem::invalid_at("/method", format!("`{method}` is not a method that can be tried"));
    let method = Method::from_bytes(method.as_bytes()).ok().filter(|method| *method != Method::CONNECT);
    let method = method.ok_or_else(no_method)?;
    let url = read_url(&url)?;
    let (mut fields, mut room) = (HeaderMap::new(), LARGEST_FIELDS);
    for (index, Field { name, value }) in headers.unwrap_or_default().into_iter().enumerate() {
        let wrong = |message: String| Problem::invalid_at(format!("/headers/{index}"), message);
        let left = room.checked_sub(name.len() + value.len()).filter(|_| index < FIELDS);
        room = left
            .ok_or_else(|| wrong(format!("there may be {FIELDS} fields, of {} KiB together", LARGEST_FIELDS >> 10)))?;
        let known = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_error| wrong(format!("`{name}` is not the name of a field")))?;
        if FRAMING.contains(&known) {
            return Err(wrong(format!("`{name}` is set by the gateway")));
        }
        if names_a_client(&known) {
            return Err(wrong(format!(
                "`{name}` cannot be set: a listener that trusts this host would take it for the client's address"
            )));
        }
        let value = HeaderValue::from_str(&value)
            .map_err(|_error| wrong(format!("`{name}` has a value that no field can have")))?;
        let full = |_error| wrong("there are too many fields".to_owned());
        fields.try_append(known, value).map_err(full)?;
    }
    Ok(Attempt { method, url, headers: fields, body: body.unwrap_or_default().into() })
}

/// Whether a field says for whom a request is sent.
fn names_a_client(name: &HeaderName) -> bool {
    name == FORWARDED || name.as_str() == "x-real-ip" || name.as_str().starts_with("x-forwarded-")
}

fn read_url(text: &str) -> Result<Uri, Problem> {
    let wrong = |why: &str| Problem::invalid_at("/url", format!("the URL {why}"));
    // A client keeps it to itself.
    if text.contains('#') {
        return Err(wrong("has a fragment, which is never sent"));
    }
    let url: Uri = text.parse().map_err(|error| wrong(&format!("is not one: {error}")))?;
    if !matches!(url.scheme_str(), Some("http" | "https")) {
        return Err(wrong("does not begin with `http://` or `https://`"));
    }
    let authority = url.authority().filter(|authority| !authority.host().is_empty());
    if authority.ok_or_else(|| wrong("has no host"))?.as_str().contains('@') {
        return Err(wrong("has a user, which is never sent: use `Authorization`"));
    }
    Ok(url)
}

/// Adds it to the audit log: whoever tries a request does what a client does.
async fn note(state: &State, caller: &Caller, attempt: &Attempt) {
    let (author, url) = (caller.author(), &attempt.url);
    let line = Line {
        time: Timestamp::now().to_string(),
        author: author.name,
        from: author.from,
        action: "try".to_owned(),
        object: shortened(format!("{} {}", attempt.method, url.path())),
        revision: state.snapshot().revision,
        note: None,
        before: None,
        after: None,
    };
    tracing::info!(author = line.author, from = line.from, action = "try", object = line.object, "tried");
    let audit = state.audit.clone();
    // The disk may be slow. A task that panics has said so.
    let _ = tokio::task::spawn_blocking(move || audit.write(&line)).await;
}

/// As much of an object as a line of the audit log has.
fn shortened(mut object: String) -> String {
    object.truncate(object.floor_char_boundary(LONGEST_OBJECT));
    object
}

fn shown(answered: &Answered) -> Tried {
    let request_id = answered.request_id().map(str::to_owned);
    let field = |(name, value): (&HeaderName, &HeaderValue)| Field {
        name: name.as_str().to_owned(),
        value: String::from_utf8_lossy(value.as_bytes()).into_owned(),
    };
    let (body, encoding) = written(&answered.body, answered.is_truncated);
    Tried {
        status: answered.status,
        headers: answered.headers.iter().map(field).collect(),
        body,
        encoding,
        truncated: answered.is_truncated,
        duration_ms: (answered.duration.as_secs_f64() * 10_000.0).round() / 10.0,
        request_id,
    }
}

/// A body as JSON can have it. One that was cut off in the middle of a character ends in front of it.
fn written(body: &[u8], is_truncated: bool) -> (String, Encoding) {
    let text = match std::str::from_utf8(body) {
        Ok(text) => Some(text),
        Err(error) if is_truncated && error.error_len().is_none() => {
            body.get(..error.valid_up_to()).and_then(|valid| std::str::from_utf8(valid).ok())
        }
        Err(_) => None,
    };
    match text {
        Some(text) => (text.to_owned(), Encoding::Text),
        None => (BASE64_STANDARD.encode(body), Encoding::Base64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_few_and_name_no_client() {
        let field = |name: &str, value: &str| Field { name: name.to_owned(), value: value.to_owned() };
        let tried = |headers: Vec<Field>| {
            let url = "http://shop.test/".to_owned();
            read(TryBody { method: "GET".to_owned(), url, headers: Some(headers), body: None })
                .map(|attempt| attempt.headers.len())
                .map_err(|problem| problem.errors[0].pointer.clone().expect("a place"))
        };
        let many = |count: usize| (0..count).map(|index| field(&format!("x-{index}"), "")).collect::<Vec<_>>();
        assert_eq!(tried(many(FIELDS)), Ok(FIELDS));
        assert_eq!(tried(many(24_576)), Err(format!("/headers/{FIELDS}")));
        assert_eq!(tried(vec![field("x", &"x".repeat(LARGEST_FIELDS))]), Err("/headers/0".to_owned()));
        for name in ["Forwarded", "X-Forwarded-For", "x-forwarded-anything", "X-Real-IP"] {
            assert_eq!(tried(vec![field(name, "10.0.0.1")]), Err("/headers/0".to_owned()), "{name}");
        }
        assert_eq!(shortened("é".repeat(200)).len(), LONGEST_OBJECT);
    }

    #[test]
    fn a_body_is_text_if_it_can_be() {
        for (body, is_truncated, text, encoding) in [
            (&b""[..], false, "", Encoding::Text),
            ("é".as_bytes(), false, "é", Encoding::Text),
            (&b"a\xc3"[..], true, "a", Encoding::Text),
            (&b"a\xc3"[..], false, "YcM=", Encoding::Base64),
            (&b"\xff\0"[..], true, "/wA=", Encoding::Base64),
        ] {
            assert_eq!(written(body, is_truncated), (text.to_owned(), encoding));
        }
    }
}
