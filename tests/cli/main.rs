//! The built program as a process: its arguments, exit codes, signals and what it says to a service manager.

#![expect(unreachable_pub, reason = "a test binary has no outside")]

mod check;
mod conformance;
mod dev;
mod explain;
mod function;
mod health;
mod import;
mod manual;
mod metrics;
mod reload;
mod schema;
mod signals;
mod support;
mod systemd;
mod terminal;
mod top;
mod usage;
