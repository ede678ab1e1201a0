//! Revisions: what they are, how many stay, and how they are numbered.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use tokio::time::Instant;

use super::super::{History, HistoryError};
use super::{data, documents, folder, open};

#[test]
fn a_revision_is_what_was_recorded() {
    let folder = folder();
    let mut history = open(folder.path());
    assert!(history.list().is_empty() && history.newest().is_none());
    assert_eq!(history.record(&data("one")).expect("recorded"), 1);
    assert_eq!(history.record(&data("two")).expect("recorded"), 2);
    for _ in 0..2 {
        let numbers: Vec<_> = history.list().iter().map(|meta| meta.number).collect();
        assert_eq!(numbers, [2, 1], "the newest first");
        let revision = history.get(1).expect("a revision");
        assert_eq!(revision.documents, documents("one"), "in their order");
        assert_eq!(revision.documents.main().path.to_str(), Some("/etc/fngate/fngate.toml"));
        assert_eq!((revision.meta.author.as_str(), revision.meta.note.as_str()), ("ann", "a \"note\"\nof two lines"));
        assert_eq!(history.newest(), Some(&history.get(2).expect("a revision").meta));
        assert!(matches!(history.get(3), Err(HistoryError::Missing { number: 3 })));
        drop(history);
        history = open(folder.path());
    }
}

#[test]
fn it_can_be_read_with_the_eye() {
    let folder = folder();
    let place = folder.path().join("history");
    let mut history = open(&place);
    history.record(&data("one = 1\n")).expect("recorded");
    let at = |name: &str| place.join(name);
    let text = |name: &str| fs::read_to_string(at(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(text("VERSION"), "1\n");
    assert_eq!(text("revisions/000001/files/fngate.toml"), "# main");
    assert_eq!(text("revisions/000001/files/services/a.toml"), "one = 1\n");
    assert_eq!(text("revisions/000001/files/%%2Fsrv%2Fedits%2Fb.toml"), "# edits");
    let meta: toml::Table = text("revisions/000001/meta.toml").parse().expect("TOML");
    assert_eq!(meta["number"].as_integer(), Some(1));
    assert_eq!(meta["author"].as_str(), Some("ann"));
    assert_eq!(meta["hash"].as_str().map(str::len), Some(64));
    let time = meta["time"].as_str().expect("a time");
    let now = jiff::Timestamp::now().as_second();
    assert!((now - time.parse::<jiff::Timestamp>().expect("RFC 3339").as_second()).abs() < 60, "{time}");
    let file = &meta["file"].as_array().expect("a list")[2];
    assert_eq!(file["path"].as_str(), Some("/srv/edits/b.toml"));
    let mode = |name: &str| fs::metadata(at(name)).expect(name).permissions().mode() & 0o777;
    for name in ["", "revisions", "releases", "revisions/000001", "revisions/000001/files/services"] {
        assert!(mode(name) == 0o700, "{name}: {:o}", mode(name));
    }
    for name in ["VERSION", "COUNTER", "lock", "revisions/000001/meta.toml", "revisions/000001/files/fngate.toml"] {
        assert!(mode(name) == 0o600, "{name}: {:o}", mode(name));
    }
}

#[test]
fn the_same_again_is_no_revision() {
    let folder = folder();
    let mut history = open(folder.path());
    assert_eq!(history.record(&data("one")).expect("recorded"), 1);
    let mut again = data("one");
    again.note = "another note".to_owned();
    assert_eq!(history.record(&again).expect("known"), 1);
    assert_eq!(history.record(&data("two")).expect("recorded"), 2);
    assert_eq!(history.record(&data("one")).expect("recorded"), 3, "only the newest counts");
    drop(history);
    assert_eq!(open(folder.path()).record(&data("one")).expect("known"), 3);
}

#[test]
fn the_oldest_go_and_numbers_go_on() {
    let folder = folder();
    let mut history = History::open(folder.path(), 3).expect("opened");
    for number in 1..=5 {
        assert_eq!(history.record(&data(&number.to_string())).expect("recorded"), number);
    }
    let numbers = |history: &History| history.list().iter().map(|meta| meta.number).collect::<Vec<_>>();
    assert_eq!(numbers(&history), [5, 4, 3]);
    assert_eq!(fs::read_dir(folder.path().join("revisions")).expect("a folder").count(), 3);
    drop(history);
    let mut history = History::open(folder.path(), 1).expect("opened");
    assert_eq!(numbers(&history), [5]);
    drop(history);
    // Whoever removes them all does not make a number come again.
    fs::remove_dir_all(folder.path().join("revisions/000005")).expect("removed");
    history = History::open(folder.path(), 1).expect("opened");
    assert_eq!(history.record(&data("more")).expect("recorded"), 6);
}

#[test]
fn one_process_uses_it() {
    let folder = folder();
    let history = open(folder.path());
    let error = History::open(folder.path(), 1).expect_err("in use");
    assert!(matches!(error, HistoryError::Locked { pid: Some(pid), .. } if pid == std::process::id()), "{error:?}");
    assert!(error.to_string().contains(&std::process::id().to_string()));
    drop(history);
    open(folder.path());
}

#[test]
fn a_thousand_revisions_are_quick() {
    // In memory, if there is a place: what is measured is not the disk.
    let folder = tempfile::tempdir_in("/dev/shm").unwrap_or_else(|_| folder());
    let mut history = History::open(folder.path(), 1000).expect("opened");
    let start = Instant::now();
    for number in 1..=1005 {
        history.record(&data(&number.to_string())).expect("recorded");
    }
    let recorded = start.elapsed();
    drop(history);
    let start = Instant::now();
    let history = History::open(folder.path(), 1000).expect("opened");
    let opened = start.elapsed();
    let start = Instant::now();
    let list = history.list();
    let listed = start.elapsed();
    assert_eq!((list.len(), list[0].number, list[999].number), (1000, 1005, 6));
    println!("1005 recorded in {recorded:?}, 1000 opened in {opened:?}, listed in {listed:?}");
    // Far above what it takes; a look at every file of all of them would be more.
    assert!(recorded.as_secs() < 60 && opened.as_secs() < 5 && listed.as_millis() < 100);
}
