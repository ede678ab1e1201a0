//! Places where nothing can be written, and journals that nobody wrote.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::Path;
use std::process::Command;

use super::super::effect::faults::{kill, with};
use super::super::{Recovered, Store, WriteError, is_writable};
use super::{Stand, files};

/// A mount that ends with the test.
struct Mount(std::path::PathBuf);

impl Mount {
    /// `None` where this user may not mount.
    fn new(arguments: &[&str], at: &Path) -> Option<Self> {
        let done = Command::new("mount").args(arguments).arg(at).output().ok()?.status.success();
        done.then(|| Self(at.to_owned()))
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).output();
    }
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[test]
fn a_file_keeps_its_mode_and_owner_and_a_new_one_is_for_the_group_to_read() {
    let stand = Stand::new(&[("a.toml", "old")]);
    fs::set_permissions(stand.at("a.toml"), fs::Permissions::from_mode(0o604)).expect("changed");
    if is_root() {
        chown(stand.at("a.toml"), Some(7), Some(8)).expect("given away");
    }
    let before = fs::metadata(stand.at("a.toml")).expect("a file");
    let writes = [stand.write("a.toml", Some("old"), Some("new")), stand.write("b.toml", None, Some("new"))];
    stand.store.write(&writes).expect("written");
    let rights = |found: &fs::Metadata| (found.mode() & 0o7777, found.uid(), found.gid());
    assert_eq!(rights(&fs::metadata(stand.at("a.toml")).expect("a file")), rights(&before));
    assert_eq!(fs::metadata(stand.at("b.toml")).expect("a file").mode() & 0o7777, 0o640);
}

#[test]
fn what_is_not_as_expected_is_left_alone() {
    let old = [("a.toml", "old"), ("b.toml", "old")];
    let stand = Stand::new(&old);
    let good = || stand.write("a.toml", Some("old"), Some("new"));
    for (name, expected, content) in [
        ("b.toml", Some("other"), Some("new")),
        ("b.toml", Some("other"), None),
        ("b.toml", None, Some("new")),
        ("b.toml", None, None),
        ("none.toml", Some(""), Some("new")),
        ("none.toml", Some(""), None),
    ] {
        let error = stand.store.write(&[good(), stand.write(name, expected, content)]).expect_err(name);
        assert!(matches!(&error, WriteError::Changed { path } if *path == stand.at(name)), "{error:?}");
        assert_eq!((stand.files(), stand.journals()), (files(&old), Vec::new()), "{name}");
    }
}

#[test]
fn the_file_behind_a_link_is_written() {
    let stand = Stand::new(&[("a.toml", "old")]);
    symlink("a.toml", stand.at("link.toml")).expect("a link");
    let twice = [stand.write("a.toml", Some("old"), Some("1")), stand.write("link.toml", Some("old"), Some("2"))];
    assert!(matches!(stand.store.write(&twice), Err(WriteError::Twice { .. })));
    stand.store.write(&[stand.write("link.toml", Some("old"), Some("new"))]).expect("written");
    assert_eq!(stand.files(), files(&[("a.toml", "new"), ("link.toml", "new")]));
    assert!(stand.at("link.toml").is_symlink());
    symlink("nothing.toml", stand.at("dangling.toml")).expect("a link");
    let error = stand.store.write(&[stand.write("dangling.toml", None, Some("new"))]).expect_err("a link to nothing");
    assert!(matches!(error, WriteError::Io { .. }), "{error:?}");
    assert!(!is_writable(&stand.at("dangling.toml")));
}

#[test]
fn a_config_map_is_read_only() {
    let stand = Stand::new(&[]);
    fs::create_dir(stand.at("..2024_05_01")).expect("a folder");
    stand.put("..2024_05_01/fngate.toml", "old");
    symlink("..2024_05_01", stand.at("..data")).expect("a link");
    symlink("..data/fngate.toml", stand.at("fngate.toml")).expect("a link");
    let error = stand.store.write(&[stand.write("fngate.toml", Some("old"), Some("new"))]).expect_err("read-only");
    assert!(matches!(error, WriteError::ReadOnly { .. }), "{error:?}");
    assert!(!is_writable(&stand.at("fngate.toml")));
    assert!(is_writable(&stand.at("conf.d/new.toml")), "beside it anything goes");
}

#[test]
fn a_directory_in_the_way_stays() {
    let stand = Stand::new(&[("a.toml", "old"), ("file", "")]);
    fs::create_dir(stand.at("b.toml")).expect("a folder");
    for (name, expected) in [("b.toml", None), ("b.toml", Some("old")), ("file/c.toml", None)] {
        let writes = [stand.write("a.toml", Some("old"), Some("new")), stand.write(name, expected, Some("new"))];
        stand.store.write(&writes).expect_err(name);
        assert_eq!((stand.files(), stand.journals()), (files(&[("a.toml", "old"), ("file", "")]), Vec::new()));
        assert!(!is_writable(&stand.at(name)), "{name}");
    }
    assert!(stand.at("b.toml").is_dir());
}

