//! A function that is killed in the middle of an answer.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::Signal;
use tokio::time::Instant;

use crate::support::client::{call, open, read, read_until};
use crate::support::gateway::{Folder, Gateway, echo};
use crate::support::port::free_port;
use crate::support::process::Process;
use crate::support::{eventually, functions};

fn start(port: u16, folder: &Path) -> Process {
    let mut command = Command::new("python3");
    command.arg(functions().join("serve.py")).arg(port.to_string()).stdin(Stdio::null());
    let mut process = Process::start(&mut command, folder);
    eventually("the function answers", || {
        assert_eq!(process.ended(), None);
        call(([127, 0, 0, 1], port).into(), "GET /", "function").ok()
    });
    process
}

#[test]
fn a_killed_function_breaks_its_answer_and_comes_back() {
    let port = free_port();
    let folder = Folder::new(
        &echo("a").replace("\"builtin:echo\"]", &format!("\"http://127.0.0.1:{port}\"]\nstart_wait = \"0s\"")),
    );
    let gateway = Gateway::start(&folder);
    let lines = |text: &str| gateway.process.err().lines().filter(|line| line.contains(text)).count();
    for target in ["/chunked", "/sized"] {
        let function = start(port, folder.path());
        assert_eq!(gateway.get("/").status, 200, "{target}");
        let mut client = open(gateway.address, &format!("GET {target}"), "shop.test").expect("a connection");
        let start_of_answer = read_until(&mut client, "xxxx").expect("the beginning");
        assert!(start_of_answer.starts_with("HTTP/1.1 200 "), "{start_of_answer}");
        function.signal(Signal::KILL);
        drop(function);
        let reply = read(&mut client, start_of_answer).expect("the rest");
        assert!(!reply.complete, "{target}: {reply:?}");
        let mut quickest = Duration::MAX;
        for _ in 0..3 {
            let start = Instant::now();
            let reply = gateway.get("/");
            quickest = quickest.min(start.elapsed());
            assert_eq!(reply.status, 502, "{target}: {reply:?}");
            assert!(reply.body.contains("\"function_unreachable\""), "{reply:?}");
        }
        // The quickest of three: the machine may be busy.
        assert!(quickest < Duration::from_millis(100), "{target}: {quickest:?}");
    }
    let _function = start(port, folder.path());
    let reply = gateway.get("/back");
    assert_eq!((reply.status, reply.body.as_str()), (200, "served /back"));
    assert!(reply.complete);
    // A line for a change, however many requests see it. Changes within a second of another one are told together.
    eventually("the log tells of it", || {
        let log = gateway.process.err();
        let last = log.lines().rfind(|line| line.contains("instance"))?;
        let is_up = last.contains("instance up") || last.contains("\"down\":\"\"");
        is_up.then_some(())
    });
    assert!((1..=2).contains(&lines("instance down")), "{}", gateway.process.err());
    assert!(lines("connection refused") + lines("Connection refused") > 0, "{}", gateway.process.err());
    assert!(lines("default/echo:$LATEST") > 0, "{}", gateway.process.err());
}

#[test]
fn every_instance_that_is_down_is_named_in_two_lines() {
    let ports = [free_port(), free_port(), free_port()];
    let instances: Vec<_> = ports.iter().map(|port| format!("\"http://127.0.0.1:{port}\"")).collect();
    let folder = Folder::new(
        &echo("a").replace("\"builtin:echo\"]", &format!("{}]\nstart_wait = \"0s\"", instances.join(", "))),
    );
    let gateway = Gateway::start(&folder);
    for _ in 0..20 {
        assert_eq!(gateway.get("/").status, 502);
    }
    let lines = || {
        let log = gateway.process.err();
        log.lines().filter(|line| line.contains("\"instance")).map(str::to_owned).collect::<Vec<_>>()
    };
    eventually("all are named", || {
        let named = |port: &u16| lines().iter().any(|line| line.contains(&port.to_string()));
        ports.iter().all(named).then_some(())
    });
    assert_eq!(lines().len(), 2, "{:?}", lines());
}
