//! The answer of `/metrics`, as this program writes it.

use std::collections::HashMap;

/// The samples of a scrape, by the name of their metric.
#[derive(Debug, Default)]
pub(super) struct Scrape(HashMap<String, Vec<Sample>>);

#[derive(Debug, PartialEq)]
pub(super) struct Sample {
    labels: Vec<(String, String)>,
    pub(super) value: f64,
}

impl Scrape {
    /// Reads the text format. A line that is none of it is left out.
    pub(super) fn read(text: &str) -> Self {
        let mut scrape = Self::default();
        for (name, sample) in text.lines().filter(|line| !line.starts_with('#')).filter_map(sample) {
            scrape.0.entry(name.to_owned()).or_default().push(sample);
        }
        scrape
    }

    pub(super) fn of(&self, name: &str) -> &[Sample] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    /// The value of a metric without labels, 0 when it is not there.
    pub(super) fn value(&self, name: &str) -> f64 {
        self.of(name).first().map_or(0.0, |sample| sample.value)
    }
}

impl Sample {
    /// What identifies it among those of its metric.
    pub(super) fn labels(&self) -> &[(String, String)] {
        &self.labels
    }

    /// The value of a label, empty when it is not there.
    pub(super) fn label(&self, name: &str) -> &str {
        self.labels.iter().find(|(label, _)| label == name).map_or("", |(_, value)| value)
    }
}

fn sample(line: &str) -> Option<(&str, Sample)> {
    let end = line.find(['{', ' '])?;
    let (name, rest) = line.split_at(end);
    let (labels, rest) = match rest.strip_prefix('{') {
        Some(rest) => labels(rest)?,
        None => (Vec::new(), rest),
    };
    let value = rest.trim().parse().ok()?;
    Some((name, Sample { labels, value }))
}

/// `a="x",b="y"}`, and what comes behind it.
fn labels(text: &str) -> Option<(Vec<(String, String)>, &str)> {
    let (mut labels, mut rest) = (Vec::new(), text);
    loop {
        rest = rest.trim_start_matches(',');
        if let Some(rest) = rest.strip_prefix('}') {
            return Some((labels, rest));
        }
        let (name, after) = rest.split_once("=\"")?;
        let (value, after) = unquoted(after)?;
        labels.push((name.to_owned(), value));
        rest = after;
    }
}

/// A value up to its closing quote, and what comes behind it.
fn unquoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => value.push(match chars.next()?.1 {
                'n' => '\n',
                other => other,
            }),
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_read_and_other_lines_are_not() {
        let scrape = Scrape::read(
            "# TYPE a counter\na{x=\"1\",y=\"q\\\"\\\\\\n, }\"} 2.5\na{x=\"2\"} +Inf\nb 3\nc{x=\"1\" 4\nd\ne{} 5\n",
        );
        let labels: Vec<_> = scrape.of("a").iter().map(|sample| (sample.label("x"), sample.label("y"))).collect();
        assert_eq!(labels, [("1", "q\"\\\n, }"), ("2", "")]);
        assert!((scrape.value("a") - 2.5).abs() < 1e-9 && scrape.of("a")[1].value.is_infinite());
        assert!((scrape.value("b") - 3.0).abs() < 1e-9 && (scrape.value("e") - 5.0).abs() < 1e-9);
        assert!(scrape.of("c").is_empty() && scrape.of("d").is_empty());
    }
}
