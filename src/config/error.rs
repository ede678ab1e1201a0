//! What is wrong with a configuration: every error and warning, each with its place, in the look of rustc.

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::file::{File, Span};
use super::place::Place;
use crate::units::counted;

/// Diagnostics of a kind that are kept. Nobody reads more at once, each reload would log them all, and a small text can have a million.
pub(super) const MOST_KEPT: usize = 100;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The configuration cannot be used.
    Error,
    /// It can, but does not do what its author seems to want.
    Warning,
}

impl Severity {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// What there is to say about a configuration: its errors and its warnings, each in the order of the files and of their lines. `Display`
/// is plain text without colours, empty if there is nothing to say.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Boxed: reports travel in results.
    found: Box<Found>,
}

#[derive(Clone, Debug, Default)]
struct Found {
    errors: Vec<Diagnostic>,
    warnings: Vec<Diagnostic>,
    /// Errors beyond those that are kept.
    more_errors: usize,
    more_warnings: usize,
}

impl Report {
    pub(super) fn new(mut diagnostics: Vec<Diagnostic>, files: &[Arc<File>]) -> Self {
        diagnostics.sort_by_key(|diagnostic| {
            let mark = diagnostic.marks.first();
            let file = mark.and_then(|mark| files.iter().position(|file| Arc::ptr_eq(file, &mark.file)));
            (file, mark.and_then(|mark| mark.range.as_ref()).map(|range| range.start))
        });
        let mut report = Self::default();
        diagnostics.into_iter().for_each(|diagnostic| report.push(diagnostic));
        report
    }

    /// A report of one diagnostic.
    #[must_use]
    pub fn of(diagnostic: Diagnostic) -> Self {
        let mut report = Self::default();
        report.push(diagnostic);
        report
    }

    /// Adds what was found later.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        let found = &mut *self.found;
        let (kept, more) = match diagnostic.severity {
            Severity::Error => (&mut found.errors, &mut found.more_errors),
            Severity::Warning => (&mut found.warnings, &mut found.more_warnings),
        };
        if kept.len() < MOST_KEPT { kept.push(diagnostic) } else { *more += 1 }
    }

    /// How many errors there are beyond those that are kept.
    #[must_use]
    pub fn more_errors(&self) -> usize {
        self.found.more_errors
    }

    #[must_use]
    pub fn errors(&self) -> &[Diagnostic] {
        &self.found.errors
    }

    #[must_use]
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.found.warnings
    }

    /// Errors first.
    pub fn diagnostics(&self) -> impl Iterator<Item = &Diagnostic> {
        self.found.errors.iter().chain(&self.found.warnings)
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found.errors.is_empty() && self.found.warnings.is_empty()
    }

    /// The text of `Display` with ANSI colours, for a terminal.
    #[must_use]
    pub fn coloured(&self) -> String {
        self.render(&Renderer::styled())
    }

    fn render(&self, renderer: &Renderer) -> String {
        if self.is_empty() {
            return String::new();
        }
        let mut text = String::new();
        for diagnostic in self.diagnostics() {
            text.push_str(&renderer.render(&[diagnostic.group()]));
            text.push_str("\n\n");
        }
        let level = if self.found.errors.is_empty() { Level::WARNING } else { Level::ERROR };
        let found = [
            (self.found.errors.len() + self.found.more_errors, Severity::Error),
            (self.found.warnings.len() + self.found.more_warnings, Severity::Warning),
        ];
        let counts: Vec<_> = found
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, severity)| counted(*count, severity.as_str()))
            .collect();
        let mut summary = format!("{} in the configuration", counts.join(" and "));
        let hidden = self.found.more_errors + self.found.more_warnings;
        if hidden > 0 {
            summary.push_str(&format!("; {hidden} more than are shown"));
        }
        text.push_str(&renderer.render(&[Group::with_title(level.primary_title(summary))]));
        text
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(&Renderer::plain()))
    }
}

