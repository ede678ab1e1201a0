//! The current snapshot as one worker sees it: with its own connection pools.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use tokio::time::Instant;

use crate::function::pool::Local;
use crate::snapshot::Snapshot;

/// A snapshot and this worker's part of each of its functions.
#[derive(Debug)]
pub struct View {
    pub snapshot: Arc<Snapshot>,
    /// In the order of the snapshot's functions.
    functions: Vec<Rc<Local>>,
}

impl View {
    /// Takes a snapshot over; pools of functions that were there before stay.
    #[must_use]
    pub fn adopt(snapshot: Arc<Snapshot>, previous: Option<&Self>) -> Rc<Self> {
        let known: HashMap<_, _> = previous
            .iter()
            .flat_map(|previous| &previous.functions)
            .map(|local| (&local.function.spec.id, local))
            .collect();
        let take_over = |function: &Arc<_>| {
            let function: &Arc<crate::function::Function> = function;
            Local::new(function.clone(), known.get(&function.spec.id).map(|local| &***local))
        };
        let functions = snapshot.functions.iter().map(take_over).collect();
        Rc::new(Self { snapshot, functions })
    }

    /// The function with this index in the snapshot.
    #[must_use]
    pub fn function(&self, index: usize) -> &Rc<Local> {
        &self.functions[index]
    }

    /// Closes idle links that have grown too old.
    pub fn sweep(&self, now: Instant) {
        for local in &self.functions {
            local.sweep(now);
        }
    }
}
