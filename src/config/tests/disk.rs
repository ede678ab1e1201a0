//! Files on the disk: what cannot be read, what is included, and what a watcher has to look at.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::super::{Failure, Inputs, Loaded, load};
use super::{BASE, keep};

/// A directory with files.
fn directory(files: &[(&str, &str)]) -> TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    for (name, text) in files {
        let path = directory.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
        fs::write(path, text).expect("a file");
    }
    directory
}

fn loaded(directory: &TempDir) -> Loaded {
    load(&directory.path().join("fngate.toml")).unwrap_or_else(|failure| panic!("{failure}"))
}

fn failure(directory: &TempDir) -> Failure {
    load(&directory.path().join("fngate.toml")).expect_err("a bad configuration")
}

/// The report with the name of the directory taken out.
fn report(directory: &TempDir) -> String {
    failure(directory).to_string().replace(&format!("{}/", directory.path().display()), "")
}

fn names<'a>(directory: &TempDir, paths: impl IntoIterator<Item = &'a PathBuf>) -> Vec<String> {
    let name = |path: &Path| path.strip_prefix(directory.path()).unwrap_or(path).display().to_string();
    paths.into_iter().map(|path| name(path)).collect()
}

fn service(name: &str, host: &str) -> String {
    format!("[[service]]\nname = \"{name}\"\nhosts = [\"{host}\"]\n")
}

#[test]
fn included_files_are_one_configuration() {
    let main = format!("include = [\"services/*.toml\", \"services/a.toml\", \"*.toml\", \"log.toml\"]\n{BASE}");
    let directory = directory(&[
        ("fngate.toml", &main),
        ("services/b.toml", &service("b", "b.example")),
        ("services/a.toml", &service("a", "a.example")),
        ("services/.#a.toml", "an editor's lock"),
        ("services/notes.txt", "not TOML"),
        ("log.toml", "[log]\nlevel = \"debug\"\n[gateway]\nvia = true"),
    ]);
    let Loaded { config, inputs: Inputs { files, directories, .. }, .. } = loaded(&directory);
    let services: Vec<_> = config.services.iter().map(|service| service.name.as_str()).collect();
    assert_eq!(services, ["a", "b"]);
    assert_eq!(config.log.level, tracing::Level::DEBUG);
    assert!(config.gateway.via);
    let read = ["fngate.toml", "services/a.toml", "services/b.toml", "log.toml"];
    assert_eq!(names(&directory, files.iter().map(|file| &file.path)), read);
    assert_eq!(files[0].content.as_deref(), Some(main.as_bytes()));
    assert_eq!(names(&directory, &directories), ["", "services"]);
}

#[test]
fn errors_name_both_files() {
    let main = format!("include = [\"more.toml\"]\n[gateway]\nworkers = 1\n{BASE}{}", service("shop", "a.example"));
    let more = format!("include = [\"x\"]\n[gateway]\nworkers = 2\n{}", service("shop", "a.example"));
    let directory = directory(&[("fngate.toml", &main), ("more.toml", &more)]);
    keep("errors_name_both_files", &report(&directory));
}

#[test]
fn a_missing_include_is_an_error_unless_it_has_a_wildcard() {
    let directory =
        directory(&[("fngate.toml", &format!("include = [\"none/*.toml\", \"none.toml\", \"a[\"]\n{BASE}"))]);
    keep("a_missing_include_is_an_error_unless_it_has_a_wildcard", &report(&directory));
    let Failure { inputs: Inputs { files, directories, .. }, .. } = failure(&directory);
    assert_eq!(names(&directory, files.iter().map(|file| &file.path)), ["fngate.toml", "none.toml"]);
    assert_eq!(files[1].content, None);
    assert_eq!(names(&directory, &directories), ["", "none"]);
}

#[test]
fn errors_of_broken_files_come_without_their_consequences() {
    let main = format!(
        "include = [\"functions.toml\"]\n{BASE}{}\n[[service.api]]\npath = \"/\"\nfunction = \"a\"",
        service("shop", "*")
    );
    let directory = directory(&[("fngate.toml", &main), ("functions.toml", "[[function]\nname = \"a\"")]);
    keep("errors_of_broken_files_come_without_their_consequences", &report(&directory));
}

#[test]
fn the_access_log_is_none_of_the_files_that_were_read() {
    let directory = directory(&[("fngate.toml", ""), ("more.toml", "")]);
    symlink("more.toml", directory.path().join("link.toml")).expect("a link");
    for (log, good) in [("access.log", true), ("fngate.toml", false), ("more.toml", false), ("link.toml", false)] {
        let access = directory.path().join(log);
        let text = format!("include = [\"more.toml\"]\n{BASE}\n[log]\naccess = {access:?}\n");
        fs::write(directory.path().join("fngate.toml"), text).expect("a file");
        let outcome = load(&directory.path().join("fngate.toml"));
        let refused = outcome.err().is_some_and(|failure| failure.to_string().contains("access log would be written"));
        assert_eq!(refused, !good, "{log}");
    }
}

#[test]
fn links_that_lead_back_up_make_no_endless_paths() {
    let main = format!("include = [\"services/**/*.toml\"]\n{BASE}");
    let directory = directory(&[("fngate.toml", &main), ("services/a/a.toml", &service("a", "a.example"))]);
    for index in 0..20 {
        symlink("..", directory.path().join(format!("services/a/{index}"))).expect("a link");
    }
    let files = names(&directory, loaded(&directory).inputs.files.iter().map(|file| &file.path));
    assert_eq!(files, ["fngate.toml", "services/a/a.toml"]);
    fs::write(directory.path().join("fngate.toml"), main.replace("**", "*/*/*/*/*/*/*/*")).expect("a file");
    let message = "the pattern has more than 100,000 files and directories to look at";
    assert!(report(&directory).contains(message), "{}", report(&directory));
}

#[test]
fn files_that_cannot_be_read_say_why() {
    let directory = directory(&[("directory.toml/x", ""), ("latin1.toml", "")]);
    fs::write(directory.path().join("latin1.toml"), b"# caf\xc3\xa9\nname = \"caf\xe9\"\n").expect("a file");
    let pipe = Command::new("mkfifo").arg(directory.path().join("pipe.toml")).status().expect("mkfifo runs");
    assert!(pipe.success());
    for (name, message) in [
        ("none.toml", "there is no such file"),
        ("pipe.toml", "it is a pipe, not a file"),
        ("directory.toml", "it is a directory, not a file"),
        ("latin1.toml", "line 2 is not UTF-8"),
    ] {
        let path = directory.path().join(name);
        let failure = load(&path).expect_err(name);
        let expected =
            format!("error: cannot read {}: {message}\n\nerror: 1 error in the configuration", path.display());
        assert_eq!(failure.to_string(), expected);
        assert_eq!(names(&directory, failure.inputs.files.iter().map(|file| &file.path)), [name]);
        assert_eq!(names(&directory, &failure.inputs.directories), [""]);
    }
}
