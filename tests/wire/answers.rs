//! Malformed answers of a function: the client gets an error, or an answer that visibly breaks off, or one in canonical form. Never
//! half an answer that looks whole, never a byte that is not HTTP, and never somebody else's answer.

mod bodies;
mod heads;

use fngate::conformance::wire::origin::{Answer, When};
use fngate::conformance::wire::{End, Step};

use super::figures::{self, Findings};
use super::http2;
use super::peer::{self, WHOLE};
use super::stand::{Outcome, Stand};

/// What has to come of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// A 502 of the gateway's with this detail, which names the rule. Empty where the answer has no body.
    Bad(&'static str),
    /// It has begun, and breaks off where its head announces more, or with a reset.
    Broken,
    /// It reaches the client with this status and without these bytes.
    Without(u16, &'static str),
}
use Verdict::{Bad, Broken, Without};

const CLOSED: &str = "the function closed the connection before it answered";
const VERSION: &str = "response does not begin with HTTP/1.1 or HTTP/1.0";
const STATUS: &str = "response has an invalid status line";
const NAME: &str = "response has an invalid field name";
const VALUE: &str = "response has an invalid field value";
const LINE_END: &str = "response has an invalid line end";
const LENGTH: &str = "response has an invalid Content-Length, or two that differ";
const CODING: &str = "response has a Transfer-Encoding other than chunked";
const OLD_CODING: &str = "response in HTTP/1.0 has a Transfer-Encoding";
const BOTH: &str = "response has both Transfer-Encoding and Content-Length";
const LARGE: &str = "response head exceeds max_response_header_bytes (64KiB)";
const MANY: &str = "response head exceeds max_response_headers (100)";

/// How a function goes on behind the bytes of its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    Waits,
    Closes,
    Resets,
}
use Then::{Closes, Resets, Waits};

/// A malformed answer: what it is, its bytes, how the function goes on, and what has to come of it.
type Malformed = (String, Vec<u8>, Then, Verdict);

const SUITE: &str = "malformed answers";
const GET: &str = "GET /attack HTTP/1.1\r\nHost: h.example\r\n\r\n";

/// Runs all answers of a table to a request and reports every violation.
#[track_caller]
fn run(request: &str, table: &[Malformed]) {
    let stand = Stand::start("");
    let mut findings = Findings::new(SUITE);
    for (name, bytes, then, verdict) in table {
        let mut steps = vec![Step::send(bytes)];
        match then {
            Waits => {}
            Closes => steps.push(Step::Finish),
            // A reset can overtake bytes; the client has to have seen some, so that there is something to be broken.
            Resets if *verdict == Broken => steps.extend([Step::Arrived(b"\r\n\r\n".to_vec()), Step::Reset]),
            Resets => steps.push(Step::Reset),
        }
        let outcome = stand.send(request.as_bytes(), &[Answer { when: When::Whole, steps }]);
        let cut = *verdict == Broken && *then != Waits;
        findings.add(name, if figures::wanted() { count(cut, outcome) } else { judge(*verdict, &outcome) });
    }
    // To a client of HTTP/1.0, more may be the end of an answer.
    if !figures::wanted() && request.contains("HTTP/1.1") {
        for row in table {
            findings.add(&row.0, judge_http2(row, &send_http2(&stand, request, row)));
        }
    }
    findings.conclude();
    let distinct: std::collections::BTreeSet<_> =
        table.iter().map(|(_, bytes, then, _)| (bytes, *then as u8)).collect();
    assert_eq!(distinct.len(), table.len(), "two answers are the same");
}

/// What is wrong for any gateway, whatever it takes the answer for. `cut` says that the function never ended it.
fn count(cut: bool, outcome: Outcome) -> Vec<String> {
    let mut violations = outcome.violations;
    if outcome.statuses.len() > 1 {
        violations.push(format!("answers that nobody asked for: {:?}", outcome.statuses));
    }
    if cut && outcome.statuses == [200] && !outcome.broken && outcome.received.end != Some(End::Reset) {
        violations.push(format!("half an answer looks whole: {}", outcome.received.bytes.escape_ascii()));
    }
    violations
}

