//! Where APIs are published.

use super::error::{Problem, closest, quoted};
use super::value::Kind;

pub(super) const ENVIRONMENT: Kind<Environment> = Kind::new("release", environment);

/// Where an API is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Environment {
    Release,
    Prepub,
    Test,
}

impl Environment {
    pub const ALL: [Self; 3] = [Self::Release, Self::Prepub, Self::Test];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Prepub => "prepub",
            Self::Test => "test",
        }
    }

    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|environment| environment.as_str() == name)
    }
}

pub(super) fn environment(text: &str) -> Result<Environment, Problem> {
    if let Some(environment) = Environment::named(text) {
        return Ok(environment);
    }
    let close = closest(text, Environment::ALL.map(Environment::as_str));
    let hint = close.map(|close| format!("did you mean \"{close}\"?"));
    let rule = "\"release\", \"prepub\" or \"test\"";
    Err(Problem::new(format!("{} is not an environment: {rule}", quoted(text))).hint(hint))
}
