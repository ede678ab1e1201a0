//! Families of series in the shape that the Prometheus encoder takes.

use prometheus::proto::{Bucket, Counter, Gauge, Histogram, LabelPair, Metric, MetricFamily, MetricType};

use super::shard::{BOUNDS, TimingSum};

/// The labels of a series: names and values, in the order of the names.
pub type Labels<'a> = &'a [(&'static str, &'a str)];

/// A family that is being filled.
#[derive(Debug)]
pub struct Family {
    family: MetricFamily,
    series: Vec<Metric>,
}

impl Family {
    #[must_use]
    pub fn counter(name: &'static str, help: &'static str) -> Self {
        Self::new(name, help, MetricType::COUNTER)
    }

    #[must_use]
    pub fn gauge(name: &'static str, help: &'static str) -> Self {
        Self::new(name, help, MetricType::GAUGE)
    }

    #[must_use]
    pub fn histogram(name: &'static str, help: &'static str) -> Self {
        Self::new(name, help, MetricType::HISTOGRAM)
    }

    fn new(name: &'static str, help: &'static str, kind: MetricType) -> Self {
        let mut family = MetricFamily::default();
        family.set_name(name.to_owned());
        family.set_help(help.to_owned());
        family.set_field_type(kind);
        Self { family, series: Vec::new() }
    }

    /// Adds a series to a family of counters.
    pub fn count(&mut self, labels: Labels<'_>, value: u64) {
        let mut counter = Counter::default();
        counter.set_value(float(value));
        self.add(labels, |metric| metric.set_counter(counter));
    }

    /// Adds a series to a family of gauges.
    pub fn level(&mut self, labels: Labels<'_>, value: i64) {
        let mut gauge = Gauge::default();
        #[expect(clippy::cast_precision_loss, reason = "exact up to 2^53, which no gauge here reaches")]
        gauge.set_value(value as f64);
        self.add(labels, |metric| metric.set_gauge(gauge));
    }

    /// Adds a series to a family of histograms, unless nothing was observed: eighteen lines for each of many APIs are much to scrape.
    pub fn timing_if_any(&mut self, labels: Labels<'_>, sum: &TimingSum) {
        if sum.buckets.iter().any(|count| *count > 0) {
            self.timing(labels, sum);
        }
    }

    /// Adds a series to a family of histograms.
    pub fn timing(&mut self, labels: Labels<'_>, sum: &TimingSum) {
        let mut histogram = Histogram::default();
        let mut cumulative = 0;
        let bounds = BOUNDS.iter().zip(&sum.buckets).map(|(bound, count)| {
            cumulative += count;
            let mut bucket = Bucket::default();
            bucket.set_upper_bound(*bound);
            bucket.set_cumulative_count(cumulative);
            bucket
        });
        histogram.set_bucket(bounds.collect());
        histogram.set_sample_count(sum.buckets.iter().sum());
        histogram.set_sample_sum(sum.seconds);
        self.add(labels, |metric| metric.set_histogram(histogram));
    }

    fn add(&mut self, labels: Labels<'_>, set: impl FnOnce(&mut Metric)) {
        let pairs = labels.iter().map(|(name, value)| {
            let mut pair = LabelPair::default();
            pair.set_name((*name).to_owned());
            pair.set_value((*value).to_owned());
            pair
        });
        let mut metric = Metric::from_label(pairs.collect());
        set(&mut metric);
        self.series.push(metric);
    }

    /// The finished family; none when it has no series.
    #[must_use]
    pub fn finish(mut self) -> Option<MetricFamily> {
        self.family.set_metric(self.series);
        (!self.family.get_metric().is_empty()).then_some(self.family)
    }
}

#[expect(clippy::cast_precision_loss, reason = "Prometheus knows no other numbers")]
pub(super) fn float(count: u64) -> f64 {
    count as f64
}
