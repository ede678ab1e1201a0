//! What an access line says, and how its values are written.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use uuid::Uuid;

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
                $crate::telemetry::access::line::Value::write(&$value, line)?;
            )*
            serde_json::Result::Ok(())
        })()
    }};
}
pub(super) use write_fields;

/// What a field says, as JSON.
pub(super) trait Value {
    fn write(&self, line: &mut Vec<u8>) -> serde_json::Result<()>;
}

/// Text of ours, in which nothing has to be escaped.
pub(super) struct Plain<'a>(pub(super) &'a str);

impl Value for Plain<'_> {
    fn write(&self, line: &mut Vec<u8>) -> serde_json::Result<()> {
        debug_assert!(is_plain(self.0.as_bytes()), "{}", self.0);
        quote(self.0.as_bytes(), line);
        Ok(())
    }
}

impl Value for str {
    fn write(&self, line: &mut Vec<u8>) -> serde_json::Result<()> {
        if !is_plain(self.as_bytes()) {
            return serde_json::to_writer(line, self);
        }
        quote(self.as_bytes(), line);
        Ok(())
    }
}

/// What a peer has sent, whatever its bytes are.
impl Value for [u8] {
    fn write(&self, line: &mut Vec<u8>) -> serde_json::Result<()> {
        if !is_plain(self) {
            return serde_json::to_writer(line, &String::from_utf8_lossy(self));
        }
        quote(self, line);
        Ok(())
    }
}

/// In the spelling of `X-Api-RequestId`.
impl Value for Uuid {
    fn write(&self, line: &mut Vec<u8>) -> serde_json::Result<()> {
        Plain(self.simple().encode_lower(&mut Self::encode_buffer())).write(line)
    }
}

/// Milliseconds to three places.
impl Value for Duration {
    fn write(&self, line: &mut Vec<u8>) -> serde_json::Result<()> {
        let micros = u64::try_from(self.as_nanos().saturating_add(500) / 1000).unwrap_or(u64::MAX);
        (micros / 1000).write(line)?;
        line.push(b'.');
        let places = micros % 1000;
        line.extend([100, 10, 1].map(|place| b"0123456789"[usize::try_from(places / place % 10).unwrap_or(0)]));
        Ok(())
    }
}

impl Value for u16 {
    fn write(&self, line: &mut Vec<u8>) -> serde_json::Result<()> {
        serde_json::to_writer(line, self)
    }
}

impl Value for u64 {
    fn write(&self, line: &mut Vec<u8>) -> serde_json::Result<()> {
        serde_json::to_writer(line, self)
    }
}

impl<T: Value + ?Sized> Value for &T {
    fn write(&self, line: &mut Vec<u8>) -> serde_json::Result<()> {
        (**self).write(line)
    }
}

impl<T: Value> Value for Option<T> {
    fn write(&self, line: &mut Vec<u8>) -> serde_json::Result<()> {
        match self {
            Some(value) => value.write(line),
            None => {
                line.extend_from_slice(b"null");
                Ok(())
            }
        }
    }
}

fn quote(plain: &[u8], line: &mut Vec<u8>) {
    line.push(b'"');
    line.extend_from_slice(plain);
    line.push(b'"');
}

/// Which bytes stand in a JSON string as they are; those beyond ASCII only together.
static PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut byte = 0x20;
    while byte < 0x7f {
        plain[byte] = byte != b'"' as usize && byte != b'\\' as usize;
        byte += 1;
    }
    plain
};

/// Whether JSON has a text as it is. Looks at all of it: to stop at the first byte that is not would take longer for nearly all texts.
fn is_plain(text: &[u8]) -> bool {
    text.iter().fold(true, |plain, byte| plain & PLAIN[usize::from(*byte)])
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
            self.at = at;
            self.text.clear();
            let written = write!(self.text, "{whole:.3}");
            debug_assert!(written.is_ok(), "a string takes everything");
        }
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(value: &dyn Value) -> String {
        let mut line = Vec::new();
        value.write(&mut line).expect("written");
        String::from_utf8(line).expect("text")
    }

    #[test]
    fn values_are_json_as_a_library_writes_it() {
        for text in [
            "",
            "plain",
            "a\"b",
            "a\\b",
            "\u{7f}",
            "a\tb\n",
            "caf\u{e9}",
            "long enough for many bytes at a time, and then \"some",
        ] {
            assert_eq!(written(&text), serde_json::to_string(text).expect("JSON"));
            assert_eq!(written(&Some(text)), written(&text));
        }
        let id = Uuid::from_u128(u128::MAX / 3);
        assert_eq!(written(&id), "\"55555555555555555555555555555555\"");
        assert_eq!((written(&u64::MAX), written(&7_u16)), ("18446744073709551615".to_owned(), "7".to_owned()));
        assert_eq!(written(&None::<u16>), "null");
        let odd = &b"\xff\xc3\xa9\""[..];
        assert_eq!(written(&odd), "\"\u{fffd}\u{e9}\\\"\"");
    }

    #[test]
    fn durations_are_milliseconds_to_three_places() {
        for (nanoseconds, text) in [
            (0, "0.000"),
            (499, "0.000"),
            (500, "0.001"),
            (1_234_567, "1.235"),
            (60_000_000_000, "60000.000"),
            (999_999_999, "1000.000"),
        ] {
            assert_eq!(written(&Duration::from_nanos(nanoseconds)), text);
        }
    }

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