#[test]
fn files_that_others_left_are_not_touched() {
    let left = [(".a.toml.swp", "an editor's"), (".fngate-0000000000000000-0.spare", "another's"), ("a.toml", "old")];
    let stand = Stand::new(&left);
    stand.store.write(&[stand.write("a.toml", Some("old"), Some("new"))]).expect("written");
    stand.recover().expect("nothing to do");
    assert_eq!(stand.files(), files(&[left[0], left[1], ("a.toml", "new")]));
}

#[test]
fn a_read_only_mount_is_no_place_to_write() {
    let stand = Stand::new(&[("a.toml", "old")]);
    let place = stand.at("").display().to_string();
    let Some(_mount) = Mount::new(&["--bind", "-o", "ro", &place], &stand.at("")) else { return };
    assert!(!is_writable(&stand.at("a.toml")) && !is_writable(&stand.at("new.toml")));
    let error = stand.store.write(&[stand.write("a.toml", Some("old"), Some("new"))]).expect_err("read-only");
    assert!(matches!(error, WriteError::ReadOnly { .. }), "{error:?}");
    assert_eq!(stand.journals(), [""; 0]);
}

/// As `docker run -v FILE:FILE` does.
#[test]
fn a_file_that_is_mounted_by_itself_is_read_only() {
    let stand = Stand::new(&[("a.toml", "old"), ("b.toml", "old")]);
    let Some(_mount) = Mount::new(&["--bind", &stand.at("b.toml").display().to_string()], &stand.at("a.toml")) else {
        return;
    };
    assert!(!is_writable(&stand.at("a.toml")));
    let error = stand.store.write(&[stand.write("a.toml", Some("old"), Some("new"))]).expect_err("read-only");
    assert!(matches!(error, WriteError::ReadOnly { .. }), "{error:?}");
    assert_eq!((stand.files()["a.toml"].as_str(), stand.journals()), ("old", Vec::new()));
}

#[test]
fn a_full_disk_changes_nothing() {
    let stand = Stand::new(&[]);
    let Some(_mount) = Mount::new(&["-t", "tmpfs", "-o", "size=256k", "tmpfs"], &stand.at("")) else { return };
    let old = [("a.toml", "old"), ("b.toml", "old")];
    old.iter().for_each(|(name, text)| stand.put(name, text));
    let large = "x".repeat(150_000);
    let writes = [stand.write("a.toml", Some("old"), Some(&large)), stand.write("b.toml", Some("old"), Some(&large))];
    let error = stand.store.write(&writes).expect_err("no space");
    assert!(matches!(&error, WriteError::Io { path, .. } if *path == stand.at("b.toml")), "{error:?}");
    assert_eq!((stand.files(), stand.journals()), (files(&old), Vec::new()));
    stand.store.write(&writes[..1]).expect("one has space");
}

#[test]
fn a_full_disk_for_the_journal_changes_nothing() {
    let stand = Stand::new(&[("a.toml", "old")]);
    let journals = stand.folder.path().join("journals");
    let Some(_mount) = Mount::new(&["-t", "tmpfs", "-o", "size=4k,nr_inodes=2", "tmpfs"], &journals) else { return };
    let error = stand.store.write(&[stand.write("a.toml", Some("old"), Some("new"))]).expect_err("no space");
    assert!(matches!(&error, WriteError::Io { path, .. } if *path == journals), "{error:?}");
    assert_eq!(stand.files(), files(&[("a.toml", "old")]));
}

/// Nobody but root can be without permission here, and root never is: another user asks.
#[test]
fn a_directory_of_someone_else_is_no_place_to_write() {
    if !is_root() {
        return;
    }
    let stand = Stand::new(&[("a.toml", "old")]);
    for path in [stand.folder.path().to_owned(), stand.at("")] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("changed");
    }
    let journals = stand.folder.path().join("journals");
    fs::set_permissions(&journals, fs::Permissions::from_mode(0o777)).expect("changed");
    let mine = stand.at("mine");
    fs::create_dir(&mine).expect("a folder");
    for name in ["mine/root.toml", "mine/own.toml"] {
        stand.put(name, "old");
    }
    chown(stand.at("mine/own.toml"), Some(7), Some(7)).expect("given away");
    chown(&mine, Some(7), Some(7)).expect("given away");
    // Credentials belong to a thread in Linux.
    std::thread::scope(|scope| {
        scope.spawn(|| {
            become_user_7();
            for (name, is_good) in [
                ("a.toml", false),
                ("new.toml", false),
                ("mine/own.toml", true),
                ("mine/new.toml", true),
                ("mine/new/new.toml", true),
                // What replaces it could not belong to root.
                ("mine/root.toml", false),
            ] {
                let is_new = !stand.at(name).exists();
                assert_eq!(is_writable(&stand.at(name)), is_good, "{name}");
                let write = stand.write(name, (!is_new).then_some("old"), Some("new"));
                match stand.store.write(&[write]) {
                    Ok(()) => assert!(is_good, "{name}"),
                    Err(WriteError::ReadOnly { .. }) => assert!(!is_good, "{name}"),
                    Err(error) => panic!("{name}: {error:?}"),
                }
            }
        });
    });
    assert_eq!(stand.journals(), [""; 0]);
    assert_eq!(stand.files()["a.toml"], "old");
}

