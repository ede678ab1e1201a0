//! Running exchanges through a gateway.

use std::cmp::Ordering;
use std::io;
use std::net::SocketAddr;

use super::case::Case;
use super::compare::{Difference, Direction, Found};
use super::grammar::{self, Hop, Message, Violation};
use super::wire::client::Client;
use super::wire::origin::{Answer, Origin, echo};
use super::wire::{PATIENCE, PROMPT, Recording, Step, sent};

/// A gateway, and the function that it forwards to.
#[derive(Debug)]
pub struct Run<'a> {
    pub target: SocketAddr,
    pub origin: &'a Origin,
}

/// What both ends received of one exchange.
struct Received {
    requests: Vec<Message>,
    violation: Option<Violation>,
    unfinished: bool,
    answers: Result<Vec<Message>, Violation>,
    /// What is wrong with the answers if they have to be in the one form that nobody can misread.
    odd_answer: Option<Violation>,
    prompt: [bool; 2],
}

impl Run<'_> {
    /// Plays one exchange and returns how what arrived differs from what was sent, in both directions.
    ///
    /// # Errors
    /// When the gateway cannot be reached.
    ///
    /// # Panics
    /// When the case is no legitimate exchange.
    pub fn play(&self, case: &Case) -> io::Result<Vec<Difference>> {
        let asked = grammar::requests(&sent(&case.client), Hop::Inbound)
            .unwrap_or_else(|violation| panic!("the requests of `{}`: {violation}", case.name));
        let received = self.exchange(case, &asked)?;
        let answered = answered(case, &asked, &received.requests);
        let mut differences = requests(&asked, &received);
        let half_closed = case.client.contains(&Step::Finish);
        differences.extend(answers((&asked, &answered), &received, half_closed));
        Ok(differences)
    }

    fn exchange(&self, case: &Case, asked: &[Message]) -> io::Result<Received> {
        let log = self.origin.log();
        let before = log.read(|log| (log.requests.len(), log.violations.len(), log.unfinished().count()));
        let client = Client::connect(self.target)?;
        self.origin.expect(&case.answers, client.received());
        let sent_promptly = client.play(&case.client, |bytes| self.origin.has_received(bytes));
        let methods: Vec<_> = asked.iter().map(|message| message.head.method().to_vec()).collect();
        let parsed =
            |received: &Recording, hop| grammar::answers(&received.bytes, &methods, received.end.is_some(), hop);
        client.wait(PATIENCE, |received| match parsed(received, Hop::Inbound) {
            Ok(answers) => answers.iter().filter(|answer| !answer.head.is_interim()).count() == methods.len(),
            Err(violation) => !violation.is_cut(),
        });
        log.wait(PROMPT, super::wire::origin::Log::is_settled);
        let prompt = [sent_promptly, self.origin.was_prompt()];
        let received = client.recording();
        Ok(log.read(|log| Received {
            requests: log.requests[before.0..].iter().map(|(_, request)| request.clone()).collect(),
            violation: log.violations.get(before.1).map(|(_, violation)| *violation),
            unfinished: log.unfinished().count() > before.2,
            answers: parsed(&received, Hop::Inbound),
            odd_answer: parsed(&received, Hop::Outbound).err(),
            prompt,
        }))
    }
}

impl Received {
    /// The status of the first answer; 0 if there is none.
    fn first_status(&self) -> u16 {
        self.answers.as_ref().ok().and_then(|answers| answers.first()).map_or(0, |answer| answer.head.status())
    }
}

/// The answers that the function gave to the requests that arrived.
fn answered(case: &Case, asked: &[Message], arrived: &[Message]) -> Vec<Message> {
    let answer = |(number, request): (usize, &Message)| {
        let target = arrived.get(number).unwrap_or(request).head.target();
        let Answer { steps, .. } = case.answers.get(number).cloned().unwrap_or_else(|| echo(target));
        grammar::answers(&sent(&steps), &[request.head.method().to_vec()], true, Hop::Inbound)
            .unwrap_or_else(|violation| panic!("the answer of `{}`: {violation}", case.name))
    };
    asked.iter().enumerate().flat_map(answer).collect()
}

fn requests(asked: &[Message], received: &Received) -> Vec<Difference> {
    let mut found = Found::new(Direction::Request);
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

fn answers((asked, answered): (&[Message], &[Message]), received: &Received, half_closed: bool) -> Vec<Difference> {
    let mut found = Found::new(Direction::Answer);
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
