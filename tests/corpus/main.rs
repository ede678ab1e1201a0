//! Every input that fuzzing has kept, through the same entry functions on a stable compiler.

#[path = "../../fuzz/entry/codec.rs"]
mod codec;
#[path = "../../fuzz/entry/config.rs"]
mod config;
#[path = "../../fuzz/entry/forwarded.rs"]
mod forwarded;
#[path = "../../fuzz/entry/head.rs"]
mod head;
#[path = "../../fuzz/entry/policy.rs"]
mod policy;
#[path = "../support/project.rs"]
mod project;
#[path = "../../fuzz/entry/proxy.rs"]
mod proxy;
#[path = "../../fuzz/entry/table.rs"]
mod table;
#[path = "../../fuzz/entry/target.rs"]
mod target;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use project::project;

/// The most bytes of all inputs together: a repository is no place for more.
const MOST: u64 = 1 << 20;

/// A fuzz target by its name, and what it does with an input.
type Entry = (&'static str, fn(&[u8]));

const ENTRIES: [Entry; 8] = [
    ("codec", codec::run),
    ("config", config::run),
    ("forwarded", forwarded::run),
    ("head", head::run),
    ("policy", policy::run),
    ("proxy", proxy::run),
    ("table", table::run),
    ("target", target::run),
];

/// The inputs of an entry, in their order.
fn inputs(entry: &str) -> Vec<PathBuf> {
    let folder = project("fuzz/corpus").join(entry);
    let files = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
    files.sort();
    assert!(files.len() >= 20, "{} is nearly empty", folder.display());
    files
}

#[track_caller]
fn replay(entry: &str) {
    let (_, run) = ENTRIES.into_iter().find(|(name, _)| *name == entry).expect("an entry");
    for file in inputs(entry) {
        let input = std::fs::read(&file).expect("a file");
        let passed = catch_unwind(AssertUnwindSafe(|| run(&input)));
        assert!(passed.is_ok(), "{}", file.display());
    }
}

#[test]
fn messages_of_http1() {
    replay("codec");
}

#[test]
fn configurations() {
    replay("config");
}

#[test]
fn what_proxies_say_of_a_client() {
    replay("forwarded");
}

#[test]
fn request_heads() {
    replay("head");
}

#[test]
fn field_lines() {
    replay("policy");
}

#[test]
fn proxy_headers() {
    replay("proxy");
}

#[test]
fn route_tables() {
    replay("table");
}

#[test]
fn request_targets() {
    replay("target");
}

#[test]
fn every_fuzz_target_is_replayed_and_the_corpus_is_small() {
    let folder = project("fuzz/targets");
    let files = std::fs::read_dir(folder).expect("the fuzz targets");
    let mut targets: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
    targets.sort();
    let names: Vec<_> = targets.iter().filter_map(|path| path.file_stem()?.to_str()).collect();
    assert_eq!(names, ENTRIES.map(|(name, _)| name));
    let sizes = names.iter().flat_map(|name| inputs(name)).map(|file| file.metadata().expect("a file").len());
    let total: u64 = sizes.sum();
    assert!(total <= MOST, "{total} bytes");
}
