//! Lists of the admin API, read to their end.

use std::time::Duration;

use serde::de::DeserializeOwned;

use super::gateway::{Gateway, Question};
use super::outcome::Failure;
use crate::control::page::Page;

/// All items of a list. `path` ends with `?` or `&`.
pub(super) fn all<T: DeserializeOwned>(gateway: &Gateway, path: &str, patience: Duration) -> Result<Vec<T>, Failure> {
    let (mut items, mut cursor) = (Vec::new(), None);
    loop {
        let after = cursor.map(|cursor: String| format!("&cursor={cursor}")).unwrap_or_default();
        let page: Page<T> = gateway.read(&Question::get(format!("{path}limit=1000{after}"), patience))?;
        items.extend(page.items);
        match page.next {
            Some(next) => cursor = Some(next),
            None => return Ok(items),
        }
    }
}
