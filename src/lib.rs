//! fngate, a function gateway: one daemon that gives web functions on your own machines a public address.
//!
//! The modules are layers; imports go down the list and never up. `docs/architecture.md` is the map.

pub mod alarm;
pub mod certificate;
pub mod clock;
pub mod drain;
pub mod header;
pub mod huffman;
pub mod process;
pub mod throttle;
pub mod units;

pub mod config;
pub mod import;
pub mod inspect;

pub mod net;
pub mod telemetry;

pub mod http1;
pub mod message;
pub mod route;

pub mod entrance;
pub mod function;

pub mod snapshot;

pub mod proxy;

pub mod server;

pub mod control;

pub mod app;
pub mod cli;
pub mod conformance;
