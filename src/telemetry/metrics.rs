//! The metrics of the process. Handles are resolved when a table is compiled; the data path never looks one up by label.
//!
//! A handle is shared by all who ask for the same labels, and has numbers of its own for each worker ([`Shards`]). Its series
//! are those of the handles that live: a function that is gone from the configuration takes its series along once its last
//! request is over.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use prometheus::core::Collector;
use prometheus::proto::MetricFamily;
use prometheus::{IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry};

use super::exposition::Format;
use super::family::Family;
use super::floods::Floods;
use super::handles::Handles;
use super::listener::{self, ListenerMetrics};
use super::log;
use super::shard::{Codes, Level, Shards, Timing, TimingSum};
use crate::throttle::Throttle;

/// Every metric of the process, made once.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    reloads: IntCounterVec,
    last_reload_successful: IntGauge,
    pub client_connections: IntGauge,
    pub config_revision: IntGauge,
    pub config_last_success: IntGauge,
    config_warnings: IntGauge,
    pub accept_errors: IntCounter,
    pub proxy_protocol_errors: IntCounter,
    pub floods: Arc<Floods>,
    pub lost_access_lines: IntCounter,
    pub lost_audit_lines: IntCounter,
    pub exported_spans: IntCounter,
    pub lost_spans: IntCounter,
    apis: Handles<ApiLabels, Shards<ApiShard>>,
    request_durations: Handles<(Arc<str>, Arc<str>), Shards<Timing>>,
    errors: Handles<Arc<str>, Shards<Errors>>,
    functions: Handles<String, FunctionMetrics>,
    listeners: Handles<String, ListenerMetrics>,
}

/// What identifies an API in one environment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ApiLabels {
    pub service: Arc<str>,
    pub api: Arc<str>,
    /// `namespace/name:version`.
    pub function: Arc<str>,
    /// No label: the series of an API are those of all its environments with one function.
    pub environment: &'static str,
}

impl ApiLabels {
    fn series(&self) -> [&str; 3] {
        [&self.service, &self.api, &self.function]
    }
}

/// Where the requests of one API are counted.
#[derive(Clone, Debug)]
pub struct ApiMetrics {
    pub shards: Arc<Shards<ApiShard>>,
    /// From the end of the request head to the end of the response.
    pub duration: Arc<Shards<Timing>>,
    /// Errors of the gateway's own making.
    pub errors: Arc<Shards<Errors>>,
}

impl Metrics {
    /// Registers everything.
    ///
    /// # Panics
    /// Only if two metrics here had one name, which every start would show.
    #[must_use]
    pub fn new() -> Arc<Self> {
        let registry = Registry::new();
        let process = prometheus::process_collector::ProcessCollector::for_self();
        registry.register(Box::new(process)).expect("process_* is registered once");
        let build = register(
            &registry,
            IntGaugeVec::new(Opts::new("fngate_build_info", "The version that runs; always 1."), &["version"]),
        );
        build.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
        let gauge = |name, help| register(&registry, IntGauge::new(name, help));
        let counter = |name, help| register(&registry, IntCounter::new(name, help));
        let reloads = Opts::new("fngate_config_reloads_total", "Loads of the configuration, by result.");
        let metrics = Self {
            reloads: register(&registry, IntCounterVec::new(reloads, &["result"])),
            last_reload_successful: gauge(
                "fngate_config_last_reload_successful",
                "Whether the last load of the configuration succeeded.",
            ),
            client_connections: gauge("fngate_client_connections", "Open client connections."),
            config_revision: gauge("fngate_config_revision", "The configuration revision in use."),
            config_last_success: gauge(
                "fngate_config_last_success_timestamp_seconds",
                "When a configuration was last applied, in Unix time.",
            ),
            config_warnings: gauge("fngate_config_warnings", "Warnings of the configuration in use."),
            accept_errors: counter("fngate_accept_errors_total", "Connections that could not be accepted."),
            proxy_protocol_errors: counter(
                "fngate_proxy_protocol_errors_total",
                "Connections that were closed for want of a proper PROXY header from a trusted peer.",
            ),
            floods: Arc::default(),
            lost_audit_lines: counter("fngate_audit_log_lost_total", "Audit log lines that could not be written."),
            lost_access_lines: counter("fngate_access_log_lost_total", "Access log lines that could not be written."),
            exported_spans: counter("fngate_spans_exported_total", "Spans that the collector has taken."),
            lost_spans: counter(
                "fngate_spans_lost_total",
                "Spans that could not be queued, or that no collector took.",
            ),
            apis: Handles::default(),
            request_durations: Handles::default(),
            errors: Handles::default(),
            functions: Handles::default(),
            listeners: Handles::default(),
            registry,
        };
        for result in ["ok", "error"] {
            metrics.reloads.with_label_values(&[result]);
        }
        Arc::new(metrics)
    }

