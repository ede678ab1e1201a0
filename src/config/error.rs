//! What is wrong with a configuration: every error, each with its place, in the look of rustc.

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::file::{File, Span};
use super::place::Place;

/// Errors that are shown in full. Nobody reads more at once, and each reload would log them all.
const SHOWN: usize = 100;

/// All errors of a configuration, in the order of the files and of their lines. `Display` is plain text, without colours.
#[derive(Clone, Debug, Default)]
pub struct Report {
    errors: Vec<Diagnostic>,
}

impl Report {
    pub(super) fn new(mut errors: Vec<Diagnostic>, files: &[Arc<File>]) -> Self {
        errors.sort_by_key(|error| {
            let mark = error.marks.first();
            let file = mark.and_then(|mark| files.iter().position(|file| Arc::ptr_eq(file, &mark.file)));
            (file, mark.and_then(|mark| mark.range.as_ref()).map(|range| range.start))
        });
        Self { errors }
    }

    #[must_use]
    pub fn errors(&self) -> &[Diagnostic] {
        &self.errors
    }

    /// The text of `Display` with ANSI colours, for a terminal.
    #[must_use]
    pub fn coloured(&self) -> String {
        self.render(&Renderer::styled())
    }

    fn render(&self, renderer: &Renderer) -> String {
        let mut text = String::new();
        for error in self.errors.iter().take(SHOWN) {
            text.push_str(&renderer.render(&[error.group()]));
            text.push_str("\n\n");
        }
        let count = match self.errors.len() {
            1 => "1 error in the configuration".to_owned(),
            count if count > SHOWN => {
                format!(
                    "{count} errors in the configuration; the first {SHOWN} are shown, and there are {} more",
                    count - SHOWN
                )
            }
            count => format!("{count} errors in the configuration"),
        };
        text.push_str(&renderer.render(&[Group::with_title(Level::ERROR.primary_title(count))]));
        text
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(&Renderer::plain()))
    }
}

impl std::error::Error for Report {}

/// One error of a configuration. `Display` is its message alone, on one line.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    message: String,
    /// The place of the error first, then the places that it is in conflict with.
    marks: Vec<Mark>,
    hint: Option<String>,
}

impl Diagnostic {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), marks: Vec::new(), hint: None }
    }

    /// Adds a place. The first is where the error is.
    pub(super) fn at(mut self, span: &Span) -> Self {
        self.marks.push(Mark::new(span, ""));
        self
    }

    /// Adds a place and what is to be seen there.
    pub(super) fn at_labelled(mut self, span: &Span, label: impl Into<Cow<'static, str>>) -> Self {
        self.marks.push(Mark::new(span, label));
        self
    }

    /// Names a file and no line of it.
    pub(super) fn in_file(mut self, file: &Arc<File>) -> Self {
        self.marks.push(Mark { file: Arc::clone(file), range: None, label: Cow::Borrowed("") });
        self
    }

    pub(super) fn hint(mut self, hint: impl Into<Option<String>>) -> Self {
        self.hint = hint.into();
        self
    }

    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Where the error is; `None` for a file that could not be read, and for what is missing altogether.
    #[must_use]
    pub fn place(&self) -> Option<Place> {
        let mark = self.marks.first()?;
        Some(Span::new(&mark.file, mark.range.clone()?).place())
    }

    /// The file and line of the error.
    pub(super) fn line(&self) -> Option<(Arc<Path>, usize)> {
        self.place().map(|place| (place.file, place.line))
    }

    fn group(&self) -> Group<'_> {
        let mut group = Group::with_title(Level::ERROR.primary_title(&self.message));
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

/// Where the errors gather while a configuration is read. Shared, so that a reader may report and go on.
#[derive(Debug, Default)]
pub(super) struct Errors(RefCell<Vec<Diagnostic>>);

impl Errors {
    pub(super) fn push(&self, error: Diagnostic) {
        self.0.borrow_mut().push(error);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn len(&self) -> usize {
        self.0.borrow().len()
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
