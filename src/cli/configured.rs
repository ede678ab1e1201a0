//! The configuration that a command is about.

use std::path::{Path, PathBuf};

use clap::Args;

use super::outcome::Failure;
use crate::config;

const VARIABLE: &str = "FNGATE_CONFIG";
const DEFAULT: &str = "/etc/fngate/fngate.toml";

#[derive(Debug, Args)]
pub(super) struct Configured {
    /// The configuration file. Without this option the one in $FNGATE_CONFIG, then /etc/fngate/fngate.toml.
    #[arg(short = 'c', long = "config", value_name = "FILE")]
    given: Option<PathBuf>,
}

impl Configured {
    pub(super) fn load(&self) -> Result<config::Loaded, Failure> {
        let (path, origin) = self.choose();
        config::load(&path).map_err(|failure| {
            let mut report = Failure::configuration(&failure.report);
            let unread = failure.inputs.sources.first().is_some_and(|source| source.content.is_none());
            if let (true, Some(origin)) = (unread, origin) {
                report.text.push_str(origin);
            }
            report
        })
    }

    pub(super) fn path(&self) -> PathBuf {
        self.choose().0
    }

    /// The path, and how it was chosen if it is not on the command line.
    fn choose(&self) -> (PathBuf, Option<&'static str>) {
        if let Some(path) = &self.given {
            return (path.clone(), None);
        }
        match std::env::var_os(VARIABLE).filter(|path| !path.is_empty()) {
            Some(path) => (path.into(), Some("\nnote: this file is named by the variable FNGATE_CONFIG")),
            None => {
                let note = "\nnote: this is the default; name another file with -c or in the variable FNGATE_CONFIG";
                (Path::new(DEFAULT).to_owned(), Some(note))
            }
        }
    }
}
