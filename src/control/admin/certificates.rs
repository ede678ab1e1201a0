//! `/v1/certificates`: the certificates in use.

use axum::Json as Answer;
use axum::extract::State as Extract;

use super::refusal::Refused;
use super::state::State;
use crate::clock::unix_time;
use crate::control::page::Page;
use crate::inspect::certificate::Certificate;

/// List the certificates in use: of listeners, of the admin listener, and the client certificates that functions are shown.
#[utoipa::path(get, operation_id = "listCertificates", path = "/v1/certificates", tag = "status", responses(
    (status = 200, description = "All of them", body = Page<Certificate>),
    Refused,
))]
pub async fn list(Extract(state): Extract<State>) -> Answer<Page<Certificate>> {
    let items = Certificate::all(&state.snapshot(), unix_time());
    Answer(Page { total: items.len(), items, next: None })
}
