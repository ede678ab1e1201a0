//! The dashboard: that Grafana knows all of it, and that a running gateway has every metric and label that it asks for.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use serde_json::Value;

use super::expression::Expression;
use super::stand::Stand;
use super::support::client::call;
use super::support::eventually;
use super::support::project::project;
use super::tools::{has_prometheus, judge, promtool, text};

const DASHBOARD: &str = "deploy/grafana/fngate.json";
/// Of the targets, not of the gateway.
const TARGET: [&str; 2] = ["job", "instance"];

/// The queries of the panels, each with the text of its legend, as they are written.
fn queries() -> Vec<(String, String)> {
    let dashboard: Value = serde_json::from_str(&text(DASHBOARD)).expect("JSON");
    let panels = dashboard["panels"].as_array().expect("panels");
    let targets = panels.iter().filter_map(|panel| panel["targets"].as_array()).flatten();
    let part = |target: &Value, key: &str| target[key].as_str().expect("text").to_owned();
    targets.map(|target| (part(target, "expr"), part(target, "legendFormat"))).collect()
}

/// The queries as Grafana would ask them, with this window and nothing left out.
pub fn expressions(window: &str) -> Vec<String> {
    let values = [("$__rate_interval", window), ("$job", "fngate"), ("$service", ".*"), ("$function", ".*")];
    let filled = |query: String| values.iter().fold(query, |query, (name, value)| query.replace(name, value));
    let filled: Vec<_> = queries().into_iter().map(|(query, _)| filled(query)).collect();
    assert!(filled.iter().all(|query| !query.contains('$')), "a variable is not known: {filled:?}");
    filled
}

/// The labels of each series of a scrape, by its name.
fn exposed(scrape: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut found = BTreeMap::<_, BTreeSet<_>>::new();
    for line in scrape.lines().filter(|line| !line.starts_with('#')) {
        let read = Expression::read(line.rsplit_once(' ').expect("a value").0);
        let [(name, labels)] = <[_; 1]>::try_from(read.metrics).expect("one name");
        found.entry(name).or_default().extend(labels);
    }
    found
}

#[test]
fn grafana_knows_all_of_it() {
    let dashboard = judge("dashboard", &project(DASHBOARD));
    assert!(dashboard["schemaVersion"].as_u64() >= Some(38), "Grafana 10 or newer");
    let variables: Vec<_> = dashboard["templating"]["list"].as_array().expect("a list").iter().collect();
    let names: Vec<_> = variables.iter().map(|variable| variable["name"].as_str().expect("a name")).collect();
    assert_eq!(names, ["datasource", "job", "service", "function"]);
    let panels = dashboard["panels"].as_array().expect("panels");
    let rows = panels.iter().filter(|panel| panel["type"] == "row").map(|row| row["title"].as_str().expect("a title"));
    assert_eq!(rows.collect::<Vec<_>>(), ["Traffic", "Errors", "Latency", "Functions", "Gateway"]);
    let ids: BTreeSet<_> = panels.iter().map(|panel| panel["id"].as_u64().expect("a number")).collect();
    assert_eq!(ids.len(), panels.len(), "a number is given twice");
}

#[test]
fn every_metric_and_label_is_there() {
    let stand = Stand::start();
    // The series of codes and reasons begin with the first of them, and histograms with the first request.
    let begun = [
        "fngate_requests_total{",
        "fngate_gateway_errors_total{",
        "fngate_request_duration_seconds_bucket{",
        "fngate_function_duration_seconds_bucket{",
    ];
    let scrape = eventually("requests and an answer of the gateway's own are counted", || {
        let scrape = call(stand.gateway.admin, "GET /metrics", "localhost").expect("the admin listener answers").body;
        begun.iter().all(|name| scrape.contains(name)).then_some(scrape)
    });
    let (_, scrape) = scrape.split_once("# HELP").expect("metrics");
    let mut exposed = exposed(&format!("# HELP{scrape}"));
    // Prometheus' own.
    exposed.insert("up".to_owned(), BTreeSet::new());
    let has = |metric: &str, label: &str| {
        let labels = &exposed[metric];
        // A label that the target has as well is renamed.
        let own = label.strip_prefix("exported_").filter(|own| TARGET.contains(own)).unwrap_or(label);
        labels.contains(own) || (own == label && TARGET.contains(&label))
    };
    for (query, legend) in queries() {
        let read = Expression::read(&query);
        assert!(!read.metrics.is_empty(), "{query}");
        for (metric, labels) in &read.metrics {
            assert!(exposed.contains_key(metric), "{metric} is not exposed: {query}");
            for label in labels {
                assert!(has(metric, label), "{metric} has no {label}: {query}");
            }
        }
        let shown = legend.split("{{").skip(1).filter_map(|rest| rest.split_once("}}")).map(|(label, _)| label);
        for label in read.grouped.iter().map(String::as_str).chain(shown) {
            assert!(read.metrics.iter().any(|(metric, _)| has(metric, label)), "nothing has {label}: {query}");
        }
    }
    let dashboard: Value = serde_json::from_str(&text(DASHBOARD)).expect("JSON");
    for variable in dashboard["templating"]["list"].as_array().expect("a list") {
        let Some(query) = variable["query"]["query"].as_str() else { continue };
        // A function of Grafana's, `label_values(metric, label)`, that reads like an expression of two metrics.
        let read = Expression::read(query).metrics;
        assert!(has(&read[0].0, &read[1].0), "{query}");
    }
}

#[test]
fn every_query_parses() {
    if !has_prometheus() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("queries.yaml");
    let mut rules = "groups:\n  - name: queries\n    rules:\n".to_owned();
    for (index, query) in expressions("1m").iter().enumerate() {
        // JSON is YAML.
        writeln!(rules, "      - record: query:{index}\n        expr: {}", Value::from(query.as_str())).expect("text");
    }
    std::fs::write(&file, rules).expect("the folder can be written to");
    promtool(&["check", "rules", file.to_str().expect("a path that is text")]);
}
