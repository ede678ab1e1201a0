//! The configuration that a command is about.

use std::path::PathBuf;

use clap::Args;

use super::outcome::Failure;
use crate::config;

#[derive(Debug, Args)]
pub(super) struct Configured {
    /// The configuration file.
    #[arg(
        short = 'c',
        long = "config",
        value_name = "FILE",
        env = "FNGATE_CONFIG",
        default_value = "/etc/fngate/fngate.toml"
    )]
    pub(super) path: PathBuf,
}

impl Configured {
    pub(super) fn load(&self) -> Result<config::Loaded, Failure> {
        config::load(&self.path).map_err(|failure| Failure::configuration(&failure))
    }
}
