//! `fngate top`: what the running gateway does, function by function, every other second.

mod figures;
mod scrape;

use std::io::{self, IsTerminal};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use tokio::time::{Instant, sleep};

use self::figures::{Figures, Row};
use self::scrape::Scrape;
use super::admin::{NOBODY, Running};
use super::gateway::Question;
use super::outcome::{Failure, SYSTEM, print};
use crate::control::admin::METRICS;
use crate::telemetry::terminal::has_colours;
use crate::units::parse_duration;

/// A scrape of very many APIs takes a while.
const PATIENCE: Duration = Duration::from_secs(30);
/// Rows that are shown where nobody says how high the terminal is.
const ROWS: usize = 20;
/// Lines above the functions, and the one of the prompt.
const OTHER_LINES: usize = 4;

const CLEAR: &str = "\x1b[H\x1b[2J";
const RED: &str = "\x1b[31m";
const BOLD: &str = "\x1b[1m";
const PLAIN: &str = "\x1b[0m";

#[derive(Debug, Args)]
pub(super) struct Top {
    #[command(flatten)]
    running: Running,
    /// The time between two looks.
    #[arg(long, value_name = "DURATION", default_value = "2s", value_parser = interval)]
    interval: Duration,
    /// Looks after which it ends; without this option, when it is interrupted.
    #[arg(long, value_name = "N")]
    count: Option<usize>,
    /// Print a line of JSON for each look.
    #[arg(long)]
    json: bool,
}

fn interval(text: &str) -> Result<Duration, String> {
    let interval = parse_duration(text).map_err(|error| error.to_string())?;
    if interval.is_zero() { Err("it must be longer than that".to_owned()) } else { Ok(interval) }
}

pub(super) fn top(arguments: &Top) -> Result<ExitCode, Failure> {
    let gateway = arguments.running.gateway(NOBODY)?;
    let question = Question::get(METRICS, PATIENCE);
    let look = || match gateway.text(&question) {
        Ok(text) => Ok((Instant::now(), Scrape::read(&text))),
        Err(text) => Err(Failure { code: SYSTEM, text }),
    };
    let timer =
        tokio::runtime::Builder::new_current_thread().enable_time().build().map_err(|error| Failure::system(&error))?;
    let screen = Screen::of_output();
    let (mut then, mut before) = look()?;
    let mut shown = 0;
    while arguments.count.is_none_or(|count| shown < count) {
        timer.block_on(async { sleep(arguments.interval).await });
        let (now, after) = look()?;
        let figures = Figures::between(&before, &after, now.duration_since(then));
        let text = if arguments.json {
            format!("{}\n", serde_json::to_string(&figures).map_err(|error| Failure::system(&error))?)
        } else {
            screen.draw(&figures, &gateway.to_string())
        };
        print(&text)?;
        (then, before) = (now, after);
        shown += 1;
    }
    Ok(ExitCode::SUCCESS)
}

/// How figures are shown: on a terminal each look in the place of the one before.
struct Screen {
    terminal: bool,
    colours: bool,
    rows: usize,
    /// Longer lines would wrap, and push the first ones out.
    width: Option<usize>,
}

impl Screen {
    fn of_output() -> Self {
        let terminal = io::stdout().is_terminal();
        let size = rustix::termios::tcgetwinsize(io::stdout()).ok();
        let height = size.map(|size| usize::from(size.ws_row));
        // A terminal that does not know its width says 0.
        let width = size.map(|size| usize::from(size.ws_col)).filter(|width| *width > 0);
        let colours = has_colours(&io::stdout());
        let rows = height.filter(|rows| *rows > 0).map_or(ROWS, |rows| rows.saturating_sub(OTHER_LINES).max(1));
        Self { terminal, colours, rows, width }
    }

    /// How many functions there is room for. On a terminal the line that counts the others takes the place of one.
    fn room(&self, functions: usize) -> usize {
        let crowded = self.terminal && functions > self.rows;
        if crowded { self.rows.saturating_sub(1).max(1) } else { self.rows }
    }

