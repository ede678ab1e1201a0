//! Releases: what environments are pinned to.

use std::fs;

use super::super::{History, HistoryError, Release};
use super::{data, documents, folder, open};
use crate::config::Environment::{Prepub, Release as Production, Test};

#[test]
fn a_pin_has_a_copy_of_its_own() {
    let folder = folder();
    let mut history = History::open(folder.path(), 1).expect("opened");
    history.record(&data("one")).expect("recorded");
    let first = history.get(1).expect("a revision");
    history.pin(Production, &first, "ann", "stable").expect("pinned");
    history.record(&data("two")).expect("recorded");
    assert!(history.get(1).is_err(), "it is gone from the revisions");
    fs::remove_dir_all(folder.path().join("revisions")).expect("removed");
    for _ in 0..2 {
        let releases = history.releases();
        assert_eq!(releases.len(), 1);
        let Release::Pinned { revision: 1, stamp, documents: Ok(pinned) } = &releases[&Production] else {
            panic!("{releases:?}")
        };
        assert_eq!((stamp.author.as_str(), stamp.note.as_str()), ("ann", "stable"));
        assert_eq!(*pinned, documents("one"));
        drop(history);
        history = open(folder.path());
    }
    assert_eq!(history.record(&data("three")).expect("recorded"), 3);
}

#[test]
fn an_environment_is_pinned_unreleased_and_follows_again() {
    let folder = folder();
    let mut history = open(folder.path());
    for text in ["one", "two"] {
        history.record(&data(text)).expect("recorded");
    }
    let revisions = [history.get(1).expect("a revision"), history.get(2).expect("a revision")];
    let state = |history: &History| {
        let state = |release: &Release| match release {
            Release::Pinned { revision, documents, .. } => format!("{revision} {}", documents.is_ok()),
            Release::Unreleased { stamp } => format!("- {}", stamp.note),
            Release::Unknown { error } => error.to_string(),
        };
        history
            .releases()
            .iter()
            .map(|(environment, release)| format!("{} {}", environment.as_str(), state(release)))
            .collect::<Vec<_>>()
    };
    history.follow(Test).expect("nothing to do");
    assert_eq!(state(&history), [""; 0]);
    history.pin(Test, &revisions[0], "ann", "").expect("pinned");
    history.pin(Production, &revisions[0], "ann", "").expect("pinned");
    history.pin(Production, &revisions[1], "ann", "").expect("pinned again");
    history.unrelease(Prepub, "ann", "closed").expect("unreleased");
    assert_eq!(state(&history), ["release 2 true", "prepub - closed", "test 1 true"]);
    history.unrelease(Test, "ann", "off").expect("unreleased");
    history.follow(Production).expect("follows");
    assert_eq!(state(&history), ["prepub - closed", "test - off"]);
    history.pin(Test, &revisions[1], "ann", "").expect("pinned");
    drop(history);
    let history = open(folder.path());
    assert_eq!(state(&history), ["prepub - closed", "test 2 true"]);
    let mut left: Vec<_> = fs::read_dir(folder.path().join("releases")).expect("a folder").flatten().collect();
    left.retain(|entry| entry.file_name().to_string_lossy().starts_with('.'));
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(History::releases_in(folder.path()).len(), 2, "also without the lock");
}

#[test]
fn a_pin_that_cannot_be_read_hides_no_other() {
    let folder = folder();
    let mut history = open(folder.path());
    history.record(&data("one")).expect("recorded");
    let revision = history.get(1).expect("a revision");
    for environment in [Production, Prepub, Test] {
        history.pin(environment, &revision, "ann", "").expect("pinned");
    }
    let at = |name: &str| folder.path().join("releases").join(name);
    fs::remove_file(at("release/files/services/a.toml")).expect("removed");
    fs::write(at("prepub/meta.toml"), "state = \"pinned\"\n").expect("written");
    let releases = history.releases();
    assert!(
        matches!(&releases[&Production], Release::Pinned { revision: 1, documents: Err(HistoryError::Io { .. }), .. }),
        "{releases:?}"
    );
    assert!(matches!(&releases[&Prepub], Release::Unknown { error: HistoryError::Damaged { .. } }), "{releases:?}");
    assert!(matches!(&releases[&Test], Release::Pinned { documents: Ok(_), .. }), "{releases:?}");
    // Files that are not those that were pinned are as bad as none.
    fs::write(at("test/files/services/a.toml"), "changed").expect("written");
    let releases = history.releases();
    assert!(matches!(&releases[&Test], Release::Pinned { documents: Err(HistoryError::Damaged { .. }), .. }));
    // Each can be replaced and taken away.
    history.pin(Production, &revision, "ann", "").expect("pinned");
    history.follow(Prepub).expect("follows");
    history.unrelease(Test, "ann", "").expect("unreleased");
    let releases = history.releases();
    assert!(matches!(&releases[&Production], Release::Pinned { documents: Ok(_), .. }), "{releases:?}");
    assert_eq!(releases.len(), 2);
}

#[test]
fn a_pin_that_was_interrupted_is_still_the_old_one() {
    let folder = folder();
    let mut history = open(folder.path());
    history.record(&data("one")).expect("recorded");
    history.pin(Test, &history.get(1).expect("a revision"), "ann", "").expect("pinned");
    let at = |name: &str| folder.path().join("releases").join(name);
    // As where the file system cannot exchange names.
    fs::rename(at("test"), at(".old-test")).expect("renamed");
    fs::create_dir(at(".new-test")).expect("a folder");
    let pinned =
        |history: &History| matches!(history.releases().get(&Test), Some(Release::Pinned { documents: Ok(_), .. }));
    assert!(pinned(&history), "also before it is settled");
    drop(history);
    assert!(pinned(&open(folder.path())));
    assert!(at("test").is_dir() && !at(".new-test").exists());
}