    /// Makes room for the series of so many APIs.
    pub fn expect_apis(&self, count: usize) {
        self.apis.expect(count);
        self.request_durations.expect(count);
    }

    /// The handles for an API's series.
    #[must_use]
    pub fn api(&self, labels: ApiLabels) -> ApiMetrics {
        let durations = (labels.service.clone(), labels.api.clone());
        ApiMetrics {
            duration: self.request_durations.get_or_make(durations, Shards::default),
            errors: self.errors.get_or_make(labels.function.clone(), Shards::default),
            shards: self.apis.get_or_make(labels, Shards::default),
        }
    }

    /// The handle for the series of a function, `namespace/name:version`.
    #[must_use]
    pub fn function(&self, label: &str) -> Arc<FunctionMetrics> {
        let make = || {
            let changes = FunctionChanges { name: label.to_owned(), ..FunctionChanges::default() };
            FunctionMetrics { changes: Arc::new(changes), ..FunctionMetrics::default() }
        };
        self.functions.get_or_make(label.to_owned(), make)
    }

    /// The handle for the series of a listener, by its address.
    #[must_use]
    pub fn listener(&self, label: &str) -> Arc<ListenerMetrics> {
        self.listeners.get_or_make(label.to_owned(), ListenerMetrics::default)
    }

    /// Logs the state of the instances of each function of which a change was held back, since others had been told within the same second.
    pub fn tell_of_instances(&self) {
        for function in self.functions.held() {
            if !function.changes.is_pending.swap(false, Ordering::Relaxed) {
                continue;
            }
            let (up, down): (Vec<_>, Vec<_>) =
                function.instances.living().into_iter().partition(|(_, state)| state.0.load(Ordering::Relaxed));
            let names =
                |instances: Vec<(String, _)>| instances.into_iter().map(|(name, _)| name).collect::<Vec<_>>().join(" ");
            tracing::warn!(function = function.changes.name, down = names(down), up = names(up), "instances changed");
        }
    }

    /// The APIs with requests in flight, in no order, and how many.
    #[must_use]
    pub fn in_flight_by_api(&self) -> Vec<(ApiLabels, i64)> {
        let mut found = Vec::new();
        self.apis.for_each(|labels, shards| {
            let count = shards.sum(|shard| shard.in_flight.get());
            if count > 0 {
                found.push((labels.clone(), count));
            }
        });
        found
    }

    /// The function versions with requests that hold a slot or wait for one, in no order: `namespace/name:version`, and how many of each.
    #[must_use]
    pub fn busy_functions(&self) -> Vec<(String, Load)> {
        let mut found = Vec::new();
        self.functions.for_each(|label, function| {
            let sum = |level: fn(&FunctionShard) -> &Level| function.shards.sum(|shard| level(shard).get());
            let load = Load { in_flight: sum(|shard| &shard.in_flight), queued: sum(|shard| &shard.waiting) };
            if load.in_flight > 0 || load.queued > 0 {
                found.push((label.clone(), load));
            }
        });
        found
    }

    /// Counts a load of the configuration.
    pub fn count_reload(&self, succeeded: bool) {
        self.reloads.with_label_values(&[if succeeded { "ok" } else { "error" }]).inc();
        self.last_reload_successful.set(succeeded.into());
    }