    fn cut<'a>(&self, line: &'a str) -> &'a str {
        self.width.map_or(line, |width| cut(line, width))
    }

    fn draw(&self, figures: &Figures, address: &str) -> String {
        let mut text = if self.terminal { CLEAR.to_owned() } else { String::new() };
        let summary = format!(
            "fngate {address}: {:.1} requests/s, {:.1} errors/s, {} client connections, revision {}",
            figures.requests, figures.errors, figures.client_connections, figures.revision
        );
        text += &format!("{}\n\n", self.cut(&summary));
        let room = self.room(figures.functions.len());
        let heads = ["FUNCTION", "REQUESTS/S", "P50", "P99", "ERRORS/S", "IN FLIGHT", "QUEUED", "INSTANCES"];
        let mut rows = vec![(heads.map(str::to_owned), BOLD)];
        rows.extend(figures.functions.iter().take(room).map(|row| (cells(row), if row.is_well() { "" } else { RED })));
        let widths: [usize; 8] = std::array::from_fn(|column| {
            rows.iter().map(|(cells, _)| cells[column].chars().count()).max().unwrap_or(0)
        });
        for (cells, style) in &rows {
            let padded = cells.iter().zip(widths).enumerate().map(|(column, (cell, width))| match column {
                0 => format!("{cell:<width$}"),
                _ => format!("{cell:>width$}"),
            });
            let line = padded.collect::<Vec<_>>().join("  ");
            let line = self.cut(&line).trim_end();
            text += &if self.colours && !style.is_empty() {
                format!("{style}{line}{PLAIN}\n")
            } else {
                format!("{line}\n")
            };
        }
        let hidden = figures.functions.len().saturating_sub(room);
        // Where one line is all there is, a function says more.
        if hidden > 0 && (!self.terminal || self.rows > 1) {
            text += &format!("{}\n", self.cut(&format!("and {hidden} more")));
        }
        if !self.terminal {
            text.push('\n');
        }
        text
    }
}

/// The first characters of a line, as many as there are columns.
fn cut(line: &str, width: usize) -> &str {
    line.char_indices().nth(width).map_or(line, |(end, _)| &line[..end])
}

fn cells(row: &Row) -> [String; 8] {
    let instances = match row.down {
        0 => format!("{} up", row.up),
        down => format!("{} up, {down} down", row.up),
    };
    [
        row.function.clone(),
        format!("{:.1}", row.requests),
        percentile(row.p50_ms),
        percentile(row.p99_ms),
        format!("{:.1}", row.errors),
        row.in_flight.to_string(),
        row.queued.to_string(),
        instances,
    ]
}

fn percentile(milliseconds: Option<f64>) -> String {
    match milliseconds {
        None => "-".to_owned(),
        Some(milliseconds) if milliseconds >= 1000.0 => format!("{:.1} s", milliseconds / 1000.0),
        Some(milliseconds) => format!("{milliseconds:.1} ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_is_a_table() {
        let row = |function: &str, down| Row {
            function: function.to_owned(),
            requests: 12.34,
            errors: 0.0,
            p50_ms: Some(1.25),
            p99_ms: Some(2500.0),
            in_flight: 3,
            queued: 0,
            up: 2,
            down,
        };
        let figures = Figures {
            requests: 24.7,
            errors: 1.0,
            client_connections: 7,
            revision: 2,
            functions: vec![row("default/a:$LATEST", 0), row("b", 1), row("c", 0)],
        };
        let screen = |terminal| Screen { terminal, colours: terminal, rows: 2, width: None };
        let text = screen(false).draw(&figures, "127.0.0.1:9901");
        assert_eq!(
            text,
            "fngate 127.0.0.1:9901: 24.7 requests/s, 1.0 errors/s, 7 client connections, revision 2

FUNCTION           REQUESTS/S     P50    P99  ERRORS/S  IN FLIGHT  QUEUED     INSTANCES
default/a:$LATEST        12.3  1.2 ms  2.5 s       0.0          3       0          2 up
b                        12.3  1.2 ms  2.5 s       0.0          3       0  2 up, 1 down
and 1 more

"
        );
        let text = Screen { rows: 3, ..screen(true) }.draw(&figures, "a");
        assert!(text.starts_with(CLEAR) && text.contains(&format!("{RED}b ")), "{text:?}");
        assert!(!text.contains(&format!("{RED}default")), "{text:?}");
        let text = Screen { width: Some(20), ..screen(false) }.draw(&figures, "127.0.0.1:9901");
        assert!(
            text.lines().all(|line| line.chars().count() <= 20) && text.contains("\ndefault/a:$LATEST\n"),
            "{text}"
        );
        for (rows, lines) in [(1, 4), (2, 5), (3, 6), (9, 6)] {
            let text = Screen { rows, ..screen(true) }.draw(&figures, "a");
            assert_eq!(text.lines().count(), lines, "{text:?}");
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
