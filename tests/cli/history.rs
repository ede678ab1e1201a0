//! `fngate history`, `diff` and `rollback`.

use crate::kept::Kept;
use crate::support::gateway::{Folder, echo};

/// The numbers of all revisions, as the lines begin.
#[track_caller]
fn numbers(kept: &Kept) -> Vec<String> {
    let history = kept.says(&["history"]);
    history.lines().map(|line| line.split(' ').next().expect("a word").to_owned()).collect()
}

#[test]
fn revisions_are_listed_newest_first_with_their_number_in_front() {
    let kept = Kept::start();
    (1..12).for_each(|number| kept.bind(&format!("/p{number}")));
    let expected: Vec<_> = (1..=12).rev().map(|number: u32| number.to_string()).collect();
    assert_eq!(numbers(&kept), expected);
    let history = kept.says(&["history"]);
    let mut lines = history.lines();
    let newest = lines.next().expect("a line");
    for part in ["12 ", "  local  ", "  in use  ", "  /p11"] {
        assert!(newest.contains(part), "{part} in {newest}");
    }
    assert_eq!(history.matches("in use").count(), 1, "{history}");
    assert!(lines.next_back().expect("a line").contains("  file "), "{history}");
    kept.says(&["release", "test", "--revision", "3"]);
    let history = kept.says(&["history"]);
    let pinned = history.lines().find(|line| line.starts_with("3 ")).expect("the revision");
    assert!(pinned.contains("released to test"), "{history}");
    let json: serde_json::Value = serde_json::from_str(&kept.says(&["history", "--json"])).expect("JSON");
    assert_eq!((json[0]["number"].as_u64(), json[9]["pinned"][0].as_str()), (Some(12), Some("test")), "{json}");
}

#[test]
fn a_diff_is_between_any_two_revisions() {
    let kept = Kept::start();
    kept.bind("/one");
    kept.bind("/two");
    let main = "/fngate.toml";
    for (arguments, present, absent) in [
        (&[][..], &["+path = \"/two\""][..], &["/one\"\n+", main][..]),
        (&["3"], &["+path = \"/two\""], &["+path = \"/one\""]),
        (&["2"], &["+path = \"/one\""], &["/two"]),
        (&["1"], &["--- /dev/null", "+name = \"shop\"", main], &["/one"]),
        (&["1", "3"], &["+path = \"/one\"", "+path = \"/two\""], &["\n-"]),
        (&["3", "1"], &["-path = \"/one\"", "-path = \"/two\""], &["\n+path"]),
        (&["2", "2"], &[], &["path"]),
    ] {
        let diff = kept.says(&[&["diff"], arguments].concat());
        for part in present {
            assert!(diff.contains(part), "{arguments:?}: {part} in {diff}");
        }
        for part in absent {
            assert!(!diff.contains(part), "{arguments:?}: {part} in {diff}");
        }
    }
    // With a revision, -c names the gateway as it does everywhere.
    let with_file = kept.says(&["diff", "2", "-c", &kept.folder.argument()]);
    assert_eq!(with_file, kept.says(&["diff", "2"]));
    let json: serde_json::Value = serde_json::from_str(&kept.says(&["diff", "--json"])).expect("JSON");
    assert_eq!((json["from"].as_u64(), json["to"].as_u64()), (Some(2), Some(3)), "{json}");
}

#[test]
fn a_rollback_is_a_revision_of_its_own() {
    let kept = Kept::start();
    let before = kept.file("services/shop.toml");
    kept.bind("/bad");
    assert_eq!((kept.status("/bad"), kept.status("/orders/7")), (200, 200));
    let preview = kept.says(&["rollback", "1", "--dry-run"]);
    assert!(preview.starts_with("would have rolled back to revision 1; nothing was changed\n"), "{preview}");
    assert!(preview.contains("\n-path = \"/bad\"\n"), "{preview}");
    assert_eq!((numbers(&kept).len(), kept.status("/bad")), (2, 200));
    let done = kept.says(&["rollback", "1", "--note", "it was bad"]);
    assert!(done.starts_with("rolled back to revision 1: revision 3\n"), "{done}");
    assert!(done.contains("\n-path = \"/bad\"\n"), "{done}");
    assert_eq!((kept.status("/bad"), kept.status("/orders/7")), (404, 200));
    assert_eq!(kept.file("services/shop.toml"), before, "comments and order are as they were");
    let newest = kept.says(&["history"]);
    assert!(newest.starts_with("3 ") && newest.lines().next().expect("a line").ends_with("it was bad"), "{newest}");
    assert_eq!(kept.says(&["rollback", "1"]), "unchanged: revision 3\n");
    // And back again.
    kept.says(&["rollback", "2"]);
    assert_eq!(kept.status("/bad"), 200);
}

#[test]
fn what_cannot_be_is_refused_in_one_line() {
    let kept = Kept::start();
    for (arguments, code, said) in [
        (&["diff", "9"][..], 1, "fngate: there is no revision 9"),
        (&["diff", "1", "9"], 1, "fngate: there is no revision 9"),
        (&["rollback", "9"], 1, "fngate: there is no revision 9"),
        (&["rollback"], 64, "<REVISION>"),
        (&["rollback", "newest"], 64, "invalid value 'newest'"),
        (&["diff", "one"], 64, "invalid value 'one'"),
    ] {
        let err = kept.refuses(arguments, code);
        assert!(err.contains(said), "{arguments:?}: {err}");
    }
}

#[test]
fn without_a_history_the_reason_is_said() {
    let folder = Folder::new(&echo("a"));
    std::fs::create_dir(folder.path().join("run")).expect("a folder");
    let kept = Kept::serve(folder);
    assert_eq!(kept.refuses(&["history"], 1), "fngate: no history: `directory` in `[history]` is empty\n");
}

#[test]
fn numbers_go_on_after_a_restart() {
    let kept = Kept::start();
    kept.bind("/one");
    let Kept { gateway, folder } = kept;
    drop(gateway);
    let kept = Kept::serve(folder);
    assert_eq!(numbers(&kept), ["2", "1"], "the same configuration is no new revision");
    kept.bind("/two");
    assert_eq!(numbers(&kept), ["3", "2", "1"]);
}
