//! The same configuration from the disk, from memory, and as it would be after a change.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::super::pattern::expand;
use super::super::{Disk, Failure, Loaded, Memory, Overlay, Role, Source, load_from};
use super::BASE;

const FILES: [(&str, &str); 6] = [
    ("x.toml", "x"),
    ("a/x.toml", "ax"),
    ("a/b/c/x.toml", "abcx"),
    ("a/.hidden/x.toml", "hidden"),
    ("a/.x.toml", "lock"),
    ("v/y.toml", "y"),
];

fn on_disk(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        fs::write(path, text).expect("a file");
    }
    folder
}

fn in_memory(base: &Path, files: &[(&str, &str)]) -> Memory {
    Memory::new(files.iter().map(|(name, text)| (base.join(name), *text)))
}

fn changed<'a>(base: &'a dyn Source, root: &Path, changes: &[(&str, Option<&str>)]) -> Overlay<'a> {
    let changes = changes.iter().map(|(name, text)| (root.join(name), text.map(|text| text.as_bytes().to_vec())));
    Overlay::new(base, changes.collect())
}

/// Every file that can be reached without names that start with a dot, with what it holds.
fn all(source: &dyn Source, root: &Path) -> BTreeMap<String, String> {
    let found = expand(source, root, "**/*.toml").expect("a pattern");
    assert!(found.unreadable.is_empty() && !found.cut, "{found:?}");
    let read = |path: PathBuf| {
        let name = path.strip_prefix(root).expect("below").display().to_string();
        (name, String::from_utf8(source.read(&path).expect("readable")).expect("text"))
    };
    found.paths.into_iter().map(read).collect()
}

#[test]
fn every_source_lists_and_reads_alike() {
    let folder = on_disk(&FILES);
    let root = folder.path().canonicalize().expect("a path");
    let memory = in_memory(&root, &FILES);
    let nothing = Memory::default();
    let new: Vec<_> = FILES.iter().map(|(name, text)| (*name, Some(*text))).collect();
    let overlay = changed(&nothing, &root, &new);
    let sources: [&dyn Source; 3] = [&Disk, &memory, &overlay];
    for source in sources {
        for (pattern, paths) in [
            ("*.toml", &["x.toml"][..]),
            ("?/x.toml", &["a/x.toml"]),
            ("a/.*.toml", &["a/.x.toml"]),
            ("none/*.toml", &[]),
            ("x.toml/*", &[]),
            ("a/../*.toml", &["a/../x.toml"]),
            ("./v/*", &["v/y.toml"]),
            ("**/x.toml", &["a/b/c/x.toml", "a/x.toml", "x.toml"]),
        ] {
            let found = expand(source, &root, pattern).expect("a pattern").paths;
            let paths: Vec<_> = paths.iter().map(|path| root.join(path)).collect();
            assert_eq!(found.into_iter().collect::<Vec<_>>(), paths, "{source:?} {pattern}");
        }
        assert_eq!(source.read(&root.join("a/../x.toml")).expect("a file"), b"x");
        let failure = |name: &str| source.read(&root.join(name)).expect_err(name).kind();
        assert_eq!(failure("none.toml"), io::ErrorKind::NotFound, "{source:?}");
        assert!(source.is_directory(&root.join("a/b")) && !source.is_directory(&root.join("x.toml")));
        assert_eq!(source.identity(&root.join("a/./../a/x.toml")), root.join("a/x.toml"));
    }
}

#[test]
fn a_relative_main_file_in_memory_finds_its_neighbours() {
    let main = format!("include = [\"services/*.toml\"]\n{BASE}");
    let memory = Memory::new([
        ("fngate.toml", main.as_str()),
        ("services/a.toml", "[[service]]\nname = \"a\"\nhosts = [\"*\"]\n"),
    ]);
    let loaded = load_from(&memory, Path::new("fngate.toml")).unwrap_or_else(|failure| panic!("{failure}"));
    assert_eq!(loaded.config.services.len(), 1);
    assert!(loaded.inputs.is_current(&memory) && !loaded.inputs.is_current(&Memory::default()));
}

