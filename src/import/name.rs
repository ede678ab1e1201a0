//! Names of others as names of the configuration, each its own.

use std::collections::HashMap;

/// The longest name of a function. One of a service or of an API is cut as well: it is a header value and a label.
const LONGEST: usize = 60;

/// Names that are taken, each with the last number that was put behind it.
#[derive(Debug, Default)]
pub(super) struct Names {
    taken: HashMap<String, usize>,
}

impl Names {
    /// The name, or one with a number behind it if another has it.
    pub(super) fn claim(&mut self, name: &str) -> String {
        let Some(last) = self.taken.get(name) else {
            self.taken.insert(name.to_owned(), 1);
            return name.to_owned();
        };
        let mut number = *last;
        let claimed = loop {
            number += 1;
            let suffix = format!("-{number}");
            let start: String = name.chars().take(LONGEST - suffix.len()).collect();
            let candidate = start + &suffix;
            if !self.taken.contains_key(&candidate) {
                break candidate;
            }
        };
        self.taken.insert(name.to_owned(), number);
        self.taken.insert(claimed.clone(), 1);
        claimed
    }
}

/// The name of a function: a letter, then letters, digits, `_` and `-`.
pub(super) fn identifier(text: &str) -> String {
    let good = |c: char| if c.is_ascii_alphanumeric() || c == '_' || c == '-' { c } else { '-' };
    let name: String = text.chars().map(good).skip_while(|c| !c.is_ascii_alphabetic()).take(LONGEST).collect();
    let name = name.trim_end_matches('-').to_owned();
    if name.is_empty() { "function".to_owned() } else { name }
}

/// The name of a service or an API: visible ASCII, without quotes.
pub(super) fn display(text: &str) -> String {
    let good = |c: char| (c.is_ascii_graphic() || c == ' ') && c != '"' && c != '\\';
    let name: String = text.chars().map(|c| if good(c) { c } else { '-' }).take(LONGEST).collect();
    let name = name.trim().to_owned();
    if name.is_empty() { "service".to_owned() } else { name }
}

/// A label of a host.
pub(super) fn label(text: &str) -> String {
    identifier(text).replace('_', "-").to_ascii_lowercase()
}

/// What is said of a name that had to become another.
pub(super) fn renamed(was: &str, is: &str) -> Option<String> {
    (was != is).then(|| format!("the name was `{was}`"))
}
