//! Signals to `fngate run`.

use std::io::Read;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Stdio;
use std::time::Duration;

use rustix::process::Signal;
use tokio::time::Instant;

use crate::support::client::open;
use crate::support::gateway::{Folder, Gateway, broken, echo};
use crate::support::port::free_port;
use crate::support::process::Process;
use crate::support::{PATIENCE, eventually, fngate};

#[test]
fn an_idle_gateway_ends_at_once_with_0() {
    let folder = Folder::new(&echo("a"));
    for signal in [Signal::TERM, Signal::INT] {
        let gateway = Gateway::start(&folder);
        assert_eq!(gateway.get("/").status, 200);
        let start = Instant::now();
        gateway.process.signal(signal);
        assert_eq!(gateway.process.finish().code(), Some(0), "{signal:?}");
        // The drain timeout is half a minute.
        assert!(start.elapsed() < Duration::from_secs(5), "{signal:?}: {:?}", start.elapsed());
    }
}

#[test]
fn a_signal_right_after_the_sockets_are_bound_is_a_stop_in_order() {
    for _ in 0..5 {
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let folder = Folder::new(&echo("a").replacen("127.0.0.1:0", &address.to_string(), 1));
        let mut command = fngate(&["run", "-c", &folder.argument()]);
        let process = Process::start(command.stdin(Stdio::null()), folder.path());
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect(address).is_err() {
            assert!(Instant::now() < deadline, "it never listens");
        }
        process.signal(Signal::TERM);
        assert_eq!(process.finish().code(), Some(0));
    }
}

#[test]
fn what_does_not_drain_in_time_makes_the_exit_code_tell_the_signal() {
    for (signal, code) in [(Signal::TERM, 143), (Signal::INT, 130)] {
        let function = TcpListener::bind("127.0.0.1:0").expect("a port");
        let instance = format!("http://{}", function.local_addr().expect("an address"));
        let configuration = echo("a").replace("builtin:echo", &instance);
        let folder = Folder::new(&format!("[gateway]\ndrain_timeout = \"300ms\"\n{configuration}"));
        let gateway = Gateway::start(&folder);
        let mut client = open(gateway.address, "GET /", "shop.test").expect("a connection");
        // Taken, and never answered.
        let held = request_at(&function);
        gateway.process.signal(signal);
        assert_eq!(gateway.process.finish().code(), Some(code), "{signal:?}");
        let mut answer = String::new();
        // However the connection ended.
        let _ = client.read_to_string(&mut answer);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 503 "), "{answer}");
        drop(held);
    }
}

/// A gateway with a drain timeout of a minute, a client whose request is held, and the function's side of it.
fn held(signal: Signal) -> (Gateway, TcpStream, TcpStream, Folder) {
    let function = TcpListener::bind("127.0.0.1:0").expect("a port");
    let instance = format!("http://{}", function.local_addr().expect("an address"));
    let configuration = echo("a").replace("builtin:echo", &instance);
    let folder = Folder::new(&format!("[gateway]\ndrain_timeout = \"1m\"\n{configuration}"));
    let gateway = Gateway::start(&folder);
    let client = open(gateway.address, "GET /", "shop.test").expect("a connection");
    let request = request_at(&function);
    gateway.process.signal(signal);
    eventually("the stop begins", || gateway.process.err().contains("\"stopping\"").then_some(()));
    (gateway, client, request, folder)
}

#[test]
fn a_second_signal_cuts_the_wait_short_and_says_so() {
    for (first, second, code) in [(Signal::TERM, Signal::INT, 143), (Signal::INT, Signal::TERM, 130)] {
        let (gateway, mut client, _request, _folder) = held(first);
        gateway.process.signal(second);
        let finished = gateway.process.finish();
        assert_eq!(finished.code(), Some(code), "{first:?}, {second:?}");
        assert!(finished.err.contains("asked to stop again"), "{}", finished.err);
        assert!(!finished.err.contains("the drain timeout is over"), "{}", finished.err);
        let mut answer = String::new();
        // However the connection ended.
        let _ = client.read_to_string(&mut answer);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 503 "), "{answer}");
    }
}

/// Accepts connections until one of them has a request.
fn request_at(function: &TcpListener) -> TcpStream {
    loop {
        let (mut stream, _) = function.accept().expect("a connection");
        if stream.read(&mut [0]).is_ok_and(|count| count > 0) {
            return stream;
        }
    }
}

#[test]
fn hup_loads_the_configuration_again() {
    let folder = Folder::new(&echo("a"));
    let gateway = Gateway::start(&folder);
    gateway.becomes("a");
    // No file has changed, so that only the signal can be the reason.
    let reloads = || gateway.metric("fngate_config_reloads_total{result=\"ok\"}");
    let before = reloads();
    gateway.process.signal(Signal::HUP);
    eventually("the signal is heard", || (reloads() == before + 1).then_some(()));
    folder.write(&echo("b"));
    gateway.process.signal(Signal::HUP);
    gateway.becomes("b");
    folder.write(&echo("c").replace("path = \"/\"", "path = \"/only\""));
    gateway.process.signal(Signal::HUP);
    eventually("the path changes", || (gateway.get("/").status == 404).then_some(()));
    assert_eq!(gateway.get("/only").status, 200);
}

#[test]
fn hup_with_a_bad_file_changes_nothing_and_reports_all_errors_once() {
    let folder = Folder::new(&echo("a"));
    let gateway = Gateway::start(&folder);
    let refused = || gateway.metric("fngate_config_reloads_total{result=\"error\"}");
    let reports = || gateway.process.err().matches("configuration refused").count();
    folder.write(&broken());
    eventually("the change is seen", || (refused() == 1).then_some(()));
    gateway.process.signal(Signal::HUP);
    eventually("the signal is heard", || (refused() == 2).then_some(()));
    assert_eq!(gateway.stage().as_deref(), Some("a"));
    folder.write(&echo("b"));
    gateway.becomes("b");
    // One report for the change and one for the signal, each with everything.
    assert_eq!(reports(), 2);
    for error in ["`A NY` is not a method", "builtin:nothing", "2 errors in the configuration"] {
        let log = gateway.process.err();
        let lines = log.lines().filter(|line| line.contains(error)).count();
        assert_eq!(lines, 2, "{error} in {log}");
    }
}

#[test]
fn usr1_opens_the_access_log_again() {
    let folder = Folder::new("");
    let (log, rotated) = (folder.path().join("access.log"), folder.path().join("access.log.1"));
    folder.write(&echo("a").replace("access = \"off\"", &format!("access = {log:?}")));
    let gateway = Gateway::start(&folder);
    let has = |path: &std::path::Path, text: &str| std::fs::read_to_string(path).is_ok_and(|log| log.contains(text));
    let written = |path, text| eventually(text, || has(path, text).then_some(()));
    gateway.get("/first");
    written(&log, "/first");
    std::fs::rename(&log, &rotated).expect("the folder can be written to");
    gateway.get("/second");
    written(&rotated, "/second");
    assert!(!log.exists());
    gateway.process.signal(Signal::USR1);
    eventually("the log is opened", || log.exists().then_some(()));
    gateway.get("/third");
    written(&log, "/third");
    assert!(!has(&rotated, "/third"));
    assert!(!has(&log, "/first") && !has(&log, "/second"));
}
