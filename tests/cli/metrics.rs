//! The forms of `/metrics`.

use std::process::Command;

use crate::support::gateway::{Folder, Gateway, echo};
use crate::support::process::run;

/// The head and the decoded body of a scrape.
fn scrape(gateway: &Gateway, more: &[&str]) -> (String, String) {
    let url = format!("http://{}/metrics", gateway.admin);
    let finished = run(Command::new("curl").args(["-s", "-i", "--max-time", "20"]).args(more).arg(url));
    assert_eq!(finished.code(), Some(0), "{}", finished.err);
    let (head, body) = finished.out.split_once("\r\n\r\n").expect("a head");
    (head.to_ascii_lowercase(), body.to_owned())
}

#[test]
fn a_scrape_gets_the_form_that_it_asks_for() {
    let gateway = Gateway::start(&Folder::new(&echo("a")));
    let (head, text) = scrape(&gateway, &[]);
    assert!(head.contains("content-type: text/plain; version=0.0.4") && !head.contains("content-encoding"), "{head}");
    let (head, unzipped) = scrape(&gateway, &["--compressed"]);
    assert!(head.contains("content-encoding: gzip"), "{head}");
    assert_eq!(unzipped.lines().count(), text.lines().count());
    // As Prometheus asks.
    let accept = "Accept: application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
    let (head, open) = scrape(&gateway, &["--compressed", "-H", accept]);
    assert!(head.contains("content-type: application/openmetrics-text; version=1.0.0"), "{head}");
    assert!(open.ends_with("# EOF\n") && open.contains("# TYPE fngate_config_reloads counter"), "{open}");
    assert!(open.contains("fngate_config_reloads_total{result=\"ok\"} 1.0"), "{open}");
}

/// Eighteen lines for each of 20,000 APIs would be 36 MB a scrape.
#[test]
fn a_histogram_begins_with_the_first_request() {
    let gateway = Gateway::start(&Folder::new(&echo("a")));
    let histograms = ["fngate_request_duration_seconds", "fngate_function_duration_seconds"];
    let (_, before) = scrape(&gateway, &[]);
    assert!(histograms.iter().all(|name| !before.contains(name)), "{before}");
    assert_eq!(gateway.get("/").status, 200);
    let (_, after) = scrape(&gateway, &[]);
    for name in histograms {
        assert!(after.contains(&format!("{name}_bucket")), "{name} in {after}");
    }
}