impl std::error::Error for Report {}

/// One error or warning. `Display` is its place and message, on one line.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    severity: Severity,
    message: String,
    /// Where it is first, then the places that it is in conflict with.
    marks: Vec<Mark>,
    /// Where it is, if no mark says so.
    place: Option<Place>,
    hint: Option<String>,
    /// The file of the certificate whose validity it is about. Boxed: diagnostics travel in results.
    certificate: Option<Box<PathBuf>>,
}

impl Diagnostic {
    /// An error.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        let (marks, message) = (Vec::new(), message.into());
        Self { severity: Severity::Error, message, marks, place: None, hint: None, certificate: None }
    }

    #[must_use]
    pub fn warning(message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::new(message) }
    }

    /// Says that time goes on for it: it is about when a certificate is valid.
    pub(super) fn of_certificate(mut self, file: &Path) -> Self {
        self.certificate = Some(Box::new(file.to_owned()));
        self
    }

    /// The file of the certificate whose validity it is about.
    #[must_use]
    pub fn certificate(&self) -> Option<&Path> {
        self.certificate.as_ref().map(|file| file.as_path())
    }

    /// Adds a place. The first is where it is.
    pub(super) fn at(mut self, span: &Span) -> Self {
        self.marks.push(Mark::new(span, ""));
        self
    }

    /// Adds a place and what is to be seen there.
    pub(super) fn at_labelled(mut self, span: &Span, label: impl Into<Cow<'static, str>>) -> Self {
        self.marks.push(Mark::new(span, label));
        self
    }

    /// Adds a place whose file is not at hand any more.
    #[must_use]
    pub fn at_place(mut self, place: &Place) -> Self {
        self.place = Some(place.clone());
        self
    }

    /// Names a file and no line of it.
    pub(super) fn in_file(mut self, file: &Arc<File>) -> Self {
        self.marks.push(Mark { file: Arc::clone(file), range: None, label: Cow::Borrowed("") });
        self
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<Option<String>>) -> Self {
        self.hint = hint.into();
        self
    }

    #[must_use]
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// What to do about it, if that is known.
    #[must_use]
    pub fn advice(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Where the error is; `None` for a file that could not be read, and for what is missing altogether.
    #[must_use]
    pub fn place(&self) -> Option<Place> {
        let Some(mark) = self.marks.first() else { return self.place.clone() };
        Some(Span::new(&mark.file, mark.range.clone()?).place())
    }

    /// The file and line of the error.
    pub(super) fn line(&self) -> Option<(Arc<Path>, usize)> {
        self.place().map(|place| (place.file, place.line))
    }

    fn group(&self) -> Group<'_> {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let mut group = Group::with_title(level.primary_title(&self.message));
        let mut marks = self.marks.as_slice();
        let mut kind = AnnotationKind::Primary;
        while let Some(first) = marks.first() {
            let same = marks.iter().take_while(|mark| first.range.is_some() && Arc::ptr_eq(&mark.file, &first.file));
            let (here, rest) = marks.split_at(same.count().max(1));
            group = match excerpt(here, kind) {
                Some(snippet) => group.element(snippet),
                None => group.element(Origin::path(first.file.path.to_string_lossy())),
            };
            kind = AnnotationKind::Context;
            marks = rest;
        }
        if let Some(place) = &self.place {
            let origin = Origin::path(place.file.to_string_lossy()).line(place.line);
            group = group.element(origin.char_column(place.column));
        }
        match &self.hint {
            Some(hint) => group.element(Level::HELP.message(hint)),
            None => group,
        }
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = self.place() {
            write!(f, "{place}: ")?;
        }
        f.write_str(&self.message)
    }
}

/// A place that an error points at.
#[derive(Clone, Debug)]
struct Mark {
    file: Arc<File>,
    /// `None` is the file as a whole.
    range: Option<Range<usize>>,
    label: Cow<'static, str>,
}

