//! The metrics registry. Handles are resolved when a table is compiled; the data path never looks one up by label.
//!
//! A handle is shared by all who ask for the same labels, and its series leave the registry with its last holder: a function
//! that is gone from the configuration takes its series along once its last request is over.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::Duration;

use prometheus::core::Collector;
use prometheus::proto::LabelPair;
use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
    TextEncoder,
};

/// Seconds, 1 ms to 60 s.
const BUCKETS: [f64; 15] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];

/// Every metric of the process, made once.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    request_duration: HistogramVec,
    function_duration: HistogramVec,
    errors: IntCounterVec,
    in_flight: IntGaugeVec,
    queue_depth: IntGaugeVec,
    instance_up: IntGaugeVec,
    instance_connections: IntGaugeVec,
    tunnels: IntGaugeVec,
    reloads: IntCounterVec,
    pub client_connections: IntGauge,
    pub config_revision: IntGauge,
    pub config_last_success: IntGauge,
    pub accept_errors: IntCounter,
    pub lost_access_lines: IntCounter,
    apis: Handles<ApiLabels, ApiMetrics>,
    functions: Handles<String, FunctionMetrics>,
}

/// What identifies the series of one API.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ApiLabels {
    pub service: String,
    pub api: String,
    /// `namespace/name:version`.
    pub function: String,
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
        let counters =
            |name, help, labels: &[&str]| register(&registry, IntCounterVec::new(Opts::new(name, help), labels));
        let gauges = |name, help, labels: &[&str]| register(&registry, IntGaugeVec::new(Opts::new(name, help), labels));
        let gauge = |name, help| register(&registry, IntGauge::new(name, help));
        let counter = |name, help| register(&registry, IntCounter::new(name, help));
        let histograms = |name, help, labels: &[&str]| {
            register(&registry, HistogramVec::new(HistogramOpts::new(name, help).buckets(BUCKETS.to_vec()), labels))
        };
        let metrics = Arc::new_cyclic(|this: &Weak<Self>| Self {
            requests: counters(
                "fngate_requests_total",
                "Requests answered, by API and status code; 499: the client left first.",
                &["service", "api", "function", "code"],
            ),
            request_duration: histograms(
                "fngate_request_duration_seconds",
                "From the end of the request head to the end of the response.",
                &["service", "api"],
            ),
            function_duration: histograms(
                "fngate_function_duration_seconds",
                "From sending the request to the function to its response head.",
                &["function"],
            ),
            errors: counters(
                "fngate_gateway_errors_total",
                "Requests that the gateway answered with an error of its own, by reason.",
                &["reason", "function"],
            ),
            in_flight: gauges("fngate_requests_in_flight", "Requests and tunnels that hold a slot.", &["function"]),
            queue_depth: gauges("fngate_queue_depth", "Requests that wait for a slot.", &["function"]),
            instance_up: gauges(
                "fngate_instance_up",
                "1 unless the last attempt to connect to the instance failed.",
                &["function", "instance"],
            ),
            instance_connections: gauges(
                "fngate_instance_connections",
                "Connections to the instances of a function, by state (active, idle).",
                &["function", "state"],
            ),
            tunnels: gauges("fngate_tunnels", "Open upgraded connections, such as WebSockets.", &["function"]),
            reloads: counters("fngate_config_reloads_total", "Loads of the configuration, by result.", &["result"]),
            client_connections: gauge("fngate_client_connections", "Open client connections."),
            config_revision: gauge("fngate_config_revision", "The number of the routing table in use."),
            config_last_success: gauge(
                "fngate_config_last_success_timestamp_seconds",
                "When a configuration was last applied, in Unix time.",
            ),
            accept_errors: counter("fngate_accept_errors_total", "Connections that could not be accepted."),
            lost_access_lines: counter("fngate_access_log_lost_total", "Access log lines that could not be written."),
            apis: Handles::new(this.clone()),
            functions: Handles::new(this.clone()),
            registry: registry.clone(),
        });
        for result in ["ok", "error"] {
            metrics.reloads.with_label_values(&[result]);
        }
        metrics
    }

    /// The handle for an API's series.
    #[must_use]
    pub fn api(&self, labels: &ApiLabels) -> Arc<ApiMetrics> {
        self.apis.get_or_make(labels, |metrics| ApiMetrics {
            duration: self.request_duration.with_label_values(&[&labels.service, &labels.api]),
            labels: labels.clone(),
            codes: Default::default(),
            metrics,
        })
    }

    /// The handle for the series of a function, `namespace/name:version` or empty.
    #[must_use]
    pub fn function(&self, label: &str) -> Arc<FunctionMetrics> {
        self.functions.get_or_make(&label.to_owned(), |metrics| FunctionMetrics {
            duration: self.function_duration.with_label_values(&[label]),
            tunnels: self.tunnels.with_label_values(&[label]),
            in_flight: self.in_flight.with_label_values(&[label]),
            queue_depth: self.queue_depth.with_label_values(&[label]),
            active: self.instance_connections.with_label_values(&[label, "active"]),
            idle: self.instance_connections.with_label_values(&[label, "idle"]),
            label: label.to_owned(),
            instances: Mutex::default(),
            metrics,
        })
    }

    /// The counter of errors for requests to a function; empty for those that reached none.
    #[must_use]
    pub fn errors(self: &Arc<Self>, function: &str) -> ErrorCounter {
        ErrorCounter { function: function.to_owned(), metrics: Arc::downgrade(self) }
    }

    /// Counts a load of the configuration.
    pub fn count_reload(&self, succeeded: bool) {
        self.reloads.with_label_values(&[if succeeded { "ok" } else { "error" }]).inc();
    }

    fn remove_function(&self, label: &str, instances: &[String]) {
        let _ = self.function_duration.remove_label_values(&[label]);
        for gauge in [&self.tunnels, &self.in_flight, &self.queue_depth] {
            let _ = gauge.remove_label_values(&[label]);
        }
        for state in ["active", "idle"] {
            let _ = self.instance_connections.remove_label_values(&[label, state]);
        }
        for instance in instances {
            let _ = self.instance_up.remove_label_values(&[label, instance.as_str()]);
        }
        for family in self.errors.collect() {
            for series in family.get_metric() {
                let value = |name| series.get_label().iter().find(|pair| pair.name() == name).map(LabelPair::value);
                if let (Some(reason), Some(function)) = (value("reason"), value("function"))
                    && function == label
                {
                    let _ = self.errors.remove_label_values(&[reason, label]);
                }
            }
        }
    }

    /// Everything in the Prometheus text format.
    ///
    /// # Errors
    /// When a metric cannot be encoded, which its registration rules out.
    pub fn render(&self) -> Result<String, prometheus::Error> {
        TextEncoder::new().encode_to_string(&self.registry.gather())
    }
}

