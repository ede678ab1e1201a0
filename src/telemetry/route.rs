//! What a request was routed to.

use std::sync::Arc;

use super::metrics::ApiMetrics;

/// What a request was routed to: the constant part of its record.
#[derive(Debug)]
pub struct Route {
    pub service: Arc<str>,
    pub api: Arc<str>,
    /// The API's path as it is written in the rule.
    pub path: Arc<str>,
    pub environment: &'static str,
    /// `namespace/name`.
    pub function: Arc<str>,
    pub version: Arc<str>,
    pub metrics: ApiMetrics,
}
