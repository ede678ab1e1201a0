//! Histories that are damaged, full, of another version, or not to be written.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::super::{Document, Documents, History, HistoryError, RevisionData};
use super::{data, document, folder, open};

/// A small file system of its own; `None` where this user may not mount one.
struct Mount(PathBuf);

impl Mount {
    fn new(at: &Path, options: &str) -> Option<Self> {
        let done = Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(at).output();
        done.is_ok_and(|done| done.status.success()).then(|| Self(at.to_owned()))
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).output();
    }
}

fn numbers(history: &History) -> Vec<u64> {
    history.list().iter().map(|meta| meta.number).collect()
}

#[test]
fn a_damaged_revision_hurts_no_other() {
    let meta = |folder: &Path| folder.join("revisions/000002/meta.toml");
    let good = |folder: &Path| fs::read_to_string(meta(folder)).expect("a file");
    let write = |folder: &Path, text: &str| fs::write(meta(folder), text).expect("written");
    type Damage<'a> = (&'a str, &'a dyn Fn(&Path));
    let damages: [Damage<'_>; 9] = [
        ("gone", &|folder| fs::remove_file(meta(folder)).expect("removed")),
        ("empty", &|folder| write(folder, "")),
        ("garbage", &|folder| fs::write(meta(folder), [0xff, 0, 1]).expect("written")),
        ("another number", &|folder| write(folder, &good(folder).replace("number = 2", "number = 7"))),
        ("no time", &|folder| write(folder, &good(folder).replace("time = \"2", "time = \"x"))),
        ("an unknown key", &|folder| write(folder, &format!("more = 1\n{}", good(folder)))),
        ("a path for a name", &|folder| {
            write(folder, &good(folder).replace("name = \"fngate.toml\"", "name = \"../../../x\""))
        }),
        ("a directory", &|folder| {
            fs::remove_file(meta(folder)).expect("removed");
            fs::create_dir(meta(folder)).expect("made");
        }),
        ("a file in its place", &|folder| {
            fs::remove_dir_all(folder.join("revisions/000002")).expect("removed");
            fs::write(folder.join("revisions/000002"), "").expect("written");
        }),
    ];
    for (what, damage) in damages {
        let folder = folder();
        let mut history = open(folder.path());
        for text in ["one", "two", "three"] {
            history.record(&data(text)).expect("recorded");
        }
        drop(history);
        damage(folder.path());
        let mut history = open(folder.path());
        assert_eq!((numbers(&history), history.damaged()), (vec![3, 1], vec![2]), "{what}");
        let error = history.get(2).expect_err(what);
        assert!(matches!(error, HistoryError::Damaged { .. } | HistoryError::Io { .. }), "{what}: {error:?}");
        history.get(1).expect(what);
        assert_eq!(history.record(&data("four")).expect(what), 4);
        drop(history);
        // It goes like the others when it is old.
        let history = History::open(folder.path(), 2).expect("opened");
        assert_eq!((numbers(&history), history.damaged()), (vec![4, 3], vec![]), "{what}");
    }
}

#[test]
fn files_that_were_changed_are_not_taken_for_what_they_were() {
    let folder = folder();
    let mut history = open(folder.path());
    history.record(&data("one")).expect("recorded");
    let file = folder.path().join("revisions/000001/files/services/a.toml");
    fs::write(&file, "changed").expect("written");
    assert!(matches!(history.get(1), Err(HistoryError::Damaged { .. })));
    fs::remove_file(&file).expect("removed");
    assert!(matches!(history.get(1), Err(HistoryError::Io { path, .. }) if path == file));
}

#[test]
fn what_interrupted_processes_left_is_removed_and_strangers_are_left_alone() {
    let folder = folder();
    drop(open(folder.path()));
    let at = |name: &str| folder.path().join("revisions").join(name);
    for name in [".new-000007", ".gone-000001", "notes", "7", "0000008"] {
        fs::create_dir(at(name)).expect("a folder");
    }
    let mut history = open(folder.path());
    assert!(numbers(&history).is_empty() && history.damaged().is_empty());
    assert!(!at(".new-000007").exists() && !at(".gone-000001").exists());
    assert!(at("notes").exists() && at("7").exists() && at("0000008").exists());
    assert_eq!(history.record(&data("one")).expect("recorded"), 1);
}

