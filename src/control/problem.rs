//! What the admin API answers when it refuses: `application/problem+json` (RFC 9457).

use std::fmt;

use axum::http::header::{CONTENT_TYPE, HeaderName, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::config::{Diagnostic, Report, Severity};
use crate::units::counted;

/// Why a request was refused. Small, since it travels in results.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// Always `about:blank`: `reason` tells problems apart.
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    pub kind: Kind,
    #[schema(value_type = String)]
    pub title: Box<str>,
    pub status: u16,
    #[schema(value_type = String)]
    pub detail: Box<str>,
    /// One word for programs.
    #[schema(value_type = String)]
    pub reason: Box<str>,
    /// What is wrong with the configuration that the change would make.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Finding>,
    /// The API that has this path and method already: its address under `/v1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub holder: Option<Box<str>>,
    /// The object as it is now, for a change that was made of an older one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub current: Option<Box<serde_json::Value>>,
    /// What the change would do to the object as it is now: a unified diff, with secrets masked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub diff: Option<Box<str>>,
}

/// The type of a problem (RFC 9457 section 3.1.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    #[default]
    #[serde(rename = "about:blank")]
    Blank,
}

/// An error or a warning of a configuration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Finding {
    /// `error` or `warning`.
    pub severity: String,
    pub message: String,
    /// Where in the request's object it is, as a JSON pointer; null for the rest of the configuration.
    pub pointer: Option<String>,
    pub file: Option<String>,
    pub line: Option<usize>,
    pub column: Option<usize>,
    /// What to do about it.
    pub advice: Option<String>,
    /// The file of the certificate whose validity it is about.
    #[serde(skip)]
    pub certificate: Option<String>,
}

impl From<&Diagnostic> for Finding {
    fn from(diagnostic: &Diagnostic) -> Self {
        let place = diagnostic.place();
        Self {
            severity: diagnostic.severity().as_str().to_owned(),
            message: diagnostic.message().to_owned(),
            pointer: None,
            file: place.as_ref().map(|place| place.file.to_string_lossy().into_owned()),
            line: place.as_ref().map(|place| place.line),
            column: place.as_ref().map(|place| place.column),
            advice: diagnostic.advice().map(str::to_owned),
            certificate: diagnostic.certificate().map(|path| path.to_string_lossy().into_owned()),
        }
    }
}

impl fmt::Display for Finding {
    /// `file:line:column: message (advice)`. Without a file, the JSON pointer stands for the place.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.file, self.line, self.column, &self.pointer) {
            (Some(file), Some(line), Some(column), _) => write!(f, "{file}:{line}:{column}: ")?,
            (.., Some(pointer)) => write!(f, "{pointer}: ")?,
            _ => {}
        }
        f.write_str(&self.message)?;
        self.advice.iter().try_for_each(|advice| write!(f, " ({advice})"))
    }
}

impl Problem {
    /// What is wrong with a configuration, each error at its place.
    pub fn of_report(detail: &str, report: &Report) -> Self {
        let more = report.more_errors();
        let more = (more > 0).then(|| Diagnostic::new(format!("and {}", counted(more, "more error"))));
        let errors = report.errors().iter().chain(&more).map(Finding::from).collect();
        let first = report.errors().first().map(|error| format!("{detail}: {}", error.message()));
        Self { errors, ..Self::invalid(first.unwrap_or_else(|| detail.to_owned())) }
    }

    pub fn new(status: StatusCode, reason: &str, detail: impl Into<String>) -> Self {
        Self {
            title: status.canonical_reason().unwrap_or_default().into(),
            status: status.as_u16(),
            detail: detail.into().into(),
            reason: reason.into(),
            ..Self::default()
        }
    }

    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", detail)
    }

    /// A parameter or a body that is not what it should be.
    pub fn invalid(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", detail)
    }

    /// A body that is wrong at one place.
    pub fn invalid_at(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        let message = message.into();
        let finding = Finding {
            severity: Severity::Error.as_str().to_owned(),
            message: message.clone(),
            pointer: Some(pointer.into()),
            file: None,
            line: None,
            column: None,
            advice: None,
            certificate: None,
        };
        Self { errors: vec![finding], ..Self::invalid(message) }
    }

    pub fn unauthorized(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", detail)
    }

    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", detail)
    }

    /// The gateway cannot do that now.
    pub fn unavailable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (status, [(CONTENT_TYPE, "application/problem+json")], body).into_response();
        let extra: Option<(HeaderName, &'static str)> = match status {
            StatusCode::UNAUTHORIZED => Some((WWW_AUTHENTICATE, "Bearer realm=\"fngate\"")),
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => Some((RETRY_AFTER, "1")),
            _ => None,
        };
        if let Some((name, value)) = extra {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        response
    }
}
