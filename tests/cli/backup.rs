//! A copy of the state, restored into a new gateway.

use std::fs;
use std::path::Path;

use crate::kept::Kept;
use crate::support::gateway::Folder;

/// Copies a folder with everything below it.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).expect("a copy");
        }
    }
}

#[test]
fn a_restored_gateway_goes_on_where_the_copy_was_made() {
    let kept = Kept::start();
    kept.bind("/released");
    kept.says(&["release", "release"]);
    kept.bind("/later");
    // While it runs.
    let backup = tempfile::tempdir().expect("a folder");
    copy(kept.folder.path(), backup.path());
    let before = kept.says(&["history"]);
    kept.bind("/lost");
    drop(kept);

    let folder = Folder::new("");
    copy(backup.path(), folder.path());
    let restored = Kept::serve(folder);
    assert_eq!((restored.status("/released"), restored.status("/later")), (200, 404), "release is pinned");
    assert!(restored.says(&["status"]).contains("environment release: pinned to revision 2"));
    // The configuration is the same; its files are elsewhere here, which makes a revision.
    let numbers = |history: &str| -> Vec<u64> {
        history.lines().map(|line| line.split(' ').next().expect("a word").parse().expect("a number")).collect()
    };
    let after = numbers(&restored.says(&["history"]));
    assert!(after.ends_with(&numbers(&before)), "{after:?}");
    restored.bind("/next");
    let next = numbers(&restored.says(&["history"]))[0];
    assert_eq!(next, after[0] + 1);
    restored.says(&["follow", "release"]);
    assert_eq!((restored.status("/later"), restored.status("/next"), restored.status("/lost")), (200, 200, 404));
    restored.says(&["rollback", "1"]);
    assert_eq!((restored.status("/released"), restored.status("/orders/7")), (404, 200));
}

#[test]
fn a_history_of_a_newer_version_is_left_alone_and_stops_no_traffic() {
    let kept = Kept::start();
    kept.bind("/one");
    let Kept { gateway, folder } = kept;
    drop(gateway);
    let version = folder.path().join("state/history/VERSION");
    fs::write(&version, "99\n").expect("written");
    let kept = Kept::serve(folder);
    assert_eq!((kept.status("/one"), kept.status("/orders/7")), (200, 200));
    let status = kept.says(&["status"]);
    assert!(status.contains("no history: ") && status.contains("has version 99"), "{status}");
    assert!(kept.refuses(&["rollback", "1"], 1).contains("has version 99"));
    kept.bind("/two");
    assert_eq!(kept.status("/two"), 200);
    assert_eq!(fs::read_to_string(version).expect("a file"), "99\n");
}
