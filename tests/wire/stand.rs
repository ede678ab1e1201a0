//! A gateway in front of a recording function, and the canaries that show whether both are still sane.

use std::cell::Cell;
use std::net::SocketAddr;
use std::sync::{Arc, MutexGuard};

use fngate::conformance::gateway::Gateway;
use fngate::conformance::grammar::{self, Hop, Message, Violation};
use fngate::conformance::wire::client::Client;
use fngate::conformance::wire::origin::{Answer, Log, Origin};
use fngate::conformance::wire::{PATIENCE, PROMPT, Recording};

use super::figures;

/// More answers than any test asks for.
const MANY: usize = 200;

#[derive(Debug)]
pub(crate) struct Stand {
    gateway: Under,
    pub(crate) origin: Arc<Origin>,
    canaries: Cell<usize>,
    /// In how many parts at most the bytes of a client are sent.
    parts: Cell<usize>,
}

/// The gateway that is tested.
#[derive(Debug)]
enum Under {
    This(Box<Gateway>),
    Other(SocketAddr, #[expect(dead_code, reason = "it is held")] MutexGuard<'static, ()>),
}

/// What came of the bytes of one client.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Statuses of the final answers.
    pub(crate) statuses: Vec<u16>,
    /// Whether the last answer breaks off where its head announces more, so that nobody takes it for whole.
    pub(crate) broken: bool,
    /// Whole requests that the function received, without the canaries'.
    pub(crate) requests: Vec<Message>,
    /// Whether the function has received a part of a request whose rest never came.
    pub(crate) cut: bool,
    pub(crate) received: Recording,
    /// What is wrong with any of it. When figures are wanted, only what no gateway may do.
    pub(crate) violations: Vec<String>,
}

impl Stand {
    /// With further lines of the table `[gateway]`.
    pub(crate) fn start(gateway: &str) -> Self {
        let (gateway, origin) = if let Some((address, origin, turn)) = figures::other() {
            (Under::Other(address, turn), origin)
        } else {
            let origin = Origin::start(([127, 0, 0, 1], 0).into()).expect("a function");
            let gateway = Gateway::start(origin.address(), gateway).expect("a gateway");
            (Under::This(Box::new(gateway)), Arc::new(origin))
        };
        Self { gateway, origin, canaries: Cell::default(), parts: Cell::new(1) }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        match &self.gateway {
            Under::This(gateway) => gateway.address(),
            Under::Other(address, _) => *address,
        }
    }

    /// From now on, bytes go in this many parts. Each is a segment of its own, as far as the system keeps them apart.
    pub(crate) fn send_in_parts(&self, parts: usize) {
        self.parts.set(parts);
    }

