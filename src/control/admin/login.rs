//! `/v1/console` and `/v1/session`: how the console gets a token, and how it gives it back.

use std::io;

use axum::Json as Answer;
use axum::extract::{Extension, State as Extract};
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::task::spawn_blocking;
use utoipa::ToSchema;

use super::access::{self, Caller, Peer};
use super::extract::Json;
use super::refusal::Refused;
use super::session::{CODE_LIFE, Role};
use super::state::State;
use crate::control::problem::Problem;

/// What the session of a code may do.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCode {
    /// `read` for a session that only reads. By default it may do what its maker may.
    pub role: Option<Role>,
}

/// A code for one use.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Code {
    /// `fngc_…`
    pub code: String,
    /// Until when it waits for its use (RFC 3339).
    pub expires: String,
}

/// A code that somebody has.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShownCode {
    pub code: String,
}

/// A session that has begun.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct NewSession {
    /// `fngs_…`
    pub token: String,
    #[serde(flatten)]
    pub session: Session,
}

/// Whose token it is that was shown.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Session {
    /// The author of what is changed with it.
    pub name: String,
    pub role: Role,
    /// When the session ends (RFC 3339); null for a token that is none of a session.
    pub expires: Option<String>,
}

type Created<T> = (StatusCode, Answer<T>);

/// Make a code for one use, which opens a session of the console.
#[utoipa::path(post, operation_id = "makeCode", path = "/v1/console", tag = "session", request_body = Option<NewCode>, responses(
    (status = 201, description = "The code, valid for five minutes", body = Code),
    Refused,
))]
pub async fn make_code(
    Extract(state): Extract<State>,
    caller: Caller,
    keys: Option<Json>,
) -> Result<Created<Code>, Problem> {
    access::refuse_without_console(&state.snapshot().config.admin)?;
    let NewCode { role } = keys.map(Json::read).transpose()?.unwrap_or_default();
    if role.is_some_and(|role| role > caller.role.into()) {
        return Err(access::read_only(&caller));
    }
    let (mut grant, until) = caller.grant();
    grant.role = role.map_or(grant.role, |role| role.min(grant.role));
    let made = state.access.sessions().make_code(grant, until, CODE_LIFE);
    let (code, expires) = made.map_err(|error| Problem::unavailable(error.to_string()))?;
    Ok((StatusCode::CREATED, Answer(Code { code: code.as_str().to_owned(), expires: time(expires) })))
}

/// Exchange a code for the token of a session.
#[utoipa::path(post, operation_id = "beginSession", path = "/v1/session", tag = "session", request_body = ShownCode, security(()), responses(
    (status = 201, description = "The token, valid for 12 hours", body = NewSession),
    Refused,
))]
pub async fn begin(
    Extract(state): Extract<State>,
    Extension(peer): Extension<Peer>,
    keys: Json,
) -> Result<Created<NewSession>, Problem> {
    let ShownCode { code } = keys.read()?;
    let (token, session) = state.access.redeem(&peer, &code, &state.snapshot().config.admin)?;
    // Without its file, the session ends with the process.
    let _ = save(&state).await;
    let expires = Some(time(session.expires));
    let session = Session { name: session.name, role: session.role.into(), expires };
    Ok((StatusCode::CREATED, Answer(NewSession { token: token.as_str().to_owned(), session })))
}

/// Show whose token was sent.
#[utoipa::path(get, operation_id = "showSession", path = "/v1/session", tag = "session", responses(
    (status = 200, description = "The name, the role and the end of the session", body = Session),
    Refused,
))]
pub async fn show(caller: Caller) -> Answer<Session> {
    let expires = caller.session().map(|(_, expires)| time(expires));
    Answer(Session { name: caller.name, role: caller.role.into(), expires })
}

/// End the session whose token was sent. Other tokens stay what they are.
#[utoipa::path(delete, operation_id = "endSession", path = "/v1/session", tag = "session", responses(
    (status = 204, description = "The session has ended"),
    Refused,
    (status = 507, description = "It has ended, but its file cannot be written: a restart would bring it back", body = Problem, content_type = "application/problem+json"),
))]
pub async fn end(Extract(state): Extract<State>, caller: Caller) -> Result<StatusCode, Problem> {
    if let Some((hash, _)) = caller.session() {
        state.access.sessions().end(hash);
        save(&state).await.map_err(|error| {
            let detail = format!("the session has ended, but a restart would bring it back: {error}");
            Problem::new(StatusCode::INSUFFICIENT_STORAGE, "not_written", detail)
        })?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Returns when it is done: what was answered survives a restart.
async fn save(state: &State) -> io::Result<()> {
    let sessions = state.access.sessions().clone();
    // The first fails only while the runtime ends.
    spawn_blocking(move || sessions.save()).await.map_err(io::Error::other)?
}

fn time(seconds: i64) -> String {
    Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX).to_string()
}
