//! Elements of lists, with the comments behind them. What stands in front of an element up to the end of the line belongs to the one before.

use toml_edit::{Array, RawString, Value};

/// Removes an element and the comment behind it.
pub(super) fn remove(array: &mut Array, index: usize) {
    let removed = array.remove(index);
    let own = text(removed.decor().prefix());
    let (before, _) = own.split_at(own.find('\n').unwrap_or(own.len()));
    let joined = |after: &str| match after.find('\n') {
        Some(end) => format!("{before}{}", &after[end..]),
        None => own.clone(),
    };
    match array.get_mut(index) {
        Some(next) => {
            let prefix = joined(&text(next.decor().prefix()));
            next.decor_mut().set_prefix(prefix);
        }
        None => {
            let trailing = text(Some(array.trailing()));
            if trailing.contains('\n') {
                array.set_trailing(joined(&trailing));
            } else if before.contains('#') {
                array.set_trailing(format!("{before}\n{trailing}"));
            }
        }
    }
}

/// Adds an element at the end: on a line of its own, if the others have one.
pub(super) fn push(array: &mut Array, value: Value) {
    let trailing = text(Some(array.trailing()));
    let indent = array.iter().last().and_then(|last| {
        let prefix = text(last.decor().prefix());
        prefix.rfind('\n').map(|at| prefix[at + 1..].to_owned())
    });
    let (Some(indent), Some(end)) = (indent, trailing.rfind('\n')) else { return array.push(value) };
    let mut value = value;
    value.decor_mut().set_prefix(format!("{}{indent}", &trailing[..=end]));
    array.push_formatted(value);
    array.set_trailing(format!("\n{}", &trailing[end + 1..]));
    array.set_trailing_comma(true);
}

fn text(raw: Option<&RawString>) -> String {
    raw.and_then(RawString::as_str).unwrap_or_default().to_owned()
}
