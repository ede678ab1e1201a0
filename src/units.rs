//! Durations and sizes as they are written in configuration files: `"250ms"`, `"1m30s"`, `"64KiB"`.
//!
//! Whole numbers only, and always with a unit: a bare number would leave the reader guessing.

use std::time::Duration;

/// Why a string is not a duration or a size.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnitError {
    #[error("an empty string")]
    Empty,
    #[error("no space stands between a number and its unit")]
    Space,
    #[error("`{0}` has no unit")]
    NoUnit(String),
    #[error("no number in front of `{0}`")]
    NoNumber(String),
    #[error("`{0}` is not a unit of time: use h, m, s or ms")]
    UnknownTime(String),
    #[error("`{0}` is not a unit of size: use B, KiB, MiB, GiB (1024) or KB, MB, GB (1000)")]
    UnknownSize(String),
    #[error("units go from large to small, each once: `1h30m`, `1m30s`")]
    Order,
    #[error("a fraction: write whole numbers with a smaller unit")]
    Fraction,
    #[error("the number is too large")]
    Overflow,
}

/// Largest first: the order in which they must be written.
const TIMES: [(&str, u64); 4] = [("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

/// Largest first, so that [`format_size`] takes the first that divides.
const SIZES: [(&str, u64); 7] = [
    ("GiB", 1 << 30),
    ("GB", 1_000_000_000),
    ("MiB", 1 << 20),
    ("MB", 1_000_000),
    ("KiB", 1 << 10),
    ("KB", 1000),
    ("B", 1),
];

/// Parses a duration of hours, minutes, seconds and milliseconds: `"250ms"`, `"15s"`, `"1m30s"`, `"0s"`.
///
/// # Errors
/// [`UnitError`] says what is wrong with the string.
pub fn parse_duration(text: &str) -> Result<Duration, UnitError> {
    if text.is_empty() {
        return Err(UnitError::Empty);
    }
    let mut rest = text;
    let mut units = TIMES.iter();
    let mut total = 0_u64;
    while !rest.is_empty() {
        let (number, unit, after) = take(rest)?;
        if !TIMES.iter().any(|(name, _)| *name == unit) {
            return Err(UnitError::UnknownTime(unit.to_owned()));
        }
        let (_, factor) = units.find(|(name, _)| *name == unit).ok_or(UnitError::Order)?;
        let part = number.checked_mul(*factor).ok_or(UnitError::Overflow)?;
        total = total.checked_add(part).ok_or(UnitError::Overflow)?;
        rest = after;
    }
    Ok(Duration::from_millis(total))
}

/// Parses a size in bytes: `"64KiB"`, `"6MiB"`, `"512B"`; `"0"` needs no unit.
///
/// # Errors
/// [`UnitError`] says what is wrong with the string.
pub fn parse_size(text: &str) -> Result<u64, UnitError> {
    match text {
        "" => return Err(UnitError::Empty),
        "0" => return Ok(0),
        _ => {}
    }
    let (number, unit, rest) = take(text)?;
    if !rest.is_empty() {
        return Err(UnitError::UnknownSize(format!("{unit}{rest}")));
    }
    let (_, factor) =
        SIZES.iter().find(|(name, _)| *name == unit).ok_or_else(|| UnitError::UnknownSize(unit.to_owned()))?;
    number.checked_mul(*factor).ok_or(UnitError::Overflow)
}

/// Writes a duration as [`parse_duration`] reads it, in whole milliseconds.
#[must_use]
pub fn format_duration(duration: Duration) -> String {
    let mut rest = duration.as_millis();
    if rest == 0 {
        return "0s".to_owned();
    }
    let mut text = String::new();
    for (unit, factor) in TIMES {
        let number = rest / u128::from(factor);
        rest %= u128::from(factor);
        if number > 0 {
            text.push_str(&format!("{number}{unit}"));
        }
    }
    text
}

/// Writes a size as [`parse_size`] reads it, in the largest unit that needs no fraction.
#[must_use]
pub fn format_size(size: u64) -> String {
    match SIZES.iter().find(|(_, factor)| size >= *factor && size.is_multiple_of(*factor)) {
        Some((unit, factor)) => format!("{}{unit}", size / factor),
        None => size.to_string(),
    }
}

/// Splits the first number and its unit off.
fn take(text: &str) -> Result<(u64, &str, &str), UnitError> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, rest) = text.split_at(digits);
    if rest.starts_with(['.', ',']) {
        return Err(UnitError::Fraction);
    }
    if rest.starts_with(' ') {
        return Err(UnitError::Space);
    }
    if number.is_empty() {
        return Err(UnitError::NoNumber(text.to_owned()));
    }
    let letters = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
    let (unit, rest) = rest.split_at(letters);
    if unit.is_empty() {
        return Err(UnitError::NoUnit(number.to_owned()));
    }
    // Digits only, so overflow is all that can go wrong.
    let number = number.parse().ok().ok_or(UnitError::Overflow)?;
    Ok((number, unit, rest))
}

