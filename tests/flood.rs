//! Clients of HTTP/2 that flood the gateway with what costs them little, over and over again, and one that wants to be served.
//!
//! The attacker takes what processors nobody else wants: the good client may be twice as slow as it is alone.
//!
//! A test binary of its own, because nothing else should run beside it: it measures latencies and memory.

#![expect(unreachable_pub, reason = "a test binary has no outside")]

#[path = "support/attacked.rs"]
#[allow(dead_code, reason = "shared with another test, which uses other parts of it")]
mod attacked;
#[path = "flood/attacks.rs"]
mod attacks;
#[path = "support/http2.rs"]
#[allow(dead_code, reason = "shared with other tests, which use more of it")]
mod peer;
#[path = "flood/stand.rs"]
mod stand;
#[path = "cli/support.rs"]
#[allow(dead_code, reason = "shared with the tests of the command line, which use more of it")]
mod support;

use std::time::Duration;

use attacks::{ATTACKS, Attack, Kind};
use stand::Stand;

/// How long each flood goes on, again and again.
const TIME: Duration = Duration::from_secs(3);
/// How much more memory one may cost: what is held of a hundred answers that are not taken, two chunks of 64 KiB of each.
const MEMORY: u64 = 20 << 20;
/// How long one may last that need not wait for a deadline.
const AT_ONCE: Duration = Duration::from_secs(2);
/// Every deadline of the gateway in this test.
const DEADLINE: Duration = Duration::from_secs(1);
/// What a machine that does other things may be late by.
const GRACE: Duration = Duration::from_millis(1500);
/// What a client may wait for its turn.
const SLACK: Duration = Duration::from_millis(if cfg!(debug_assertions) { 150 } else { 1 });

#[test]
fn floods_are_ended_while_a_good_client_is_served() {
    let stand = Stand::start();
    let wanted = std::env::var("FNGATE_FLOOD").unwrap_or_default();
    let attacks = ATTACKS.iter().filter(|attack| attack.name.contains(&wanted));
    let wrong: Vec<_> = attacks.filter_map(|attack| run(&stand, attack).err()).collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), ATTACKS.len(), wrong.join("\n"));
}

fn run(stand: &Stand, attack: &Attack) -> Result<(), String> {
    let seen = stand.flood(attack, TIME);
    let (longest, more) = (seen.longest, seen.memory);
    let limit = match attack.kind {
        Kind::Ended => Some(AT_ONCE),
        // The streams have theirs, and then the connection has two.
        Kind::Overdue => Some(3 * DEADLINE + GRACE),
        Kind::Borne | Kind::Ordinary => None,
    };
    let ended = longest.map_or("not ended".to_owned(), |longest| format!("ended after {longest:.1?} at most"));
    let figures = format!(
        "{}: {} connections, {ended}; {:.1} MB more; p99 {:.2?}, {:.2?} alone; {} lines logged",
        attack.name,
        seen.connections,
        more as f64 / f64::from(1 << 20),
        seen.busy,
        seen.alone,
        seen.logged,
    );
    report(&figures);
    let in_time = limit.is_none_or(|limit| longest.is_some_and(|longest| longest <= limit));
    let slack = match attack.kind {
        Kind::Ended | Kind::Overdue => SLACK,
        Kind::Borne => 3 * SLACK,
        // Each has a connection of its own to the function: after tens of thousands the kernel takes milliseconds to find a port.
        Kind::Ordinary => 3 * SLACK + Duration::from_millis(30),
    };
    let served = seen.busy <= 2 * seen.alone + slack;
    // One a second says that connections are ended.
    let quiet = seen.logged as u64 <= TIME.as_secs() + 1;
    if in_time && more <= MEMORY && served && quiet { Ok(()) } else { Err(figures) }
}

#[expect(clippy::print_stderr, reason = "the figures are what the documents quote")]
fn report(figures: &str) {
    eprintln!("flood: {figures}");
}
