//! A process that may open 256 files.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::{Resource, Rlimit, Signal, prlimit};
use tokio::time::Instant;

use super::support::client::{call, get};
use super::support::gateway::{Folder, Gateway, echo};
use super::support::process::Process;
use super::support::{PATIENCE, eventually};

const FILES: u64 = 256;

#[test]
fn with_few_files_clients_over_the_limit_are_told_and_the_others_are_served() {
    let folder = Folder::new(&echo("x"));
    let gateway = start(&folder);
    let mut good = connect(gateway.address);
    ask(&mut good);
    // Half of the files, less 128, are for clients; a few more get an answer, and the rest is closed.
    let crowd: Vec<_> = (0..300).map(|_| connect(gateway.address)).collect();
    eventually("the limit is reached", || (gateway.metric("fngate_client_connections") >= 64).then_some(()));
    for _ in 0..50 {
        ask(&mut good);
    }
    let told = call(gateway.address, "GET /", "shop.test");
    assert!(told.is_err() || told.is_ok_and(|reply| reply.status == 503));
    drop(crowd);
    recovers(&gateway);
}

#[test]
fn without_files_a_listener_neither_ends_nor_spins() {
    // More connections are allowed than there are files for.
    let folder = Folder::new(&(echo("x") + "[gateway]\nmax_connections = 1000\n"));
    let gateway = start(&folder);
    let mut good = connect(gateway.address);
    ask(&mut good);
    let crowd: Vec<_> = (0..400).map(|_| connect(gateway.address)).collect();
    eventually("there are no files left", || gateway.process.err().contains("cannot accept").then_some(()));
    let (cpu, began) = (cpu(&gateway.process), Instant::now());
    while began.elapsed() < Duration::from_secs(1) {
        ask(&mut good);
        std::thread::park_timeout(Duration::from_millis(20));
    }
    // Operators go on: a probe, a scrape, a reload, new logs. A liveness probe that failed would kill it.
    let probing = Instant::now();
    for _ in 0..20 {
        for path in ["/livez", "/readyz"] {
            assert_eq!(get(gateway.admin, path).status, 200, "{path}");
        }
        assert!(gateway.metric("fngate_client_connections") > 0);
    }
    assert!(probing.elapsed() < Duration::from_secs(3), "60 probes and scrapes took {:?}", probing.elapsed());
    let revision = gateway.metric("fngate_config_revision");
    folder.write(&(echo("y") + "[gateway]\nmax_connections = 1000\n"));
    eventually("the new file is in use", || (gateway.metric("fngate_config_revision") > revision).then_some(()));
    gateway.process.signal(Signal::USR1);
    eventually("the logs are reopened", || gateway.process.err().contains("logs reopened").then_some(()));
    let lines = |text: &str| gateway.process.err().lines().filter(|line| line.contains(text)).count();
    let seconds = usize::try_from(began.elapsed().as_secs()).expect("few") + 3;
    assert!(lines("cannot accept") <= seconds, "at most a line a second: {}", gateway.process.err());
    let spent = self::cpu(&gateway.process) - cpu;
    assert!(spent < began.elapsed() / 2, "{spent:?} of CPU time in {:?}", began.elapsed());
    drop(crowd);
    recovers(&gateway);
    assert!(gateway.metric("fngate_accept_errors_total") > 0);
    assert!(!gateway.process.err().contains("a bug in fngate"), "{}", gateway.process.err());
}

/// A new client is served within a second.
#[track_caller]
fn recovers(gateway: &Gateway) {
    let began = Instant::now();
    eventually("a new client is served", || {
        call(gateway.address, "GET /", "shop.test").is_ok_and(|reply| reply.status == 200).then_some(())
    });
    assert!(began.elapsed() < Duration::from_secs(1), "after {:?}", began.elapsed());
}

/// The gateway raises its soft limit, so it is the hard one that is lowered, before it starts.
fn start(folder: &Folder) -> Gateway {
    let gateway = Gateway::start_with(limited(folder).stdin(Stdio::null()), folder);
    let unchanged = Rlimit { current: Some(FILES), maximum: Some(FILES) };
    assert_eq!(prlimit(Some(gateway.process.id()), Resource::Nofile, unchanged).expect("a limit"), unchanged);
    gateway
}

pub(super) fn limited(folder: &Folder) -> Command {
    let mut command = Command::new("prlimit");
    command.arg(format!("--nofile={FILES}:{FILES}")).arg(env!("CARGO_BIN_EXE_fngate"));
    command.args(["run", "-c", &folder.argument()]);
    command
}

pub(super) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("the listener is there");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    stream
}

#[track_caller]
pub(super) fn ask(stream: &mut TcpStream) {
    stream.write_all(b"GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n").expect("sent");
    let mut answer = [0; 4096];
    let count = stream.read(&mut answer).expect("an answer");
    assert!(answer[..count].starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer[..count]));
}

/// The processor time that a process has used so far.
fn cpu(process: &Process) -> Duration {
    let path = format!("/proc/{}/stat", process.id().as_raw_nonzero());
    let text = std::fs::read_to_string(path).expect("it lives");
    let fields: Vec<_> = text.rsplit(')').next().expect("fields").split_whitespace().collect();
    let ticks: u64 = [11, 12].iter().map(|&index| fields[index].parse::<u64>().expect("ticks")).sum();
    Duration::from_millis(ticks * 10)
}