/// `1 error`, `2 errors`.
#[must_use]
pub fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_written_back() {
        for (text, millis, written) in [
            ("0s", 0, "0s"),
            ("0ms", 0, "0s"),
            ("250ms", 250, "250ms"),
            ("15s", 15_000, "15s"),
            ("2m", 120_000, "2m"),
            ("90s", 90_000, "1m30s"),
            ("1m30s", 90_000, "1m30s"),
            ("1h", 3_600_000, "1h"),
            ("1h2m3s4ms", 3_723_004, "1h2m3s4ms"),
            ("1h1ms", 3_600_001, "1h1ms"),
        ] {
            let duration = parse_duration(text).expect(text);
            assert_eq!(duration, Duration::from_millis(millis), "{text}");
            assert_eq!(format_duration(duration), written, "{text}");
        }
    }

    #[test]
    fn sizes_are_read_and_written_back() {
        for (text, bytes, written) in [
            ("0", 0, "0"),
            ("0B", 0, "0"),
            ("512B", 512, "512B"),
            ("1024B", 1024, "1KiB"),
            ("64KiB", 65_536, "64KiB"),
            ("6MiB", 6 << 20, "6MiB"),
            ("1GiB", 1 << 30, "1GiB"),
            ("2KB", 2000, "2KB"),
            ("3MB", 3_000_000, "3MB"),
            ("4GB", 4_000_000_000, "4GB"),
        ] {
            let size = parse_size(text).expect(text);
            assert_eq!(size, bytes, "{text}");
            assert_eq!(format_size(size), written, "{text}");
        }
    }

    #[test]
    fn broken_durations_say_why() {
        for (text, error) in [
            ("", UnitError::Empty),
            ("15", UnitError::NoUnit("15".to_owned())),
            ("1m30", UnitError::NoUnit("30".to_owned())),
            ("s", UnitError::NoNumber("s".to_owned())),
            ("-5s", UnitError::NoNumber("-5s".to_owned())),
            ("1.5s", UnitError::Fraction),
            ("15sec", UnitError::UnknownTime("sec".to_owned())),
            ("15 s", UnitError::Space),
            ("1S", UnitError::UnknownTime("S".to_owned())),
            ("30s1m", UnitError::Order),
            ("1s1s", UnitError::Order),
            ("99999999999999999999s", UnitError::Overflow),
            ("18446744073709551615h", UnitError::Overflow),
            ("1h18446744073709551615ms", UnitError::Overflow),
        ] {
            assert_eq!(parse_duration(text), Err(error), "{text}");
        }
    }

    #[test]
    fn broken_sizes_say_why() {
        for (text, error) in [
            ("", UnitError::Empty),
            ("512", UnitError::NoUnit("512".to_owned())),
            ("KiB", UnitError::NoNumber("KiB".to_owned())),
            ("1.5MiB", UnitError::Fraction),
            ("64kb", UnitError::UnknownSize("kb".to_owned())),
            ("6M", UnitError::UnknownSize("M".to_owned())),
            ("1MiB1KiB", UnitError::UnknownSize("MiB1KiB".to_owned())),
            ("99999999999999999999B", UnitError::Overflow),
            ("18446744073709551615GiB", UnitError::Overflow),
        ] {
            assert_eq!(parse_size(text), Err(error), "{text}");
        }
    }
}