fn judge(verdict: Verdict, outcome: &Outcome) -> Vec<String> {
    let mut violations = outcome.violations.clone();
    let bytes = &outcome.received.bytes;
    let kept = match verdict {
        Bad(detail) => {
            outcome.statuses == [502]
                && !outcome.broken
                && outcome.received.contains(b"Proxy-Status: fngate")
                && outcome.received.contains(named(detail).as_bytes())
        }
        // A reset can overtake what was sent before it.
        Broken => outcome.statuses.is_empty() && (outcome.broken || outcome.received.end == Some(End::Reset)),
        Without(status, part) => {
            outcome.statuses == [status]
                && !outcome.broken
                && (part.is_empty() || !outcome.received.contains(part.as_bytes()))
        }
    };
    if !kept {
        violations.push(format!("not {verdict:?}: {}, {:?}", bytes.escape_ascii(), outcome.received.end));
    }
    if outcome.requests.len() != 1 {
        violations.push(format!("{} requests reached the function", outcome.requests.len()));
    }
    violations
}

/// A detail as it stands in the answer.
fn named(detail: &str) -> String {
    if detail.is_empty() { String::new() } else { format!("\"detail\":\"{detail}\"") }
}

/// The same answer to the same request of a client that speaks HTTP/2.
fn send_http2(stand: &Stand, request: &str, (_, bytes, then, verdict): &Malformed) -> http2::Outcome {
    let method = request.split(' ').next().expect("a method");
    let more: &[_] = if request.contains("TE:") { &[("te", "trailers")] } else { &[] };
    // The end of the header of a frame of HEADERS, without the end of the stream.
    let head = Step::Arrived(vec![1, 4, 0, 0, 0, 1]);
    let ending = match then {
        Waits => vec![],
        Closes => vec![Step::Finish],
        Resets if *verdict == Broken => vec![head, Step::Reset],
        Resets => vec![Step::Reset],
    };
    let steps = [vec![Step::send(bytes)], ending].concat();
    let request = peer::request(1, WHOLE, method, "/attack", more);
    http2::send(stand, &request, &[Answer { when: When::Whole, steps }])
}

fn judge_http2((.., verdict): &Malformed, outcome: &http2::Outcome) -> Vec<String> {
    let http2::Outcome { answer, end, requests, violations, .. } = outcome;
    let mut violations: Vec<_> = violations.iter().map(|violation| format!("in HTTP/2: {violation}")).collect();
    let has = |text: &[u8]| text.is_empty() || answer.data.windows(text.len()).any(|window| window == text);
    let kept = match verdict {
        Bad(detail) => {
            answer.status() == Some(502)
                && answer.ended
                && answer.field("proxy-status").is_some()
                && has(named(detail).as_bytes())
        }
        Broken => answer.reset.is_some() && !answer.ended && end.is_none(),
        Without(status, part) => {
            let has = |text: &[u8]| text.windows(part.len()).any(|window| window == part.as_bytes());
            let clean = part.is_empty()
                || !has(&answer.data) && !answer.heads.iter().flatten().any(|(name, value)| has(name) || has(value));
            answer.status() == Some(*status) && answer.ended && answer.reset.is_none() && clean
        }
    };
    if !kept || requests.len() != 1 {
        let reached = requests.len();
        violations.push(format!("in HTTP/2: not {verdict:?}: {answer:?}, {end:?}, {reached} requests reached"));
    }
    violations
}

fn table(rows: &[(&str, &[u8], Then, Verdict)]) -> Vec<Malformed> {
    rows.iter().map(|(name, bytes, then, verdict)| ((*name).to_owned(), bytes.to_vec(), *then, *verdict)).collect()
}
