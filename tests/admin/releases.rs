//! Releases through the admin API.

use serde_json::{Value, json};

use super::client::{Answer, Call};
use super::stand::{SHOP, Stand};
use super::support::gateway::BASE;

fn post(stand: &Stand, target: &str) -> Answer {
    stand.send(&Call::new("POST", target).token(&stand.own).json(&json!({})))
}

fn state(environment: &Value) -> (Option<&str>, Option<u64>) {
    (environment["state"].as_str(), environment["revision"].as_u64())
}

#[test]
fn a_dry_run_shows_what_would_be_served() {
    let history = tempfile::tempdir().expect("a directory");
    let directory = format!("directory = {:?}", history.path());
    let stand = Stand::of(&BASE.replace("directory = \"\"", &directory), SHOP);
    let (state_of, result) =
        (|answer: &Answer| answer.json(), |answer: &Answer| answer.json()["change"]["result"].clone());
    let pinned = post(&stand, "/v1/environments/release/release?dry_run=true");
    assert_eq!((state(&state_of(&pinned)), result(&pinned)), ((Some("pinned"), Some(1)), json!("changed")));
    let offline = post(&stand, "/v1/environments/release/unrelease?dry_run=true");
    assert_eq!((state(&state_of(&offline)), result(&offline)), ((Some("unreleased"), None), json!("changed")));
    let follows = post(&stand, "/v1/environments/release/follow?dry_run=true");
    assert_eq!((state(&state_of(&follows)), result(&follows)), ((Some("follows"), Some(1)), json!("unchanged")));
    assert_eq!(state(&stand.get("/v1/environments").json()["items"][0]), (Some("follows"), Some(1)));
}

#[test]
fn without_a_history_there_is_no_release() {
    let stand = Stand::start();
    for target in [
        "/v1/environments/release/release",
        "/v1/environments/release/unrelease",
        "/v1/environments/release/follow",
        "/v1/revisions/1/rollback",
    ] {
        for query in ["", "?dry_run=true"] {
            let refused = post(&stand, &format!("{target}{query}"));
            assert_eq!((refused.status, refused.reason().as_str()), (409, "no_history"), "{target}{query} {refused:?}");
        }
    }
}
