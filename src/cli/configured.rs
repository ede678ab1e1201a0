//! The configuration that a command is about.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use super::outcome::Failure;
use crate::config;

const VARIABLE: &str = "FNGATE_CONFIG";
const DEFAULT: &str = "/etc/fngate/fngate.toml";
const LOCAL: &str = "./fngate.toml";

/// The file of a gateway. A file that merely lies in the current folder is never served.
#[derive(Debug, Args)]
pub(super) struct Configured {
    /// The configuration file. Without this option the one in $FNGATE_CONFIG, then /etc/fngate/fngate.toml.
    #[arg(short = 'c', long = "config", value_name = "FILE")]
    given: Option<PathBuf>,
}

/// The file of a command that reads it and serves nothing.
#[derive(Debug, Args)]
pub(super) struct Inspected {
    /// The configuration file. Without this option the one in $FNGATE_CONFIG, then /etc/fngate/fngate.toml, then ./fngate.toml.
    #[arg(short = 'c', long = "config", value_name = "FILE")]
    given: Option<PathBuf>,
}

/// The same, with or without `-c`.
#[derive(Debug, Args)]
pub(super) struct InspectedFile {
    #[command(flatten)]
    inspected: Inspected,
    /// The configuration file, as with -c.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
}

/// A file, and what named it.
#[derive(Debug)]
pub(super) struct Chosen {
    pub(super) path: PathBuf,
    by: ChosenBy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ChosenBy {
    Argument,
    Variable,
    Default,
    /// The default, after a look for the file in the current folder.
    LastResort,
    CurrentFolder,
}

impl Configured {
    /// A file that is named, or the default.
    pub(super) fn of(given: Option<PathBuf>) -> Self {
        Self { given }
    }

    pub(super) fn choose(&self) -> Chosen {
        named(self.given.as_deref()).unwrap_or_else(|| Chosen::new(DEFAULT, ChosenBy::Default))
    }
}

impl Inspected {
    pub(super) fn choose(&self) -> Chosen {
        named(self.given.as_deref()).unwrap_or_else(|| {
            // One that cannot be looked at is reported, not passed over.
            if Path::new(DEFAULT).try_exists().unwrap_or(true) {
                Chosen::new(DEFAULT, ChosenBy::Default)
            } else if Path::new(LOCAL).exists() {
                Chosen::new(LOCAL, ChosenBy::CurrentFolder)
            } else {
                Chosen::new(DEFAULT, ChosenBy::LastResort)
            }
        })
    }
}

impl InspectedFile {
    pub(super) fn choose(&self) -> Result<Chosen, Failure> {
        match (&self.inspected.given, &self.file) {
            (Some(given), Some(file)) if !is_same(given, file) => {
                let (given, file) = (given.display(), file.display());
                Err(Failure::usage(format!("two files are named: {given} and {file}")))
            }
            (None, Some(file)) => Ok(Chosen::new(file, ChosenBy::Argument)),
            _ => Ok(self.inspected.choose()),
        }
    }
}

impl Chosen {
    fn new(path: impl Into<PathBuf>, by: ChosenBy) -> Self {
        Self { path: path.into(), by }
    }

    pub(super) fn load(&self) -> Result<config::Loaded, Failure> {
        config::load(&self.path).map_err(|failure| {
            let mut report = Failure::configuration(&failure.report);
            if let Some(note) = self.note() {
                report.text = format!("{}\n{note}", report.text.trim_end());
            }
            report
        })
    }

    /// Whether somebody has named it, for this command or for all.
    pub(super) fn is_named(&self) -> bool {
        matches!(self.by, ChosenBy::Argument | ChosenBy::Variable)
    }

    /// Loads it, and says on standard error which file it is, unless that is known: named as an argument, or the default.
    pub(super) fn inspect(&self) -> Result<config::Loaded, Failure> {
        let loaded = self.load()?;
        if let Some(note) = self.note().filter(|_| self.by != ChosenBy::Default) {
            // There is nothing to do about a terminal that is gone.
            let _ = writeln!(io::stderr(), "{note}");
        }
        Ok(loaded)
    }

    /// Why it is this file, if it was not named as an argument.
    fn note(&self) -> Option<String> {
        let path = self.path.display();
        let other = format!("name another file with -c or in the variable {VARIABLE}");
        Some(match self.by {
            ChosenBy::Argument => return None,
            ChosenBy::Variable => format!("note: {path} is named by the variable {VARIABLE}"),
            ChosenBy::Default => format!("note: {path} is the default; {other}"),
            ChosenBy::LastResort => format!("note: {path} is the default, and there is no {LOCAL}; {other}"),
            ChosenBy::CurrentFolder => {
                format!("note: {path} is used: {VARIABLE} is not set, and there is no {DEFAULT}")
            }
        })
    }
}

/// The file that somebody has named.
fn named(given: Option<&Path>) -> Option<Chosen> {
    let by_argument = given.map(|path| Chosen::new(path, ChosenBy::Argument));
    by_argument.or_else(|| {
        let path = std::env::var_os(VARIABLE).filter(|path| !path.is_empty())?;
        Some(Chosen::new(path, ChosenBy::Variable))
    })
}

fn is_same(one: &Path, other: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().ok();
    one == other || real(one).is_some_and(|path| real(other) == Some(path))
}
