//! Killed at random moments while it records and releases.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::super::{History, Release};
use super::{data, documents};
use crate::config::Environment;

const VICTIM: &str = "FNGATE_HISTORY_VICTIM";
const RUNS: usize = 100;
const KEEP: usize = 5;

/// What is killed: it records, pins what it has recorded, and lets go again.
#[test]
#[ignore = "the process that killed_at_any_moment_everything_is_whole starts"]
fn victim() {
    let Some(folder) = std::env::var_os(VICTIM).map(PathBuf::from) else { return };
    let mut history = History::open(&folder, KEEP).expect("opened");
    // The harness catches what goes through `print`.
    fs::write("/proc/self/fd/2", "ready\n").expect("told");
    let mut next = history.newest().map_or(0, |newest| newest.number) + 1;
    loop {
        let number = history.record(&data(&next.to_string())).expect("recorded");
        let revision = history.get(number).expect("a revision");
        history.pin(Environment::Test, &revision, "", &next.to_string()).expect("pinned");
        if number.is_multiple_of(3) {
            history.follow(Environment::Test).expect("follows");
        }
        next = number + 1;
    }
}

#[test]
fn killed_at_any_moment_everything_is_whole() {
    let folder = super::folder();
    let mut last = 0;
    for _ in 0..RUNS {
        let mut victim = Command::new(std::env::current_exe().expect("this program"))
            .args(["--exact", "--ignored", "--nocapture", "control::history::tests::killed::victim"])
            .env(VICTIM, folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("started");
        let mut told = String::new();
        BufReader::new(victim.stderr.take().expect("a pipe")).read_line(&mut told).expect("a line");
        assert_eq!(told, "ready\n", "the victim failed");
        #[expect(clippy::disallowed_methods, reason = "the random moment is what is tested")]
        std::thread::sleep(Duration::from_micros(fastrand::u64(0..40_000)));
        victim.kill().expect("killed");
        victim.wait().expect("waited for");
        let history = History::open(folder.path(), KEEP).expect("opened");
        assert_eq!(history.damaged(), [0; 0]);
        let list = history.list();
        assert!(list.len() <= KEEP, "{}", list.len());
        for meta in &list {
            history.get(meta.number).expect("a whole revision");
        }
        if let Some(newest) = list.first() {
            assert!(newest.number >= last, "{} after {last}", newest.number);
            last = newest.number;
        }
        match history.releases().remove(&Environment::Test) {
            None => {}
            Some(Release::Pinned { revision, stamp, documents: Ok(pinned) }) => {
                assert!(revision <= last, "{revision}");
                assert_eq!(pinned, documents(&stamp.note));
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(last > 10, "it records: {last}");
    let is_draft = |entry: &fs::DirEntry| entry.file_name().to_string_lossy().starts_with('.');
    for part in ["revisions", "releases"] {
        let left: Vec<_> =
            fs::read_dir(folder.path().join(part)).expect("a folder").flatten().filter(is_draft).collect();
        assert!(left.is_empty(), "{left:?}");
    }
}
