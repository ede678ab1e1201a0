//! `fngate tail`.

use std::process::Stdio;

use rustix::process::Signal;
use serde_json::Value;

use crate::kept::Kept;
use crate::support::client::call;
use crate::support::eventually;
use crate::support::process::Process;

/// Starts following, and returns when every request from now on is told.
#[track_caller]
fn follow(kept: &Kept, arguments: &[&str]) -> Process {
    let mut command = kept.command(&[&["tail"], arguments].concat());
    let process = Process::start(command.stdin(Stdio::null()), kept.folder.path());
    eventually("the gateway has agreed", || process.err().contains("following the requests of").then_some(()));
    process
}

#[test]
fn each_request_is_a_line_and_ctrl_c_ends_it() {
    let kept = Kept::start();
    let tail = follow(&kept, &[]);
    for (target, host) in [("/orders/7?key=secret", "shop.test"), ("/nothing", "shop.test"), ("/", "other.test")] {
        call(kept.gateway.address, &format!("GET {target}"), host).expect("an answer");
    }
    eventually("three lines", || (tail.out().lines().count() >= 3).then_some(()));
    tail.signal(Signal::INT);
    let finished = tail.finish();
    assert_eq!(finished.code(), Some(0));
    // Several workers may have served them.
    let line = |part: &str| finished.out.lines().find(|line| line.contains(part)).unwrap_or_else(|| panic!("{part}"));
    assert!(line("GET /orders/7 200 ").ends_with("ms default/orders"), "{}", finished.out);
    assert!(line("GET /nothing 404 ").ends_with(" - no_api (no API of the service matches this path)"));
    assert!(line("GET / 404 ").contains(" - no_service ("), "{}", finished.out);
    assert!(!finished.out.contains("secret") && !finished.out.contains('\x1b'), "{}", finished.out);
}

#[test]
fn filters_choose() {
    let kept = Kept::start();
    let requests = [
        ("POST", "/posted", "third.test"),
        ("GET", "/elsewhere", "other.test"),
        ("GET", "/nothing", "shop.test"),
        ("GET", "/orders/1", "shop.test"),
    ];
    for (arguments, wanted) in [
        (&["--status", "2xx"][..], "/orders/1"),
        (&["--function", "orders"], "/orders/1"),
        (&["--api", "order"], "/orders/1"),
        (&["--host", "other.test"], "/elsewhere"),
        (&["--method", "post"], "/posted"),
        (&["--service", "shop", "--status", "404"], "/nothing"),
        (&["--environment", "release", "--slower-than", "0s"], "/orders/1"),
    ] {
        let tail = follow(&kept, &[arguments, &["-n", "1", "--json"]].concat());
        // The one that is wanted comes last: any other would have ended the tail.
        let (last, others): (Vec<_>, Vec<_>) = requests.iter().partition(|(_, path, _)| *path == wanted);
        for (method, path, host) in others.into_iter().chain(last) {
            call(kept.gateway.address, &format!("{method} {path}"), host).expect("an answer");
        }
        let finished = tail.finish();
        assert_eq!(finished.code(), Some(0), "{arguments:?}");
        let event: Value = serde_json::from_str(&finished.out).expect("one object");
        assert_eq!(event["path"], wanted, "{arguments:?}: {event}");
    }
}

#[test]
fn what_cannot_be_is_refused_in_one_line() {
    let kept = Kept::start();
    for (arguments, code, said) in [
        (&["tail", "--status", "700"][..], 64, "`700` is no status"),
        (&["tail", "--slower-than", "long"], 64, "`long` is no duration"),
        (&["tail", "--environment", "prod"], 64, "`prod` is no environment"),
        (&["tail", "-n", "0"], 64, "invalid value '0'"),
    ] {
        let err = kept.refuses(arguments, code);
        assert!(err.contains(said), "{arguments:?}: {err}");
    }
}

#[test]
fn a_gateway_that_stops_ends_it_with_71() {
    let kept = Kept::start();
    let tail = follow(&kept, &[]);
    kept.gateway.process.signal(Signal::TERM);
    let finished = tail.finish();
    assert_eq!(finished.code(), Some(71));
    assert!(finished.err.lines().last().expect("a line").starts_with("fngate: "), "{}", finished.err);
}
