//! Where a request stands in a trace, as `traceparent` says it (W3C Trace Context).

use std::fmt;

use http::HeaderName;
use uuid::Uuid;

pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// What systems of tracing add to it, each for itself.
pub const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// What is known of the flags: sampled, and whether the trace's id is random. Others are not passed on.
const SAMPLED: u8 = 1;
const KNOWN: u8 = SAMPLED | 2;

/// A span of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context {
    pub trace: u128,
    pub span: u64,
    flags: u8,
}

impl Context {
    #[must_use]
    pub fn new(trace: u128, sampled: bool) -> Self {
        Self { trace, span: 0, flags: u8::from(sampled) }.child()
    }

    /// Another span of the same trace.
    #[must_use]
    pub fn child(self) -> Self {
        // Zero is no span.
        Self { span: fastrand::u64(1..), ..self }
    }

    /// As `traceparent` has them.
    #[must_use]
    pub fn flags(self) -> u8 {
        self.flags
    }

    #[must_use]
    pub fn is_sampled(self) -> bool {
        self.flags & SAMPLED != 0
    }

    /// What a request says of itself. `None` says nothing, or nothing that counts: then a trace begins.
    #[must_use]
    pub fn read<'a>(mut lines: impl Iterator<Item = &'a [u8]>) -> Option<Self> {
        let (Some(line), None) = (lines.next(), lines.next()) else { return None };
        Self::parse(line)
    }

    /// Version 00, or what a later one has in common with it.
    fn parse(text: &[u8]) -> Option<Self> {
        let (known, more) = text.split_at_checked(55)?;
        let version = hex(&known[..2])?;
        let is_later = version != 0 && version != 0xff && more.first().is_none_or(|&byte| byte == b'-');
        if !(is_later || version == 0 && more.is_empty()) || [2, 35, 52].iter().any(|&at| known[at] != b'-') {
            return None;
        }
        let (trace, span) = (hex(&known[3..35])?, u64::try_from(hex(&known[36..52])?).ok()?);
        let flags = u8::try_from(hex(&known[53..])?).ok()? & KNOWN;
        (trace != 0 && span != 0).then_some(Self { trace, span, flags })
    }
}

impl fmt::Display for Context {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // It writes digits several times as fast as a format of 128 bits.
        let mut buffer = Uuid::encode_buffer();
        let trace = Uuid::from_u128(self.trace).simple().encode_lower(&mut buffer);
        write!(formatter, "00-{trace}-{:016x}-{:02x}", self.span, self.flags)
    }
}

/// A number in lower-case hexadecimal digits, the only ones that there are here.
fn hex(digits: &[u8]) -> Option<u128> {
    digits.iter().try_fold(0, |number: u128, digit| {
        let value = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return None,
        };
        Some(number << 4 | u128::from(value))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
    const SPAN: &str = "b7ad6b7169203331";

    fn read(lines: &[&str]) -> Option<Context> {
        Context::read(lines.iter().map(|line| line.as_bytes()))
    }

    #[test]
    fn what_is_written_is_read() {
        for flags in ["00", "01", "02", "03"] {
            let text = format!("00-{TRACE}-{SPAN}-{flags}");
            let context = read(&[&text]).expect("a context");
            assert_eq!((context.to_string(), context.is_sampled()), (text, flags.ends_with(['1', '3'])));
        }
        let begun = Context::new(7, true);
        assert_eq!(read(&[&begun.to_string()]), Some(begun));
        assert_ne!(begun.child().span, begun.span);
        assert_eq!(begun.child().trace, 7);
    }

    #[test]
    fn later_versions_are_read_as_far_as_they_are_known() {
        for text in [format!("cc-{TRACE}-{SPAN}-ff"), format!("cc-{TRACE}-{SPAN}-ff-more")] {
            assert_eq!(read(&[&text]).expect(&text).to_string(), format!("00-{TRACE}-{SPAN}-03"));
        }
    }

    #[test]
    fn what_is_malformed_says_nothing() {
        let good = format!("00-{TRACE}-{SPAN}-01");
        let upper = good.to_uppercase();
        for text in [
            "",
            "00",
            &format!("{good} "),
            &format!("{good}-"),
            &format!("ff-{TRACE}-{SPAN}-01"),
            &format!("cc-{TRACE}-{SPAN}-01x"),
            &format!("00-{}-{SPAN}-01", "0".repeat(32)),
            &format!("00-{TRACE}-{}-01", "0".repeat(16)),
            &format!("00-{TRACE}-{SPAN}-0x"),
            &format!("00-{TRACE}-{SPAN}_01"),
            &format!("+0-{TRACE}-{SPAN}-01"),
            &upper,
        ] {
            assert_eq!(read(&[text]), None, "{text}");
        }
        assert_eq!(read(&[&good, &good]), None, "nobody knows which of two holds");
    }
}
