//! The tables of the configuration: for each its type, and how it is read, with its defaults and ranges.

pub mod acme;
pub mod admin;
pub mod function;
pub mod gateway;
pub mod history;
pub mod http2;
pub mod listener;
pub mod log;
pub mod service;
pub mod traces;
