//! The fields in which a request says where it stands in a trace (W3C Trace Context).

use http::HeaderName;

use crate::telemetry::trace::Trace;
use crate::telemetry::trace::context::{TRACEPARENT, TRACESTATE};

/// What becomes of a client's `traceparent` and `tracestate`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TraceFields {
    /// Nobody traces here: both pass.
    Untouched,
    /// The gateway says who its own span is, in a trace that it continues.
    Continued,
    /// A trace begins here: neither counts.
    Begun,
}

impl TraceFields {
    #[must_use]
    pub fn of(trace: Option<&Trace>) -> Self {
        match trace {
            None => Self::Untouched,
            Some(trace) if trace.parent.is_some() => Self::Continued,
            Some(_) => Self::Begun,
        }
    }

    /// Whether a client's field passes.
    #[must_use]
    pub fn pass(self, name: &str) -> bool {
        let is = |known: &HeaderName| name.eq_ignore_ascii_case(known.as_str());
        match self {
            Self::Untouched => true,
            Self::Continued => !is(&TRACEPARENT),
            Self::Begun => !is(&TRACEPARENT) && !is(&TRACESTATE),
        }
    }
}