impl Mark {
    fn new(span: &Span, label: impl Into<Cow<'static, str>>) -> Self {
        Self { file: Arc::clone(&span.file), range: Some(span.range()), label: label.into() }
    }
}

/// What is wrong with one value, before it is known where the value stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) message: String,
    pub(super) hint: Option<String>,
}

impl Problem {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None }
    }

    pub(super) fn hint(mut self, hint: impl Into<Option<String>>) -> Self {
        self.hint = hint.into();
        self
    }

    pub(super) fn at(self, span: &Span) -> Diagnostic {
        Diagnostic::new(self.message).at(span).hint(self.hint)
    }
}

/// Where errors and warnings gather while a configuration is read. Shared, so that a reader may report and go on.
#[derive(Debug, Default)]
pub(super) struct Diagnostics(RefCell<Vec<Diagnostic>>);

impl Diagnostics {
    pub(super) fn push(&self, diagnostic: Diagnostic) {
        self.0.borrow_mut().push(diagnostic);
    }

    pub(super) fn has_errors(&self) -> bool {
        self.errors() > 0
    }

    /// How many errors there are.
    pub(super) fn errors(&self) -> usize {
        self.0.borrow().iter().filter(|diagnostic| diagnostic.severity == Severity::Error).count()
    }

    pub(super) fn into_inner(self) -> Vec<Diagnostic> {
        self.0.into_inner()
    }
}

/// A value as messages quote it: on one line and not endless.
pub(super) fn quoted(value: &str) -> String {
    if value.is_empty() {
        return "`\"\"`".to_owned();
    }
    const LONGEST: usize = 60;
    let dots = if value.chars().nth(LONGEST).is_some() { "…" } else { "" };
    let shown: String = value.chars().take(LONGEST).flat_map(escape).collect();
    format!("`{shown}{dots}`")
}

/// The closest of `known` to a misspelt word, if any is close or what the word starts with.
pub(super) fn closest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_ascii_lowercase();
    let distance = |known: &str| strsim::damerau_levenshtein(&word, &known.to_ascii_lowercase());
    let scored = known.into_iter().map(|known| (distance(known), known));
    let (_, known) = scored.min_by_key(|(distance, _)| *distance)?;
    let is_close = distance(known) <= 1 + known.len() / 5 && distance(known) < known.len();
    (is_close || (known.len() > 2 && word.starts_with(known))).then_some(known)
}

/// Only what would break the line: quotation marks stay as they are.
fn escape(c: char) -> impl Iterator<Item = char> {
    let (plain, escaped) = if c.is_control() { (None, Some(c.escape_debug())) } else { (Some(c), None) };
    plain.into_iter().chain(escaped.into_iter().flatten())
}

/// The lines from the first to the last of `marks`, which are all in one file. Only these lines are handed to the renderer:
/// it walks all that it is given.
fn excerpt<'a>(marks: &'a [Mark], first: AnnotationKind) -> Option<Snippet<'a, Annotation<'a>>> {
    let file = &marks.first()?.file;
    let ranges = || marks.iter().filter_map(|mark| mark.range.clone());
    let top = file.line(ranges().map(|range| range.start).min()?);
    let bottom = file.line(ranges().map(|range| range.end).max()?);
    let base = file.line_start(top);
    let kinds = std::iter::once(first).chain(std::iter::repeat(AnnotationKind::Context));
    let annotations = marks.iter().zip(kinds).filter_map(|(mark, kind)| {
        let range = mark.range.as_ref()?;
        let label = (!mark.label.is_empty()).then_some(mark.label.as_ref());
        Some(kind.span(range.start - base..range.end - base).label(label))
    });
    let text = file.shown(base..file.line_end(bottom))?;
    let snippet = Snippet::source(text).line_start(top + 1).path(file.path.to_string_lossy());
    Some(snippet.annotations(annotations))
}
