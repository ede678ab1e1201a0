//! A history that is broken, locked or missing: it never stops traffic, and `status` says so.

use std::fs;
use std::path::Path;

use crate::kept::Kept;
use crate::support::client::call;

/// A gateway whose state was changed by `spoil` while it did not run. It was pinned to revision 1, and its files moved on.
#[track_caller]
fn restarted(spoil: impl FnOnce(&Path)) -> Kept {
    let kept = Kept::start();
    kept.says(&["release", "release"]);
    kept.bind("/new");
    let Kept { gateway, folder } = kept;
    drop(gateway);
    spoil(&folder.path().join("state/history"));
    Kept::serve(folder)
}

#[test]
fn a_release_that_cannot_be_read_is_unavailable_and_the_rest_serves() {
    let kept = restarted(|history| fs::remove_dir_all(history.join("releases/release/files")).expect("removed"));
    let answer = call(kept.gateway.address, "GET /orders/7", "shop.test").expect("an answer");
    assert_eq!(answer.status, 503);
    assert!(answer.body.contains("\"reason\":\"release_unavailable\""), "{}", answer.body);
    let status = kept.says(&["status"]);
    assert!(status.contains("environment release: UNAVAILABLE: revision 1 cannot be served"), "{status}");
    let explained = kept.refuses(&["explain", "GET", "http://shop.test/orders/7"], 1);
    assert_eq!(explained, "");
    kept.says(&["follow", "release"]);
    assert_eq!((kept.status("/orders/7"), kept.status("/new")), (200, 200));
}

#[test]
fn a_history_that_cannot_be_used_is_off() {
    type Spoil = fn(&Path);
    let cases: [(Spoil, &str); 3] = [
        (
            |history| fs::write(history.join("VERSION"), "99\n").expect("written"),
            "has version 99, and this fngate knows 1",
        ),
        (
            |history| {
                fs::remove_dir_all(history).expect("removed");
                fs::write(history, "a file").expect("written");
            },
            "the history cannot use",
        ),
        (|history| fs::write(history.join("VERSION"), "nonsense\n").expect("written"), "does not hold the version"),
    ];
    for (spoil, said) in cases {
        let kept = restarted(spoil);
        let status = kept.says(&["status"]);
        assert!(status.contains("no history: ") && status.contains(said), "{said}: {status}");
        // Without the releases that it held, the environment serves what the files say, or nothing that could be wrong.
        assert!([200, 503].contains(&kept.status("/orders/7")), "{said}");
        // Edits go on without it, and numbers with them.
        kept.bind("/newer");
        let refused = kept.refuses(&["rollback", "1"], 1);
        assert!(refused.contains("there is no history"), "{refused}");
    }
}

#[test]
fn a_release_stays_whatever_becomes_of_its_directory() {
    type Spoil = fn(&Path);
    let cases: [Spoil; 4] = [
        |history| fs::remove_dir_all(history).expect("removed"),
        |history| fs::remove_dir_all(history.join("releases")).expect("removed"),
        |history| fs::write(history.join("releases/release/meta.toml"), "garbage").expect("written"),
        |history| fs::remove_dir_all(history.join("releases/release/files")).expect("removed"),
    ];
    for spoil in cases {
        let kept = Kept::start();
        kept.says(&["release", "release"]);
        kept.bind("/new");
        spoil(&kept.folder.path().join("state/history"));
        kept.says(&["reload"]);
        assert_eq!((kept.status("/orders/7"), kept.status("/new")), (200, 404));
        kept.bind("/newer");
        assert_eq!((kept.status("/orders/7"), kept.status("/newer")), (200, 404));
    }
    // A version that is not known is no reason to serve what was not released.
    let kept = restarted(|history| fs::write(history.join("VERSION"), "99\n").expect("written"));
    assert_ne!(kept.status("/new"), 200);
}

#[test]
fn two_gateways_do_not_share_a_history() {
    let kept = Kept::start();
    let other = Kept::start_beside(&kept);
    let status = other.says(&["status"]);
    assert!(status.contains("no history: another process uses the history"), "{status}");
    assert_eq!((kept.status("/orders/7"), other.status("/orders/7")), (200, 200));
    assert!(!kept.says(&["status"]).contains("no history"));
}

#[test]
fn what_needs_attention_is_part_of_the_status() {
    let kept = Kept::start();
    let file = kept.folder.path().join("services/shop.toml");
    let good = fs::read_to_string(&file).expect("a file");
    fs::write(&file, format!("{good}\n[[function]]\nname = \"idle\"\ninstances = [\"http://127.0.0.1:9\"]\n"))
        .expect("written");
    let reloaded = kept.says(&["reload"]);
    assert!(reloaded.contains("no API uses the function `default/idle:$LATEST`"), "{reloaded}");
    assert!(kept.says(&["status"]).contains("warning: ") && kept.says(&["status"]).contains("no API uses"));
    fs::write(kept.folder.file(), format!("{}[gateway]\nworkers = 7\n", kept.file("fngate.toml"))).expect("written");
    kept.says(&["reload"]);
    let status = kept.says(&["status"]);
    assert!(status.contains("pending: `gateway.workers` changed: restart to apply"), "{status}");
    assert_eq!(status.matches("restart to apply").count(), 1, "{status}");
    // Nobody listens there, and nothing was known of it before a request came.
    let idle = "[[service.api]]\npath = \"/idle\"\nfunction = \"idle\"\n";
    let function = "[[function]]\nname = \"idle\"\ninstances = [\"http://127.0.0.1:9\"]\nstart_wait = \"0s\"\n";
    fs::write(&file, format!("{good}\n{idle}\n{function}")).expect("written");
    kept.says(&["reload"]);
    let silent = "the instance `http://127.0.0.1:9` of the function `default/idle:$LATEST` has never answered";
    assert!(!kept.says(&["status"]).contains(silent));
    assert_eq!(kept.status("/idle"), 502);
    assert!(kept.says(&["status"]).contains(silent) && kept.says(&["reload"]).contains(silent));
    fs::write(&file, format!("{good}\nnonsense")).expect("written");
    kept.refuses(&["reload"], 78);
    let status = kept.says(&["status"]);
    assert!(status.contains("REFUSED at ") && status.contains("services/shop.toml:"), "{status}");
    assert_eq!(kept.status("/orders/7"), 200);
    let refused = kept.refuses(&["bind", "GET", "/x", "--service", "shop", "--function", "orders"], 1);
    assert!(
        refused.contains("the configuration files have errors and the last load was refused; fix them first"),
        "{refused}"
    );
    fs::write(&file, good).expect("written");
    kept.says(&["reload"]);
    assert!(!kept.says(&["status"]).contains("REFUSED"));
}
