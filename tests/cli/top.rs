//! `fngate top`.

use std::io::{PipeWriter, Write, pipe};

use rustix::process::Signal;
use serde_json::Value;

use crate::support::client::call;
use crate::support::gateway::{Folder, Gateway, broken, echo};
use crate::support::port::free_port;
use crate::support::process::{Process, run};
use crate::support::{eventually, fngate};
use crate::terminal::on_terminal;

/// What `top` begins and ends with on a terminal.
const ENTER: &str = "\x1b[?1049h\x1b[?25l";
const LEAVE: &str = "\x1b[?25h\x1b[?1049l";

#[test]
fn it_shows_the_functions_of_a_gateway() {
    let folder = Folder::new(&echo("a"));
    let gateway = Gateway::start(&folder);
    let admin = gateway.admin.to_string();
    let arguments = ["top", "--admin", &admin, "--interval", "10ms", "--count", "2"];
    let shown = run(&mut fngate(&arguments));
    assert_eq!((shown.code(), shown.err.as_str()), (Some(0), ""));
    assert_eq!(shown.out.matches("FUNCTION").count(), 2, "{}", shown.out);
    assert!(shown.out.contains("$LATEST") && shown.out.contains("1 up"), "{}", shown.out);
    assert!(shown.out.contains("revision 1, applied ") && shown.out.contains("0 warnings"), "{}", shown.out);
    assert!(!shown.out.contains('\x1b'), "colours are for terminals: {:?}", shown.out);
    let printed = run(fngate(&arguments).arg("--json"));
    let looks: Vec<Value> = printed.out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(looks.len(), 2);
    let function = &looks[0]["functions"][0];
    assert_eq!((&function["up"], &function["down"], &function["in_flight"]), (&1.into(), &0.into(), &0.into()));
    assert_eq!(looks[0]["revision"], 1);
}

#[test]
fn it_shows_apis_refusals_and_unknown_hosts_while_they_are_asked_for() {
    let folder = Folder::new(&echo("a"));
    let gateway = Gateway::start(&folder);
    let process = {
        let admin = gateway.admin.to_string();
        let mut command = fngate(&["top", "--admin", &admin, "--interval", "50ms", "--json", "--sort", "errors"]);
        Process::start(&mut command, folder.path())
    };
    let look = eventually("a look with both", || {
        for host in ["shop.test", "nowhere"] {
            call(gateway.address, "GET /", host).expect("an answer");
        }
        let text = process.out();
        let mut looks = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        looks.find(|look| look["unknown_hosts"].as_f64() > Some(0.0) && look["classes"]["2xx"].as_f64() > Some(0.0))
    });
    assert_eq!(look["refusals"][0]["reason"], "no_service", "{look}");
    let api = &look["apis"][0];
    assert_eq!((&api["service"], &api["api"]), (&"shop".into(), &"all".into()), "{look}");
    assert_eq!(api["functions"], serde_json::json!(["default/echo:$LATEST"]));
    assert!(look["classes"]["4xx"].as_f64() > Some(0.0), "{look}");
    let admin = gateway.admin.to_string();
    let shown = run(&mut fngate(&["top", "--admin", &admin, "--interval", "10ms", "--count", "1", "--apis"]));
    assert!(shown.out.contains("\nSERVICE  API ") && shown.out.contains("\nshop     all "), "{}", shown.out);
}

#[test]
fn the_state_line_says_what_became_of_the_last_reload() {
    let unused = "[[function]]\nname = \"unused\"\ninstances = [\"builtin:echo\"]\n";
    let folder = Folder::new(&format!("{}{unused}", echo("a")));
    let gateway = Gateway::start(&folder);
    let admin = gateway.admin.to_string();
    let state = || run(&mut fngate(&["top", "--admin", &admin, "--interval", "10ms", "--count", "1"])).out;
    eventually("the warning is counted", || state().contains("0 reloads refused, 1 warning\n").then_some(()));
    folder.write(&broken());
    eventually("the file is refused", || {
        let state = state();
        (state.contains("\nLAST RELOAD REFUSED   revision 1,") && state.contains("1 reload refused, 1 warning\n"))
            .then_some(())
    });
    folder.write(&echo("b"));
    eventually("another one is in use", || {
        let state = state();
        (state.contains("revision 2, ") && state.contains("ago   1 reload refused, 0 warnings\n")).then_some(())
    });
}

