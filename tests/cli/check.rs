//! `fngate check`: warnings, and what a start needs beside a good file.

use std::fs;
use std::net::TcpListener;

use crate::support::fngate;
use crate::support::gateway::{Folder, Gateway, echo};
use crate::support::process::{Finished, run};

const WILDCARD: &str = "\n[[service.api]]\npath = \"/orders/*\"\nfunction = \"echo\"\n";

fn check(folder: &Folder, more: &[&str]) -> Finished {
    run(fngate(&["check", "-c", &folder.argument()]).args(more))
}

#[test]
fn warnings_are_shown_and_fail_only_if_asked_for() {
    let folder = Folder::new(&format!("{}{WILDCARD}", echo("a")));
    let finished = check(&folder, &[]);
    assert_eq!(finished.code(), Some(0), "{finished:?}");
    assert_eq!(finished.out, format!("{}: OK: 1 function, 1 service, 2 APIs\n", folder.argument()));
    for said in ["warning: `/orders/*` uses the syntax of another router", "write \"/orders\"", "^^^^", "1 warning in"]
    {
        assert!(finished.err.contains(said), "{said} in {}", finished.err);
    }
    let strict = check(&folder, &["--strict"]);
    assert_eq!((strict.code(), strict.out.as_str()), (Some(78), ""));
    assert!(strict.err.starts_with("warning: "), "{}", strict.err);
    let good = Folder::new(&echo("a"));
    assert_eq!(check(&good, &["--strict"]).code(), Some(0));
}

/// Every command that takes a configuration in use says the same of it.
#[test]
fn a_start_and_a_reload_show_warnings_too() {
    let folder = Folder::new(&format!("{}{WILDCARD}", echo("a")));
    let gateway = Gateway::start(&folder);
    let said = "`/orders/*` uses the syntax of another router";
    assert!(gateway.process.err().contains(said), "{}", gateway.process.err());
    let reload = |more: &[&str]| run(fngate(&["reload", "--admin", &gateway.admin.to_string()]).args(more));
    let finished = reload(&[]);
    assert_eq!(finished.code(), Some(0), "{finished:?}");
    assert!(finished.out.starts_with("reloaded: revision ") && finished.out.contains(said), "{}", finished.out);
    folder.write(&echo("a").replace("[[listener]]\naddress", "[[listener]]\nbacklog = 7\naddress"));
    let finished = reload(&[]);
    assert!(finished.out.contains("`listener` changed: restart to apply"), "{finished:?}");
}

#[test]
fn what_a_start_would_refuse_is_found_before() {
    let folder = Folder::new("");
    let at = |name: &str| folder.path().join(name).display().to_string();
    fs::create_dir(at("folder")).expect("made");
    fs::write(at("file"), "").expect("written");
    let log = |path: &str| echo("a").replace("access = \"off\"", &format!("access = \"{path}\""));
    let socket = |path: &str| format!("[[listener]]\naddress = \"unix:{path}\"\n{}", echo("a"));
    for (text, said) in [
        (log(&at("none/access.log")), Some("cannot write the access log")),
        (log(&at("folder")), Some("it is a folder")),
        (log(&at("file/access.log")), Some("is no folder")),
        (log(&at("file")), None),
        (log(&at("new")), None),
        (socket(&at("none/fngate.sock")), Some("cannot listen on unix:")),
        (socket(&at("file")), Some("there is another file")),
        (socket(&at("fngate.sock")), None),
    ] {
        folder.write(&text);
        let (checked, started) = (check(&folder, &[]), check(&folder, &["--bind"]));
        match said {
            Some(said) => {
                assert_eq!(checked.code(), Some(78), "{text}: {checked:?}");
                assert!(checked.err.contains(said), "{said}: {}", checked.err);
                let run = run(&mut fngate(&["run", "-c", &folder.argument()]));
                assert_eq!(run.code(), Some(71), "a start refuses it: {run:?}");
            }
            None => assert_eq!((checked.code(), started.code()), (Some(0), Some(0)), "{text}: {checked:?}"),
        }
    }
}

#[test]
fn addresses_are_tried_if_asked_for() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let listener = format!("[[listener]]\naddress = \"{address}\"\n{}", echo("a"));
    let admin = echo("a").replace("[admin]\naddress = \"127.0.0.1:0\"", &format!("[admin]\naddress = \"{address}\""));
    for text in [listener, admin] {
        let folder = Folder::new(&text);
        assert_eq!(check(&folder, &[]).code(), Some(0));
        let tried = check(&folder, &["--bind"]);
        assert_eq!(tried.code(), Some(78), "{tried:?}");
        assert!(tried.err.contains(&address) && tried.err.contains("in use"), "{}", tried.err);
    }
}
