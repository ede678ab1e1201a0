//! Killed at random moments, by the kernel.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::super::{Recovered, Store, Write};

const VICTIM: &str = "FNGATE_STORE_VICTIM";
const RUNS: usize = 200;

/// The names of the files that change together.
fn names(count: usize) -> &'static [&'static str] {
    &["a.toml", "b.toml", "c.toml"][..count]
}

/// What a file holds in a generation. One of three is not there every other time.
fn content(name: &str, generation: u64) -> Option<Vec<u8>> {
    let is_there = name != "c.toml" || generation.is_multiple_of(2);
    is_there.then(|| format!("{generation}\n{}", name.repeat(2000)).into_bytes())
}

fn store(folder: &Path) -> Store {
    Store::new(&folder.join("journals"))
}

fn recover(folder: &Path) -> Option<Recovered> {
    let files = folder.join("files").canonicalize().expect("a folder");
    store(folder).recover(&|path| path.starts_with(&files)).expect("recovers")
}

/// The generation that all files are of.
fn generation(folder: &Path, names: &[&str]) -> u64 {
    let read = |name: &str| fs::read(folder.join("files").join(name)).ok();
    let first = read(names[0]).expect("the first file is always there");
    let generation = String::from_utf8_lossy(&first).lines().next().and_then(|line| line.parse().ok());
    let generation = generation.expect("a number");
    for name in names {
        assert!(read(name) == content(name, generation), "{name} is not of generation {generation}");
    }
    generation
}

/// What is killed: it recovers, and writes one generation after the other.
#[test]
#[ignore = "the process that killed_at_any_moment_all_files_are_of_one_generation starts"]
fn victim() {
    let Some(folder) = std::env::var_os(VICTIM).map(PathBuf::from) else { return };
    let count = fs::read_dir(folder.join("count")).expect("a folder").count();
    recover(&folder);
    let mut current = generation(&folder, names(count));
    // The harness catches what goes through `print`.
    fs::write("/proc/self/fd/2", "ready\n").expect("told");
    loop {
        let write = |name: &&str| Write {
            path: folder.join("files").join(name),
            expected: content(name, current),
            content: content(name, current + 1),
        };
        let writes: Vec<_> = names(count).iter().map(write).collect();
        store(&folder).write(&writes).expect("written");
        current += 1;
    }
}

#[test]
fn killed_at_any_moment_all_files_are_of_one_generation() {
    let mut unfinished = 0;
    for count in [1, 3] {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path();
        for name in ["files", "journals", "count"] {
            fs::create_dir(folder.join(name)).expect("a folder");
        }
        for name in names(count) {
            fs::write(folder.join("count").join(name), "").expect("a file");
            if let Some(content) = content(name, 0) {
                fs::write(folder.join("files").join(name), content).expect("a file");
            }
        }
        let mut last = 0;
        for _ in 0..RUNS / 2 {
            let mut victim = Command::new(std::env::current_exe().expect("this program"))
                .args(["--exact", "--ignored", "--nocapture", "config::store::tests::killed::victim"])
                .env(VICTIM, folder)
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .expect("started");
            let mut told = String::new();
            BufReader::new(victim.stderr.take().expect("a pipe")).read_line(&mut told).expect("a line");
            assert_eq!(told, "ready\n", "the victim failed");
            #[expect(clippy::disallowed_methods, reason = "the random moment is what is tested")]
            std::thread::sleep(Duration::from_micros(fastrand::u64(0..30_000)));
            victim.kill().expect("killed");
            victim.wait().expect("waited for");
            // Every other time the next victim has to recover.
            if fastrand::bool() {
                unfinished += usize::from(recover(folder).is_some());
                let now = generation(folder, names(count));
                assert!(now >= last, "generation {now} after {last}");
                last = now;
            }
        }
        recover(folder);
        last = last.max(generation(folder, names(count)));
        assert!(last > 10, "it writes: {last}");
        let mut left: Vec<_> = fs::read_dir(folder.join("files")).expect("a folder").flatten().collect();
        left.retain(|entry| entry.file_name().to_string_lossy().starts_with('.'));
        assert!(left.is_empty(), "{left:?}");
    }
    assert!(unfinished > 10, "most are killed within a write: {unfinished}");
}
