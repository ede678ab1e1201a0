//! Panics on demand, in unit tests only: a request says where in its life the gateway has a bug.

use crate::message::head::{Field, values_of};

/// Panics when the request asks for it here.
pub(super) fn strike(place: &str, fields: &[Field<'_>]) {
    let wanted = values_of(fields, "x-fault").next().is_some_and(|value| value == place.as_bytes());
    assert!(!wanted, "a fault in the {place}");
}
