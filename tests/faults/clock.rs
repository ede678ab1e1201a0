//! A system clock that is set back and forth by an hour while requests are served.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::skip::skipped;
use super::support::client::call;
use super::support::eventually;
use super::support::fngate;
use super::support::gateway::{Folder, Gateway, echo};

#[test]
fn a_clock_that_jumps_is_seen_in_the_log_and_nowhere_else() {
    let Some(library) = library() else {
        skipped("clock: libfaketime is not installed (Debian, Ubuntu: apt-get install libfaketime)");
        return;
    };
    let log = r#"access = "stdout""#;
    let folder = Folder::new(&echo("0").replace(r#"access = "off""#, log));
    let offset = folder.path().join("offset");
    std::fs::write(&offset, "+0").expect("written");
    let mut command = fngate(&["run", "-c", &folder.argument()]);
    // Only the time of day: the kernel never sets the other clock back.
    command
        .env("LD_PRELOAD", library)
        .env("FAKETIME_TIMESTAMP_FILE", &offset)
        .env("FAKETIME_NO_CACHE", "1")
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
        .stdin(Stdio::null());
    let gateway = Gateway::start_with(&mut command, &folder);
    for (stage, jump) in ["+0", "-1h", "+1h", "-1h", "+0"].into_iter().enumerate() {
        std::fs::write(&offset, jump).expect("written");
        for _ in 0..20 {
            let reply = call(gateway.address, "GET /", "shop.test").expect("an answer");
            assert!(reply.status == 200 && reply.complete, "{reply:?}");
        }
        // Neither the watcher nor a reload cares.
        folder.write(&echo(&stage.to_string()).replace(r#"access = "off""#, log));
        gateway.becomes(&stage.to_string());
    }
    let hours = eventually("every request has its line", || {
        let lines = gateway.process.out();
        let times: Vec<String> = lines.lines().filter_map(time).collect();
        (times.len() >= 100).then_some(times)
    });
    let hours: std::collections::BTreeSet<_> = hours.iter().map(|time| time[..13].to_owned()).collect();
    assert!(hours.len() >= 3, "the clock did not jump: {hours:?}");
    assert!(!gateway.process.err().contains("ERROR"), "{}", gateway.process.err());
}

fn time(line: &str) -> Option<String> {
    let line: serde_json::Value = serde_json::from_str(line).ok()?;
    line["time"].as_str().map(str::to_owned)
}

/// Where the library is that fakes the time.
fn library() -> Option<PathBuf> {
    let machine = Command::new("uname").arg("-m").output().ok()?;
    let machine = String::from_utf8(machine.stdout).ok()?;
    let path = format!("/usr/lib/{}-linux-gnu/faketime/libfaketime.so.1", machine.trim());
    Path::new(&path).exists().then_some(path.into())
}
