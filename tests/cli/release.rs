//! `fngate release`, `unrelease`, `follow` and `releases`.

use crate::kept::{Kept, SHOP};

/// What `fngate releases` says of each environment.
#[track_caller]
fn states(kept: &Kept) -> [String; 3] {
    let list = kept.says(&["releases"]);
    let state = |name: &str| {
        let line = list.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{name} in {list}"));
        line.rsplit_once("  ").expect("columns").1.to_owned()
    };
    ["release ", "prepub ", "test "].map(state)
}

#[test]
fn an_environment_serves_its_revision_while_the_files_move_on() {
    let kept = Kept::start();
    assert_eq!(states(&kept), ["follows revision 1", "follows revision 1", "follows revision 1"]);
    assert_eq!(kept.says(&["release", "release"]), "release: pinned to revision 1\n");
    kept.bind("/new");
    assert_eq!((kept.status("/new"), kept.status("/orders/7")), (404, 200));
    assert_eq!(states(&kept), ["pinned to revision 1", "follows revision 2", "follows revision 2"]);
    let preview = kept.says(&["release", "release", "--revision", "2", "--dry-run"]);
    assert_eq!(preview, "would release the environment release; nothing was changed\n");
    assert_eq!(kept.status("/new"), 404);
    assert_eq!(kept.says(&["release", "release", "--revision", "2"]), "release: pinned to revision 2\n");
    assert_eq!(kept.status("/new"), 200);
    assert_eq!(kept.says(&["unrelease", "release"]), "release: unreleased: its APIs answer 404\n");
    assert_eq!((kept.status("/new"), kept.status("/orders/7")), (404, 404));
    assert_eq!(kept.says(&["follow", "release"]), "release: follows revision 2\n");
    assert_eq!((kept.status("/new"), kept.status("/orders/7")), (200, 200));
    let json: serde_json::Value = serde_json::from_str(&kept.says(&["releases", "--json"])).expect("JSON");
    assert_eq!(json[0]["state"].as_str(), Some("follows"), "{json}");
}

#[test]
fn a_release_outlives_the_process() {
    let kept = Kept::start();
    kept.says(&["release", "release"]);
    kept.bind("/new");
    let Kept { gateway, folder } = kept;
    drop(gateway);
    let kept = Kept::serve(folder);
    assert_eq!((kept.status("/new"), kept.status("/orders/7")), (404, 200));
    assert_eq!(states(&kept)[0], "pinned to revision 1");
}

#[test]
fn what_a_release_needs_is_not_taken_away() {
    let kept = Kept::start();
    kept.says(&["release", "release"]);
    let other = SHOP.replace("\"orders\"", "\"others\"");
    std::fs::write(kept.folder.path().join("services/shop.toml"), other).expect("written");
    let refused = kept.refuses(&["reload"], 78);
    for said in [
        "the environment `release`, pinned to revision 1, cannot be served",
        "there is no function `default/orders`",
        "fngate follow release",
    ] {
        assert!(refused.contains(said), "{said} in {refused}");
    }
    assert_eq!(kept.status("/orders/7"), 200);
    let status = kept.says(&["status"]);
    assert!(status.contains("REFUSED") && status.contains("environment release: pinned to revision 1"), "{status}");
}

#[test]
fn a_release_that_keeps_the_files_from_being_used_can_be_ended() {
    let kept = Kept::start();
    kept.says(&["release", "release"]);
    let other = SHOP.replace("\"orders\"", "\"others\"");
    std::fs::write(kept.folder.path().join("services/shop.toml"), other).expect("written");
    kept.refuses(&["reload"], 78);
    assert!(kept.says(&["status"]).contains("REFUSED at "));
    kept.says(&["follow", "release"]);
    let status = kept.says(&["status"]);
    assert!(!status.contains("REFUSED") && status.contains("revision 2, applied"), "{status}");
    assert!(kept.says(&["functions"]).contains("default/others:$LATEST"));
}

#[test]
fn what_cannot_be_is_refused_in_one_line() {
    let kept = Kept::start();
    for (arguments, code, said) in [
        (&["release", "release", "--revision", "9"][..], 1, "fngate: there is no revision 9"),
        (&["release", "production"], 64, "the environments are release, prepub and test"),
        (&["unrelease"], 64, "<ENVIRONMENT>"),
        (&["follow", "Release"], 64, "the environments are release, prepub and test"),
    ] {
        let err = kept.refuses(arguments, code);
        assert!(err.contains(said), "{arguments:?}: {err}");
    }
}