    pub(crate) fn parts_of<'a>(&self, bytes: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
        bytes.chunks(bytes.len().div_ceil(self.parts.get()).max(1))
    }

    pub(crate) fn client(&self) -> Client {
        Client::connect(self.address()).expect("the gateway listens")
    }

    /// Sends the bytes, waits for what comes of them, and sends a canary on the same connection, if it is open, and on a new
    /// one. `answers` is what the function says; its own target, where that is too short.
    pub(crate) fn send(&self, bytes: &[u8], answers: &[Answer]) -> Outcome {
        self.send_for(bytes, answers, 1)
    }

    /// The same with bytes that are `count` requests.
    pub(crate) fn send_for(&self, bytes: &[u8], answers: &[Answer], count: usize) -> Outcome {
        let log = self.origin.log();
        let before = log.read(|log| (log.requests.len(), log.violations.len(), log.unfinished().count()));
        let client = self.client();
        self.origin.expect(answers, client.received());
        for part in self.parts_of(bytes) {
            // A gateway may close before it has read everything.
            if client.send(part).is_err() {
                break;
            }
        }
        let method = bytes.split(|&byte| byte == b' ').next().unwrap_or_default();
        let mut violations = Vec::new();
        // Whoever takes the length of a request for another one may still wait for its body; the next request would be that.
        let answered = |received: &Recording| received.end.is_some() || finals(received, method).len() >= count;
        let is_garbage = |received: &Recording| parsed(received, method).is_err_and(|violation| !violation.is_cut());
        client.wait(PATIENCE, |received| answered(received) || figures::wanted() && is_garbage(received));
        let answered = client.received().read(answered);
        let waits = !answered && figures::wanted();
        if !answered && !waits {
            violations.push("no answer".to_owned());
        }
        if !waits {
            client.wait(PATIENCE, |received| !announces_end(received, method));
        }
        log.wait(PROMPT, Log::is_settled);
        let (requests, cut) = log.read(|log| {
            let requests: Vec<_> = log.requests[before.0..].iter().map(|(_, request)| request.clone()).collect();
            (requests, log.unfinished().count() > before.2)
        });
        let received = client.recording();
        let parsed = parsed(&received, method);
        let broken = parsed.as_ref().is_err_and(Violation::is_cut);
        if let (Err(violation), false) = (&parsed, broken) {
            violations.push(format!("to the client: {violation}: {}", received.bytes.escape_ascii()));
        }
        if received.end.is_none() && !waits {
            let missing = self.canary(&client, received.bytes.len()).err();
            // To close is safe, though not polite. So is to refuse what is left of a request whose length was another one.
            let last = client.recording();
            let behind = &last.bytes[received.bytes.len()..];
            let refused = last.end.is_some() && (behind.is_empty() || behind.starts_with(b"HTTP/1.1 400 "));
            violations.extend(missing.filter(|_| !(refused && figures::wanted())));
        }
        violations.extend(self.canary(&self.client(), 0).err());
        // Others may send a URL as target; the grammar has a place for it.
        let urls = requests.iter().filter(|request: &&Message| !request.head.target().starts_with(b"/")).count();
        let mut excused = if figures::wanted() { urls } else { 0 };
        violations.extend(log.read(|log| {
            let mut new: Vec<_> = log.violations[before.1..].iter().map(|(_, violation)| violation).collect();
            new.retain(|violation| {
                let is_excused = excused > 0 && violation.rule == "a request target in no known form";
                excused -= usize::from(is_excused);
                !is_excused
            });
            new.iter().map(|violation| format!("to the function: {violation}")).collect::<Vec<_>>()
        }));
        let statuses = finals(&received, method).iter().map(|answer| answer.head.status()).collect();
        Outcome { statuses, broken, requests, cut, received, violations }
    }

    /// A target that nobody else asks for.
    pub(crate) fn next_canary(&self) -> String {
        let number = self.canaries.get();
        self.canaries.set(number + 1);
        format!("/canary-{number}")
    }

    /// Asks for something that nobody else asks for. `held` bytes have been received before.
    pub(crate) fn canary(&self, client: &Client, held: usize) -> Result<(), String> {
        let target = self.next_canary();
        // No answers that an attack did not use up.
        self.origin.expect(&[], client.received());
        let request = format!("GET {target} HTTP/1.1\r\nHost: canary.example\r\n\r\n");
        client.send(request.as_bytes()).map_err(|error| format!("{target}: {error}"))?;
        let end = format!("\r\n\r\n{target}");
        if client.wait(PATIENCE, |received| received.bytes[held..].ends_with(end.as_bytes()))
            && client.received().read(|received| received.bytes[held..].starts_with(b"HTTP/1.1 200 "))
        {
            Ok(())
        } else {
            let received = client.recording();
            Err(format!("{target} got `{}`, {:?}", received.bytes[held..].escape_ascii(), received.end))
        }
    }
}

/// The answers, interim ones included: the first to a request with this method.
fn parsed(received: &Recording, method: &[u8]) -> Result<Vec<Message>, Violation> {
    let mut methods = vec![b"GET".to_vec(); MANY];
    methods[0] = method.to_vec();
    grammar::answers(&received.bytes, &methods, received.end.is_some(), Hop::Outbound)
}

/// The final answers; none while one is incomplete.
fn finals(received: &Recording, method: &[u8]) -> Vec<Message> {
    let answers = parsed(received, method).unwrap_or_default();
    answers.into_iter().filter(|answer| !answer.head.is_interim()).collect()
}

/// Whether the last answer says that the connection ends, and it has not yet.
fn announces_end(received: &Recording, method: &[u8]) -> bool {
    let closing = |answer: &Message| {
        answer.head.minor() == 0 || answer.head.values("connection").any(|value| value.eq_ignore_ascii_case(b"close"))
    };
    received.end.is_none() && finals(received, method).last().is_none_or(closing)
}