#[test]
fn another_version_is_left_alone() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("VERSION"), "2\n").expect("written");
    let error = History::open(folder.path(), 1).expect_err("newer");
    assert!(matches!(error, HistoryError::Newer { found: 2, .. }), "{error:?}");
    assert!(error.to_string().contains("version 2, and this fngate knows 1"), "{error}");
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1, "nothing was written");
    assert!(History::releases_in(folder.path()).is_empty());
    for text in ["", "one", "-1", "0", "1.0"] {
        fs::write(at("VERSION"), text).expect("written");
        assert!(matches!(History::open(folder.path(), 1), Err(HistoryError::Version { .. })), "{text}");
    }
    fs::remove_file(at("VERSION")).expect("removed");
    fs::create_dir(at("revisions")).expect("made");
    assert!(matches!(History::open(folder.path(), 1), Err(HistoryError::Version { .. })), "someone else's");
}

#[test]
fn a_counter_that_is_lost_is_no_end() {
    let folder = folder();
    let mut history = open(folder.path());
    history.record(&data("one")).expect("recorded");
    for text in [None, Some(""), Some("x"), Some("0"), Some("18446744073709551616")] {
        drop(history);
        let counter = folder.path().join("COUNTER");
        match text {
            Some(text) => fs::write(&counter, text).expect("written"),
            None => fs::remove_file(&counter).expect("removed"),
        }
        history = open(folder.path());
        let newest = history.newest().expect("a revision").number;
        assert_eq!(history.record(&data(&format!("{text:?}"))).expect("recorded"), newest + 1, "{text:?}");
    }
}

#[test]
fn a_place_that_is_no_directory_is_an_error() {
    let folder = folder();
    let file = folder.path().join("file");
    fs::write(&file, "").expect("written");
    for place in [file.clone(), file.join("below")] {
        let error = History::open(&place, 1).expect_err("no directory");
        assert!(matches!(error, HistoryError::Io { .. }), "{error:?}");
    }
    let deep = folder.path().join("a/b/c");
    assert!(History::releases_in(&deep).is_empty());
    assert_eq!(open(&deep).record(&data("one")).expect("recorded"), 1);
}

#[test]
fn a_full_disk_loses_nothing() {
    let folder = folder();
    let Some(_mount) = Mount::new(folder.path(), "size=1m") else { return };
    let mut history = History::open(folder.path(), 100).expect("opened");
    let large = |text: &str| {
        let content = text.repeat(60_000 / text.len()).into_bytes();
        let main = Document { path: "/etc/fngate/fngate.toml".into(), content };
        RevisionData { documents: Documents::new(main, Vec::new()), author: String::new(), note: String::new() }
    };
    let mut recorded = 0;
    let error = loop {
        match history.record(&large(&format!("{recorded} "))) {
            Ok(number) => recorded = number,
            Err(error) => break error,
        }
    };
    assert!(
        matches!(&error, HistoryError::Io { source, .. } if source.kind() == std::io::ErrorKind::StorageFull),
        "{error:?}"
    );
    assert!(recorded > 5, "{recorded}");
    let first = history.get(1).expect("the others are there");
    assert!(history.pin(crate::config::Environment::Test, &first, "", "").is_err());
    assert!(history.releases().is_empty());
    assert_eq!(history.list().len() as u64, recorded);
    drop(history);
    // Fewer of them make room.
    let mut history = History::open(folder.path(), 3).expect("opened, though the disk is full");
    assert_eq!(numbers(&history), [recorded, recorded - 1, recorded - 2]);
    assert!(history.record(&large("more ")).expect("recorded") > recorded);
}

#[test]
fn a_read_only_disk_still_shows_its_releases() {
    let folder = folder();
    let Some(mount) = Mount::new(folder.path(), "size=1m") else { return };
    let mut history = open(folder.path());
    history.record(&data("one")).expect("recorded");
    history.pin(crate::config::Environment::Test, &history.get(1).expect("a revision"), "", "").expect("pinned");
    drop(history);
    let done = Command::new("mount").args(["-o", "remount,ro"]).arg(&mount.0).output().expect("mount runs");
    assert!(done.status.success(), "{done:?}");
    let error = History::open(folder.path(), 1).expect_err("read-only");
    assert!(matches!(error, HistoryError::Io { .. }), "{error:?}");
    assert_eq!(History::releases_in(folder.path()).len(), 1);
}

#[test]
fn a_path_that_toml_cannot_hold_is_an_error() {
    use std::os::unix::ffi::OsStrExt;
    let folder = folder();
    let mut history = open(folder.path());
    let path = Path::new(std::ffi::OsStr::from_bytes(b"/etc/fngate/\xff.toml")).to_owned();
    let other = Document { path, content: Vec::new() };
    let documents = Documents::new(document("/etc/fngate/fngate.toml", ""), vec![other]);
    let data = RevisionData { documents, author: String::new(), note: String::new() };
    assert!(matches!(history.record(&data), Err(HistoryError::Name { .. })));
    assert!(history.list().is_empty());
}
