//! What is different between an exchange as it was played and as it arrived.

use std::cmp::Ordering;

use super::received::Received;
use crate::conformance::compare::{Difference, Direction, Found, Protocol};
use crate::conformance::grammar::Message;

pub(super) fn requests(protocol: Protocol, asked: &[Message], received: &Received) -> Vec<Difference> {
    let mut found = Found::new(Direction::Request).over(protocol);
    if let Some(violation) = received.violation {
        let whole = received.requests.len() >= asked.len();
        found.note(if whole { "request-not-canonical" } else { "request-malformed" }, violation.to_string());
    }
    if !received.prompt[0] {
        found.note("request-held-back", "it had not arrived in time");
    }
    for (number, sent) in asked.iter().enumerate() {
        match received.requests.get(number) {
            Some(got) => found.message(sent, got),
            None if received.unfinished => found.note("request-cut", "its end never arrived"),
            None if sent.head.target() == b"*" => found.note("asterisk-refused", "OPTIONS *"),
            None => found.note("request-refused", format!("answered with {}", received.first_status())),
        }
    }
    if received.requests.len() > asked.len() {
        found.note("request-repeated", format!("{} requests arrived", received.requests.len()));
    }
    found.into_differences()
}

/// `half_closed` is whether the client has closed its sending side.
pub(super) fn answers(
    protocol: Protocol,
    (asked, answered): (&[Message], &[Message]),
    received: &Received,
    half_closed: bool,
) -> Vec<Difference> {
    let mut found = Found::new(Direction::Answer).over(protocol);
    let arrived = match &received.answers {
        Ok(arrived) => arrived,
        Err(violation) => {
            let rule = if violation.is_cut() { "answer-cut" } else { "answer-malformed" };
            found.note(rule, violation.to_string());
            return found.into_differences();
        }
    };
    if let Some(violation) = received.odd_answer {
        found.note("answer-not-canonical", violation.to_string());
    }
    let split = |messages: &[Message]| -> (Vec<Message>, Vec<Message>) {
        messages.iter().cloned().partition(|message| message.head.is_interim())
    };
    let ((interim, answers), (interim_arrived, answers_arrived)) = (split(answered), split(arrived));
    let expected = asked.iter().any(|request| request.head.values("expect").next().is_some());
    interims(&mut found, &interim, &interim_arrived, expected);
    // What was waited for may have been an interim answer that is never going to come.
    if !received.prompt[1] && interim_arrived.len() >= interim.len() {
        found.note("answer-held-back", "it had not arrived in time");
    }
    if received.requests.is_empty() {
        // What was refused has no answer of the function's.
        return found.into_differences();
    }
    for (number, (request, sent)) in asked.iter().zip(&answers).enumerate() {
        match answers_arrived.get(number) {
            Some(got) => found.answer(request, sent, got),
            None if half_closed => found.note("half-close-unanswered", "the client had closed its sending side"),
            None => found.note("answer-missing", format!("status {}", sent.head.status())),
        }
    }
    found.into_differences()
}

/// Interim answers. `expected` says whether the client has asked for 100.
fn interims(found: &mut Found, sent: &[Message], got: &[Message], expected: bool) {
    let continues = |messages: &[Message]| messages.iter().filter(|message| message.head.status() == 100).count();
    match (continues(sent).cmp(&continues(got)), expected) {
        (Ordering::Equal, _) => {}
        (Ordering::Less, true) => found.note("continue-added", "100 Continue, which the function has not sent"),
        (Ordering::Less, false) => found.note("unasked-continue-added", "100 Continue"),
        (Ordering::Greater, true) => found.note("expected-continue-dropped", "100 Continue"),
        (Ordering::Greater, false) => found.note("unasked-continue-dropped", "100 Continue"),
    }
    let others = |messages: &[Message]| -> Vec<Message> {
        messages.iter().filter(|message| message.head.status() != 100).cloned().collect()
    };
    let (sent, got) = (others(sent), others(got));
    for (number, sent) in sent.iter().enumerate() {
        match got.get(number) {
            Some(got) => found.message(sent, got),
            None => found.note("interim-dropped", format!("status {}", sent.head.status())),
        }
    }
}
