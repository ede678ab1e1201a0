//! Autobahn's suite for WebSockets, against an echo server directly and through the gateway: every case has the same verdict.
//!
//! The suite needs Python 2.7. Where `tests/setup` found none, this says that it was skipped. `FNGATE_AUTOBAHN=all` adds the
//! cases that take minutes: large messages, and compression.

#[path = "../support/project.rs"]
mod project;
#[path = "../support/skip.rs"]
mod skip;
mod suite;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use fngate::conformance::gateway::Gateway;
use suite::{Case, Echo, Suite};

/// Cases in an ordinary run, and in one of all.
const ORDINARY: usize = 247;
const ALL: usize = 517;

#[test]
fn every_case_has_the_verdict_that_it_has_without_the_gateway() {
    let suite = match Suite::find() {
        Ok(suite) => suite,
        Err(reason) => return skip::skipped(&format!("autobahn: {reason}")),
    };
    let echo = Echo::start();
    let gateway = Gateway::start(echo.address(), "").expect("a gateway");
    let all = std::env::var("FNGATE_AUTOBAHN").is_ok_and(|which| which == "all");
    let verdicts = suite.run(&[("direct", echo.address()), ("gateway", gateway.address())], all);
    let (direct, through) = (&verdicts["direct"], &verdicts["gateway"]);
    report(&format!("{} cases, directly {}; through the gateway {}", direct.len(), counts(direct), counts(through)));
    assert_eq!(direct.len(), if all { ALL } else { ORDINARY }, "the suite has other cases");
    let different: Vec<_> = direct
        .iter()
        .filter(|(name, case)| through.get(*name) != Some(case))
        .map(|(name, case)| format!("{name}: {case:?} directly, {:?} through the gateway", through.get(name)))
        .collect();
    assert!(different.is_empty() && through.len() == direct.len(), "{}", different.join("\n"));
    // Two that fail in the same way would say nothing.
    let passed = direct.values().filter(|case| case.behavior != "FAILED").count();
    assert_eq!(passed, direct.len(), "the echo server itself fails");
}

/// How many cases have each verdict.
fn counts(cases: &BTreeMap<String, Case>) -> String {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for Case { behavior, close } in cases.values() {
        *counts.entry(format!("{behavior}/{close}")).or_default() += 1;
    }
    counts.iter().map(|(verdict, count)| format!("{count} {verdict}")).collect::<Vec<_>>().join(", ")
}

#[expect(clippy::print_stdout, reason = "the figures are shown by --nocapture")]
fn report(text: &str) {
    println!("autobahn: {text}");
}

/// A command whose output nobody reads unless it fails.
fn quiet(program: impl AsRef<std::ffi::OsStr>, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).stdin(Stdio::null());
    command
}
