//! A table that fits where it is shown: what matters least is left out first.

/// A column of a table.
pub(super) struct Column<R> {
    pub(super) head: &'static str,
    pub(super) cell: fn(&R) -> String,
    pub(super) align: Align,
    /// Of the columns that do not fit, those with the highest number are left out first. 0 is never left out.
    pub(super) rank: u8,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Right,
}

/// Blanks between two columns.
const GAP: &str = "  ";

/// The head and the rows as lines, no longer than `width`, if there is one.
pub(super) fn lines<R>(columns: &[Column<R>], rows: &[&R], width: Option<usize>) -> Vec<String> {
    let cells = |column: &Column<R>| {
        let head = std::iter::once(column.head.to_owned());
        head.chain(rows.iter().map(|row| (column.cell)(row))).collect::<Vec<_>>()
    };
    let mut shown: Vec<_> = columns.iter().map(|column| (column, cells(column))).collect();
    while let Some(width) = width
        && total(&shown) > width
        && let Some(last) = shown.iter().map(|(column, _)| column.rank).max().filter(|rank| *rank > 0)
    {
        shown.retain(|(column, _)| column.rank < last);
    }
    let widths: Vec<_> = shown.iter().map(|(_, cells)| widest(cells)).collect();
    let line = |index: usize| {
        let padded = shown.iter().zip(&widths).map(|((column, cells), &width)| match column.align {
            Align::Left => format!("{:<width$}", cells[index]),
            Align::Right => format!("{:>width$}", cells[index]),
        });
        let line = padded.collect::<Vec<_>>().join(GAP);
        width.map_or(&*line, |width| cut(&line, width)).trim_end().to_owned()
    };
    (0..=rows.len()).map(line).collect()
}

/// The first characters of a line, as many as there are columns.
pub(super) fn cut(line: &str, width: usize) -> &str {
    line.char_indices().nth(width).map_or(line, |(end, _)| &line[..end])
}

fn widest(cells: &[String]) -> usize {
    cells.iter().map(|cell| cell.chars().count()).max().unwrap_or(0)
}

fn total<R>(shown: &[(&Column<R>, Vec<String>)]) -> usize {
    let widths: usize = shown.iter().map(|(_, cells)| widest(cells)).sum();
    widths + GAP.len() * shown.len().saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [Column<(&str, u32)>; 3] = [
        Column { head: "NAME", cell: |row| row.0.to_owned(), align: Align::Left, rank: 0 },
        Column { head: "TWICE", cell: |row| (row.1 * 2).to_string(), align: Align::Right, rank: 2 },
        Column { head: "N", cell: |row| row.1.to_string(), align: Align::Right, rank: 1 },
    ];

    #[test]
    fn columns_that_do_not_fit_are_left_out() {
        let rows = [&("first", 7), &("äö", 100)];
        for (width, expected) in [
            (None, ["NAME   TWICE    N", "first     14    7", "äö       200  100"]),
            (Some(17), ["NAME   TWICE    N", "first     14    7", "äö       200  100"]),
            (Some(16), ["NAME     N", "first    7", "äö     100"]),
            (Some(9), ["NAME", "first", "äö"]),
            (Some(1), ["N", "f", "ä"]),
        ] {
            assert_eq!(lines(&COLUMNS, &rows, width), expected, "{width:?}");
        }
    }

    #[test]
    fn a_line_ends_where_the_terminal_does() {
        for (line, width, expected) in
            [("abc", 2, "ab"), ("abc", 3, "abc"), ("äöü", 2, "äö"), ("", 5, ""), ("a", 0, "")]
        {
            assert_eq!(cut(line, width), expected);
        }
    }
}
