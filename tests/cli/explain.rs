//! `fngate routes` and `fngate explain`.

use serde_json::json;

use crate::support::fngate;
use crate::support::gateway::{BASE, Folder};
use crate::support::process::{Finished, run};

fn folder() -> Folder {
    let services = r#"
[[function]]
name = "users"
namespace = "shop"
version = "3"
instances = ["builtin:echo"]
timeout = "9s"
[[function]]
name = "other"
instances = ["builtin:echo"]
[[service]]
name = "shop"
hosts = ["shop.test"]
[[service.api]]
name = "user"
path = "/users/{id}"
method = "GET"
function = "shop/users:3"
timeout = "7s"
[[service.api]]
name = "me"
path = "=/users/me"
method = "POST"
function = "shop/users:3"
[[service.api]]
name = "files"
path = "/files/{path+}"
method = "ANY"
function = "other"
enabled = false
"#;
    Folder::new(&format!("{BASE}{services}"))
}

/// `file:line:column` of the value in this line.
fn place(folder: &Folder, line: &str) -> String {
    let text = std::fs::read_to_string(folder.file()).expect("the configuration");
    let number = text.lines().position(|other| other == line).expect("the line") + 1;
    format!("{}:{number}:{}", folder.argument(), line.find('"').expect("a value") + 1)
}

#[track_caller]
fn explain(folder: &Folder, code: i32, method: &str, url: &str) -> String {
    let Finished { status, out, err } = run(&mut fngate(&["explain", "-c", &folder.argument(), method, url]));
    assert_eq!((status.code(), err.as_str()), (Some(code), ""), "{method} {url}");
    out
}

#[test]
fn routes_are_a_table() {
    let folder = folder();
    let finished = run(&mut fngate(&["routes", "-c", &folder.argument()]));
    assert_eq!((finished.code(), finished.err.as_str()), (Some(0), ""));
    let rows: Vec<Vec<_>> = finished.out.lines().map(|line| line.split_whitespace().collect()).collect();
    let (seven, nine) = (place(&folder, "timeout = \"7s\""), place(&folder, "timeout = \"9s\""));
    let (seven, nine) = (format!("({seven})"), format!("({nine})"));
    let heads = "HOST SERVICE ENVIRONMENT METHOD PATH API FUNCTION INSTANCES TIMEOUT (SET AT)";
    assert_eq!(rows[0].join(" "), heads);
    for row in [
        format!("shop.test shop release GET /users/{{id}} user shop/users:3 builtin:echo 7s {seven}"),
        format!("shop.test shop release POST =/users/me me shop/users:3 builtin:echo 9s {nine}"),
        "shop.test shop release ANY /files/{path+} (disabled) files default/other:$LATEST builtin:echo 15s (default)"
            .to_owned(),
    ] {
        assert!(rows.iter().any(|found| found.join(" ") == row), "{row} in {}", finished.out);
    }
    assert_eq!(rows.len(), 4, "{}", finished.out);
}

#[test]
fn routes_are_json() {
    let folder = folder();
    let finished = run(&mut fngate(&["routes", "--json", "-c", &folder.argument()]));
    assert_eq!((finished.code(), finished.err.as_str()), (Some(0), ""));
    let rows: Vec<serde_json::Value> = serde_json::from_str(&finished.out).expect("a list");
    let row = |api: &str| rows.iter().find(|row| row["api"] == api).expect(api);
    assert_eq!(rows.len(), 3);
    let user = json!({
        "service": "shop", "environment": "release", "method": "GET", "path": "/users/{id}", "api": "user",
        "function": "shop/users", "version": "3", "timeout_ms": 7000, "timeout": "7s",
        "timeout_set_at": place(&folder, "timeout = \"7s\""), "enabled": true, "pinned": null,
        "domains": [{ "host": "shop.test", "base_path": "/" }], "instances": ["builtin:echo"],
        "origin": row("user")["origin"],
    });
    assert_eq!(row("user"), &user);
    assert_eq!(user["origin"]["file"], folder.argument());
    assert_eq!(row("me")["timeout_set_at"], place(&folder, "timeout = \"9s\""));
    assert_eq!(row("files")["timeout_set_at"], "default");
    assert_eq!(row("files")["enabled"], false);
}

#[test]
fn a_winner_is_explained_with_all_it_brings_along() {
    let folder = folder();
    let timeout = place(&folder, "timeout = \"7s\"");
    assert_eq!(
        explain(&folder, 0, "GET", "http://shop.test:8080/users/%37?x=1"),
        format!(
            "GET shop.test/users/%37
  read as   /users/7
  domain    shop.test / -> shop, release: selected
  api       GET /users/{{id}}: selected
  result    GET /users/{{id}} of shop in release
  function  shop/users:3
  timeout   7s ({timeout})
  parameter id=%37
  instance  builtin:echo: up
"
        )
    );
}

#[test]
fn what_is_refused_is_explained() {
    let folder = folder();
    for (method, url, story) in [
        (
            "DELETE",
            "http://shop.test/users/7",
            "DELETE shop.test/users/7
  domain    shop.test / -> shop, release: selected
  api       GET /users/{id}: method: it serves `GET`, the request is `DELETE`
  result    method not allowed; allowed are: GET, HEAD
  answer    405 method_not_allowed
",
        ),
        (
            "GET",
            "http://other.test/",
            "GET other.test/\n  result    no service has this host and base path\n  answer    404 no_service\n",
        ),
    ] {
        assert_eq!(explain(&folder, 1, method, url), story);
    }
    let ambiguous = explain(&folder, 1, "POST", "http://shop.test/users/me;v=2");
    for line in [
        "  reading   `;` parameters dropped: /users/me -> POST =/users/me of shop in release: DIFFERS\n",
        "  result    the path can be read in two ways: ",
    ] {
        assert!(ambiguous.contains(line), "{ambiguous}");
    }
    assert!(!ambiguous.contains("  function "), "{ambiguous}");
    let disabled = explain(&folder, 1, "PUT", "http://shop.test/files/a");
    assert!(disabled.contains("disabled: it keeps its place and answers 404"), "{disabled}");
}

#[test]
fn a_url_needs_no_scheme() {
    let folder = folder();
    let long = explain(&folder, 0, "GET", "http://shop.test/users/7");
    for url in ["shop.test/users/7", "shop.test:8080/users/7", "https://shop.test/users/7?to=http://a.test/"] {
        assert_eq!(explain(&folder, 0, "GET", url), long, "{url}");
    }
    for url in ["shop.test", "shop.test:8080", "shop.test/?to=http://a.test/"] {
        let story = explain(&folder, 1, "GET", url);
        assert!(story.starts_with("GET shop.test/\n"), "{url}: {story}");
    }
}
