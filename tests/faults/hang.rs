//! A configuration whose files cannot be read to an end, as on a network file system that hangs.

use std::os::unix::net::UnixDatagram;
use std::process::Stdio;

use rustix::process::Signal;
use tokio::time::Instant;

use super::support::client::get;
use super::support::gateway::{Folder, Gateway, echo};
use super::support::{PATIENCE, eventually, fngate};

/// A terminal at whose other end nobody is: to read from it is to wait.
const NEVER: &str = "/dev/ptmx";

#[test]
fn a_load_that_hangs_keeps_nobody_waiting() {
    let good = echo("a");
    let folder = Folder::new(&good);
    let manager = UnixDatagram::bind(folder.path().join("notify")).expect("a socket");
    manager.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    let mut command = fngate(&["run", "-c", &folder.argument()]);
    command.stdin(Stdio::null()).env("NOTIFY_SOCKET", folder.path().join("notify")).env("WATCHDOG_USEC", "200000");
    let gateway = Gateway::start_with(&mut command, &folder);
    let revision = gateway.metric("fngate_config_revision");
    folder.write(&format!("include = [{NEVER:?}]\n{good}"));
    let reads = || std::fs::read_dir(format!("/proc/{}/fd", gateway.process.id().as_raw_nonzero())).ok();
    eventually("the load hangs", || {
        let link = |entry: std::fs::DirEntry| std::fs::read_link(entry.path()).ok();
        reads()?.flatten().filter_map(link).any(|path| path.ends_with("ptmx")).then_some(())
    });
    // More than wait for their turn.
    for _ in 0..40 {
        gateway.process.signal(Signal::HUP);
        assert_eq!(get(gateway.admin, "/livez").status, 200);
    }
    assert_eq!(gateway.stage().as_deref(), Some("a"));
    assert_eq!(gateway.metric("fngate_config_revision"), revision);
    let began = Instant::now();
    for _ in 0..3 {
        while !message(&manager).contains("WATCHDOG=1") {}
    }
    gateway.process.signal(Signal::TERM);
    assert_eq!(gateway.process.finish().code(), Some(0));
    assert!(began.elapsed() < PATIENCE / 2, "{:?}", began.elapsed());
}

#[track_caller]
fn message(manager: &UnixDatagram) -> String {
    let mut buffer = [0; 4096];
    let count = manager.recv(&mut buffer).expect("a message");
    String::from_utf8_lossy(&buffer[..count]).into_owned()
}
