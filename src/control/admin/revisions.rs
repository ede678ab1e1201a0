//! `/v1/revisions`, `/v1/apply`, `/v1/audit`: what was, the way back, and who did it.

#![expect(unused_qualifications, reason = "in the code that utoipa::path makes")]

use axum::Json as Answer;
use axum::extract::State as Extract;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::access::Caller;
use super::apis::Changed;
use super::extract::{Json, Params, Segments};
use super::functions::RangeQuery;
use super::objects::{self, ChangeQuery};
use super::refusal::{ChangeRefused, Refused};
use super::state::State;
use crate::config;
use crate::control::audit::Line;
use crate::control::change::{Change, Outcome, Source};
use crate::control::history::{Documents, Meta};
use crate::control::page::{Page, Range};
use crate::control::problem::Problem;
use crate::inspect::environment::Environment;
use crate::snapshot::Snapshot;

/// A configuration that was in use.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RevisionInfo {
    pub number: u64,
    /// When it was applied first (RFC 3339).
    pub time: String,
    /// A token's name, a user's, or `file`.
    pub author: String,
    pub note: String,
    /// Of the names and contents of its files.
    pub hash: String,
    /// Whether it is in use now.
    pub in_use: bool,
    /// The environments that are pinned to it.
    pub pinned: Vec<String>,
}

/// A revision with its files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RevisionFiles {
    pub revision: RevisionInfo,
    pub files: Vec<File>,
}

/// A file of a revision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct File {
    pub file: String,
    /// With secrets masked.
    pub text: String,
}

/// What differs between two revisions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RevisionDiff {
    /// Null: before the first.
    pub from: Option<u64>,
    pub to: u64,
    /// In the unified format, with secrets masked; empty if nothing differs.
    pub diff: String,
}

impl RevisionInfo {
    fn new(meta: &Meta, snapshot: &Snapshot) -> Self {
        let pinned = snapshot.releases.pinned().filter(|(_, revision, _)| *revision == meta.number);
        Self {
            number: meta.number,
            time: meta.time.to_string(),
            author: meta.author.clone(),
            note: meta.note.clone(),
            hash: meta.hash.to_string(),
            in_use: meta.number == snapshot.revision,
            pinned: pinned.map(|(environment, ..)| environment.as_str().to_owned()).collect(),
        }
    }
}

/// List the revisions, the newest first.
#[utoipa::path(get, operation_id = "listRevisions", path = "/v1/revisions", tag = "history", params(RangeQuery), responses(
    (status = 200, description = "A page of revisions", body = Page<RevisionInfo>),
    Refused,
))]
pub async fn list(
    Extract(state): Extract<State>,
    Params(range): Params<RangeQuery>,
) -> Result<Answer<Page<RevisionInfo>>, Problem> {
    let snapshot = state.snapshot();
    let all = state.history(|revisions| Ok(revisions.list())).await?;
    Page::cut(all, &range.into(), |meta| RevisionInfo::new(&meta, &snapshot)).map(Answer).map_err(Problem::invalid)
}

/// Show a revision with its files.
#[utoipa::path(get, operation_id = "showRevision", path = "/v1/revisions/{revision}", tag = "history", params(("revision" = u64, Path)), responses(
    (status = 200, description = "The revision", body = RevisionFiles),
    Refused,
))]
pub async fn show(
    Extract(state): Extract<State>,
    Segments(number): Segments<u64>,
) -> Result<Answer<RevisionFiles>, Problem> {
    let snapshot = state.snapshot();
    let revision = state.history(move |revisions| revisions.get(number)).await?;
    let file = |document: &crate::control::history::Document| File {
        file: document.path.to_string_lossy().into_owned(),
        text: config::masked(&String::from_utf8_lossy(&document.content)),
    };
    let files = revision.documents.iter().map(file).collect();
    Ok(Answer(RevisionFiles { revision: RevisionInfo::new(&revision.meta, &snapshot), files }))
}

/// The other end of a diff.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct DiffQuery {
    /// The revision that the one in the path is compared with; without it, that one is compared with the one before it.
    pub to: Option<u64>,
}

/// Show what differs between two revisions.
#[utoipa::path(get, operation_id = "diffRevisions", path = "/v1/revisions/{revision}/diff", tag = "history", params(("revision" = u64, Path), DiffQuery), responses(
    (status = 200, description = "What differs", body = RevisionDiff),
    Refused,
))]
pub async fn diff(
    Extract(state): Extract<State>,
    Segments(number): Segments<u64>,
    Params(query): Params<DiffQuery>,
) -> Result<Answer<RevisionDiff>, Problem> {
    let compared = state.history(move |revisions| {
        let (from, to) = match query.to {
            Some(to) => (Some(number), to),
            None => (revisions.list().iter().map(|meta| meta.number).find(|other| *other < number), number),
        };
        let before = from.map(|from| revisions.get(from)).transpose()?;
        let after = revisions.get(to)?;
        Ok((from, to, before.map(|before| before.documents), after.documents))
    });
    let (from, to, before, after) = compared.await?;
    let named = |documents: &Documents| -> Vec<(String, Vec<u8>)> {
        documents.iter().map(|one| (one.path.to_string_lossy().into_owned(), one.content.clone())).collect()
    };
    let (before, after) = (before.as_ref().map(named).unwrap_or_default(), named(&after));
    Ok(Answer(RevisionDiff { from, to, diff: config::diff(&borrowed(&before), &borrowed(&after)) }))
}

fn borrowed(files: &[(String, Vec<u8>)]) -> Vec<(&str, &[u8])> {
    files.iter().map(|(name, text)| (name.as_str(), text.as_slice())).collect()
}