    /// Shows how many warnings the configuration in use has.
    pub fn show_warnings(&self, count: usize) {
        self.config_warnings.set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// Everything, in this form.
    ///
    /// # Errors
    /// When a metric cannot be encoded, which its registration rules out.
    pub fn render(&self, format: Format) -> Result<String, prometheus::Error> {
        let mut families = self.registry.gather();
        families.extend(self.of_apis());
        families.extend(self.of_functions());
        families.extend(listener::families(self.listeners.living()));
        families.extend(self.floods.families());
        families.extend(of_log());
        families.sort_by(|one, other| one.name().cmp(other.name()));
        format.encode(&families)
    }

    fn of_apis(&self) -> impl Iterator<Item = MetricFamily> {
        let mut requests = Family::counter(
            "fngate_requests_total",
            "Requests answered, by API and status code; 499: the client left first.",
        );
        let apis: Vec<_> = self.apis.living().into_iter().collect();
        for environments in apis.chunk_by(|(one, _), (other, _)| one.series() == other.series()) {
            let mut codes = BTreeMap::new();
            let mut add = |shard: &ApiShard| {
                shard.codes.seen().for_each(|(code, count)| *codes.entry(code).or_insert(0) += count);
            };
            environments.iter().for_each(|(_, shards)| shards.for_each(&mut add));
            let Some((labels, _)) = environments.first() else { continue };
            for (code, count) in codes {
                let (api, code) = (("api", &*labels.api), code.to_string());
                requests.count(
                    &[api, ("code", &code), ("function", &labels.function), ("service", &labels.service)],
                    count,
                );
            }
        }
        let mut durations = Family::histogram(
            "fngate_request_duration_seconds",
            "From the end of the request head to the end of the response.",
        );
        for ((service, api), shards) in self.request_durations.living() {
            durations.timing_if_any(&[("api", &api), ("service", &service)], &timed(&shards, |timing| timing));
        }
        let mut errors = Family::counter(
            "fngate_gateway_errors_total",
            "Requests that the gateway answered with an error of its own, by reason.",
        );
        for (function, shards) in self.errors.living() {
            let mut reasons = BTreeMap::new();
            shards.for_each(|shard| shard.add_to(&mut reasons));
            for (reason, count) in reasons {
                errors.count(&[("function", &function), ("reason", reason)], count);
            }
        }
        [requests, durations, errors].into_iter().filter_map(Family::finish)
    }

    fn of_functions(&self) -> impl Iterator<Item = MetricFamily> {
        let mut durations = Family::histogram(
            "fngate_function_duration_seconds",
            "From sending the request to the function to its response head.",
        );
        let mut in_flight =
            Family::gauge("fngate_requests_in_flight", "Requests and tunnels that a function has to serve.");
        let mut queue_depth = Family::gauge("fngate_queue_depth", "Requests that wait for a slot.");
        let mut connections = Family::gauge(
            "fngate_instance_connections",
            "Connections to the instances of a function, by state (active, idle).",
        );
        let mut tunnels = Family::gauge("fngate_tunnels", "Open upgraded connections, such as WebSockets.");
        let mut up =
            Family::gauge("fngate_instance_up", "1 unless the last attempt to connect to the instance failed.");
        for (label, function) in self.functions.living() {
            let (shards, label) = (&function.shards, ("function", label.as_str()));
            durations.timing_if_any(&[label], &timed(shards, |shard| &shard.duration));
            in_flight.level(&[label], shards.sum(|shard| shard.in_flight.get()));
            queue_depth.level(&[label], shards.sum(|shard| shard.waiting.get()));
            tunnels.level(&[label], shards.sum(|shard| shard.tunnels.get()));
            connections.level(&[label, ("state", "active")], shards.sum(|shard| shard.active.get()));
            connections.level(&[label, ("state", "idle")], shards.sum(|shard| shard.idle.get()));
            for (instance, state) in function.instances.living() {
                up.level(&[label, ("instance", &instance)], i64::from(state.0.load(Ordering::Relaxed)));
            }
        }
        [durations, in_flight, queue_depth, connections, tunnels, up].into_iter().filter_map(Family::finish)
    }
}

/// What the log counts, which has no registry.
fn of_log() -> impl Iterator<Item = MetricFamily> {
    let mut lost = Family::counter("fngate_log_lost_total", "Messages of the log that could not be written.");
    lost.count(&[], log::lost());
    let mut panics = Family::counter("fngate_panics_total", "Bugs in fngate that were caught.");
    panics.count(&[], log::panics());
    [lost, panics].into_iter().filter_map(Family::finish)
}

fn timed<S: Default>(shards: &Shards<S>, timing: impl Fn(&S) -> &Timing) -> TimingSum {
    let mut sum = TimingSum::default();
    shards.for_each(|shard| timing(shard).add_to(&mut sum));
    sum
}

/// The numbers of an API in one environment that one worker keeps.
#[derive(Debug, Default)]
#[repr(align(128))]
pub struct ApiShard {
    /// Answers by status code.
    pub codes: Codes,
    /// Requests that have begun and are not over.
    pub in_flight: Level,
}

/// The errors that the gateway made for requests to one function, by reason.
#[derive(Debug, Default)]
pub struct Errors(Mutex<BTreeMap<&'static str, u64>>);

impl Errors {
    /// Counts one. Nobody but a scrape ever holds the lock meanwhile.
    pub fn count(&self, reason: &'static str) {
        *self.lock().entry(reason).or_insert(0) += 1;
    }

    fn add_to(&self, sum: &mut BTreeMap<&'static str, u64>) {
        for (reason, count) in self.lock().iter() {
            *sum.entry(reason).or_insert(0) += count;
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a function version has to do at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    /// Requests and tunnels that hold a slot.
    pub in_flight: i64,
    /// Requests that wait for one.
    pub queued: i64,
}

/// The series of one function version.
#[derive(Debug, Default)]
pub struct FunctionMetrics {
    pub shards: Shards<FunctionShard>,
    pub changes: Arc<FunctionChanges>,
    instances: Handles<String, InstanceUp>,
}

/// What the log is told of the instances of a function.
#[derive(Debug, Default)]
pub struct FunctionChanges {
    /// `namespace/name:version`.
    pub name: String,
    pub lines: Throttle,
    /// Whether a change was held back.
    pub is_pending: AtomicBool,
}

/// The numbers of a function version that one worker keeps.
#[derive(Debug, Default)]
#[repr(align(128))]
pub struct FunctionShard {
    /// From sending the request to the response head.
    pub duration: Timing,
    pub in_flight: Level,
    /// Requests that wait for a slot.
    pub waiting: Level,
    pub tunnels: Level,
    /// Connections that serve a request.
    pub active: Level,
    pub idle: Level,
}

/// Whether an instance could be reached.
#[derive(Debug, Default)]
pub struct InstanceUp(AtomicBool);

impl InstanceUp {
    /// Sets it, and returns what it was.
    pub fn swap(&self, up: bool) -> bool {
        self.0.swap(up, Ordering::Relaxed)
    }

    #[must_use]
    pub fn get(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl FunctionMetrics {
    /// Requests and tunnels that it has to serve.
    #[must_use]
    pub fn in_flight(&self) -> i64 {
        self.shards.sum(|shard| shard.in_flight.get())
    }

    /// Requests that wait for a slot.
    #[must_use]
    pub fn queued(&self) -> i64 {
        self.shards.sum(|shard| shard.waiting.get())
    }

    /// The state of an instance, shown as long as it is held.
    #[must_use]
    pub fn instance(&self, label: &str) -> Arc<InstanceUp> {
        self.instances.get_or_make(label.to_owned(), InstanceUp::default)
    }
}

fn register<M: Collector + Clone + 'static>(registry: &Registry, made: prometheus::Result<M>) -> M {
    let metric = made.expect("the metric is well-formed");
    registry.register(Box::new(metric.clone())).expect("the name is registered once");
    metric
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn labels(api: &str) -> ApiLabels {
        ApiLabels { service: "shop".into(), api: api.into(), function: "default/f:1".into(), ..ApiLabels::default() }
    }

    #[test]
    fn a_handle_is_shared_and_its_series_leave_with_the_last_holder() {
        let metrics = Metrics::new();
        let one = metrics.api(labels("get"));
        let other = metrics.api(labels("get"));
        one.shards.of(0).codes.count(200);
        other.shards.of(1).codes.count(200);
        one.shards.of(0).codes.count(404);
        one.duration.of(0).observe(Duration::from_millis(100));
        other.errors.of(1).count("function_timeout");
        let text = metrics.render(Format::Text).expect("renders");
        for line in [
            r#"fngate_requests_total{api="get",code="200",function="default/f:1",service="shop"} 2"#,
            r#"fngate_requests_total{api="get",code="404",function="default/f:1",service="shop"} 1"#,
            r#"fngate_request_duration_seconds_bucket{api="get",service="shop",le="0.05"} 0"#,
            r#"fngate_request_duration_seconds_bucket{api="get",service="shop",le="0.1"} 1"#,
            r#"fngate_request_duration_seconds_bucket{api="get",service="shop",le="+Inf"} 1"#,
            r#"fngate_request_duration_seconds_sum{api="get",service="shop"} 0.1"#,
            r#"fngate_gateway_errors_total{function="default/f:1",reason="function_timeout"} 1"#,
        ] {
            assert!(text.lines().any(|other| other == line), "{line}\n{text}");
        }
        drop(one);
        assert!(metrics.render(Format::Text).expect("renders").contains(r#"code="404""#));
        drop(other);
        let text = metrics.render(Format::Text).expect("renders");
        assert!(!text.contains("shop") && !text.contains("default/f"), "{text}");
    }

    #[test]
    fn a_removed_function_takes_its_series_along() {
        let metrics = Metrics::new();
        let function = metrics.function("default/f:1");
        let (shard, instance) = (function.shards.of(0), function.instance("http://127.0.0.1:9"));
        instance.swap(true);
        shard.in_flight.inc();
        shard.duration.observe(Duration::from_millis(100));
        function.shards.of(1).in_flight.inc();
        let text = metrics.render(Format::Text).expect("renders");
        for line in [
            r#"fngate_instance_up{function="default/f:1",instance="http://127.0.0.1:9"} 1"#,
            r#"fngate_requests_in_flight{function="default/f:1"} 2"#,
            r#"fngate_instance_connections{function="default/f:1",state="idle"} 0"#,
            r#"fngate_function_duration_seconds_count{function="default/f:1"} 1"#,
        ] {
            assert!(text.lines().any(|other| other == line), "{line}\n{text}");
        }
        drop(instance);
        assert!(!metrics.render(Format::Text).expect("renders").contains("fngate_instance_up"));
        drop(function);
        assert!(!metrics.render(Format::Text).expect("renders").contains("default/f:1"));
    }
}
