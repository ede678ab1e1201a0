//! What holds for the fields of every request.

use http::HeaderName;

use super::problem::{Problem, Reason};
use crate::config::types::ReservedPolicy;
use crate::header::ReservedPrefix;

/// What holds for the heads of every request.
#[derive(Clone, Debug)]
pub struct Rules {
    pub prefix: ReservedPrefix,
    pub reserved: ReservedPolicy,
    pub via: bool,
    /// `X-Scf-Request-Id` and the others under the configured prefix.
    pub request_id: String,
    pub path_parameters: String,
    /// `X-Scf-Client-Subject`: who a client has proved to be.
    pub client_subject: String,
}

/// The refusal of a field that only the gateway may send.
#[must_use]
pub fn reserved(name: &HeaderName) -> Problem {
    Problem::new(Reason::ReservedField, format!("the field `{name}` is reserved for the gateway"))
}
