//! The rules by themselves: what `promtool` says of them, and that each alert is tested, described and explained.

use std::collections::BTreeSet;

use serde_json::Value;

use super::support::project::project;
use super::tools::{has_prometheus, judge, promtool, text};

/// Where the alerts are explained.
const RUNBOOK: &str = "docs/monitoring.md";

/// The tests of the rules, by their paths from the folder of the rules.
fn tests() -> Vec<String> {
    let files = std::fs::read_dir(project("deploy/prometheus/tests")).expect("the tests of the rules");
    let name = |entry: std::io::Result<std::fs::DirEntry>| entry.expect("an entry").file_name().into_string();
    files.map(|entry| format!("tests/{}", name(entry).expect("a name in UTF-8"))).collect()
}

/// The alerts, as they are written.
fn alerts() -> Vec<Value> {
    let file = judge("yaml", &project("deploy/prometheus/alerts.yaml"));
    let groups = file["groups"].as_array().expect("groups");
    groups.iter().flat_map(|group| group["rules"].as_array().expect("rules").clone()).collect()
}

#[test]
fn promtool_takes_the_rules_and_their_tests_pass() {
    if !has_prometheus() {
        return;
    }
    promtool(&["check", "config", "prometheus.yaml"]);
    promtool(&["check", "rules", "recording.yaml", "alerts.yaml"]);
    let tests = tests();
    let tests: Vec<_> = ["test", "rules"].into_iter().chain(tests.iter().map(String::as_str)).collect();
    promtool(&tests);
}

#[test]
fn every_alert_is_tested_to_fire_and_not_to() {
    let (mut fires, mut is_quiet) = (BTreeSet::new(), BTreeSet::new());
    for file in tests() {
        let file = judge("yaml", &project("deploy/prometheus").join(file));
        for test in file["tests"].as_array().expect("tests") {
            for test in test["alert_rule_test"].as_array().expect("tests of alerts") {
                let alert = test["alertname"].as_str().expect("a name").to_owned();
                let expected = test["exp_alerts"].as_array().expect("what is expected");
                if expected.is_empty() {
                    is_quiet.insert(alert)
                } else {
                    fires.insert(alert)
                };
            }
        }
    }
    let alerts: BTreeSet<_> =
        alerts().iter().map(|alert| alert["alert"].as_str().expect("a name").to_owned()).collect();
    assert_eq!((&fires, &is_quiet), (&alerts, &alerts));
}

#[test]
fn every_alert_says_what_to_do() {
    let document = text(RUNBOOK);
    let alerts = alerts();
    assert!(alerts.len() > 10, "{alerts:?}");
    for alert in alerts {
        let name = alert["alert"].as_str().expect("a name");
        let severity = alert["labels"]["severity"].as_str().unwrap_or_default();
        assert!(["critical", "warning"].contains(&severity), "{alert}");
        for annotation in ["summary", "description"] {
            assert!(alert["annotations"][annotation].as_str().is_some_and(|text| text.len() > 10), "{alert}");
        }
        assert_eq!(alert["annotations"]["runbook"], format!("{RUNBOOK}#{}", name.to_lowercase()));
        assert!(document.lines().any(|line| line == format!("### {name}")), "{name} is not in {RUNBOOK}");
        let row = format!("| [`{name}`](#{}) | {severity} |", name.to_lowercase());
        assert!(document.contains(&row), "{row} is not in {RUNBOOK}");
    }
}
