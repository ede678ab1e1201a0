//! The configuration: TOML as written becomes a [`Config`] that is right by construction.

pub mod path;
pub mod types;

pub use path::{BasePath, PathRule, Segment};
pub use types::Config;
