//! Values of each kind that keys have: what is wrong is reported, and replaced by its default.

use std::borrow::Cow;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::time::Duration;

use super::Section;
use crate::config::error::{Diagnostic, Problem, closest, quoted};
use crate::config::schema::Form;
use crate::config::value::{DURATION, Found, Kind, SIZE, Value, mismatch};
use crate::units::{format_duration, format_size};

impl<'a> Section<'a> {
    pub(in crate::config) fn choice<T: Copy>(&self, key: &'static str, default: T, choices: &[(&'static str, T)]) -> T {
        let kind = Kind::text(choices.first().map_or("", |(name, _)| name));
        let Some(text) = self.optional_as(key, &kind, || Form::choice(choices)) else { return default };
        if let Some((_, chosen)) = choices.iter().find(|(name, _)| *name == text.value) {
            return *chosen;
        }
        let names = || choices.iter().map(|(name, _)| *name);
        let listed = names().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
        let close = closest(&text.value, names()).map(|close| format!("did you mean \"{close}\"?"));
        self.report(
            Problem::new(format!("`{key}` must be one of {listed}, not {}", quoted(&text.value)))
                .hint(close)
                .at(&text.span),
        );
        default
    }

    pub(in crate::config) fn duration(
        &self,
        key: &'static str,
        default: Duration,
        range: RangeInclusive<Duration>,
    ) -> Duration {
        self.duration_if_set(key, &range).map_or(default, |found| found.value)
    }

    pub(in crate::config) fn duration_if_set(
        &self,
        key: &'static str,
        range: &RangeInclusive<Duration>,
    ) -> Option<Found<Duration>> {
        let found = self.optional_as(key, &DURATION, || Form::Duration)?;
        if !range.contains(&found.value) {
            let (low, high) = (format_duration(*range.start()), format_duration(*range.end()));
            let value = format_duration(found.value);
            self.report(Diagnostic::new(format!("`{key}` must be from {low} to {high}, not {value}")).at(&found.span));
        }
        Some(found)
    }

    pub(in crate::config) fn size(&self, key: &'static str, default: u64, range: RangeInclusive<u64>) -> u64 {
        let Some(found) = self.optional_as(key, &SIZE, || Form::Size) else { return default };
        if !range.contains(&found.value) {
            let (low, high) = (format_size(*range.start()), format_size(*range.end()));
            let value = format_size(found.value);
            self.report(Diagnostic::new(format!("`{key}` must be from {low} to {high}, not {value}")).at(&found.span));
        }
        found.value
    }

    /// `true`, or a string with a variable that holds it.
    pub(in crate::config) fn boolean(&self, key: &'static str, default: bool) -> bool {
        let Some(value) = self.value_as(key, || Form::Boolean(default)) else { return default };
        if let Some(boolean) = value.node.as_bool() {
            return boolean;
        }
        let Some(written) = value.with_variable() else {
            let hint = matches!(value.node.as_str(), Some("true" | "false")).then(|| "without quotes".to_owned());
            self.report(mismatch("true or false", value.node).hint(hint).at(&value.span));
            return default;
        };
        let Some(text) = self.put_in(&value, written) else { return default };
        text.trim().parse().unwrap_or_else(|_| {
            let message = format!("`{key}` must be true or false, not {}", quoted(&text));
            self.report(Diagnostic::new(message).at(&value.span));
            default
        })
    }

    /// A whole number, or a string with a variable that holds one.
    pub(in crate::config) fn number<N>(&self, key: &'static str, default: N, range: RangeInclusive<N>) -> N
    where
        N: TryFrom<i128> + PartialOrd + Copy + Display,
    {
        let Some(value) = self.value_as(key, || Form::number(&range)) else { return default };
        let (low, high) = (range.start(), range.end());
        let (text, number) = if let Some(integer) = value.node.as_integer() {
            (integer.to_string(), i128::from_str_radix(integer.as_str(), integer.radix()).ok())
        } else if let Some(written) = value.with_variable() {
            let Some(text) = self.put_in(&value, written) else { return default };
            let number = text.trim().parse().ok();
            (quoted(&text), number)
        } else {
            let is_number = |text: &&str| text.parse::<u64>().is_ok();
            let hint = value.node.as_str().filter(is_number).map(|_| "without quotes".to_owned());
            let expected = format!("a whole number from {low} to {high}");
            self.report(mismatch(&expected, value.node).hint(hint).at(&value.span));
            return default;
        };
        let what = if number.is_some() { "" } else { "a whole number " };
        let number = number.and_then(|number| N::try_from(number).ok()).filter(|number| range.contains(number));
        number.unwrap_or_else(|| {
            self.report(
                Diagnostic::new(format!("`{key}` must be {what}from {low} to {high}, not {text}")).at(&value.span),
            );
            default
        })
    }

    /// Puts the variables into a value. `None` has been reported.
    pub(in crate::config) fn put_in(&self, value: &Value<'a>, written: &'a str) -> Option<Cow<'a, str>> {
        value.put_in(written, self.reader.lookup, &self.reader.diagnostics)
    }
}
