//! What a request was routed to.

use super::metrics::ApiMetrics;

/// What a request was routed to: the constant part of its record.
#[derive(Debug)]
pub struct Route {
    pub service: String,
    pub api: String,
    /// The API's path as it is written in the rule.
    pub path: String,
    pub environment: &'static str,
    /// `namespace/name`.
    pub function: String,
    pub version: String,
    pub metrics: ApiMetrics,
}
