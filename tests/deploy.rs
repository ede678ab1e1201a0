//! What is in `deploy/`: the rules and alerts in a real Prometheus that scrapes the built gateway, the dashboard, the manifests for Kubernetes and
//! the compose file. Where Prometheus is not installed, its tests say so and pass. The judges of the rest come with `tests/setup`; without
//! them these tests fail.

#![expect(unreachable_pub, reason = "a test binary has no outside")]

#[path = "it/support/certificates.rs"]
#[allow(dead_code, reason = "shared with the tests in process, which use all of it")]
mod certificates;
#[path = "deploy/compose.rs"]
mod compose;
#[path = "deploy/dashboard.rs"]
mod dashboard;
#[path = "deploy/expression.rs"]
mod expression;
#[path = "deploy/kubernetes.rs"]
mod kubernetes;
#[path = "deploy/live.rs"]
mod live;
#[path = "deploy/prometheus.rs"]
mod prometheus;
#[path = "deploy/rules.rs"]
mod rules;
#[path = "support/skip.rs"]
mod skip;
#[path = "deploy/stand.rs"]
mod stand;
#[path = "cli/support.rs"]
#[allow(dead_code, reason = "shared with the tests of the command line, which use more of it")]
mod support;
#[path = "deploy/tools.rs"]
mod tools;
