//! An exchange in HTTP/1: the bytes of the case as they are.

use std::io;

use super::received::Received;
use crate::conformance::case::Case;
use crate::conformance::grammar::{self, Hop, Message};
use crate::conformance::wire::client::{Client, Target};
use crate::conformance::wire::origin::{Log, Origin};
use crate::conformance::wire::{End, PATIENCE, PROMPT, Recording};

pub(super) fn exchange(target: &Target, origin: &Origin, case: &Case, asked: &[Message]) -> io::Result<Received> {
    let log = origin.log();
    let before = log.read(Log::so_far);
    let client = Client::open(target)?;
    origin.expect(&case.answers, client.received());
    let sent_promptly = client.play(&case.client, |bytes| origin.has_received(bytes));
    let methods: Vec<_> = asked.iter().map(|message| message.head.method().to_vec()).collect();
    // An end that is not in order ends no body.
    let parsed =
        |received: &Recording, hop| grammar::answers(&received.bytes, &methods, received.end == Some(End::Closed), hop);
    client.wait(PATIENCE, |received| match parsed(received, Hop::Inbound) {
        Ok(answers) => answers.iter().filter(|answer| !answer.head.is_interim()).count() == methods.len(),
        Err(violation) => !violation.is_cut(),
    });
    log.wait(PROMPT, Log::is_settled);
    let prompt = [sent_promptly, origin.was_prompt()];
    let received = client.recording();
    let since = log.read(|log| log.since(before));
    Ok(Received {
        requests: since.requests,
        violation: since.violation,
        unfinished: since.unfinished,
        answers: parsed(&received, Hop::Inbound),
        odd_answer: parsed(&received, Hop::Outbound).err(),
        prompt,
    })
}
