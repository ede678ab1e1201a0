//! What an access line says, and how its values are written.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use http::HeaderValue;
use serde::Serialize;
use uuid::Uuid;

/// The beginning of an access line: when, who and what.
#[derive(Debug, Serialize)]
pub(super) struct Beginning<'a> {
    pub(super) time: &'a str,
    pub(super) request_id: Uuid,
    pub(super) client: &'a str,
    pub(super) host: Option<Cow<'a, str>>,
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) status: u16,
    pub(super) bytes_in: u64,
    pub(super) bytes_out: u64,
    pub(super) duration_ms: f64,
    pub(super) function_ms: Option<f64>,
    pub(super) connect_ms: Option<f64>,
    pub(super) queue_ms: Option<f64>,
}

/// The middle: where to. The same in every line of an API.
#[derive(Debug, Serialize)]
pub(super) struct Middle<'a> {
    pub(super) service: &'a str,
    pub(super) api: &'a str,
    pub(super) environment: Option<&'a str>,
    pub(super) function: &'a str,
    pub(super) version: &'a str,
}

/// The end: how it went.
#[derive(Debug, Serialize)]
pub(super) struct End<'a> {
    pub(super) instance: Option<&'a str>,
    pub(super) reason: Option<&'a str>,
    pub(super) aborted: Option<&'a str>,
    pub(super) protocol: &'a str,
    pub(super) tls: Option<&'a str>,
    pub(super) user_agent: Option<Cow<'a, str>>,
    pub(super) revision: u64,
}

impl Middle<'_> {
    /// Written as it stands in a line, without the braces.
    pub(super) fn fields(&self) -> Box<[u8]> {
        let object = serde_json::to_vec(self).unwrap_or_default();
        object.get(1..object.len().saturating_sub(1)).unwrap_or_default().into()
    }
}

/// Writes one object of all three, the one in the middle written before.
///
/// # Errors
/// When one cannot be written, which their types rule out.
pub(super) fn write(
    line: &mut Vec<u8>,
    beginning: &Beginning<'_>,
    middle: &[u8],
    end: &End<'_>,
) -> serde_json::Result<()> {
    serde_json::to_writer(&mut *line, beginning)?;
    line.pop();
    line.push(b',');
    line.extend_from_slice(middle);
    let brace = line.len();
    serde_json::to_writer(&mut *line, end)?;
    line[brace] = b',';
    Ok(())
}

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
