//! The directory of edits: which of its files belong to the configuration, and what they may hold.

use std::env::VarError;
use std::path::Path;

use super::super::{Failure, Loaded, Memory, load_with};
use super::{BASE, keep};

const MAIN: &str = "/etc/fngate/fngate.toml";
const STATE: &str = "/var/lib/fngate:/var/lib/other";

fn load(files: &[(&str, &str)], state: Option<&str>) -> Result<Loaded, Failure> {
    let memory = Memory::new(files.iter().copied());
    load_with(&memory, Path::new(MAIN), &|name| match (name, state) {
        ("STATE_DIRECTORY", Some(state)) => Ok(state.to_owned()),
        _ => Err(VarError::NotPresent),
    })
}

fn function(name: &str) -> String {
    format!("[[function]]\nname = \"{name}\"\ninstances = [\"builtin:echo\"]\n")
}

#[test]
fn its_files_are_included_by_themselves() {
    let (b, c) = (function("b"), function("c"));
    let named = "[admin]\nedit_dir = \"edits\"\n";
    let absolute = "[admin]\nedit_dir = \"/srv/edits\"\n";
    let included = "include = [\"edits/b.toml\"]\n[admin]\nedit_dir = \"edits\"\n";
    for (key, state, folder, place, functions) in [
        ("", None, "/var/lib/fngate/conf.d", None, &["echo"][..]),
        ("", Some(STATE), "/var/lib/fngate/conf.d", Some("/var/lib/fngate/conf.d"), &["echo", "b", "c"]),
        ("", Some("relative"), "/etc/fngate/conf.d", None, &["echo"]),
        ("[admin]\nedit_dir = \"\"\n", Some(STATE), "/var/lib/fngate/conf.d", None, &["echo"]),
        (named, Some(STATE), "/etc/fngate/edits", Some("/etc/fngate/edits"), &["echo", "b", "c"]),
        (absolute, None, "/srv/edits", Some("/srv/edits"), &["echo", "b", "c"]),
        (included, None, "/etc/fngate/edits", Some("/etc/fngate/edits"), &["echo", "b", "c"]),
        (named, None, "/elsewhere", Some("/etc/fngate/edits"), &["echo"]),
    ] {
        let main = format!("{key}{BASE}");
        let at = |name: &str| format!("{folder}/{name}");
        let (last, first, other, lock, deep) =
            (at("c.toml"), at("b.toml"), at("b.txt"), at(".#b.toml"), at("deep/d.toml"));
        let files = [
            (MAIN, main.as_str()),
            (&last, &c),
            (&first, &b),
            (&other, "not TOML"),
            (&lock, "an editor's"),
            (&deep, "not TOML"),
        ];
        let loaded = load(&files, state).unwrap_or_else(|failure| panic!("{key} {failure}"));
        let found: Vec<_> = loaded.config.functions.iter().map(|function| function.id.name.as_str()).collect();
        assert_eq!(found, functions, "{key} {state:?}");
        assert_eq!(loaded.config.admin.edit_dir.as_deref(), place.map(Path::new), "{key} {state:?}");
        let is_watched = place.is_none_or(|place| loaded.inputs.directories.iter().any(|known| known == place));
        assert!(is_watched, "{key} {state:?}: also when it is not there yet");
        let Some(place) = place else { continue };
        let more = format!("{place}/new.toml");
        let mut more_files = files.to_vec();
        more_files.push((&more, ""));
        assert!(loaded.inputs.is_current(&Memory::new(files)));
        assert!(!loaded.inputs.is_current(&Memory::new(more_files)), "a new file is a change");
    }
}

#[test]
fn the_key_may_stand_in_an_included_file_and_is_set_once() {
    let main = format!("include = [\"admin.toml\"]\n{BASE}");
    let admin = "[admin]\nedit_dir = \"edits\"\n";
    let files =
        [(MAIN, main.as_str()), ("/etc/fngate/admin.toml", admin), ("/etc/fngate/edits/b.toml", &function("b"))];
    let loaded = load(&files, None).unwrap_or_else(|failure| panic!("{failure}"));
    assert_eq!(loaded.config.functions.len(), 2);
    let main = format!("include = [\"admin.toml\"]\n[admin]\nedit_dir = \"edits\"\n{BASE}");
    let report = load(&[(MAIN, &main), files[1]], None).expect_err("set twice").report;
    assert_eq!(report.errors().len(), 1, "{report}");
}

#[test]
fn what_its_files_may_not_hold_is_an_error_with_its_place() {
    let main = format!("[gateway]\nworkers = 1\n[admin]\nedit_dir = \"edits\"\n{BASE}");
    let edit = format!(
        "include = [\"x\"]\nlevel = 1\n[gateway]\nworkers = 2\n[admin]\nedit_dir = \"/\"\n{}[[listener]]\naddress = \"0.0.0.0:1\"\n",
        function("b")
    );
    let files =
        [(MAIN, main.as_str()), ("/etc/fngate/edits/a.toml", &edit), ("/etc/fngate/edits/b.toml", "[[function]")];
    keep("edits", &load(&files[..2], None).expect_err("refused").to_string());
    let torn = load(&files, None).expect_err("refused").report;
    let places: Vec<_> =
        torn.errors().iter().filter_map(|error| error.place()).map(|place| place.to_string()).collect();
    assert!(places.contains(&"/etc/fngate/edits/b.toml:1:12".to_owned()), "{places:?}");
}

#[test]
fn a_file_in_its_place_is_an_error() {
    let main = format!("[admin]\nedit_dir = \"bad\\u0000name\"\n{BASE}");
    let report = load(&[(MAIN, &main)], None).expect_err("no name of a directory").report;
    assert_eq!(report.errors().len(), 1, "{report}");
    assert_eq!(report.errors()[0].place().expect("a place").to_string(), format!("{MAIN}:2:12"));
}
