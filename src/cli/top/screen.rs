//! How figures are shown.

use std::cmp::Ordering;
use std::io;

use clap::ValueEnum;

use super::figures::{Api, Figures, Function, Rates, Times};
use super::table::{Align, Column, cut, lines};
use crate::telemetry::terminal::has_colours;
use crate::units;

/// Rows that are shown where nobody says how high the terminal is.
const ROWS: usize = 20;
/// Reasons that are shown, the most frequent ones.
const REASONS: usize = 3;
/// Between two things that a line of the summary says.
const BETWEEN: &str = "   ";

const RED: &str = "\x1b[31m";
const YELLOW: &str = "\x1b[33m";
const BOLD: &str = "\x1b[1m";
const PLAIN: &str = "\x1b[0m";

/// What the rows are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Listed {
    Functions,
    Apis,
}

/// What the rows are sorted by; names upward, numbers downward.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(super) enum Sort {
    Requests,
    Errors,
    P99,
    /// Of functions; APIs have no such number, and are sorted by requests.
    InFlight,
    Name,
}

impl Sort {
    /// What can be sorted by, with its key and its name.
    const KEYS: [(Self, u8, &str); 5] = [
        (Self::Requests, b'r', "requests"),
        (Self::Errors, b'e', "errors"),
        (Self::P99, b'l', "p99"),
        (Self::InFlight, b'f', "in flight"),
        (Self::Name, b'n', "name"),
    ];
}

/// What is looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct View {
    pub(super) listed: Listed,
    pub(super) sort: Sort,
}

impl View {
    /// Does what a key says. Other keys do nothing.
    pub(super) fn press(&mut self, key: u8) {
        match key {
            b'a' => {
                self.listed = match self.listed {
                    Listed::Functions => Listed::Apis,
                    Listed::Apis => Listed::Functions,
                }
            }
            _ => {
                let known = Sort::KEYS.into_iter().find(|(_, other, _)| *other == key);
                self.sort = known.map_or(self.sort, |(sort, ..)| sort);
            }
        }
    }

    /// The line that explains the keys. What is in brackets holds.
    fn keys(self) -> String {
        let (functions, apis) = match self.listed {
            Listed::Functions => ("[functions]", "APIs"),
            Listed::Apis => ("functions", "[APIs]"),
        };
        let sorts = Sort::KEYS.map(|(sort, key, name)| {
            let key = char::from(key);
            if sort == self.sort { format!("[{key} {name}]") } else { format!("{key} {name}") }
        });
        format!("q quit   a {functions} {apis}   sort by: {}", sorts.join("  "))
    }

    /// Puts the rows in order.
    pub(super) fn sort(self, figures: &mut Figures) {
        let in_flight = |one: &Function, other: &Function| other.in_flight.cmp(&one.in_flight);
        figures.functions.sort_by(|one, other| {
            let order = match self.sort {
                Sort::InFlight => in_flight(one, other),
                _ => self.order((&one.rates, one.times), (&other.rates, other.times)),
            };
            order.then_with(|| one.function.cmp(&other.function))
        });
        figures.apis.sort_by(|one, other| {
            let order = self.order((&one.rates, one.times), (&other.rates, other.times));
            order.then_with(|| (&one.service, &one.api).cmp(&(&other.service, &other.api)))
        });
    }

    fn order(self, one: (&Rates, Times), other: (&Rates, Times)) -> Ordering {
        match self.sort {
            Sort::Name => Ordering::Equal,
            Sort::Errors => other.0.errors.total_cmp(&one.0.errors),
            // Without any is behind the quickest.
            Sort::P99 => other.1.p99_ms.unwrap_or(-1.0).total_cmp(&one.1.p99_ms.unwrap_or(-1.0)),
            Sort::Requests | Sort::InFlight => other.0.requests.total_cmp(&one.0.requests),
        }
    }
}

/// Room for a look.
#[derive(Clone, Copy, Debug)]
pub(super) struct Screen {
    pub(super) colours: bool,
    /// Whether the keys are explained in the last line.
    pub(super) has_keys: bool,
    /// Lines; none where they are not on a terminal.
    pub(super) height: Option<usize>,
    /// Longer lines would wrap, and push the first ones out.
    pub(super) width: Option<usize>,
}

