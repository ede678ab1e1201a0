//! The forms in which metrics are given out: the text format of Prometheus, and OpenMetrics.

use std::fmt::Write;

use prometheus::TextEncoder;
use prometheus::proto::{LabelPair, Metric, MetricFamily, MetricType};

use super::family::float;

/// A form of exposition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The text format of Prometheus, version 0.0.4.
    Text,
    /// OpenMetrics 1.0.0.
    OpenMetrics,
}

impl Format {
    /// The form that a value of `Accept` prefers; text if it says nothing of either.
    #[must_use]
    pub fn negotiate(accept: &str) -> Self {
        let quality = |format: Self| accept.split(',').filter_map(|range| format.quality(range)).fold(0.0, f64::max);
        if quality(Self::OpenMetrics) > quality(Self::Text) { Self::OpenMetrics } else { Self::Text }
    }

    /// How much a range of `Accept` wants it, if it is meant.
    fn quality(self, range: &str) -> Option<f64> {
        let mut parts = range.split(';').map(str::trim);
        let kind = parts.next()?.to_ascii_lowercase();
        let (mut quality, mut version) = (1.0, None);
        for (name, value) in parts.filter_map(|part| part.split_once('=')) {
            match name.trim() {
                "q" => quality = value.trim().parse().unwrap_or(0.0),
                "version" => version = Some(value.trim().trim_matches('"')),
                _ => {}
            }
        }
        let is_meant = match self {
            Self::OpenMetrics => {
                kind == "application/openmetrics-text" && version.is_none_or(|version| version == "1.0.0")
            }
            Self::Text => matches!(kind.as_str(), "text/plain" | "text/*" | "*/*"),
        };
        is_meant.then_some(quality)
    }

    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }

    /// Writes families of metrics.
    ///
    /// # Errors
    /// When one cannot be encoded, which its registration rules out.
    pub fn encode(self, families: &[MetricFamily]) -> Result<String, prometheus::Error> {
        match self {
            Self::Text => TextEncoder::new().encode_to_string(families),
            Self::OpenMetrics => Ok(open_metrics(families)),
        }
    }
}

fn open_metrics(families: &[MetricFamily]) -> String {
    let mut text = String::new();
    for family in families {
        let kind = family.get_field_type();
        let counter = kind == MetricType::COUNTER;
        // The family of a counter is named without what its samples end with.
        let name = family.name();
        let name = if counter { name.strip_suffix("_total").unwrap_or(name) } else { name };
        let told = match kind {
            MetricType::COUNTER => "counter",
            MetricType::GAUGE => "gauge",
            MetricType::HISTOGRAM => "histogram",
            _ => "unknown",
        };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "# TYPE {name} {told}\n# HELP {name} {}", escape(family.help()));
        for metric in family.get_metric() {
            write_metric(&mut text, name, kind, metric);
        }
    }
    text.push_str("# EOF\n");
    text
}

fn write_metric(text: &mut String, name: &str, kind: MetricType, metric: &Metric) {
    let labels = metric.get_label();
    let mut sample = |suffix: &str, le: Option<f64>, value: f64| {
        text.push_str(name);
        text.push_str(suffix);
        write_labels(text, labels, le);
        let _ = writeln!(text, " {}", Number(value));
    };
    match kind {
        MetricType::COUNTER => sample("_total", None, metric.get_counter().get_value()),
        MetricType::HISTOGRAM => {
            let histogram = metric.get_histogram();
            for bucket in histogram.get_bucket() {
                sample("_bucket", Some(bucket.upper_bound()), float(bucket.cumulative_count()));
            }
            let count = float(histogram.get_sample_count());
            sample("_bucket", Some(f64::INFINITY), count);
            sample("_sum", None, histogram.get_sample_sum());
            sample("_count", None, count);
        }
        _ => sample("", None, metric.get_gauge().get_value()),
    }
}

fn write_labels(text: &mut String, labels: &[LabelPair], le: Option<f64>) {
    let mut before = '{';
    for label in labels {
        let _ = write!(text, "{before}{}=\"{}\"", label.name(), escape(label.value()));
        before = ',';
    }
    if let Some(bound) = le {
        let _ = write!(text, "{before}le=\"{}\"", Number(bound));
        before = ',';
    }
    if before == ',' {
        text.push('}');
    }
}

/// A number as OpenMetrics has it: bounds are the same text everywhere, `1.0` and never `1`.
struct Number(f64);

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0 == f64::INFINITY { f.write_str("+Inf") } else { write!(f, "{:?}", self.0) }
    }
}

fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\n', "\\n").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use super::super::family::Family;
    use super::super::shard::TimingSum;
    use super::*;

    #[test]
    fn whoever_asks_gets_what_it_prefers() {
        use Format::{OpenMetrics, Text};
        for (accept, format) in [
            ("", Text),
            ("*/*", Text),
            ("text/plain", Text),
            ("application/json", Text),
            ("application/openmetrics-text", OpenMetrics),
            ("application/openmetrics-text; version=1.0.0; charset=utf-8", OpenMetrics),
            ("application/openmetrics-text;version=0.0.1,text/plain;q=0.1", Text),
            // Prometheus 2 and 3.
            (
                "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,\
                 text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
                OpenMetrics,
            ),
            ("text/plain;version=0.0.4,application/openmetrics-text;q=0.5", Text),
            ("application/openmetrics-text;q=0", Text),
        ] {
            assert_eq!(Format::negotiate(accept), format, "{accept}");
        }
    }

    #[test]
    fn open_metrics_has_its_own_names_and_numbers() {
        let mut counter = Family::counter("a_total", "Of \"a\".");
        counter.count(&[("x", "1\\\"\n")], 7);
        let mut gauge = Family::gauge("b", "B.");
        gauge.level(&[], -1);
        let mut histogram = Family::histogram("c_seconds", "C.");
        let mut sum = TimingSum { seconds: 0.5, ..TimingSum::default() };
        sum.buckets[9] = 2;
        histogram.timing(&[("y", "z")], &sum);
        let families: Vec<_> = [counter, gauge, histogram].into_iter().filter_map(Family::finish).collect();
        let text = Format::OpenMetrics.encode(&families).expect("encodes");
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(
            lines[..5],
            [
                "# TYPE a counter",
                "# HELP a Of \\\"a\\\".",
                "a_total{x=\"1\\\\\\\"\\n\"} 7.0",
                "# TYPE b gauge",
                "# HELP b B.",
            ]
        );
        assert_eq!(lines[5], "b -1.0");
        for line in [
            "c_seconds_bucket{y=\"z\",le=\"0.5\"} 0.0",
            "c_seconds_bucket{y=\"z\",le=\"1.0\"} 2.0",
            "c_seconds_bucket{y=\"z\",le=\"+Inf\"} 2.0",
            "c_seconds_sum{y=\"z\"} 0.5",
            "c_seconds_count{y=\"z\"} 2.0",
        ] {
            assert!(lines.contains(&line), "{line} in {text}");
        }
        assert_eq!(lines.last(), Some(&"# EOF"));
    }
}
