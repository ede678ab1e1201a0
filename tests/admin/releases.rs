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
fn an_api_says_whether_it_is_on_in_what_each_environment_serves() {
    let history = tempfile::tempdir().expect("a directory");
    let directory = format!("directory = {:?}", history.path());
    let stand = Stand::of(&BASE.replace("directory = \"\"", &directory), SHOP);
    let api = "/v1/services/shop/apis/all";
    let enabled = || stand.get(api).json()["status"]["environments"][0]["enabled"].clone();
    assert_eq!(enabled(), json!(true));
    assert_eq!(post(&stand, "/v1/environments/release/release").status, 200);
    assert_eq!(stand.change(api, &json!({ "enabled": false })).status, 200);
    assert_eq!(enabled(), json!(true), "the revision that it is pinned to has it on");
    assert_eq!(post(&stand, "/v1/environments/release/unrelease").status, 200);
    assert_eq!(enabled(), Value::Null);
    assert_eq!(post(&stand, "/v1/environments/release/follow").status, 200);
    assert_eq!(enabled(), json!(false));
}

#[test]
fn an_api_of_two_environments_is_one_trigger() {
    let stand = Stand::start();
    let both = json!({ "environments": ["release", "test"] });
    let function = "/v1/functions/default/echo";
    let count = || stand.get(function).json()["status"]["triggers"].clone();
    let before = count();
    assert_eq!(stand.change("/v1/services/shop/apis/all", &both).status, 200);
    assert_eq!((count(), &stand.get(&format!("{function}/triggers")).json()["total"]), (before.clone(), &before));
    assert_eq!(stand.get("/v1/functions").json()["items"][0]["status"]["triggers"], before);
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