/// Where and when something was looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scene<'a> {
    pub(super) address: &'a str,
    /// In seconds since 1970.
    pub(super) now: u64,
}

/// A line with a colour, or none.
struct Line(String, &'static str);

impl Screen {
    /// Of standard output, as it is now.
    pub(super) fn of_output(has_keys: bool) -> Self {
        let size = rustix::termios::tcgetwinsize(io::stdout()).ok();
        // A terminal that does not know its size says 0.
        let known = |length: Option<u16>| length.map(usize::from).filter(|length| *length > 0);
        Self {
            colours: has_colours(&io::stdout()),
            has_keys,
            height: known(size.map(|size| size.ws_row)),
            width: known(size.map(|size| size.ws_col)),
        }
    }

    /// The lines of a look, as many as there is room for.
    pub(super) fn draw(&self, figures: &Figures, view: View, scene: Scene<'_>) -> String {
        let mut above = summary(figures, scene);
        let last = self.has_keys.then(|| Line(view.keys(), ""));
        let below = usize::from(last.is_some());
        if let Some(height) = self.height {
            // However low it is, there is the head of the table and a row.
            above.truncate(height.saturating_sub(below + 2).max(1));
        }
        let room = self.height.map_or(ROWS, |height| height.saturating_sub(above.len() + below + 1).max(1));
        let rows = match view.listed {
            Listed::Functions => {
                self.rows(&FUNCTION, &figures.functions, room, |row| if row.is_well() { "" } else { RED })
            }
            Listed::Apis => self.rows(&API, &figures.apis, room, |row| if row.rates.errors > 0.0 { RED } else { "" }),
        };
        let lines: Vec<_> = above.into_iter().chain(rows).chain(last).collect();
        let shown = lines.iter().map(|Line(text, style)| {
            let text = self.width.map_or(&**text, |width| cut(text, width));
            if self.colours && !style.is_empty() { format!("{style}{text}{PLAIN}\n") } else { format!("{text}\n") }
        });
        shown.collect()
    }

    /// The table, with a line for those that there is no room for.
    fn rows<R>(&self, columns: &[Column<R>], rows: &[R], room: usize, style: fn(&R) -> &'static str) -> Vec<Line> {
        // On a terminal that line takes the place of a row, unless there is but one.
        let fitting = if self.height.is_some() && rows.len() > room && room > 1 { room - 1 } else { room };
        let shown: Vec<_> = rows.iter().take(fitting).collect();
        let styles = std::iter::once(BOLD).chain(shown.iter().map(|row| style(row)));
        let mut table: Vec<_> =
            lines(columns, &shown, self.width).into_iter().zip(styles).map(|(text, style)| Line(text, style)).collect();
        let hidden = rows.len() - shown.len();
        if hidden > 0 && (self.height.is_none() || room > 1) {
            table.push(Line(format!("and {hidden} more"), ""));
        }
        table
    }
}

/// The gateway as a whole, in four lines and a blank one; the last of them matter least.
fn summary(figures: &Figures, scene: Scene<'_>) -> Vec<Line> {
    let Figures { rates, state, .. } = figures;
    let classes = &rates.classes;
    let traffic = [
        format!("fngate {}: {} requests/s", scene.address, rate(rates.requests)),
        format!("2xx {}", rate(classes.success)),
        format!("3xx {}", rate(classes.redirection)),
        format!("4xx {}", rate(classes.client_error)),
        format!("429 {}", rate(classes.too_many)),
        format!("5xx {}", rate(classes.server_error)),
    ]
    .join(BETWEEN);
    let mut applied = if state.refused { "LAST RELOAD REFUSED   ".to_owned() } else { String::new() };
    applied += &format!("revision {}", state.revision);
    if state.last_reload > 0 {
        applied += &format!(", applied {} ago", age(scene.now.saturating_sub(state.last_reload)));
    }
    applied +=
        &format!("   {} refused, {}", counted(state.refused_reloads, "reload"), counted(state.warnings, "warning"));
    let style = if state.refused {
        RED
    } else if state.warnings > 0 {
        YELLOW
    } else {
        ""
    };
    let clients = [
        counted(figures.client_connections, "client connection"),
        format!("{}/s for unknown hosts", rate(figures.unknown_hosts)),
        format!("{}/s left by clients", rate(classes.client_left)),
    ]
    .join(BETWEEN);
    vec![
        Line(traffic, BOLD),
        Line(applied, style),
        Line(refusals(figures), ""),
        Line(clients, ""),
        Line(String::new(), ""),
    ]
}

/// The most frequent reasons for which the gateway answers itself.
fn refusals(figures: &Figures) -> String {
    let shown =
        figures.refusals.iter().take(REASONS).map(|refusal| format!("{} {:.1}/s", refusal.reason, refusal.rate));
    let shown: Vec<_> = shown.collect();
    if shown.is_empty() {
        "refused by the gateway: none".to_owned()
    } else {
        format!("refused by the gateway: {}", shown.join(BETWEEN))
    }
}

/// A length of time in its largest unit.
fn age(seconds: u64) -> String {
    match seconds {
        ..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        7200..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}

const fn number<R>(head: &'static str, rank: u8, cell: fn(&R) -> String) -> Column<R> {
    Column { head, cell, align: Align::Right, rank }
}

const FUNCTION: [Column<Function>; 12] = [
    Column { head: "FUNCTION", cell: |row| row.function.clone(), align: Align::Left, rank: 0 },
    number("REQUESTS/S", 1, |row| rate(row.rates.requests)),
    number("2XX", 7, |row| rate(row.rates.classes.success)),
    number("3XX", 9, |row| rate(row.rates.classes.redirection)),
    number("4XX", 6, |row| rate(row.rates.classes.client_error)),
    number("429", 8, |row| rate(row.rates.classes.too_many)),
    number("5XX", 2, |row| rate(row.rates.classes.server_error)),
    number("P50", 10, |row| milliseconds(row.times.p50_ms)),
    number("P99", 3, |row| milliseconds(row.times.p99_ms)),
    number("IN FLIGHT", 4, |row| row.in_flight.to_string()),
    number("QUEUED", 11, |row| row.queued.to_string()),
    number("INSTANCES", 5, |row| match row.down {
        0 => format!("{} up", row.up),
        down => format!("{} up, {down} down", row.up),
    }),
];

const API: [Column<Api>; 11] = [
    Column { head: "SERVICE", cell: |row| row.service.clone(), align: Align::Left, rank: 4 },
    Column {
        head: "API",
        cell: |row| if row.api.is_empty() { "(none)".to_owned() } else { row.api.clone() },
        align: Align::Left,
        rank: 0,
    },
    number("REQUESTS/S", 1, |row| rate(row.rates.requests)),
    number("2XX", 6, |row| rate(row.rates.classes.success)),
    number("3XX", 8, |row| rate(row.rates.classes.redirection)),
    number("4XX", 5, |row| rate(row.rates.classes.client_error)),
    number("429", 7, |row| rate(row.rates.classes.too_many)),
    number("5XX", 2, |row| rate(row.rates.classes.server_error)),
    number("P50", 9, |row| milliseconds(row.times.p50_ms)),
    number("P99", 3, |row| milliseconds(row.times.p99_ms)),
    Column {
        head: "FUNCTION",
        cell: |row| row.functions.iter().map(String::as_str).collect::<Vec<_>>().join(", "),
        align: Align::Left,
        rank: 10,
    },
];

fn counted(count: u64, what: &str) -> String {
    units::counted(usize::try_from(count).unwrap_or(usize::MAX), what)
}

fn rate(rate: f64) -> String {
    if rate == 0.0 { "0".to_owned() } else { format!("{rate:.1}") }
}

fn milliseconds(milliseconds: Option<f64>) -> String {
    match milliseconds {
        None => "-".to_owned(),
        Some(milliseconds) if milliseconds >= 1000.0 => format!("{:.1} s", milliseconds / 1000.0),
        Some(milliseconds) => format!("{milliseconds:.1} ms"),
    }
}

#[cfg(test)]
mod tests;
