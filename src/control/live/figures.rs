//! The figures of one second.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::telemetry::live::{Class, Collected, Counts};
use crate::telemetry::metrics::{ApiLabels, Load};

/// What the gateway did in the second before `time`. Rates are of one second.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Figures {
    /// RFC 3339 in UTC with milliseconds.
    pub time: String,
    /// The number of the configuration in use.
    pub revision: u64,
    pub client_connections: u64,
    /// The gateway as a whole.
    pub total: Traffic,
    /// Function versions with something to do, by name.
    pub functions: Vec<FunctionFigures>,
    /// APIs with something to do, by service, name, function and environment. Requests for unknown hosts are one with an empty `service`.
    pub apis: Vec<ApiFigures>,
}

/// The requests that ended, and those that have not.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Traffic {
    /// A second.
    pub requests: f64,
    pub classes: Classes,
    /// Answers of the gateway's own a second, by reason.
    pub refusals: BTreeMap<String, f64>,
    /// Of the whole request, from its head to the end of its response; null without any.
    pub p50_ms: Option<f64>,
    pub p95_ms: Option<f64>,
    pub p99_ms: Option<f64>,
    /// Requests that are not over. Of a function, those that hold a slot.
    pub in_flight: u64,
}

/// Answers a second, by class of status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Classes {
    /// With the 101 of tunnels.
    #[serde(rename = "2xx")]
    pub success: f64,
    #[serde(rename = "3xx")]
    pub redirection: f64,
    /// Without 429.
    #[serde(rename = "4xx")]
    pub client_error: f64,
    #[serde(rename = "429")]
    pub too_many_requests: f64,
    #[serde(rename = "5xx")]
    pub server_error: f64,
    /// Clients that left before the head of an answer.
    #[serde(rename = "499")]
    pub client_left: f64,
}

/// One function version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FunctionFigures {
    /// `namespace/name`.
    pub function: String,
    pub version: String,
    /// Requests that wait for a slot.
    pub queued: u64,
    #[serde(flatten)]
    pub traffic: Traffic,
}

/// One API in one environment, with one function version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ApiFigures {
    /// Empty for requests without a service: unknown hosts, and heads that could not be read.
    pub service: String,
    /// Empty for requests without an API.
    pub api: String,
    /// Null for requests without an API.
    pub environment: Option<String>,
    /// `namespace/name`.
    pub function: String,
    pub version: String,
    #[serde(flatten)]
    pub traffic: Traffic,
}

/// What is read at the end of a second.
#[derive(Clone, Debug)]
pub(super) struct Moment {
    pub(super) time: SystemTime,
    /// Since the last one.
    pub(super) elapsed: Duration,
    pub(super) revision: u64,
    pub(super) client_connections: i64,
    pub(super) apis_in_flight: Vec<(ApiLabels, i64)>,
    /// By `namespace/name:version`.
    pub(super) functions: Vec<(String, Load)>,
}

/// What is known of one row.
#[derive(Debug, Default)]
struct Row {
    counts: Counts,
    in_flight: u64,
    queued: u64,
}

impl Figures {
    pub(super) fn new(moment: Moment, collected: &[Collected]) -> Self {
        let (mut total, mut apis) = (Row::default(), BTreeMap::<ApiLabels, Row>::new());
        let mut functions = BTreeMap::<String, Row>::new();
        for (route, counts) in collected.iter().flat_map(Collected::routes) {
            let labels = route.labels();
            total.counts.merge(counts);
            if !labels.function.is_empty() {
                functions.entry(labels.function.to_string()).or_default().counts.merge(counts);
            }
            apis.entry(labels).or_default().counts.merge(counts);
        }
        for (labels, in_flight) in moment.apis_in_flight {
            total.in_flight += level(in_flight);
            apis.entry(labels).or_default().in_flight += level(in_flight);
        }
        for (function, load) in moment.functions {
            let row = functions.entry(function).or_default();
            (row.in_flight, row.queued) = (level(load.in_flight), level(load.queued));
        }
        let seconds = moment.elapsed.as_secs_f64().max(f64::MIN_POSITIVE);
        Self {
            time: time(moment.time),
            revision: moment.revision,
            client_connections: level(moment.client_connections),
            total: total.traffic(seconds),
            functions: functions.into_iter().map(|(label, row)| FunctionFigures::new(&label, &row, seconds)).collect(),
            apis: apis.into_iter().map(|(labels, row)| ApiFigures::new(&labels, &row, seconds)).collect(),
        }
    }
}

impl Row {
    fn traffic(&self, seconds: f64) -> Traffic {
        let counts = &self.counts;
        let of_class = |class| rate(counts.of_class(class), seconds);
        let milliseconds = |percent| Some(counts.durations.percentile(percent)?.as_secs_f64() * 1000.0);
        Traffic {
            requests: rate(counts.requests(), seconds),
            classes: Classes {
                success: of_class(Class::Success),
                redirection: of_class(Class::Redirection),
                client_error: of_class(Class::ClientError),
                too_many_requests: of_class(Class::TooManyRequests),
                server_error: of_class(Class::ServerError),
                client_left: of_class(Class::ClientLeft),
            },
            refusals: counts.refusals.iter().map(|(name, count)| ((*name).to_owned(), rate(*count, seconds))).collect(),
            p50_ms: milliseconds(50),
            p95_ms: milliseconds(95),
            p99_ms: milliseconds(99),
            in_flight: self.in_flight,
        }
    }
}

impl FunctionFigures {
    fn new(label: &str, row: &Row, seconds: f64) -> Self {
        let (function, version) = split(label);
        Self { function, version, queued: row.queued, traffic: row.traffic(seconds) }
    }
}

impl ApiFigures {
    fn new(labels: &ApiLabels, row: &Row, seconds: f64) -> Self {
        let (function, version) = split(&labels.function);
        Self {
            service: labels.service.to_string(),
            api: labels.api.to_string(),
            environment: Some(labels.environment).filter(|name| !name.is_empty()).map(str::to_owned),
            function,
            version,
            traffic: row.traffic(seconds),
        }
    }
}

/// `namespace/name` and the version of a label.
fn split(label: &str) -> (String, String) {
    let (function, version) = label.split_once(':').unwrap_or((label, ""));
    (function.to_owned(), version.to_owned())
}

/// A gauge that two workers write may be seen in between, below zero.
fn level(gauge: i64) -> u64 {
    u64::try_from(gauge).unwrap_or(0)
}

fn rate(count: u64, seconds: f64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "exact for 2^53 requests a tick")]
    let count = count as f64;
    count / seconds
}

fn time(now: SystemTime) -> String {
    jiff::Timestamp::try_from(now).map(|now| format!("{now:.3}")).unwrap_or_default()
}
