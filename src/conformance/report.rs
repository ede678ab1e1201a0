//! The differences of a whole run, by name.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::io;

use serde::Serialize;

use super::compare::{Direction, Protocol, listed};
use super::corpus;
use super::run::Run;
use super::translate::Fate;

/// What a run through a gateway found.
#[derive(Debug, Serialize)]
pub struct Report {
    pub protocol: Protocol,
    /// Those that were played.
    pub exchanges: usize,
    pub differences: Vec<Row>,
    /// What the protocol cannot say.
    pub unsaid: Vec<Unsaid>,
    /// Whether every difference is on the list.
    pub transparent: bool,
}

/// One kind of difference.
#[derive(Debug, Serialize)]
pub struct Row {
    pub direction: Direction,
    pub rule: &'static str,
    /// Whether it is one that this gateway is known to make.
    pub listed: bool,
    /// The first exchange that has it, and what was different there.
    pub example: String,
    /// The names of all exchanges that have it.
    pub exchanges: Vec<String>,
}

/// Something that the protocol cannot say.
#[derive(Debug, Serialize)]
pub struct Unsaid {
    pub what: &'static str,
    pub fate: Fate,
    /// The names of all exchanges that have it.
    pub exchanges: Vec<String>,
}

impl Report {
    /// Runs the whole corpus.
    ///
    /// # Errors
    /// When the gateway cannot be reached.
    pub fn of(run: &Run<'_>) -> io::Result<Self> {
        let (mut rows, mut unsaid) = (BTreeMap::new(), BTreeMap::new());
        let mut exchanges = 0;
        for case in corpus::all().iter().flat_map(|(_, cases)| cases) {
            let outcome = run.play(case)?;
            for key in &outcome.unsaid {
                unsaid.entry(*key).or_insert_with(Vec::new).push(case.name.clone());
            }
            exchanges += usize::from(outcome.unsaid.iter().all(|(fate, _)| *fate != Fate::LeftOut));
            for difference in outcome.differences {
                let key = (difference.direction, difference.rule);
                let row = rows.entry(key).or_insert_with(|| Row {
                    direction: key.0,
                    rule: key.1,
                    listed: listed(run.protocol).contains(&key),
                    example: format!("{}: {}", case.name, difference.detail),
                    exchanges: Vec::new(),
                });
                row.exchanges.push(case.name.clone());
            }
        }
        let differences: Vec<_> = rows.into_values().collect();
        let transparent = differences.iter().all(|row| row.listed);
        let unsaid = unsaid.into_iter().map(|((fate, what), exchanges)| Unsaid { what, fate, exchanges }).collect();
        Ok(Self { protocol: run.protocol, exchanges, differences, unsaid, transparent })
    }

    /// The table for people.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!("{:9} {:26} {:>9}  {:6}  EXAMPLE\n", "DIRECTION", "DIFFERENCE", "EXCHANGES", "LISTED");
        for row in &self.differences {
            let listed = if row.listed { "yes" } else { "NO" };
            let (direction, rule, count) = (row.direction.as_str(), row.rule, row.exchanges.len());
            let _ = writeln!(text, "{direction:9} {rule:26} {count:>9}  {listed:6}  {}", row.example);
        }
        for Unsaid { what, fate, exchanges } in &self.unsaid {
            let fate = if *fate == Fate::LeftOut { "left out" } else { "reworded" };
            let _ = writeln!(text, "unsaid    {what:26} {:>9}  {fate}", exchanges.len());
        }
        let unlisted = self.differences.iter().filter(|row| !row.listed).count();
        let verdict = match unlisted {
            0 => "every difference is on the list".to_owned(),
            count => format!("{count} kinds of differences are not on the list"),
        };
        let _ =
            writeln!(text, "{} exchanges, {} kinds of differences: {verdict}", self.exchanges, self.differences.len());
        text
    }
}
