//! Running exchanges through a gateway.

mod http1;
mod http2;
mod judge;
mod received;

use std::io;

use super::case::Case;
use super::compare::{Difference, Protocol};
use super::grammar::{self, Hop, Message};
use super::translate::{Fate, translate};
use super::wire::client::Target;
use super::wire::origin::{Answer, Origin, echo};
use super::wire::{Step, sent};

/// A gateway, the protocol that it is spoken to in, and the function that it forwards to.
#[derive(Debug)]
pub struct Run<'a> {
    pub target: Target,
    pub protocol: Protocol,
    pub origin: &'a Origin,
}

/// What came of one exchange.
#[derive(Debug, Default)]
pub struct Outcome {
    pub differences: Vec<Difference>,
    /// What could not be said in the protocol.
    pub unsaid: Vec<(Fate, &'static str)>,
}

impl<'a> Run<'a> {
    /// Through a gateway that is spoken to in HTTP/1.1.
    #[must_use]
    pub fn new(target: impl Into<Target>, origin: &'a Origin) -> Self {
        Self { target: target.into(), protocol: Protocol::Http1, origin }
    }

    /// Plays one exchange and returns how what arrived differs from what was sent, in both directions.
    ///
    /// # Errors
    /// When the gateway cannot be reached.
    ///
    /// # Panics
    /// When the case is no legitimate exchange.
    pub fn play(&self, case: &Case) -> io::Result<Outcome> {
        let mut asked = grammar::requests(&sent(&case.client), Hop::Inbound)
            .unwrap_or_else(|violation| panic!("the requests of `{}`: {violation}", case.name));
        let mut unsaid = Vec::new();
        let received = match self.protocol {
            Protocol::Http1 => http1::exchange(&self.target, self.origin, case, &asked)?,
            Protocol::Http2 => match translate(case, &asked) {
                Err(reason) => {
                    return Ok(Outcome { differences: Vec::new(), unsaid: vec![(Fate::LeftOut, reason)] });
                }
                Ok(translated) => {
                    unsaid.extend(translated.unsaid.iter().map(|what| (Fate::Reworded, *what)));
                    let received = http2::exchange(&self.target, self.origin, case, &translated)?;
                    asked = translated.requests;
                    received
                }
            },
        };
        let answered = answered(case, &asked, &received.requests);
        let mut differences = judge::requests(self.protocol, &asked, &received);
        let half_closed = case.client.contains(&Step::Finish);
        differences.extend(judge::answers(self.protocol, (&asked, &answered), &received, half_closed));
        Ok(Outcome { differences, unsaid })
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