/// `fngate top` on a terminal of this size, and what is typed there.
fn open(gateway: &Gateway, folder: &Folder, size: &str, more: &[&str]) -> (Process, PipeWriter) {
    let admin = gateway.admin.to_string();
    let mut command = fngate(&["top", "--admin", &admin, "--interval", "50ms"]);
    let mut command = on_terminal(command.args(more));
    let (typed, keys) = pipe().expect("a pipe");
    let process = Process::start(command.env("TERMINAL_SIZE", size).stdin(typed), folder.path());
    (process, keys)
}

/// What is on the screen now: the last thing that was drawn.
fn screen(process: &Process) -> String {
    process.out().rsplit("\x1b[H").next().unwrap_or_default().replace("\x1b[K", "")
}

#[test]
fn keys_switch_and_sort_and_a_size_is_kept_to() {
    let folder = Folder::new(&echo("a"));
    let gateway = Gateway::start(&folder);
    assert_eq!(gateway.get("/").status, 200);
    let (process, mut keys) = open(&gateway, &folder, "24x100", &[]);
    let mut on_key = |key: &[u8], wanted: &str| {
        keys.write_all(key).expect("typed");
        eventually(wanted, || screen(&process).contains(wanted).then_some(()));
    };
    on_key(b"", "FUNCTION ");
    on_key(b"a", "SERVICE ");
    on_key(b"x\x1b[An", "SERVICE ");
    on_key(b"a", "INSTANCES");
    on_key(b"", "q quit");
    keys.write_all(b"q").expect("typed");
    let finished = process.finish();
    assert_eq!(finished.code(), Some(0), "{finished:?}");
    assert!(finished.out.starts_with(ENTER) && finished.out.ends_with(LEAVE), "{finished:?}");
    let (process, mut keys) = open(&gateway, &folder, "8x30", &[]);
    let shown = eventually("a whole screen", || Some(screen(&process)).filter(|text| text.ends_with("\x1b[J")));
    keys.write_all(b"q").expect("typed");
    let shown = shown.replace('\r', "").replace("\x1b[J", "").replace("\x1b[1m", "").replace("\x1b[0m", "");
    assert!(shown.lines().count() <= 8 && shown.lines().all(|line| line.chars().count() <= 30), "{shown:?}");
    assert!(shown.contains("default/echo:$LATEST"), "{shown:?}");
    assert_eq!(process.finish().code(), Some(0));
}

/// With 99 the terminal would have been left without an echo.
#[test]
fn every_way_out_leaves_the_terminal_as_it_was() {
    let folder = Folder::new(&echo("a"));
    let gateway = Gateway::start(&folder);
    let begun = |process: &Process| eventually("it is drawn", || screen(process).contains("FUNCTION ").then_some(()));
    for (typed, code) in [(&b"q"[..], 0), (b"\x03", 130)] {
        let (process, mut keys) = open(&gateway, &folder, "24x80", &[]);
        begun(&process);
        keys.write_all(typed).expect("typed");
        let finished = process.finish();
        assert_eq!(finished.code(), Some(code), "{finished:?}");
        assert!(finished.out.ends_with(LEAVE), "{finished:?}");
    }
    let (process, _keys) = open(&gateway, &folder, "24x80", &[]);
    begun(&process);
    process.signal(Signal::TERM);
    let finished = process.finish();
    assert_eq!((finished.code(), finished.out.ends_with(LEAVE)), (Some(143), true), "{finished:?}");
    let (process, _keys) = open(&gateway, &folder, "24x80", &["--count", "2"]);
    let finished = process.finish();
    let (_, after) = finished.out.rsplit_once(LEAVE).expect("it leaves");
    assert_eq!((finished.code(), after.contains("FUNCTION ")), (Some(0), true), "{finished:?}");
    let (process, _keys) = open(&gateway, &folder, "24x80", &[]);
    begun(&process);
    drop(gateway);
    let finished = process.finish();
    let (_, after) = finished.out.rsplit_once(LEAVE).expect("it leaves");
    assert_eq!((finished.code(), after.contains("no gateway answers")), (Some(71), true), "{finished:?}");
}

#[test]
fn nobody_there_is_71_and_a_wrong_argument_64() {
    let admin = format!("127.0.0.1:{}", free_port());
    let finished = run(&mut fngate(&["top", "--admin", &admin]));
    assert_eq!((finished.code(), finished.out.as_str()), (Some(71), ""));
    assert!(finished.err.contains("no gateway answers on the admin address"), "{}", finished.err);
    for wrong in [["--interval", "0s"], ["--sort", "size"]] {
        let finished = run(fngate(&["top", "--admin", &admin]).args(wrong));
        assert_eq!(finished.code(), Some(64), "{wrong:?}");
    }
}
