//! The corpus: exchanges that are legitimate and odd. Tables and loops over them; every case is another one.

mod answers;
mod bodies;
mod bytes;
mod connections;
mod fields;
mod requests;
mod statuses;

use super::case::Case;

/// All exchanges, by theme.
#[must_use]
pub fn all() -> Vec<(&'static str, Vec<Case>)> {
    vec![
        ("targets", requests::targets()),
        ("methods", requests::methods()),
        ("request fields", fields::in_requests()),
        ("answer fields", fields::in_answers()),
        ("request bodies", bodies::in_requests()),
        ("answer bodies", bodies::in_answers()),
        ("statuses", statuses::all()),
        ("bodiless answers", answers::bodiless()),
        ("connections", connections::all()),
    ]
}
