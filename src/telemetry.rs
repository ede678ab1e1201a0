//! What the outside sees of the inside: logs, metrics, access records. Knows nothing of those who use it.

pub mod access;
pub mod escape;
pub mod exposition;
pub mod family;
pub mod floods;
mod handles;
pub mod listener;
pub mod live;
pub mod log;
pub mod metrics;
pub mod route;
pub mod shard;
pub mod tail;
pub mod tap;
pub mod terminal;
pub mod trace;
