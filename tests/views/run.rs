//! Asks a decoder about the targets that the matcher lets pass, and counts.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use fastrand::Rng;
use http::Method;

use crate::generate::{self, Table};
use crate::judge;

/// How many targets a decoder gets at once.
const BATCH: usize = 2_000;
/// How many differences are shown.
const SHOWN: usize = 20;

/// A target that the gateway forwards.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) table: usize,
    /// The API that was selected, and its rule.
    pub(crate) api: usize,
    pub(crate) rule: String,
    /// As the function receives it.
    pub(crate) path: String,
}

/// A path as the server behind sees it, its segments escaped.
#[derive(Clone, Debug)]
pub(crate) struct View {
    pub(crate) path: String,
    /// What the server's own matching says: the API that it found, or none.
    pub(crate) api: Option<Option<usize>>,
}

#[derive(Debug, Default)]
pub(crate) struct Tally {
    name: String,
    generated: usize,
    /// By the gateway, as ambiguous.
    ambiguous: usize,
    /// Selected, checked and asked for.
    asked: usize,
    /// By the server: it sees no path at all.
    refused: usize,
    views: usize,
    /// Targets that were let through by `raw_path`, and how many of them the server reads as another API.
    raw: usize,
    raw_different: usize,
    differences: Vec<String>,
}

/// Asks until the wanted number of different targets is reached.
pub(crate) fn run(name: &str, mut decode: impl FnMut(&[Asked]) -> Vec<Vec<View>>) -> Tally {
    let wanted = std::env::var("FNGATE_VIEWS_TARGETS").map_or(crate::TARGETS, |text| text.parse().expect("a number"));
    let seed = fastrand::u64(..);
    let mut random = Rng::with_seed(seed);
    let tables = generate::tables();
    let (mut tally, mut seen) = (Tally { name: format!("{name}, seed {seed}"), ..Tally::default() }, HashSet::new());
    while tally.asked < wanted {
        let mut batch = Vec::with_capacity(BATCH);
        while batch.len() < BATCH.min(wanted - tally.asked) {
            let index = random.usize(..tables.len());
            let path = generate::path(&mut random, &tables[index]);
            if seen.insert(hash(&(index, &path))) {
                tally.generated += 1;
                batch.extend(tally.select(index, &tables[index], &path));
            }
        }
        let views = decode(&batch);
        assert_eq!(views.len(), batch.len(), "an answer for each target");
        for (asked, views) in batch.iter().zip(&views) {
            tally.judge(&tables[asked.table], asked, views);
        }
    }
    report(&tally.text());
    tally
}

#[expect(clippy::print_stdout, reason = "the figures are shown by --nocapture")]
fn report(text: &str) {
    println!("{text}");
}

impl Tally {
    fn select(&mut self, index: usize, table: &Table, path: &str) -> Option<Asked> {
        match table.table.find("h.example", path, &Method::GET) {
            Ok(found) => {
                let (api, path) = (*found.payload(), found.forwarded(path).to_owned());
                Some(Asked { table: index, api, rule: table.rules[api].text.clone(), path })
            }
            Err(fngate::route::Miss::Ambiguous(_)) => {
                self.ambiguous += 1;
                None
            }
            Err(_) => None,
        }
    }

    fn judge(&mut self, table: &Table, asked: &Asked, views: &[View]) {
        let other = views.iter().find(|view| {
            let own = view.api.is_some_and(|api| api != Some(asked.api));
            own || judge::select(&table.rules, &view.path) != Some(asked.api)
        });
        if table.raw[asked.api] {
            self.raw += 1;
            self.raw_different += usize::from(other.is_some());
            return;
        }
        self.asked += 1;
        self.refused += usize::from(views.is_empty());
        self.views += views.len();
        if let Some(view) = other {
            let read = judge::select(&table.rules, &view.path).map(|api| &table.rules[api].text);
            let rules: Vec<_> = table.rules.iter().map(|rule| rule.text.as_str()).collect();
            let Asked { path, rule, .. } = asked;
            self.differences.push(format!("{path} selects {rule}, read as {view:?} it is {read:?} of {rules:?}"));
        }
    }

    fn text(&self) -> String {
        let Self { name, generated, ambiguous, asked, refused, views, raw, raw_different, differences } = self;
        format!(
            "{name}: {generated} targets, {ambiguous} ambiguous; {asked} asked for, {views} views, {refused} refused there, \
             {} differences; with raw_path {raw}, {raw_different} of them different",
            differences.len()
        )
    }

    /// No differences, and nothing that would make that worthless.
    pub(crate) fn assert_sound(&self) {
        let shown: Vec<_> = self.differences.iter().take(SHOWN).map(String::as_str).collect();
        assert!(shown.is_empty(), "{}\n{}", self.text(), shown.join("\n"));
        assert!(
            self.refused < self.asked / 2 && self.views >= self.asked / 2,
            "hardly anything is read: {}",
            self.text()
        );
        // Where the check is off, the same targets do differ.
        assert!(self.raw_different > self.raw / 100, "no target that could differ: {}", self.text());
    }
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
