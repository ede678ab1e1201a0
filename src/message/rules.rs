//! What holds for the fields of every request.

use std::borrow::Cow;

use http::HeaderName;

use super::problem::{Problem, Reason};
use crate::config::ReservedPolicy;
use crate::header::{ReservedPrefix, is_same};

/// What holds for the heads of every request.
#[derive(Clone, Debug)]
pub struct Rules {
    pub prefix: ReservedPrefix,
    pub reserved: ReservedPolicy,
    pub via: bool,
    /// Further names that no request keeps.
    pub remove: Vec<HeaderName>,
    /// `X-Scf-Request-Id` and the others under the configured prefix.
    pub request_id: String,
    pub path_parameters: String,
    /// `X-Scf-Client-Subject`: who a client has proved to be.
    pub client_subject: String,
}

impl Rules {
    /// Whether the configuration removes a field of this name, in whatever spelling.
    #[must_use]
    pub fn removes(&self, name: &str) -> bool {
        self.remove.iter().any(|removed| is_same(removed.as_ref(), name.as_bytes()))
    }
}

/// What becomes of a field on its way through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict<'a> {
    Keep,
    Drop,
    /// It keeps its name and place.
    Replace(Cow<'a, [u8]>),
}

impl Verdict<'_> {
    #[must_use]
    pub fn keep_if(kept: bool) -> Self {
        if kept { Self::Keep } else { Self::Drop }
    }
}

/// The refusal of a field that only the gateway may send.
#[must_use]
pub fn reserved(name: &str) -> Problem {
    let name = name.to_ascii_lowercase();
    Problem::new(Reason::ReservedField, format!("the field `{name}` is reserved for the gateway"))
}
