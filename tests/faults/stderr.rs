//! A standard error that cannot be written to: a full disk, a pipe whose reader has gone, one that nobody reads.

use std::fs::OpenOptions;
use std::io::{PipeReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};

use rustix::process::Signal;

use super::files::{ask, connect, limited};
use super::support::gateway::{Folder, Gateway, broken, echo};
use super::support::port::free_port;
use super::support::process::Process;
use super::support::{eventually, fngate};

/// What standard error is.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    Full,
    Dead,
    Stuck,
}

/// The end for the process, and what has to be kept for it to stay so.
fn end(fate: Fate) -> (Stdio, Option<PipeReader>) {
    if fate == Fate::Full {
        return (OpenOptions::new().write(true).open("/dev/full").expect("a device").into(), None);
    }
    let (reader, mut writer) = std::io::pipe().expect("a pipe");
    if fate == Fate::Dead {
        return (writer.into(), None);
    }
    // What a pipe holds.
    writer.write_all(&[b'x'; 64 << 10]).expect("room");
    (writer.into(), Some(reader))
}

/// A folder, and the addresses in its configuration: nothing says what port 0 became.
fn folder(configuration: &str) -> (Folder, String, [SocketAddr; 2]) {
    let addresses = [free_port(), free_port()].map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
    let [listener, admin] = addresses.map(|address| address.to_string());
    let text = configuration.replacen("127.0.0.1:0", &listener, 1).replacen("127.0.0.1:0", &admin, 1);
    (Folder::new(&text), text, addresses)
}

fn start(command: &mut Command, folder: &Folder, [address, admin]: [SocketAddr; 2], err: Stdio) -> Gateway {
    let process = Process::start_with_err(command.stdin(Stdio::null()), folder.path(), err);
    let mut gateway = Gateway { process, address, others: Vec::new(), admin };
    eventually("the gateway is ready", || {
        assert_eq!(gateway.process.ended(), None);
        let mut stream = TcpStream::connect(admin).ok()?;
        stream.write_all(b"GET /readyz HTTP/1.0\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        answer.contains(" 200 ").then_some(())
    });
    gateway
}

#[test]
fn a_standard_error_that_takes_nothing_ends_nothing() {
    for fate in [Fate::Full, Fate::Dead, Fate::Stuck] {
        let (folder, good, addresses) = folder(&echo("a"));
        let (err, _kept) = end(fate);
        let mut gateway = start(&mut fngate(&["run", "-c", &folder.argument()]), &folder, addresses, err);
        assert_eq!(gateway.stage().as_deref(), Some("a"), "{fate:?}");
        let reloaded = || gateway.metric("fngate_config_reloads_total{result=\"ok\"}");
        let before = reloaded();
        gateway.process.signal(Signal::HUP);
        eventually("the signal is heard", || (reloaded() > before).then_some(()));
        folder.write(&broken().replace("127.0.0.1:0", &addresses[1].to_string()));
        gateway.process.signal(Signal::HUP);
        let refused = || gateway.metric("fngate_config_reloads_total{result=\"error\"}");
        eventually("the bad file is refused", || (refused() > 0).then_some(()));
        gateway.process.signal(Signal::USR1);
        folder.write(&good.replace("\"a\"", "\"b\""));
        gateway.becomes("b");
        if fate != Fate::Stuck {
            assert!(gateway.metric("fngate_log_lost_total") > 3, "{fate:?}");
        }
        assert_eq!(gateway.process.ended(), None, "{fate:?}");
        gateway.process.signal(Signal::TERM);
        assert_eq!(gateway.process.finish().code(), Some(0), "{fate:?}");
    }
}

#[test]
fn errors_before_the_start_have_their_exit_codes() {
    for fate in [Fate::Full, Fate::Dead] {
        let folder = Folder::new(&broken());
        for (arguments, code) in [(&["run"][..], 78), (&["check"], 78), (&["reload", "--admin", "127.0.0.1:1"], 71)] {
            let mut command = fngate(arguments);
            command.args(["-c", &folder.argument()]).stdin(Stdio::null());
            let process = Process::start_with_err(&mut command, folder.path(), end(fate).0);
            assert_eq!(process.finish().code(), Some(code), "{fate:?} {arguments:?}");
        }
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let folder = Folder::new(&echo("a"));
    for arguments in [&["routes"][..], &["routes", "--json"], &["check"]] {
        let mut command = fngate(arguments);
        command.args(["-c", &folder.argument()]).stdin(Stdio::null()).stdout(end(Fate::Dead).0).stderr(Stdio::piped());
        let output = command.output().expect("it runs");
        assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]), "{arguments:?}");
    }
}

#[test]
fn clients_that_use_up_the_files_end_nothing_when_nobody_can_be_told() {
    for fate in [Fate::Full, Fate::Dead] {
        let (folder, _, addresses) = folder(&(echo("x") + "[gateway]\nmax_connections = 1000\n"));
        let gateway = start(&mut limited(&folder), &folder, addresses, end(fate).0);
        let mut good = connect(gateway.address);
        ask(&mut good);
        let crowd: Vec<_> = (0..400).map(|_| connect(gateway.address)).collect();
        for _ in 0..50 {
            ask(&mut good);
        }
        drop(crowd);
        eventually("it accepts again", || gateway.stage());
        assert!(gateway.metric("fngate_accept_errors_total") > 0, "{fate:?}");
        assert!(gateway.metric("fngate_log_lost_total") > 0, "{fate:?}");
        gateway.process.signal(Signal::TERM);
        assert_eq!(gateway.process.finish().code(), Some(0), "{fate:?}");
    }
}
