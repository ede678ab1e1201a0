//! What two scrapes say of the time between them.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::scrape::{Sample, Scrape};

/// The gateway as a whole, and its functions, the busiest first. Rates are of a second.
#[derive(Debug, Serialize)]
pub(super) struct Figures {
    pub(super) requests: f64,
    pub(super) errors: f64,
    pub(super) client_connections: u64,
    pub(super) revision: u64,
    pub(super) functions: Vec<Row>,
}

/// One function version.
#[derive(Debug, Default, Serialize)]
pub(super) struct Row {
    pub(super) function: String,
    pub(super) requests: f64,
    /// Answers with a status of 500 or more, the gateway's own among them.
    pub(super) errors: f64,
    /// Until the head of the function's answer; none without one.
    pub(super) p50_ms: Option<f64>,
    pub(super) p99_ms: Option<f64>,
    pub(super) in_flight: u64,
    pub(super) queued: u64,
    /// Instances that the last attempt to connect reached, or did not.
    pub(super) up: usize,
    pub(super) down: usize,
}

impl Row {
    pub(super) fn is_well(&self) -> bool {
        self.down == 0 && self.errors == 0.0
    }
}

impl Figures {
    pub(super) fn between(before: &Scrape, after: &Scrape, elapsed: Duration) -> Self {
        let seconds = elapsed.as_secs_f64();
        let rate = |select: &dyn Fn(&Sample) -> bool| growth(before, after, "fngate_requests_total", select) / seconds;
        let failed = |sample: &Sample| sample.label("code").starts_with('5');
        let mut rows = BTreeMap::new();
        for sample in after.of("fngate_requests_in_flight") {
            rows.insert(sample.label("function"), Row::default());
        }
        for (name, row) in &mut rows {
            let of = |sample: &Sample| sample.label("function") == *name;
            let gauge =
                |metric| count(after.of(metric).iter().filter(|sample| of(sample)).map(|sample| sample.value).sum());
            let buckets = buckets(before, after, name);
            let instances = || after.of("fngate_instance_up").iter().filter(|sample| of(sample));
            *row = Row {
                function: (*name).to_owned(),
                requests: rate(&of),
                errors: rate(&|sample| of(sample) && failed(sample)),
                p50_ms: quantile(&buckets, 0.5).map(|seconds| seconds * 1000.0),
                p99_ms: quantile(&buckets, 0.99).map(|seconds| seconds * 1000.0),
                in_flight: gauge("fngate_requests_in_flight"),
                queued: gauge("fngate_queue_depth"),
                up: instances().filter(|sample| sample.value > 0.0).count(),
                down: instances().filter(|sample| sample.value <= 0.0).count(),
            };
        }
        let mut functions: Vec<_> = rows.into_values().collect();
        functions.sort_by(|one, other| other.requests.total_cmp(&one.requests));
        Self {
            requests: rate(&|_| true),
            errors: rate(&failed),
            client_connections: count(after.value("fngate_client_connections")),
            revision: count(after.value("fngate_config_revision")),
            functions,
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count, as the text format writes it")]
fn count(value: f64) -> u64 {
    value.max(0.0) as u64
}

/// How much the counters grew that are selected. One that is new started from nothing, as all do when the gateway is started anew.
fn growth(before: &Scrape, after: &Scrape, name: &str, select: &dyn Fn(&Sample) -> bool) -> f64 {
    let sum = |scrape: &Scrape| {
        scrape.of(name).iter().filter(|sample| select(sample)).map(|sample| sample.value).sum::<f64>()
    };
    let (then, now) = (sum(before), sum(after));
    if now < then { now } else { now - then }
}

/// Upper bounds in seconds, and how many took at most that long in between.
fn buckets(before: &Scrape, after: &Scrape, function: &str) -> Vec<(f64, f64)> {
    const NAME: &str = "fngate_function_duration_seconds_bucket";
    let bound = |sample: &Sample| sample.label("le").replace("+Inf", "inf").parse::<f64>().ok();
    let bounds = after.of(NAME).iter().filter(|sample| sample.label("function") == function).filter_map(bound);
    let mut buckets: Vec<_> = bounds
        .map(|le| {
            let of = |sample: &Sample| sample.label("function") == function && bound(sample) == Some(le);
            (le, growth(before, after, NAME, &of))
        })
        .collect();
    buckets.sort_by(|one, other| one.0.total_cmp(&other.0));
    buckets
}

/// A quantile in seconds, between the bounds of its bucket as `histogram_quantile` of Prometheus has it.
fn quantile(buckets: &[(f64, f64)], share: f64) -> Option<f64> {
    let total = buckets.last()?.1;
    if total <= 0.0 {
        return None;
    }
    let rank = share * total;
    let index = buckets.iter().position(|(_, count)| *count >= rank)?;
    let (low, below) = index.checked_sub(1).map_or((0.0, 0.0), |before| buckets[before]);
    let (high, count) = buckets[index];
    // Above the last bound, that is all there is to say.
    if high.is_infinite() {
        return Some(low);
    }
    Some(low + (high - low) * (rank - below) / (count - below).max(f64::MIN_POSITIVE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_lies_within_its_bucket() {
        let buckets = [(0.001, 0.0), (0.01, 90.0), (0.1, 100.0), (f64::INFINITY, 100.0)];
        for (share, expected) in [(0.5, 0.006), (0.9, 0.01), (0.99, 0.091)] {
            let found = quantile(&buckets, share).expect("some");
            assert!((found - expected).abs() < 1e-9, "{share}: {found}");
        }
        assert_eq!(quantile(&[(0.1, 0.0), (f64::INFINITY, 5.0)], 0.5), Some(0.1));
        assert_eq!(quantile(&[(0.1, 0.0), (f64::INFINITY, 0.0)], 0.5), None);
        assert_eq!(quantile(&[], 0.5), None);
    }

    #[test]
    fn rates_are_what_grew_in_between() {
        let scrape = |ok: u32, failed: u32, up: u32| {
            Scrape::read(&format!(
                "fngate_requests_total{{function=\"f\",code=\"200\"}} {ok}\nfngate_requests_total{{function=\"f\",code=\"502\"}} {failed}\n\
                 fngate_requests_in_flight{{function=\"f\"}} 3\nfngate_requests_in_flight{{function=\"idle\"}} 0\n\
                 fngate_instance_up{{function=\"f\",instance=\"a\"}} {up}\nfngate_instance_up{{function=\"f\",instance=\"b\"}} 1\n\
                 fngate_function_duration_seconds_bucket{{function=\"f\",le=\"0.001\"}} {ok}\n\
                 fngate_function_duration_seconds_bucket{{function=\"f\",le=\"+Inf\"}} {ok}\n"
            ))
        };
        let figures = Figures::between(&scrape(100, 1, 1), &scrape(140, 5, 0), Duration::from_secs(2));
        assert!((figures.requests - 22.0).abs() < 1e-9 && (figures.errors - 2.0).abs() < 1e-9, "{figures:?}");
        let row = &figures.functions[0];
        assert_eq!((row.function.as_str(), row.in_flight, row.up, row.down), ("f", 3, 1, 1));
        assert!(!row.is_well() && row.p99_ms.is_some_and(|p99| p99 < 1.0), "{row:?}");
        assert_eq!((figures.functions[1].function.as_str(), figures.functions[1].p50_ms), ("idle", None));
        // Started anew: what is there now has all come since.
        let figures = Figures::between(&scrape(100, 1, 1), &scrape(10, 0, 1), Duration::from_secs(1));
        assert!((figures.requests - 10.0).abs() < 1e-9, "{figures:?}");
    }
}