/// Restore the functions, services and APIs of an earlier revision. This creates a new revision.
#[utoipa::path(post, operation_id = "rollBack", path = "/v1/revisions/{revision}/rollback", tag = "history",
    params(("revision" = u64, Path), ChangeQuery),
    request_body(content = Option<Nothing>, content_type = "application/json"), responses(
    (status = 200, description = "What came of it", body = Changed),
    ChangeRefused,
))]
pub async fn rollback(
    Extract(state): Extract<State>,
    Segments(revision): Segments<u64>,
    Params(query): Params<ChangeQuery>,
    caller: Caller,
) -> Result<Response, Problem> {
    objects::change(&state, &caller, Change::Rollback { revision }, query).await
}

/// No body, or an empty object.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// Files that say what functions, services and APIs there are to be.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApplyBody {
    pub documents: Vec<Source>,
}

/// Replace all functions, services and APIs with those in these files, atomically.
#[utoipa::path(post, operation_id = "apply", path = "/v1/apply", tag = "history", params(ChangeQuery), request_body = ApplyBody, responses(
    (status = 200, description = "What came of it", body = Changed),
    ChangeRefused,
))]
pub async fn apply(
    Extract(state): Extract<State>,
    Params(query): Params<ChangeQuery>,
    caller: Caller,
    body: Json,
) -> Result<Response, Problem> {
    let ApplyBody { documents } = body.read()?;
    objects::change(&state, &caller, Change::Apply { documents }, query).await
}

/// The revision that is released.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleaseBody {
    /// The one in use without it.
    pub revision: Option<u64>,
}

/// An environment, and what came of the change.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ChangedEnvironment {
    #[serde(flatten)]
    pub environment: Environment,
    pub change: Outcome,
}

/// Pin an environment to a revision.
#[utoipa::path(post, operation_id = "release", path = "/v1/environments/{environment}/release", tag = "releases",
    params(("environment" = String, Path, description = "`release`, `prepub` or `test`"), ChangeQuery), request_body = ReleaseBody, responses(
    (status = 200, description = "What it serves now", body = ChangedEnvironment),
    Refused,
))]
pub async fn release(
    Extract(state): Extract<State>,
    Segments(name): Segments<String>,
    Params(query): Params<ChangeQuery>,
    caller: Caller,
    body: Json,
) -> Result<Response, Problem> {
    let ReleaseBody { revision } = body.read()?;
    let environment = environment(&name)?;
    objects::change(&state, &caller, Change::Release { environment, revision }, query).await
}

/// Take an environment offline: its APIs answer 404.
#[utoipa::path(post, operation_id = "unrelease", path = "/v1/environments/{environment}/unrelease", tag = "releases",
    params(("environment" = String, Path, description = "`release`, `prepub` or `test`"), ChangeQuery),
    request_body(content = Option<Nothing>, content_type = "application/json"), responses(
    (status = 200, description = "What it serves now", body = ChangedEnvironment),
    Refused,
))]
pub async fn unrelease(
    Extract(state): Extract<State>,
    Segments(name): Segments<String>,
    Params(query): Params<ChangeQuery>,
    caller: Caller,
) -> Result<Response, Problem> {
    let environment = environment(&name)?;
    objects::change(&state, &caller, Change::Unrelease { environment }, query).await
}

/// Let an environment follow the configuration in use.
#[utoipa::path(post, operation_id = "follow", path = "/v1/environments/{environment}/follow", tag = "releases",
    params(("environment" = String, Path, description = "`release`, `prepub` or `test`"), ChangeQuery),
    request_body(content = Option<Nothing>, content_type = "application/json"), responses(
    (status = 200, description = "What it serves now", body = ChangedEnvironment),
    Refused,
))]
pub async fn follow(
    Extract(state): Extract<State>,
    Segments(name): Segments<String>,
    Params(query): Params<ChangeQuery>,
    caller: Caller,
) -> Result<Response, Problem> {
    let environment = environment(&name)?;
    objects::change(&state, &caller, Change::Follow { environment }, query).await
}

fn environment(name: &str) -> Result<config::Environment, Problem> {
    let found = config::Environment::named(name);
    found.ok_or_else(|| Problem::not_found(format!("`{name}` is no environment: `release`, `prepub` or `test`")))
}

/// Which changes are asked for.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct AuditQuery {
    pub author: Option<String>,
    /// What the address of the object contains.
    pub object: Option<String>,
    pub action: Option<String>,
    /// The most items on the page [default: 100].
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<usize>,
    /// The `next` of the previous page.
    pub cursor: Option<String>,
}

/// List the last changes, the newest first.
#[utoipa::path(get, operation_id = "listAudit", path = "/v1/audit", tag = "history", params(AuditQuery), responses(
    (status = 200, description = "A page of changes", body = Page<Line>),
    Refused,
))]
pub async fn audit(
    Extract(state): Extract<State>,
    Params(query): Params<AuditQuery>,
) -> Result<Answer<Page<Line>>, Problem> {
    let wants = |line: &Line| {
        query.author.as_ref().is_none_or(|wanted| *wanted == line.author)
            && query.action.as_ref().is_none_or(|wanted| *wanted == line.action)
            && query.object.as_ref().is_none_or(|wanted| line.object.contains(wanted))
    };
    let all: Vec<_> = state.audit.last().into_iter().filter(wants).collect();
    Page::cut(all, &Range { limit: query.limit, cursor: query.cursor }, |line| line)
        .map(Answer)
        .map_err(Problem::invalid)
}
