//! Hostile requests. Each is refused, or reaches the function in a form that nobody can misread; and whatever it was, the next
//! request on any connection gets its own answer.

mod chunks;
mod fields;
mod framing;
mod hops;
mod lines;
mod targets;
mod upgrades;

use fngate::conformance::wire::End;

use super::figures::{self, Findings};
use super::stand::{Outcome, Stand};

/// What has to come of an attack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// An error of the 400 class, and the connection is closed. Nothing reaches the function.
    Refused,
    /// Answered by the gateway itself; the request was understood, and nothing reaches the function.
    Answered(u16),
    /// The same as refused, but the start of the request may have reached the function. Its end never does.
    Aborted,
    /// Reaches the function without these bytes.
    Without(&'static str),
    /// The same, and the connection is closed.
    Last(&'static str),
    /// Reaches the function as one request.
    Served,
    /// Two requests, not one.
    Two,
}
use Verdict::{Aborted, Answered, Last, Refused, Served, Two, Without};

/// A hostile request: what it is, its bytes, what has to come of it, and the section that says so.
type Attack = (String, Vec<u8>, Verdict, &'static str);

/// Runs all attacks of a table, at once and byte by byte, and reports every violation.
#[track_caller]
fn run(stand: &Stand, attacks: &[Attack]) {
    let mut findings = Findings::new("hostile requests");
    for parts in [1, 2, 500] {
        stand.send_in_parts(parts);
        for (name, bytes, verdict, section) in attacks {
            let outcome = stand.send_for(bytes, &[], if *verdict == Two { 2 } else { 1 });
            let violations = if figures::wanted() { count(*verdict, outcome) } else { judge(*verdict, &outcome) };
            let place = |violation| format!("RFC {section}, in {parts} parts at most: {violation}");
            findings.add(name, violations.into_iter().map(place));
        }
    }
    findings.conclude();
    let names: std::collections::BTreeSet<_> = attacks.iter().map(|(name, ..)| name).collect();
    assert_eq!(names.len(), attacks.len(), "two attacks have one name");
    let bytes: std::collections::BTreeSet<_> = attacks.iter().map(|(_, bytes, ..)| bytes).collect();
    assert_eq!(bytes.len(), attacks.len(), "two attacks are the same");
}

fn judge(verdict: Verdict, outcome: &Outcome) -> Vec<String> {
    let mut violations = outcome.violations.clone();
    if outcome.broken {
        violations.push(format!("half an answer: {}", outcome.received.bytes.escape_ascii()));
    }
    let (statuses, reached) = (&outcome.statuses[..], outcome.requests.len());
    let kept = match verdict {
        Refused => {
            matches!(statuses, [400..=499]) && outcome.received.end == Some(End::Closed) && reached == 0 && !outcome.cut
        }
        Answered(status) => statuses == [status] && reached == 0 && !outcome.cut,
        Aborted => matches!(statuses, [400..=499]) && outcome.received.end == Some(End::Closed) && reached == 0,
        Without(bytes) | Last(bytes) => {
            let closed = outcome.received.end == Some(End::Closed) || matches!(verdict, Without(_));
            let has = |part: &[u8]| part.windows(bytes.len()).any(|window| window == bytes.as_bytes());
            let clean = outcome.requests.iter().all(|request| {
                !has(request.head.target())
                    && !has(&request.content)
                    && !request.head.fields.iter().chain(&request.trailers).any(|field| has(&field.line))
            });
            statuses == [200] && reached == 1 && clean && closed
        }
        Served => statuses == [200] && reached == 1,
        Two => statuses == [200, 200] && reached == 2,
    };
    if !kept {
        let requests: Vec<_> =
            outcome.requests.iter().map(|request| request.head.target().escape_ascii().to_string()).collect();
        let (end, cut) = (outcome.received.end, outcome.cut);
        violations
            .push(format!("not {verdict:?}: statuses {statuses:?}, end {end:?}, reached {requests:?}, cut {cut}"));
    }
    violations
}

/// What is wrong for any gateway, whatever it takes the attack for.
fn count(verdict: Verdict, outcome: Outcome) -> Vec<String> {
    let mut violations = outcome.violations;
    let targets: std::collections::BTreeSet<_> = outcome.requests.iter().map(|request| request.head.target()).collect();
    if matches!(verdict, Served | Without(_) | Answered(_)) && targets.len() > 1 {
        violations.push("a request inside a body was let out".to_owned());
    }
    violations
}

/// An attack that is a field line, or several, in a plain request.
fn line(name: &str, line: &[u8], verdict: Verdict, section: &'static str) -> Attack {
    let bytes = [&b"GET /attack HTTP/1.1\r\nHost: h.example\r\n"[..], line, b"\r\n\r\n"].concat();
    (name.to_owned(), bytes, verdict, section)
}

/// An attack that is field lines and a body.
fn body(name: &str, lines: &[u8], body: &[u8], verdict: Verdict, section: &'static str) -> Attack {
    let bytes = [&b"POST /attack HTTP/1.1\r\nHost: h.example\r\n"[..], lines, b"\r\n\r\n", body].concat();
    (name.to_owned(), bytes, verdict, section)
}

/// An attack that is a whole request.
fn whole(name: &str, bytes: &[u8], verdict: Verdict, section: &'static str) -> Attack {
    (name.to_owned(), bytes.to_vec(), verdict, section)
}
