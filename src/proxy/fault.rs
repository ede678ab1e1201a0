//! Panics on demand, in unit tests only: a request says where in its life the gateway has a bug.

use crate::message::head::{Field, values_of};

/// Whether the request asks for a panic here.
pub(super) fn is_wanted(place: &str, fields: &[Field<'_>]) -> bool {
    values_of(fields, "x-fault").next().is_some_and(|value| value == place.as_bytes())
}
