//! The names in an expression of PromQL. What it means is Prometheus' business; this only finds metrics and labels.

/// What an expression asks for.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Expression {
    /// Each metric with the labels that it is selected by.
    pub metrics: Vec<(String, Vec<String>)>,
    /// The labels that are grouped or matched by.
    pub grouped: Vec<String>,
}

/// Words in front of a list of labels.
const LISTS: [&str; 6] = ["by", "without", "on", "ignoring", "group_left", "group_right"];
/// Words between two operands.
const OPERATORS: [&str; 6] = ["and", "or", "unless", "bool", "offset", "atan2"];

impl Expression {
    pub fn read(text: &str) -> Self {
        let mut read = Self::default();
        let mut rest = text;
        while let Some(start) = rest.chars().next() {
            if start == '"' {
                rest = behind_string(rest);
            } else if start.is_ascii_digit() || start == '[' {
                // A number, or a window.
                let is_end = |c: char| if start == '[' { c == ']' } else { !c.is_ascii_alphanumeric() && c != '.' };
                rest = &rest[rest.find(is_end).unwrap_or(rest.len())..];
            } else if is_name(start) {
                let (name, behind) = rest.split_at(rest.find(|c| !is_name(c)).unwrap_or(rest.len()));
                rest = read.name(name, behind.trim_start());
            } else {
                rest = &rest[start.len_utf8()..];
            }
        }
        read
    }

    /// Takes a name, and returns what is behind it and its labels.
    fn name<'t>(&mut self, name: &str, behind: &'t str) -> &'t str {
        if LISTS.contains(&name) {
            let (labels, behind) = labels(behind, ')');
            self.grouped.extend(labels);
            return behind;
        }
        let is_aggregation = ["by", "without"]
            .iter()
            .any(|word| behind.strip_prefix(word).is_some_and(|behind| behind.trim_start().starts_with('(')));
        if OPERATORS.contains(&name) || is_aggregation || behind.starts_with('(') {
            return behind;
        }
        let (labels, behind) = if behind.starts_with('{') { labels(behind, '}') } else { (Vec::new(), behind) };
        self.metrics.push((name.to_owned(), labels));
        behind
    }
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == ':'
}

/// What is behind the string that the text begins with.
fn behind_string(text: &str) -> &str {
    let mut escaped = false;
    let end = text[1..].find(|c| {
        let is_end = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        is_end
    });
    &text[end.expect("the end of the string") + 2..]
}

/// The names in a list, and what is behind it.
fn labels(mut text: &str, end: char) -> (Vec<String>, &str) {
    let mut found = Vec::new();
    loop {
        let next = text.chars().next().expect("the end of the list");
        if next == end {
            return (found, &text[1..]);
        }
        if next == '"' {
            text = behind_string(text);
        } else if is_name(next) {
            let (name, rest) = text.split_at(text.find(|c| !is_name(c)).expect("the end of the list"));
            found.push(name.to_owned());
            text = rest;
        } else {
            text = &text[next.len_utf8()..];
        }
    }
}

#[test]
fn metrics_and_labels_are_found() {
    let text = r#"topk(10, sum by (a, le) (rate(m_total{a=~"x{}\"", b!="y"}[5m]))) / 2e3 or on (c) time() - n_seconds > 0.5 * up"#;
    let read = Expression::read(text);
    let labels = |labels: &[&str]| labels.iter().map(|label| (*label).to_owned()).collect::<Vec<_>>();
    let metrics = [("m_total", labels(&["a", "b"])), ("n_seconds", Vec::new()), ("up", Vec::new())];
    let metrics = metrics.map(|(name, labels)| (name.to_owned(), labels)).to_vec();
    assert_eq!(read, Expression { metrics, grouped: labels(&["a", "le", "c"]) });
}
