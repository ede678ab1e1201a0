//! The built program as a process: its arguments, exit codes, signals and what it says to a service manager.

#![expect(unreachable_pub, reason = "a test binary has no outside")]

mod apply;
mod audit;
mod backup;
mod bind;
mod check;
mod conformance;
mod dev;
mod explain;
mod function;
mod health;
mod history;
mod import;
mod kept;
mod manual;
mod metrics;
mod release;
mod reload;
mod schema;
mod signals;
#[path = "../support/skip.rs"]
mod skip;
mod support;
mod systemd;
mod tail;
mod terminal;
mod top;
mod trouble;
mod tutorial;
mod usage;
