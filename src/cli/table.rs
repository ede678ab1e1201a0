//! Lists as commands print them: columns, or JSON.

use std::process::ExitCode;

use serde::Serialize;

use super::outcome::{Failure, print};

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

/// Prints a value as JSON.
pub(super) fn json(value: &impl Serialize) -> Result<ExitCode, Failure> {
    let text = serde_json::to_string_pretty(value).map_err(|error| Failure::system(&error))?;
    print(&format!("{text}\n"))
}
