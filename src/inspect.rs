//! What an admin sees of the table: functions, instances, services, domains, APIs, environments, and why a request selects what it selects.
//!
//! Made from a snapshot, be it the one in use or one of a file that nobody serves. The commands and the admin API show the same
//! types; a command reads from the admin API what it would make itself of a file. What a type shows is as the configuration writes it,
//! with defaults put in; `status` holds what cannot be changed through it. Values that may let somebody in are [`MASK`].

pub mod api;
pub mod certificate;
pub mod document;
pub mod environment;
pub mod explain;
mod fields;
pub mod function;
mod near;
pub mod object;
pub mod origin;
pub mod route;
pub mod service;

/// Stands in place of a secret.
pub use crate::config::MASK;
