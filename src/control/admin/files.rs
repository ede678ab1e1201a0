//! `/v1/files`: the files of the configuration as texts.

use axum::Json as Answer;
use axum::extract::State as Extract;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::access::Caller;
use super::apis::Changed;
use super::extract::{Json, Params};
use super::objects::{self, ChangeQuery};
use super::refusal::{ChangeRefused, Refused};
use super::state::State;
use crate::control::change::{Change, TypedFile};
use crate::control::problem::Problem;
use crate::inspect::document::Document;

/// The files of the configuration in use.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Documents {
    /// The revision that they are.
    pub revision: u64,
    /// The main file first, then the others in the order in which they are read.
    pub items: Vec<Document>,
}

/// List the files of the configuration in use, with their texts. Secrets are masked.
#[utoipa::path(get, operation_id = "listFiles", path = "/v1/files", tag = "files", responses(
    (status = 200, description = "All of them", body = Documents),
    Refused,
))]
pub async fn list(Extract(state): Extract<State>) -> Result<Answer<Documents>, Problem> {
    let (revision, items) = state.documents().await?;
    Ok(Answer(Documents { revision, items }))
}

/// Files that are written.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FilesBody {
    pub files: Vec<TypedFile>,
}

/// Write whole files, atomically. Only functions, services and APIs may change; `[function.tls]` and all other tables have to stay.
#[utoipa::path(put, operation_id = "putFiles", path = "/v1/files", tag = "files", params(ChangeQuery), request_body = FilesBody, responses(
    (status = 200, description = "What came of it", body = Changed),
    ChangeRefused,
))]
pub async fn put(
    Extract(state): Extract<State>,
    Params(query): Params<ChangeQuery>,
    caller: Caller,
    body: Json,
) -> Result<Response, Problem> {
    let FilesBody { files } = body.read()?;
    objects::change(&state, &caller, Change::Rewrite { files }, query).await
}
