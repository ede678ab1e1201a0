//! Colours, where somebody sees them.

use std::ffi::OsStr;
use std::io::IsTerminal;

/// Whether a stream leads to a terminal whose user wants colours, as <https://no-color.org> has it.
#[must_use]
pub fn has_colours(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && !is_refused(std::env::var_os("NO_COLOR").as_deref())
}

fn is_refused(no_color: Option<&OsStr>) -> bool {
    no_color.is_some_and(|value| !value.is_empty())
}