/// The series of one API.
#[derive(Debug)]
pub struct ApiMetrics {
    pub duration: Histogram,
    labels: ApiLabels,
    codes: Codes,
    metrics: Weak<Metrics>,
}

/// Counters by status code, 100 to 599 in pages of 20, resolved when a code is first seen.
type Codes = [OnceLock<Box<[OnceLock<IntCounter>; 20]>>; 25];

impl ApiMetrics {
    /// Counts an answer.
    pub fn count(&self, code: u16) {
        let index = usize::from(code.clamp(100, 599) - 100);
        let page = self.codes[index / 20].get_or_init(Box::default);
        match page[index % 20].get() {
            Some(counter) => counter.inc(),
            None => {
                if let Some(metrics) = self.metrics.upgrade() {
                    page[index % 20]
                        .get_or_init(|| metrics.requests.with_label_values(&self.values(&code.to_string())))
                        .inc();
                }
            }
        }
    }

    fn values<'a>(&'a self, code: &'a str) -> [&'a str; 4] {
        [&self.labels.service, &self.labels.api, &self.labels.function, code]
    }
}

impl Drop for ApiMetrics {
    fn drop(&mut self) {
        let Some(metrics) = self.metrics.upgrade() else { return };
        metrics.apis.forget(&self.labels, |living| {
            for (page, counters) in self.codes.iter().enumerate().filter_map(|(page, cell)| Some((page, cell.get()?))) {
                for (slot, _) in counters.iter().enumerate().filter(|(_, cell)| cell.get().is_some()) {
                    // A label that is gone already is what was wanted.
                    let _ = metrics.requests.remove_label_values(&self.values(&(100 + page * 20 + slot).to_string()));
                }
            }
            let shares = |labels: &ApiLabels| labels.service == self.labels.service && labels.api == self.labels.api;
            if !living.keys().any(shares) {
                let _ = metrics.request_duration.remove_label_values(&[&self.labels.service, &self.labels.api]);
            }
        });
    }
}

/// Counts the errors that the gateway made for requests to one function.
#[derive(Clone, Debug)]
pub struct ErrorCounter {
    function: String,
    metrics: Weak<Metrics>,
}

impl ErrorCounter {
    /// Counts one. Errors are rare: they are looked up by label.
    pub fn count(&self, reason: &str) {
        if let Some(metrics) = self.metrics.upgrade() {
            metrics.errors.with_label_values(&[reason, &self.function]).inc();
        }
    }
}

