//! What a request was routed to.

use std::sync::Arc;

use super::metrics::{ApiLabels, ApiMetrics};

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

impl Route {
    /// What its numbers are found by.
    #[must_use]
    pub fn labels(&self) -> ApiLabels {
        let is_routed = !self.function.is_empty();
        ApiLabels {
            service: self.service.clone(),
            api: self.api.clone(),
            function: if is_routed { format!("{}:{}", self.function, self.version).into() } else { Arc::default() },
            environment: self.environment,
        }
    }
}
