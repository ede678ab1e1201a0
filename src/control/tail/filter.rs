//! Which requests a listener wants to see.

use std::str::FromStr;
use std::time::Duration;

use crate::config::Environment;
use crate::telemetry::tail::RequestEvent;
use crate::units::parse_duration;

/// What a request has to be like; everything that is given has to hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TailFilter {
    pub function: Option<FunctionFilter>,
    /// The name of the API.
    pub api: Option<String>,
    pub service: Option<String>,
    /// In any letter case, and with any port if it names none.
    pub host: Option<String>,
    pub environment: Option<Environment>,
    pub status: Option<StatusFilter>,
    /// In any letter case.
    pub method: Option<String>,
    pub slower_than: Option<Duration>,
}

/// A function: `name` in the namespace `default`, `namespace/name`, and with a `:version` only that one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionFilter {
    /// `namespace/name`.
    name: String,
    version: Option<String>,
}

/// A status, or a class of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusFilter {
    Exactly(u16),
    /// The first digit.
    Class(u16),
}

/// Why a filter cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    #[error("there is no filter `{0}`: the filters are {names}", names = TailFilter::KEYS.join(", "))]
    Unknown(String),
    #[error("the filter `{0}` is given twice")]
    Twice(&'static str),
    #[error("the filter `{0}` is empty: leave it out, or give it a value")]
    Empty(&'static str),
    #[error("`{0}` is no function: write `name`, `namespace/name` or `namespace/name:version`")]
    Function(String),
    #[error("`{0}` is no environment: the environments are release, prepub and test")]
    Environment(String),
    #[error("`{0}` is no status: write one such as 404, or a class such as 5xx")]
    Status(String),
    #[error("`{0}` is no duration: write one such as 250ms or 2s")]
    Duration(String),
}

impl TailFilter {
    pub const KEYS: [&str; 8] =
        ["function", "api", "service", "host", "environment", "status", "method", "slower_than"];

    /// Reads filters by name, as a query or a command line has them.
    ///
    /// # Errors
    /// [`FilterError`], in words for whoever wrote it.
    pub fn parse<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, FilterError> {
        let mut filter = Self::default();
        for (name, value) in pairs {
            let key = Self::KEYS.into_iter().find(|key| *key == name);
            let key = key.ok_or_else(|| FilterError::Unknown(name.to_owned()))?;
            if value.is_empty() {
                return Err(FilterError::Empty(key));
            }
            let is_new = match key {
                "function" => filter.function.replace(value.parse()?).is_none(),
                "api" => filter.api.replace(value.to_owned()).is_none(),
                "service" => filter.service.replace(value.to_owned()).is_none(),
                "host" => filter.host.replace(value.to_owned()).is_none(),
                "environment" => filter.environment.replace(environment(value)?).is_none(),
                "status" => filter.status.replace(value.parse()?).is_none(),
                "method" => filter.method.replace(value.to_owned()).is_none(),
                _ => filter.slower_than.replace(duration(value)?).is_none(),
            };
            if !is_new {
                return Err(FilterError::Twice(key));
            }
        }
        Ok(filter)
    }

    #[must_use]
    pub fn matches(&self, event: &RequestEvent) -> bool {
        let is = |wanted: &Option<String>, found: &str| wanted.as_ref().is_none_or(|wanted| wanted == found);
        self.function.as_ref().is_none_or(|function| function.matches(event))
            && is(&self.api, &event.api)
            && is(&self.service, &event.service)
            && self.host.as_ref().is_none_or(|host| is_host(host, event.host.as_deref().unwrap_or_default()))
            && self.environment.is_none_or(|wanted| event.environment.as_deref() == Some(wanted.as_str()))
            && self.status.is_none_or(|status| status.matches(event.status))
            && self.method.as_ref().is_none_or(|method| method.eq_ignore_ascii_case(&event.method))
            && self.slower_than.is_none_or(|limit| event.duration_ms > limit.as_secs_f64() * 1000.0)
    }
}

impl FunctionFilter {
    fn matches(&self, event: &RequestEvent) -> bool {
        self.name == event.function && self.version.as_ref().is_none_or(|version| *version == event.version)
    }
}

impl FromStr for FunctionFilter {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, FilterError> {
        let (path, version) = text.split_once(':').map_or((text, None), |(path, version)| (path, Some(version)));
        let (namespace, name) = path.split_once('/').unwrap_or(("default", path));
        if namespace.is_empty() || name.is_empty() || name.contains('/') || version == Some("") {
            return Err(FilterError::Function(text.to_owned()));
        }
        Ok(Self { name: format!("{namespace}/{name}"), version: version.map(str::to_owned) })
    }
}

impl StatusFilter {
    #[must_use]
    pub fn matches(self, status: u16) -> bool {
        match self {
            Self::Exactly(wanted) => status == wanted,
            Self::Class(digit) => status / 100 == digit,
        }
    }
}

impl FromStr for StatusFilter {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, FilterError> {
        let refused = || FilterError::Status(text.to_owned());
        let [first @ b'1'..=b'5', rest @ ..] = text.as_bytes() else { return Err(refused()) };
        if rest.eq_ignore_ascii_case(b"xx") {
            return Ok(Self::Class(u16::from(first - b'0')));
        }
        let status = text.parse().ok().filter(|status| (100..600).contains(status));
        status.map(Self::Exactly).ok_or_else(refused)
    }
}

fn environment(text: &str) -> Result<Environment, FilterError> {
    Environment::named(text).ok_or_else(|| FilterError::Environment(text.to_owned()))
}

fn duration(text: &str) -> Result<Duration, FilterError> {
    // What is wrong with it does not matter: the message says what is right.
    parse_duration(text).map_err(|_wrong| FilterError::Duration(text.to_owned()))
}

/// Whether a `Host` is the one that was asked for.
fn is_host(wanted: &str, host: &str) -> bool {
    let without_port = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
    wanted.eq_ignore_ascii_case(host) || without_port.is_some_and(|(name, _)| wanted.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests;
