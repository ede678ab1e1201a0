//! Lists as commands print them: columns, or JSON.

use std::io;
use std::process::ExitCode;

use serde::Serialize;

use super::outcome::{Failure, print};
use crate::telemetry::escape::is_terminal_control;
use crate::telemetry::terminal::has_colours;

/// Columns as wide as their widest cell.
pub(super) fn align<const N: usize>(lines: &[[String; N]]) -> String {
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<_> = (0..N).map(width).collect();
    let mut text = String::new();
    for line in lines {
        let cells = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// A text as one line of a list, without what a terminal would obey.
pub(super) fn line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let shown = |c: char| if is_terminal_control(c) { format!("\\u{{{:x}}}", u32::from(c)) } else { c.to_string() };
    line.chars().map(shown).collect()
}

/// A diff as a terminal shows it.
pub(super) fn coloured(diff: &str) -> String {
    if !has_colours(&io::stdout()) {
        return diff.to_owned();
    }
    let colour = |line: &str| match line.as_bytes() {
        [b'-', b'-', b'-', b' ', ..] | [b'+', b'+', b'+', b' ', ..] => Some("1"),
        [b'-', ..] => Some("31"),
        [b'+', ..] => Some("32"),
        [b'@', ..] => Some("36"),
        _ => None,
    };
    diff.lines()
        .map(|line| match colour(line) {
            Some(code) => format!("\x1b[{code}m{line}\x1b[0m\n"),
            None => format!("{line}\n"),
        })
        .collect()
}

/// Prints a value as JSON.
pub(super) fn json(value: &impl Serialize) -> Result<ExitCode, Failure> {
    let text = serde_json::to_string_pretty(value).map_err(|error| Failure::system(&error))?;
    print(&format!("{text}\n"))
}

#[cfg(test)]
mod tests {
    use super::line;
    use crate::control::change::check_note;

    #[test]
    fn a_terminal_obeys_no_note() {
        assert_eq!(line("a\x1b[2J\u{202e}b\n c"), "a\\u{1b}[2J\\u{202e}b c");
        for (note, is_good) in
            [("two\nlines é", true), ("\x1b]0;x\x07", false), ("\u{202e}", false), ("\r", false), ("\u{9b}", false)]
        {
            assert_eq!(check_note(note).is_ok(), is_good, "{note:?}");
        }
    }
}
