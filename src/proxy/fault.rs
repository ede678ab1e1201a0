//! Panics on demand, in unit tests only: a request says where in its life the gateway has a bug.

use http::request::Parts;

/// Panics when the request asks for it here.
pub(super) fn strike(place: &str, head: &Parts) {
    let wanted = head.headers.get("x-fault").is_some_and(|value| value.as_bytes() == place.as_bytes());
    assert!(!wanted, "a fault in the {place}");
}