#[test]
fn a_change_is_seen_before_it_is_made() {
    let folder = on_disk(&FILES);
    let root = folder.path();
    symlink("x.toml", root.join("link.toml")).expect("a link");
    symlink("a", root.join("linked")).expect("a link");
    let before = all(&Disk, root);
    for (name, content, gone, there) in [
        ("x.toml", Some("new"), &[][..], &[("x.toml", "new"), ("link.toml", "new")][..]),
        ("link.toml", Some("new"), &[], &[("x.toml", "new"), ("link.toml", "new")]),
        ("./a/../x.toml", Some("new"), &[], &[("x.toml", "new"), ("link.toml", "new")]),
        ("linked/x.toml", Some("new"), &[], &[("a/x.toml", "new")]),
        ("linked/new.toml", Some("new"), &[], &[("a/new.toml", "new")]),
        ("a/new.toml", Some("new"), &[], &[("a/new.toml", "new")]),
        ("new/folder/new.toml", Some("new"), &[], &[("new/folder/new.toml", "new")]),
        ("a/x.toml", None, &["a/x.toml"], &[]),
        ("linked/x.toml", None, &["a/x.toml"], &[]),
    ] {
        let overlay = changed(&Disk, root, &[(name, content)]);
        let mut expected = before.clone();
        gone.iter().for_each(|name| {
            expected.remove(*name);
        });
        expected.extend(there.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())));
        assert_eq!(all(&overlay, root), expected, "{name} {content:?}");
        assert_eq!(all(&Disk, root), before, "nothing touches the disk");
    }
    let overlay = changed(&Disk, root, &[("x.toml", None)]);
    let dangling = overlay.read(&root.join("link.toml")).expect_err("its file is gone");
    assert_eq!(dangling.kind(), io::ErrorKind::NotFound);
}

#[test]
fn an_edit_is_checked_as_a_whole() {
    let main = format!("include = [\"services/*.toml\"]\n{BASE}");
    let api = "[[service]]\nname = \"a\"\nhosts = [\"*\"]\n[[service.api]]\npath = \"/\"\nfunction = \"more\"\n";
    let function = "[[function]]\nname = \"more\"\ninstances = [\"builtin:echo\"]\n";
    let folder = on_disk(&[("fngate.toml", &main), ("services/z.toml", "")]);
    let load = |changes: &[(&str, Option<&str>)]| {
        load_from(&changed(&Disk, folder.path(), changes), &folder.path().join("fngate.toml"))
    };
    let refused = load(&[("services/a.toml", Some(api))]).expect_err("there is no such function");
    assert!(refused.to_string().contains("there is no function `default/more`"), "{refused}");
    let good = load(&[("services/a.toml", Some(api)), ("services/z.toml", Some(function))]);
    let Loaded { config, .. } = good.unwrap_or_else(|failure| panic!("{failure}"));
    assert_eq!((config.services.len(), config.functions.len()), (1, 2));
    let Failure { report, .. } = load(&[("fngate.toml", None)]).expect_err("no main file");
    assert!(report.to_string().contains("there is no such file"), "{report}");
}

#[test]
fn inputs_say_why_they_belong_to_it() {
    let main = format!(
        "include = [\"more.toml\"]\n[admin]\nedit_dir = \"edits\"\n[traces]\nendpoint = \"https://a\"\nca = \"ca.pem\"\n{BASE}"
    );
    let files = [("c/fngate.toml", main.as_str()), ("c/more.toml", ""), ("c/edits/e.toml", ""), ("c/ca.pem", "")];
    let memory = in_memory(Path::new("/"), &files);
    let inputs = match load_from(&memory, Path::new("/c/fngate.toml")) {
        Ok(loaded) => loaded.inputs,
        Err(failure) => failure.inputs,
    };
    let roles: Vec<_> = inputs.files.iter().map(|file| (file.path.to_str().expect("text"), file.role)).collect();
    let expected = [
        ("/c/fngate.toml", Role::Main),
        ("/c/more.toml", Role::Included),
        ("/c/edits/e.toml", Role::Edited),
        ("/c/ca.pem", Role::Named),
    ];
    assert_eq!(roles, expected);
    assert_eq!(inputs.documents().count(), 3);
}
