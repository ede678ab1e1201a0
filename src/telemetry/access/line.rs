//! What an access line says, and how its values are written.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use http::HeaderValue;

/// Writes `,"name":value` for each. The names stand in the program as they are written: serde_json would look at each of their bytes in
/// every line.
///
/// # Errors
/// When a value cannot be written, which their types rule out.
macro_rules! write_fields {
    ($line:expr, { $($name:ident: $value:expr,)* }) => {{
        let line: &mut Vec<u8> = $line;
        (|| {
            $(
                line.extend_from_slice(concat!(",\"", stringify!($name), "\":").as_bytes());
                serde_json::to_writer(&mut *line, &$value)?;
            )*
            serde_json::Result::Ok(())
        })()
    }};
}
pub(super) use write_fields;

/// A field value for people.
pub(super) fn text(value: &HeaderValue) -> Cow<'_, str> {
    String::from_utf8_lossy(value.as_bytes())
}

/// Milliseconds to three places.
pub(super) fn millis(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

/// A moment as it is written, which is the same for all requests of a millisecond.
#[derive(Debug, Default)]
pub(super) struct Stamp {
    /// Since 1970, in milliseconds.
    at: i64,
    text: String,
}

impl Stamp {
    pub(super) fn of(&mut self, time: SystemTime) -> &str {
        let Ok(time) = jiff::Timestamp::try_from(time) else { return "" };
        let at = time.as_millisecond();
        if self.text.is_empty() || self.at != at {
            let whole = jiff::Timestamp::from_millisecond(at).unwrap_or(time);
            (self.at, self.text) = (at, format!("{whole:.3}"));
        }
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_with_milliseconds() {
        let mut stamp = Stamp::default();
        let time = SystemTime::UNIX_EPOCH + Duration::from_micros(1_700_000_000_123_900);
        assert_eq!(stamp.of(time), "2023-11-14T22:13:20.123Z");
        assert_eq!(stamp.of(time + Duration::from_micros(99)), "2023-11-14T22:13:20.123Z");
        assert_eq!(stamp.of(time + Duration::from_micros(100)), "2023-11-14T22:13:20.124Z");
        assert_eq!(stamp.of(time - Duration::from_secs(1)), "2023-11-14T22:13:19.123Z");
        assert_eq!(stamp.of(SystemTime::UNIX_EPOCH), "1970-01-01T00:00:00.000Z");
    }
}