/// The series of one function version.
#[derive(Debug)]
pub struct FunctionMetrics {
    pub duration: Histogram,
    pub tunnels: IntGauge,
    pub in_flight: IntGauge,
    pub queue_depth: IntGauge,
    pub active: IntGauge,
    pub idle: IntGauge,
    label: String,
    instances: Mutex<Vec<String>>,
    metrics: Weak<Metrics>,
}

impl FunctionMetrics {
    /// The gauge that says whether an instance could be reached.
    #[must_use]
    pub fn instance_up(&self, instance: &str) -> IntGauge {
        let mut known = self.instances.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.iter().any(|other| other == instance) {
            known.push(instance.to_owned());
        }
        match self.metrics.upgrade() {
            Some(metrics) => metrics.instance_up.with_label_values(&[&self.label, instance]),
            None => IntGauge::new("detached", "The registry is gone.").expect("a valid name"),
        }
    }

    /// Removes the series of an instance that is no longer configured.
    pub fn forget_instance(&self, instance: &str) {
        self.instances.lock().unwrap_or_else(PoisonError::into_inner).retain(|other| other != instance);
        if let Some(metrics) = self.metrics.upgrade() {
            let _ = metrics.instance_up.remove_label_values(&[&self.label, instance]);
        }
    }
}

impl Drop for FunctionMetrics {
    fn drop(&mut self) {
        let Some(metrics) = self.metrics.upgrade() else { return };
        let instances = std::mem::take(self.instances.get_mut().unwrap_or_else(PoisonError::into_inner));
        metrics.functions.forget(&self.label, |_| metrics.remove_function(&self.label, &instances));
    }
}

/// The living handles of one kind, by their labels.
#[derive(Debug)]
struct Handles<K, V> {
    metrics: Weak<Metrics>,
    living: Mutex<HashMap<K, Weak<V>>>,
}

impl<K: Clone + Eq + Hash, V> Handles<K, V> {
    fn new(metrics: Weak<Metrics>) -> Self {
        Self { metrics, living: Mutex::default() }
    }

    fn get_or_make(&self, key: &K, make: impl FnOnce(Weak<Metrics>) -> V) -> Arc<V> {
        let mut living = self.living.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(handle) = living.get(key).and_then(Weak::upgrade) {
            return handle;
        }
        let handle = Arc::new(make(self.metrics.clone()));
        living.insert(key.clone(), Arc::downgrade(&handle));
        handle
    }

    /// Called while the last handle is dropped. A new one for the key may have been made by then; its series stay. The lock
    /// is held throughout, so that none is made while the series are removed.
    fn forget(&self, key: &K, remove_series: impl FnOnce(&HashMap<K, Weak<V>>)) {
        let mut living = self.living.lock().unwrap_or_else(PoisonError::into_inner);
        if living.get(key).is_some_and(|handle| handle.strong_count() == 0) {
            living.remove(key);
            remove_series(&living);
        }
    }
}

fn register<M: Collector + Clone + 'static>(registry: &Registry, made: prometheus::Result<M>) -> M {
    let metric = made.expect("the metric is well-formed");
    registry.register(Box::new(metric.clone())).expect("the name is registered once");
    metric
}

/// Seconds as a histogram wants them.
#[must_use]
pub fn seconds(duration: Duration) -> f64 {
    duration.as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(api: &str) -> ApiLabels {
        ApiLabels { service: "shop".to_owned(), api: api.to_owned(), function: "default/f:1".to_owned() }
    }

    #[test]
    fn a_handle_is_shared_and_its_series_leave_with_the_last_holder() {
        let metrics = Metrics::new();
        let one = metrics.api(&labels("get"));
        let other = metrics.api(&labels("get"));
        assert!(Arc::ptr_eq(&one, &other));
        one.count(200);
        other.count(200);
        one.count(404);
        one.duration.observe(0.1);
        let text = metrics.render().expect("renders");
        assert!(
            text.contains(r#"fngate_requests_total{api="get",code="200",function="default/f:1",service="shop"} 2"#),
            "{text}"
        );
        drop(one);
        assert!(metrics.render().expect("renders").contains(r#"code="404""#));
        drop(other);
        let text = metrics.render().expect("renders");
        assert!(!text.contains("shop"), "{text}");
    }

    #[test]
    fn a_removed_function_takes_its_series_along() {
        let metrics = Metrics::new();
        let function = metrics.function("default/f:1");
        metrics.errors("default/f:1").count("function_timeout");
        function.instance_up("http://127.0.0.1:9").set(1);
        function.duration.observe(0.1);
        metrics.errors("default/g:1").count("function_timeout");
        assert!(metrics.render().expect("renders").contains("default/f:1"));
        drop(function);
        assert!(!metrics.render().expect("renders").contains("default/f:1"));
    }
}
