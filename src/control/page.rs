//! Pages of lists.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// How many there are in all pages.
    pub total: usize,
    /// The `cursor` of the next page; null on the last.
    pub next: Option<String>,
}

/// Which part of a list is asked for.
#[derive(Clone, Debug, Default)]
pub struct Range {
    /// At most so many items: 1 to 1000, 100 without it.
    pub limit: Option<usize>,
    /// Where the page begins: `next` of the one before.
    pub cursor: Option<String>,
}

/// Whether each word of a search is in one of some texts, in any letter case.
pub fn contain(search: &str, own: impl IntoIterator<Item = impl AsRef<str>>) -> bool {
    let own: Vec<_> = own.into_iter().map(|own| own.as_ref().to_lowercase()).collect();
    search.to_lowercase().split_whitespace().all(|word| own.iter().any(|own| own.contains(word)))
}

const LIMIT: usize = 100;
const LARGEST: usize = 1000;

impl Range {
    /// The first item and how many.
    ///
    /// # Errors
    /// What is wrong with the parameters.
    pub fn bounds(&self) -> Result<(usize, usize), String> {
        let limit = self.limit.unwrap_or(LIMIT);
        if !(1..=LARGEST).contains(&limit) {
            return Err(format!("`limit` is from 1 to {LARGEST}, not {limit}"));
        }
        let start = match &self.cursor {
            None => 0,
            Some(text) => {
                text.parse().map_err(|_error| "`cursor` must be the `next` value of an earlier page".to_owned())?
            }
        };
        Ok((start, limit))
    }
}

impl<T> Page<T> {
    /// The part of `all` that is asked for. Only its items are made.
    ///
    /// # Errors
    /// As [`Range::bounds`].
    pub fn cut<I>(all: Vec<I>, range: &Range, make: impl FnMut(I) -> T) -> Result<Self, String> {
        let (start, limit) = range.bounds()?;
        let total = all.len();
        let items: Vec<T> = all.into_iter().skip(start).take(limit).map(make).collect();
        let end = start.saturating_add(items.len());
        let next = (end < total && !items.is_empty()).then(|| end.to_string());
        Ok(Self { items, total, next })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_finds_what_has_all_of_its_words() {
        let own = ["shop", "GET", "/Orders/{id}"];
        for (search, found) in [
            ("orders", true),
            ("shop orders", true),
            ("  ORDERS   get ", true),
            ("shop carts", false),
            ("shoporders", false),
            ("", true),
        ] {
            assert_eq!(contain(search, own), found, "{search}");
        }
    }
}
