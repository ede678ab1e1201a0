//! Who may do what.

use std::net::Ipv4Addr;

use serde_json::json;

use super::client::{Answer, Call};
use super::description::{Operation, operations};
use super::stand::{ALL, Stand, stage};

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Caller {
    Nobody,
    Bad,
    WrongScheme,
    TwoTokens,
    Empty,
    Read,
    Write,
    Own,
}

const CALLERS: [Caller; 8] = [
    Caller::Nobody,
    Caller::Bad,
    Caller::WrongScheme,
    Caller::TwoTokens,
    Caller::Empty,
    Caller::Read,
    Caller::Write,
    Caller::Own,
];

/// What is there for everybody, as before there were tokens.
const PUBLIC: [(&str, &str); 4] = [("GET", "/metrics"), ("GET", "/livez"), ("GET", "/readyz"), ("POST", "/v1/reload")];

impl Caller {
    fn call(self, stand: &Stand, method: &str, target: &str) -> Call {
        let call = Call::new(method, target);
        match self {
            Self::Nobody => call,
            Self::Bad => call.token(&format!("{}x", stand.write.text)),
            Self::WrongScheme => call.field("Authorization", &format!("Basic {}", stand.write.text)),
            Self::TwoTokens => call.token(&stand.write.text).token(&stand.own),
            Self::Empty => call.field("Authorization", "Bearer "),
            Self::Read => call.token(&stand.read.text),
            Self::Write => call.token(&stand.write.text),
            Self::Own => call.token(&stand.own),
        }
    }

    /// What a private operation answers, if it is refused before anything is looked at.
    fn refused(self, operation: &Operation) -> Option<u16> {
        let is_of_session = ["/v1/console", "/v1/session"].contains(&operation.target.as_str());
        match self {
            _ if operation.takes_code => None,
            Self::Nobody | Self::Bad | Self::WrongScheme | Self::TwoTokens | Self::Empty => Some(401),
            Self::Read if operation.method != "GET" && !is_of_session => Some(403),
            Self::Read | Self::Write | Self::Own => None,
        }
    }
}

#[test]
fn who_may_what() {
    let stand = Stand::start();
    let before = stand.text();
    let mut wrong = Vec::new();
    for operation in operations(&stand) {
        let Operation { target, method, .. } = &operation;
        for caller in CALLERS {
            let call = caller.call(&stand, method, target);
            // Nothing that changes anything: an object without keys, of no known state.
            let answer = stand.send(&if method == "GET" { call } else { call.json(&json!({})) });
            let is_right = match caller.refused(&operation) {
                // All of this host counts as one address, which is slowed down after some failures.
                Some(status) => {
                    let is_slowed = matches!(caller, Caller::Bad) && answer.status == 429;
                    (answer.status == status || is_slowed) && is_problem(&answer)
                }
                None => !matches!(answer.status, 401 | 403 | 415 | 429 | 500),
            };
            if !is_right {
                wrong.push(format!("{caller:?} {method} {target}: {answer:?}"));
            }
            assert!(answer.status != 401 || answer.field("WWW-Authenticate").is_some(), "{answer:?}");
        }
    }
    assert_eq!(wrong, [""; 0]);
    assert_eq!(stand.text(), before);
}

fn is_problem(answer: &Answer) -> bool {
    answer.field("Content-Type") == Some("application/problem+json")
        && answer.json()["status"] == answer.status
        && answer.field("ETag").is_none()
}

#[test]
fn what_is_public_stays_public() {
    let stand = Stand::start();
    for (method, target) in PUBLIC {
        for caller in CALLERS {
            let answer = stand.send(&caller.call(&stand, method, target));
            assert_eq!(answer.status, 200, "{caller:?} {method} {target}: {answer:?}");
        }
    }
    for caller in CALLERS {
        let answer = stand.send(&caller.call(&stand, "GET", "/console/"));
        assert_eq!(answer.status, 200, "the pages are no secret: {caller:?}: {answer:?}");
    }
}

