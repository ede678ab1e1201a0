//! Path rules and base paths as values of keys: what is wrong with one, and what to write.

use super::error::Problem;
use super::foreign;
use super::path::{BasePath, PathError, PathRule};
use super::value::Kind;

pub(super) const PATH: Kind<PathRule> =
    Kind::new("/orders/{id}", |text| PathRule::parse(text).map_err(|error| problem(text, &error)));
pub(super) const BASE_PATH: Kind<BasePath> =
    Kind::new("/test", |text| BasePath::parse(text).map_err(|error| problem(text, &error)));

fn problem(text: &str, error: &PathError) -> Problem {
    let slashed = || match error {
        PathError::NoSlash if !text.is_empty() => Some(format!("/{}", text.trim_start_matches('='))),
        _ => None,
    };
    let hint = match foreign::recognize(text) {
        Some(foreign) => foreign.advice,
        None => slashed().filter(|rule| PathRule::parse(rule).is_ok()).map(|rule| format!("write \"{rule}\"")),
    };
    Problem::new(error.to_string()).hint(hint)
}
