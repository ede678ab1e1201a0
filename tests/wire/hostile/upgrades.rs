//! Upgrades: a tunnel is one only after the function's 101 that answers it (RFC 9110 section 7.8).

use fngate::conformance::wire::origin::{Answer, When};
use fngate::conformance::wire::{PATIENCE, PROMPT, Step};

use super::{Attack, Findings, Served, Stand, Two, Verdict, Without, figures, run, whole};

/// Requests that do not become a tunnel, because the function goes on in HTTP.
const DECLINED: [(&str, &str, &str, Verdict); 17] = [
    ("h2c", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk", "", Without("h2c")),
    ("h2c in another case", "Connection: upgrade\r\nUpgrade: H2C", "", Without("H2C")),
    ("h2c beside websocket", "Connection: upgrade\r\nUpgrade: websocket, h2c", "", Without("websocket")),
    ("h2c in front of websocket", "Connection: upgrade\r\nUpgrade: h2c,websocket", "", Without("websocket")),
    ("h2c in a line of its own", "Connection: upgrade\r\nUpgrade: websocket\r\nUpgrade: h2c", "", Without("h2c")),
    ("two lines of upgrade", "Connection: upgrade\r\nUpgrade: a\r\nUpgrade: evil", "", Without("evil")),
    ("without Connection", "Upgrade: evil", "", Without("evil")),
    ("with another Connection", "Connection: x-upgrade\r\nUpgrade: evil", "", Without("evil")),
    ("with a length", "Connection: upgrade\r\nUpgrade: evil\r\nContent-Length: 3", "abc", Without("evil")),
    (
        "with chunks",
        "Connection: upgrade\r\nUpgrade: evil\r\nTransfer-Encoding: chunked",
        "3\r\nabc\r\n0\r\n\r\n",
        Without("evil"),
    ),
    ("only Connection", "Connection: upgrade", "", Without("upgrade")),
    ("an empty protocol", "Connection: upgrade\r\nUpgrade:", "", Served),
    ("a list of protocols", "Connection: upgrade\r\nUpgrade: a/1, b/2", "", Served),
    ("websocket", "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13", "", Served),
    ("TLS", "Connection: upgrade\r\nUpgrade: TLS/1.0", "", Served),
    (
        "a request behind it",
        "Connection: upgrade\r\nUpgrade: websocket",
        "GET /next HTTP/1.1\r\nHost: h.example\r\n\r\n",
        Two,
    ),
    (
        "a request behind h2c",
        "Connection: upgrade\r\nUpgrade: h2c",
        "GET /next HTTP/1.1\r\nHost: h.example\r\n\r\n",
        Two,
    ),
];

#[test]
fn upgrades_that_are_declined() {
    let request = |(name, lines, behind, verdict): &(&str, &str, &str, Verdict)| {
        let bytes = format!("GET /attack HTTP/1.1\r\nHost: h.example\r\n{lines}\r\n\r\n{behind}");
        whole(name, bytes.as_bytes(), *verdict, "9110 7.8")
    };
    let mut attacks: Vec<Attack> = DECLINED.iter().map(request).collect();
    let old = b"GET /attack HTTP/1.0\r\nHost: h.example\r\nConnection: upgrade\r\nUpgrade: evil\r\n\r\n";
    attacks.push(whole("in HTTP/1.0", old, Without("evil"), "9110 7.8"));
    run(&Stand::start(""), &attacks);
}

fn switching(fields: &str) -> Answer {
    let head = format!("HTTP/1.1 101 Switching Protocols\r\n{fields}\r\nevil");
    Answer { when: When::Whole, steps: vec![Step::send(head), Step::Ended, Step::Finish] }
}

/// A 101 that does not answer the request is an error of the function, and what is behind it reaches nobody.
#[test]
fn a_switch_that_nobody_asked_for_is_a_bad_answer() {
    let stand = Stand::start("");
    let mut findings = Findings::new("hostile requests");
    for (asked, answered) in [
        ("X-A: 1", "Connection: upgrade\r\nUpgrade: evil\r\n"),
        ("X-A: 2", ""),
        ("Connection: upgrade\r\nUpgrade: h2c", "Connection: upgrade\r\nUpgrade: h2c\r\n"),
        ("Connection: upgrade\r\nUpgrade: websocket", "Connection: upgrade\r\nUpgrade: evil\r\n"),
        ("Connection: upgrade\r\nUpgrade: websocket", "Connection: upgrade\r\n"),
        ("Upgrade: websocket", "Connection: upgrade\r\nUpgrade: websocket\r\n"),
    ] {
        let bytes = format!("GET /attack HTTP/1.1\r\nHost: h.example\r\n{asked}\r\n\r\n");
        let outcome = stand.send(bytes.as_bytes(), &[switching(answered)]);
        let mut violations = outcome.violations.clone();
        // A client that has not asked takes what is behind a 101 for the final answer.
        let unasked = !asked.starts_with("Connection") && outcome.statuses == [101];
        if unasked || !figures::wanted() && (outcome.statuses != [502] || outcome.requests.len() != 1) {
            violations.push(format!("{outcome:?}"));
        }
        findings.add(&format!("{asked} / {answered}"), violations);
    }
    findings.conclude();
}

/// What a client sends behind its request waits for the 101.
#[test]
fn early_bytes_wait_for_the_switch() {
    let stand = Stand::start("");
    let client = stand.client();
    let fields = "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";
    // The function looks for the early bytes before it agrees, and has to find nothing.
    let steps = vec![
        Step::Received(b"early".to_vec()),
        Step::send(fields),
        Step::Received(b"early".to_vec()),
        Step::send("late"),
    ];
    stand.origin.expect(&[Answer { when: When::Head, steps }], client.received());
    let request = "GET /attack HTTP/1.1\r\nHost: h.example\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nearly";
    client.send(request.as_bytes()).expect("sent");
    assert!(client.wait(PATIENCE, |received| received.contains(b"late")), "{:?}", client.recording());
    assert!(!stand.origin.was_prompt(), "bytes of the tunnel arrived before it was one");
    assert!(client.recording().bytes.starts_with(b"HTTP/1.1 101 "), "{:?}", client.recording());
    drop(client);
    stand.origin.log().wait(PROMPT, |log| log.connections.iter().all(|connection| connection.end.is_some()));
    assert_eq!(stand.canary(&stand.client(), 0), Ok(()));
}
