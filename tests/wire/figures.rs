//! Figures for a comparison with other gateways, instead of verdicts.
//!
//! With `WIRE_FIGURES`, the path of a file, the tables are not judged. They are counted: a line of JSON is added to the file
//! for every attack, with what the oracle and the canaries alone find. That another gateway refuses what this one serves, or
//! the other way round, is no finding. With `WIRE_TARGET` and `WIRE_ORIGIN` as well, two addresses, the attacks go to the
//! gateway at the first, which forwards everything to the second.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write;
use std::net::SocketAddr;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use fngate::conformance::wire::origin::Origin;

/// The address of another gateway, and the one function behind it.
static OTHER: LazyLock<Option<(SocketAddr, Arc<Origin>)>> = LazyLock::new(|| {
    let address = |name| Some(std::env::var(name).ok()?.parse().unwrap_or_else(|error| panic!("{name}: {error}")));
    let (target, origin) = (address("WIRE_TARGET")?, address("WIRE_ORIGIN").expect("WIRE_ORIGIN beside WIRE_TARGET"));
    Some((target, Arc::new(Origin::start(origin).expect("a function"))))
});
/// There is one function behind another gateway, so its attacks take turns.
static TURN: Mutex<()> = Mutex::new(());

fn path() -> Option<String> {
    std::env::var("WIRE_FIGURES").ok()
}

/// Whether attacks are counted, not judged.
pub(crate) fn wanted() -> bool {
    path().is_some()
}

/// Another gateway that is to be counted, and its function.
pub(crate) fn other() -> Option<(SocketAddr, Arc<Origin>, MutexGuard<'static, ()>)> {
    let (target, origin) = path().and_then(|_| OTHER.as_ref())?;
    Some((*target, origin.clone(), TURN.lock().unwrap_or_else(PoisonError::into_inner)))
}

/// What was found in the attacks of one table.
#[derive(Debug)]
pub(crate) struct Findings {
    suite: &'static str,
    found: BTreeMap<String, Vec<String>>,
}

impl Findings {
    pub(crate) fn new(suite: &'static str) -> Self {
        Self { suite, found: BTreeMap::new() }
    }

    /// An attack may be tried in several ways; it counts once.
    pub(crate) fn add(&mut self, attack: &str, violations: impl IntoIterator<Item = String>) {
        self.found.entry(attack.to_owned()).or_default().extend(violations);
    }

    /// Fails if there is anything, or writes it down.
    #[track_caller]
    pub(crate) fn conclude(self) {
        let Some(path) = path() else {
            let lines: Vec<_> = self
                .found
                .iter()
                .flat_map(|(attack, violations)| violations.iter().map(move |line| format!("{attack}: {line}")))
                .collect();
            assert!(lines.is_empty(), "{} violations:\n{}", lines.len(), lines.join("\n"));
            return;
        };
        let line = |(attack, violations)| {
            let line = serde_json::json!({ "suite": self.suite, "attack": attack, "violations": violations });
            format!("{line}\n")
        };
        let lines: String = self.found.iter().map(line).collect();
        let file = OpenOptions::new().create(true).append(true).open(path);
        file.and_then(|mut file| file.write_all(lines.as_bytes())).expect("the file of WIRE_FIGURES");
    }
}
