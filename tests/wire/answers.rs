//! Malformed answers of a function: the client gets an error, or an answer that visibly breaks off, or one in canonical form. Never
//! half an answer that looks whole, never a byte that is not HTTP, and never somebody else's answer.

mod bodies;
mod heads;

use fngate::conformance::wire::origin::{Answer, When};
use fngate::conformance::wire::{End, Step};

use super::figures::{self, Findings};
use super::stand::{Outcome, Stand};

/// What has to come of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// A 502 of the gateway's.
    Bad,
    /// It has begun, and breaks off where its head announces more, or with a reset.
    Broken,
    /// It reaches the client with this status and without these bytes.
    Without(u16, &'static str),
}
use Verdict::{Bad, Broken, Without};

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
        Bad => outcome.statuses == [502] && !outcome.broken && outcome.received.contains(b"proxy-status: fngate"),
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

fn table(rows: &[(&str, &[u8], Then, Verdict)]) -> Vec<Malformed> {
    rows.iter().map(|(name, bytes, then, verdict)| ((*name).to_owned(), bytes.to_vec(), *then, *verdict)).collect()
}
