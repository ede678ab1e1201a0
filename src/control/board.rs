//! What is known of the configuration beside the table in use: the last load, what waits for a restart, warnings, the history.
//!
//! Written by the thread that loads, read by the admin API. Whoever follows it sees each change.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use tokio::sync::watch;

use super::problem::Finding;

/// What the last load reported, for the admin API.
#[derive(Clone, Debug)]
pub struct Known {
    /// When the configuration in use was applied.
    pub applied: SystemTime,
    /// The last load that was refused, until one is applied.
    pub refused: Option<Refused>,
    /// Keys whose change waits for a restart.
    pub pending: Vec<&'static str>,
    /// What the configuration in use does not do although its author seems to want it.
    pub warnings: Vec<Finding>,
    /// Where revisions are kept, or why they are not.
    pub history: Result<String, String>,
    /// The files of the configuration that cannot be written. Whether they can is asked by the thread that loads: a disk may hang.
    pub read_only: BTreeSet<PathBuf>,
}

/// A load that changed nothing.
#[derive(Clone, Debug)]
pub struct Refused {
    pub at: SystemTime,
    pub errors: Vec<Finding>,
}

/// The end that writes.
#[derive(Clone, Debug)]
pub struct Board(watch::Sender<Arc<Known>>);

/// The end that reads.
pub type Reader = watch::Receiver<Arc<Known>>;

impl Board {
    #[must_use]
    pub fn new() -> Self {
        let known = Known {
            applied: SystemTime::now(),
            refused: None,
            pending: Vec::new(),
            warnings: Vec::new(),
            history: Err("there is none".to_owned()),
            read_only: BTreeSet::new(),
        };
        Self(watch::Sender::new(Arc::new(known)))
    }

    #[must_use]
    pub fn reader(&self) -> Reader {
        self.0.subscribe()
    }

    /// The last load, if it was refused.
    #[must_use]
    pub fn refused(&self) -> Option<Refused> {
        self.0.borrow().refused.clone()
    }

    pub fn change(&self, change: impl FnOnce(&mut Known)) {
        self.0.send_modify(|known| change(Arc::make_mut(known)));
    }
}

impl Default for Board {
    fn default() -> Self {
        Self::new()
    }
}
