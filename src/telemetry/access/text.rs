//! An access line for people: what a terminal has room for.

use std::time::Duration;

use super::line::Value;
use crate::telemetry::escape::escape;
use crate::telemetry::tail::RequestEvent;

/// How lines are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Form {
    /// An object of JSON.
    #[default]
    Json,
    /// A few words, the status in colour if there are any.
    Text { colours: bool },
}

/// What is shown of a request.
pub(super) struct Line<'a> {
    pub(super) time: &'a str,
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) status: u16,
    pub(super) duration: Duration,
    pub(super) function: &'a str,
    /// Why the gateway answered itself, and why the exchange broke off.
    pub(super) why: [Option<&'a str>; 2],
}

/// The line of a request that somebody follows, with what its reason means. Nothing in it is an order to a terminal.
#[must_use]
pub fn line_of(event: &RequestEvent, colours: bool) -> String {
    let mut text = Vec::new();
    let shown = Line {
        time: &event.time,
        method: &event.method,
        path: &event.path,
        status: event.status,
        duration: Duration::try_from_secs_f64(event.duration_ms / 1000.0).unwrap_or_default(),
        function: &event.function,
        why: [event.reason.as_deref(), event.aborted.as_deref()],
    };
    // What is written to memory does not fail.
    let _ = shown.write(colours, &mut text);
    for meaning in event.detail.iter().map(String::as_str).chain(event.aborted.as_deref().and_then(meaning)) {
        text.extend_from_slice(b" (");
        push(meaning, &mut text);
        text.push(b')');
    }
    escape(&mut text, 0);
    String::from_utf8_lossy(&text).into_owned()
}

/// What a word for the end of an exchange means, where the word does not say it.
fn meaning(aborted: &str) -> Option<&'static str> {
    Some(match aborted {
        "client_closed" => "the client left",
        "function_closed" => "the function's connection was lost in the middle of the body",
        "stream_idle" => "the function sent nothing for `stream_idle`",
        "stream_max" => "the response took longer than `stream_max`",
        "draining" => "the drain timeout was over",
        "connection_lost" => "one side of the tunnel was lost",
        "websocket_idle" => "nothing moved for `websocket_idle`",
        _ => return None,
    })
}

impl Line<'_> {
    /// Appends the line, without its end. What is empty is a `-`.
    pub(super) fn write(&self, colours: bool, line: &mut Vec<u8>) -> serde_json::Result<()> {
        line.extend_from_slice(self.time.as_bytes());
        for word in [self.method, self.path] {
            line.push(b' ');
            push(word, line);
        }
        line.push(b' ');
        if colours {
            line.extend_from_slice(colour(self.status));
        }
        self.status.write(line)?;
        if colours {
            line.extend_from_slice(b"\x1b[0m");
        }
        line.push(b' ');
        self.duration.write(line)?;
        line.extend_from_slice(b"ms ");
        push(self.function, line);
        for why in self.why.into_iter().flatten() {
            line.push(b' ');
            line.extend_from_slice(why.as_bytes());
        }
        Ok(())
    }
}

/// Appends a word. A control character is written as JSON writes it; those above U+007E are escaped with the whole line.
fn push(word: &str, line: &mut Vec<u8>) {
    if word.is_empty() {
        line.push(b'-');
    }
    for byte in word.bytes() {
        if byte < b' ' {
            line.extend_from_slice(format!("\\u{byte:04x}").as_bytes());
        } else {
            line.push(byte);
        }
    }
}

fn colour(status: u16) -> &'static [u8] {
    match status {
        500.. => b"\x1b[31m",
        400.. => b"\x1b[33m",
        300.. => b"\x1b[36m",
        _ => b"\x1b[32m",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(line: &Line<'_>, colours: bool) -> String {
        let mut bytes = Vec::new();
        line.write(colours, &mut bytes).expect("written");
        escape(&mut bytes, 0);
        String::from_utf8(bytes).expect("text")
    }

    #[test]
    fn a_line_has_what_people_look_for() {
        let line = |status, why| Line {
            time: "2026-11-22T21:18:31.042Z",
            method: "GET",
            path: "/hello/ada",
            status,
            duration: Duration::from_micros(12_345),
            function: "default/hello",
            why,
        };
        let start = "2026-11-22T21:18:31.042Z GET /hello/ada";
        for (status, why, end) in [
            (200, [None, None], "200 12.345ms default/hello"),
            (502, [Some("function_closed"), None], "502 12.345ms default/hello function_closed"),
            (499, [None, Some("client_closed")], "499 12.345ms default/hello client_closed"),
            (408, [Some("request_timeout"), Some("body")], "408 12.345ms default/hello request_timeout body"),
        ] {
            assert_eq!(written(&line(status, why), false), format!("{start} {end}"));
        }
        for (status, code) in [(101, 32), (204, 32), (304, 36), (404, 33), (500, 31), (599, 31)] {
            let shown = written(&line(status, [None, None]), true);
            assert_eq!(shown, format!("{start} \x1b[{code}m{status}\x1b[0m 12.345ms default/hello"));
        }
    }

    #[test]
    fn a_terminal_is_told_nothing_by_a_peer() {
        for (path, shown) in [
            ("", "-"),
            ("/a\x1b[2Jb", "/a\\u001b[2Jb"),
            ("/a\nb\t", "/a\\u000ab\\u0009"),
            ("/a\u{7f}\u{9b}\u{202e}", "/a\\u007f\\u009b\\u202e"),
            ("/é\"\\", "/é\"\\"),
        ] {
            let line = Line {
                time: "T",
                method: "",
                path,
                status: 400,
                duration: Duration::ZERO,
                function: "",
                why: [None, None],
            };
            assert_eq!(written(&line, false), format!("T - {shown} 400 0.000ms -"), "{path:?}");
        }
    }
}
