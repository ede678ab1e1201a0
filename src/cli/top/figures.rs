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
#[derive(Debug, Serialize)]
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
    fn between(function: &str, before: &Totals, after: &Totals, seconds: f64) -> Self {
        let buckets = after.buckets_since(before);
        let milliseconds = |share| quantile(&buckets, share).map(|seconds| seconds * 1000.0);
        Self {
            function: function.to_owned(),
            requests: growth(before.requests, after.requests) / seconds,
            errors: growth(before.errors, after.errors) / seconds,
            p50_ms: milliseconds(0.5),
            p99_ms: milliseconds(0.99),
            in_flight: count(after.in_flight),
            queued: count(after.queued),
            up: after.up,
            down: after.down,
        }
    }

    pub(super) fn is_well(&self) -> bool {
        self.down == 0 && self.errors == 0.0
    }
}

impl Figures {
    pub(super) fn between(before: &Scrape, after: &Scrape, elapsed: Duration) -> Self {
        let seconds = elapsed.as_secs_f64();
        let (then, now) = (totals(before), totals(after));
        let nothing = Totals::default();
        let rows =
            now.iter().map(|(name, totals)| Row::between(name, then.get(name).unwrap_or(&nothing), totals, seconds));
        let mut functions: Vec<_> = rows.collect();
        let sum = |rate: fn(&Row) -> f64| functions.iter().map(rate).sum();
        let (requests, errors) = (sum(|row| row.requests), sum(|row| row.errors));
        // Without a name are the requests that reached none.
        functions.retain(|row| !row.function.is_empty());
        functions.sort_by(|one, other| other.requests.total_cmp(&one.requests));
        Self {
            requests,
            errors,
            client_connections: count(after.value("fngate_client_connections")),
            revision: count(after.value("fngate_config_revision")),
            functions,
        }
    }
}

/// What one scrape says of a function.
#[derive(Debug, Default)]
struct Totals {
    requests: f64,
    errors: f64,
    /// Upper bounds in seconds, ascending, and how many took at most that long.
    buckets: Vec<(f64, f64)>,
    in_flight: f64,
    queued: f64,
    up: usize,
    down: usize,
}

impl Totals {
    /// What came to each bucket. Both have the same ones, unless there were none before.
    fn buckets_since(&self, before: &Self) -> Vec<(f64, f64)> {
        let earlier = before.buckets.iter().map(|(_, count)| *count).chain(std::iter::repeat(0.0));
        self.buckets.iter().zip(earlier).map(|((bound, count), earlier)| (*bound, growth(earlier, *count))).collect()
    }
}

fn totals(scrape: &Scrape) -> BTreeMap<&str, Totals> {
    let mut totals: BTreeMap<&str, Totals> = BTreeMap::new();
    let mut each = |metric, add: fn(&mut Totals, &Sample)| {
        for sample in scrape.of(metric) {
            add(totals.entry(sample.label("function")).or_default(), sample);
        }
    };
    each("fngate_requests_total", |totals, sample| {
        totals.requests += sample.value;
        totals.errors += if sample.label("code").starts_with('5') { sample.value } else { 0.0 };
    });
    each("fngate_function_duration_seconds_bucket", |totals, sample| {
        // Rust reads `+Inf` as well.
        totals.buckets.extend(sample.label("le").parse().ok().map(|bound: f64| (bound, sample.value)));
    });
    each("fngate_requests_in_flight", |totals, sample| totals.in_flight += sample.value);
    each("fngate_queue_depth", |totals, sample| totals.queued += sample.value);
    each("fngate_instance_up", |totals, sample| if sample.value > 0.0 { totals.up += 1 } else { totals.down += 1 });
    totals
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count, as the text format writes it")]
fn count(value: f64) -> u64 {
    value.max(0.0) as u64
}

/// How much a counter grew. One that is less than before has started anew, as all do with the gateway.
fn growth(before: f64, after: f64) -> f64 {
    if after < before { after } else { after - before }
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