/// This thread alone, as rustix does it.
fn become_user_7() {
    use rustix::process::{Gid, Uid};
    rustix::thread::set_thread_groups(&[]).expect("no groups");
    rustix::thread::set_thread_gid(Gid::from_raw(7)).expect("a group");
    rustix::thread::set_thread_uid(Uid::from_raw(7)).expect("a user");
}

#[test]
fn one_writes_at_a_time() {
    let stand = Stand::new(&[("a.toml", "old")]);
    let journals = stand.folder.path().join("journals");
    let lock = super::super::journal::Lock::take(&journals).expect("a lock").expect("free");
    let write = || stand.store.write(&[stand.write("a.toml", Some("old"), Some("new"))]);
    assert!(matches!(write(), Err(WriteError::Busy)));
    assert!(matches!(stand.recover(), Err(WriteError::Busy)));
    drop(lock);
    write().expect("written");
    let gone = Store::new(&stand.at("none"));
    assert!(matches!(gone.write(&[stand.write("a.toml", Some("new"), None)]), Err(WriteError::Io { .. })));
}

#[test]
fn an_unfinished_write_comes_first() {
    let stand = Stand::new(&[("a.toml", "old")]);
    let write = || stand.write("a.toml", Some("old"), Some("new"));
    let steps = 12;
    assert!(with(steps, kill(), || stand.store.write(&[write()])).1);
    assert!(matches!(stand.store.write(&[write()]), Err(WriteError::Unfinished { .. })));
    assert!(stand.recover().expect("recovers").is_some());
    stand.store.write(&[write()]).expect("written");
}

/// A journal is obeyed only for files that may be touched, and only if it is one.
#[test]
fn a_journal_that_nobody_wrote_is_set_aside() {
    let stand = Stand::new(&[("a.toml", "old"), ("victim", "precious")]);
    let outside = stand.folder.path().join("outside");
    fs::write(&outside, "precious").expect("written");
    symlink(".", stand.at("loop")).expect("a link");
    let root = stand.at("").canonicalize().expect("a folder").display().to_string();
    let entry = |path: &str| {
        let digest = super::super::Digest::of(b"precious");
        format!(
            "{{\"version\": 1, \"id\": 1, \"files\": [{{\"path\": \"{path}\", \"old\": null, \"new\": \"{digest}\"}}]}}"
        )
    };
    for journal in [
        String::new(),
        "garbage".to_owned(),
        "{}".to_owned(),
        entry(&format!("{root}victim")).replace("\"version\": 1", "\"version\": 2"),
        entry(&format!("{root}victim")).replace("\"id\": 1", "\"id\": \"../../x\""),
        entry(&format!("{root}victim")).replace("\"id\"", "\"more\": 1, \"id\""),
        entry(&outside.display().to_string()),
        entry(&format!("{root}../outside")),
        entry(&format!("{root}loop/victim")),
        entry("victim"),
        entry("/"),
        entry(""),
    ] {
        for phase in ["preparing", "exchanging", "committed"] {
            let path = stand.folder.path().join("journals").join(format!(".fngate-write.{phase}"));
            fs::write(&path, &journal).expect("written");
            let recovered = stand.recover().expect("recovers");
            let Some(Recovered::Refused { journal: aside, .. }) = recovered else { panic!("{journal}: {recovered:?}") };
            assert_eq!(fs::read_to_string(&aside).expect("it is kept"), journal);
            fs::remove_file(aside).expect("removed");
            assert_eq!(stand.journals(), [""; 0]);
            assert_eq!(fs::read_to_string(&outside).expect("a file"), "precious", "{journal}");
            assert_eq!(stand.files()["victim"], "precious", "{journal}");
        }
    }
}

#[test]
fn what_is_written_is_not_shown() {
    let stand = Stand::new(&[]);
    let shown = format!("{:?}", stand.write("a.toml", Some("secret-1"), Some("secret-2")));
    assert!(!shown.contains("secret") && shown.contains("a.toml"), "{shown}");
}