#[test]
fn other_methods_and_paths_change_nothing() {
    let stand = Stand::start();
    let (before, all) = (stand.text(), operations(&stand));
    for Operation { target, .. } in &all {
        let own = |method: &str| all.iter().any(|other| other.target == *target && other.method == method);
        for method in ["GET", "PUT", "POST", "DELETE", "PATCH", "TRACE", "OPTIONS", "LOCK"] {
            if own(method) {
                continue;
            }
            let answer = stand.send(&Caller::Own.call(&stand, method, target).json(&json!({})));
            assert_eq!(answer.status, 405, "{method} {target}: {answer:?}");
            let allowed = answer.field("Allow").unwrap_or_else(|| panic!("no Allow: {method} {target}: {answer:?}"));
            let missing = all.iter().find(|other| other.target == *target && !allowed.contains(&other.method));
            assert!(missing.is_none(), "{missing:?} is not in {allowed}");
            let stranger = stand.send(&Caller::Nobody.call(&stand, method, target).json(&json!({})));
            assert!([401, 405].contains(&stranger.status), "{method} {target}: {stranger:?}");
        }
        for other in [format!("{target}/"), format!("/{target}"), target.replace("/v1/", "/V1/"), format!("{target}/.")]
        {
            let answer = stand.send(&Caller::Nobody.call(&stand, "GET", &other));
            assert!([401, 404].contains(&answer.status), "{other}: {answer:?}");
        }
    }
    assert_eq!(stand.text(), before);
}

#[test]
fn a_token_of_the_file_holds_as_long_as_it_is_there() {
    let stand = Stand::start();
    let ask = |token: &str| stand.send(&Call::get("/v1/status").token(token)).status;
    assert_eq!([ask(&stand.read.text), ask(&stand.write.text)], [200, 200]);
    stand.folder.write(&stand.text().replace(&stand.write.table, ""));
    assert_eq!(stand.send(&Call::new("POST", "/v1/reload")).status, 200);
    assert_eq!([ask(&stand.read.text), ask(&stand.write.text), ask(&stand.own)], [200, 401, 200]);
}

#[test]
fn a_stolen_read_token_changes_nothing() {
    let stand = Stand::start();
    let before = stand.text();
    let etag = stand.get(ALL).etag();
    let attempts = [
        Call::new("PUT", ALL).json(&stage("stolen")).field("If-Match", &etag),
        Call::new("DELETE", ALL).json(&json!({})).field("If-Match", "*"),
        Call::new("POST", ALL).json(&stage("stolen")).field("X-HTTP-Method-Override", "PUT"),
        Call::new("GET", ALL).json(&stage("stolen")).field("X-HTTP-Method-Override", "PUT"),
        Call::new("GET", &format!("{ALL}?_method=PUT")).json(&stage("stolen")),
        Call::new("put", ALL).json(&stage("stolen")).field("If-Match", &etag),
        Call::new("PUT", "/v1/services/shop/apis/new").json(&json!({ "path": "/new", "function": "echo" })),
        Call::new("PUT", "/v1/services/shop/apis/new?dry_run=true")
            .json(&json!({ "path": "/new", "function": "echo" })),
        Call::new("PUT", "/v1/functions/default/mine").json(&json!({ "instances": ["http://127.0.0.1:1"] })),
        Call::new("POST", "/v1/functions/default/echo/triggers").json(&json!({ "service": "shop", "path": "/new" })),
    ];
    for attempt in attempts {
        let answer = stand.send(&attempt.clone().token(&stand.read.text));
        let is_harmless = answer.status == 200 && format!("{attempt:?}").contains("method: \"GET\"");
        assert!([403, 405, 422].contains(&answer.status) || is_harmless, "{attempt:?}: {answer:?}");
    }
    assert_eq!(stand.text(), before);
    assert_eq!(stand.gateway.stage().as_deref(), Some("a"));
}

#[test]
fn guessing_is_slowed_down_and_the_own_token_still_works() {
    let stand = Stand::start();
    let (guesser, other) = (Ipv4Addr::new(127, 0, 0, 7), Ipv4Addr::new(127, 0, 0, 8));
    let ask = |token: &str, from| stand.send(&Call::get("/v1/status").token(token).from(from));
    let guesses: Vec<_> = (0..40).map(|index| ask(&format!("fng_{index}"), guesser).status).collect();
    let first = guesses.iter().position(|status| *status == 429).expect("guesses without an end");
    assert!((5..=15).contains(&first), "{guesses:?}");
    assert!(guesses[..first].iter().all(|status| *status == 401), "{guesses:?}");
    // One more may be looked at while this test runs.
    assert!(guesses[first..].iter().filter(|status| **status != 429).count() <= 3, "{guesses:?}");
    let slowed = (0..3).map(|_| ask("fng_x", guesser)).find(|answer| answer.status == 429).expect("slowed down");
    assert_eq!(slowed.reason(), "too_many_failures");
    assert!(slowed.field("Retry-After").is_some_and(|wait| wait.parse::<u32>().is_ok()), "{slowed:?}");
    assert_eq!(ask(&stand.own, guesser).status, 200, "who has it need not guess");
    assert_eq!(ask(&stand.write.text, other).status, 200);
    for (method, target) in PUBLIC {
        assert_eq!(stand.send(&Call::new(method, target).from(guesser)).status, 200, "{method} {target}");
    }
}
