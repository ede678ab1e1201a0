//! Logins of the console: codes, the sessions that they open, and how these end.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use rustix::process::Signal;
use serde_json::{Value, json};

use super::client::{Answer, Call};
use super::stand::{ALL, Stand, stage};
use super::support::PATIENCE;
use super::support::directories::RUNTIME;

const SESSION: &str = "/v1/session";

#[track_caller]
fn make_code(stand: &Stand, token: &str, keys: &Value) -> Answer {
    stand.send(&Call::new("POST", "/v1/console").token(token).json(keys))
}

/// A code that somebody has had made.
#[track_caller]
fn code(stand: &Stand, token: &str) -> String {
    let made = make_code(stand, token, &json!({}));
    assert_eq!(made.status, 201, "{made:?}");
    text(&made.json()["code"])
}

fn begin(stand: &Stand, code: &str) -> Answer {
    stand.send(&Call::new("POST", SESSION).json(&json!({ "code": code })))
}

/// The token of a session of whoever has this token.
#[track_caller]
fn session(stand: &Stand, token: &str) -> String {
    let begun = begin(stand, &code(stand, token));
    assert_eq!(begun.status, 201, "{begun:?}");
    text(&begun.json()["token"])
}

#[track_caller]
fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

fn show(stand: &Stand, token: &str) -> Answer {
    stand.send(&Call::get(SESSION).token(token))
}

fn end(stand: &Stand, token: &str) -> Answer {
    stand.send(&Call::new("DELETE", SESSION).token(token).json(&json!({})))
}

#[track_caller]
fn has_ended(stand: &Stand, token: &str) {
    for target in [SESSION, "/v1/status"] {
        let answer = stand.send(&Call::get(target).token(token));
        assert_eq!((answer.status, answer.reason().as_str()), (401, "session_ended"), "{answer:?}");
        assert!(answer.field("WWW-Authenticate").is_some() && answer.body.contains("fngate console"), "{answer:?}");
    }
}

/// In seconds from now.
#[track_caller]
fn remaining(expires: &Value) -> i64 {
    let expires: jiff::Timestamp = text(expires).parse().expect("a time");
    expires.as_second() - jiff::Timestamp::now().as_second()
}

fn sessions_file(stand: &Stand) -> PathBuf {
    stand.folder.path().join(RUNTIME).join(format!("admin-{}.sessions", stand.gateway.admin.port()))
}

#[track_caller]
fn reload(stand: &Stand, text: &str) {
    stand.folder.write(text);
    assert_eq!(stand.send(&Call::new("POST", "/v1/reload")).status, 200);
}

#[test]
fn a_session_acts_as_whoever_had_its_code_made() {
    let stand = Stand::start();
    for (token, name, role) in
        [(&stand.own, "local", "write"), (&stand.write.text, "writer", "write"), (&stand.read.text, "reader", "read")]
    {
        let made = make_code(&stand, token, &json!({}));
        assert_eq!(made.status, 201, "{made:?}");
        assert!((290..=300).contains(&remaining(&made.json()["expires"])), "{made:?}");
        let code = text(&made.json()["code"]);
        assert!(code.starts_with("fngc_") && code.len() == 48, "{code}");
        let begun = begin(&stand, &code);
        assert_eq!((begun.status, begun.field("Cache-Control")), (201, Some("no-store")), "{begun:?}");
        let begun = begun.json();
        let session = text(&begun["token"]);
        assert!(session.starts_with("fngs_") && session.len() == 48, "{session}");
        let hours = 12 * 3600;
        assert!((hours - 10..=hours).contains(&remaining(&begun["expires"])), "{begun}");
        let expected = json!({ "name": name, "role": role, "expires": begun["expires"] });
        assert_eq!(show(&stand, &session).json(), expected);
        assert_eq!([&begun["name"], &begun["role"]], [name, role]);
        assert_eq!(show(&stand, token).json(), json!({ "name": name, "role": role, "expires": null }));
        let etag = stand.get(ALL).etag();
        let change =
            Call::new("PUT", ALL).token(&session).json(&super::stand::merged(&stand.get(ALL).json(), &stage(name)));
        let changed = stand.send(&change.field("If-Match", &etag));
        assert_eq!(changed.status, if role == "write" { 200 } else { 403 }, "{changed:?}");
        if role == "write" {
            let line = stand.get("/v1/audit?limit=1").json()["items"][0].clone();
            assert_eq!((&line["author"], &line["from"]), (&json!(name), &json!("127.0.0.1")), "{line}");
        }
    }
    let log = stand.gateway.process.err();
    assert!(log.contains("a session of the console has begun"), "{log}");
    assert!(!log.contains("fngc_") && !log.contains("fngs_"), "{log}");
}

#[test]
fn a_code_is_for_one_use_and_is_no_token() {
    let stand = Stand::start();
    let code = code(&stand, &stand.own);
    let as_token = stand.send(&Call::get("/v1/status").token(&code));
    assert_eq!((as_token.status, as_token.reason().as_str()), (401, "unauthorized"));
    assert_eq!(begin(&stand, &code).status, 201);
    for bad in [code.as_str(), "", "fngc_", "fngs_", &stand.own, &stand.write.text] {
        let refused = begin(&stand, bad);
        assert_eq!((refused.status, refused.reason().as_str()), (401, "unauthorized"), "{bad}: {refused:?}");
        assert!(refused.field("WWW-Authenticate").is_some(), "{refused:?}");
    }
    for (keys, status) in [(json!({}), 422), (json!({ "code": 7 }), 422), (json!({ "code": "x", "more": 1 }), 422)] {
        assert_eq!(stand.send(&Call::new("POST", SESSION).json(&keys)).status, status, "{keys}");
    }
    let none = stand.send(&Call::new("POST", SESSION).field("Content-Type", "application/json"));
    assert_eq!((none.status, none.reason().as_str()), (400, "malformed"), "{none:?}");
}

#[test]
fn a_code_needs_no_body_and_may_be_for_reading() {
    let stand = Stand::start();
    let bare = Call::new("POST", "/v1/console").token(&stand.own).field("Content-Type", "application/json");
    assert_eq!(stand.send(&bare).status, 201);
    let opened = |token: &str, keys: &Value| {
        let made = make_code(&stand, token, keys);
        assert_eq!(made.status, 201, "{keys}: {made:?}");
        begin(&stand, &text(&made.json()["code"])).json()
    };
    let reading = opened(&stand.own, &json!({ "role": "read" }));
    assert_eq!([&reading["name"], &reading["role"]], ["local", "read"]);
    let reading = text(&reading["token"]);
    let change = Call::new("PUT", ALL).token(&reading).json(&stage("evil")).field("If-Match", "*");
    assert_eq!(stand.send(&change).status, 403);
    // What only reads opens nothing that changes.
    for token in [&reading, &stand.read.text] {
        let refused = make_code(&stand, token, &json!({ "role": "write" }));
        assert_eq!((refused.status, refused.reason().as_str()), (403, "forbidden"), "{refused:?}");
        assert_eq!(opened(token, &json!({}))["role"], "read");
        assert_eq!(opened(token, &json!({ "role": "read" }))["role"], "read");
    }
    for keys in [json!({ "role": "admin" }), json!({ "role": 1 }), json!({ "roles": "read" })] {
        assert_eq!(make_code(&stand, &stand.own, &keys).status, 422, "{keys}");
    }
    // Nor is a session prolonged by another one.
    let first = session(&stand, &stand.own);
    let second = session(&stand, &first);
    assert_eq!(show(&stand, &first).json(), show(&stand, &second).json());
}

#[test]
fn a_session_ends_when_it_is_closed() {
    let stand = Stand::start();
    for token in [&stand.own, &stand.read.text] {
        let (closed, other) = (session(&stand, token), session(&stand, token));
        let form = Call::new("DELETE", SESSION).token(&closed).field("Content-Type", "text/plain");
        assert_eq!(stand.send(&form).status, 415);
        let done = end(&stand, &closed);
        assert_eq!((done.status, done.body.as_str()), (204, ""), "{done:?}");
        has_ended(&stand, &closed);
        assert_eq!(show(&stand, &other).status, 200);
        assert_eq!([end(&stand, token).status, show(&stand, token).status], [204, 200], "it is no session");
    }
}

#[test]
fn streams_of_a_session_end_with_it() {
    let stand = Stand::start();
    let session = session(&stand, &stand.own);
    let mut stream = TcpStream::connect(stand.gateway.admin).expect("it listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("an option");
    let head = format!("GET /v1/live HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {session}\r\n\r\n");
    stream.write_all(head.as_bytes()).expect("sent");
    let mut begun = [0; 15];
    stream.read_exact(&mut begun).expect("an answer");
    assert_eq!(&begun, b"HTTP/1.1 200 OK");
    assert_eq!(end(&stand, &session).status, 204);
    let mut rest = String::new();
    stream.read_to_string(&mut rest).expect("the stream ends");
    assert!(rest.ends_with("0\r\n\r\n"), "{rest}");
}

#[test]
fn sessions_outlive_a_restart() {
    let mut stand = Stand::at_port();
    let (own, writer) = (session(&stand, &stand.own), session(&stand, &stand.write.text));
    let closed = session(&stand, &stand.read.text);
    assert_eq!(end(&stand, &closed).status, 204);
    let unused = code(&stand, &stand.own);
    let before = [&own, &writer].map(|token| show(&stand, token).json());
    for signal in [Signal::TERM, Signal::KILL] {
        let (file, old) = (sessions_file(&stand), stand.own.clone());
        stand = stand.restart(signal);
        assert_eq!(std::fs::metadata(&file).expect("the sessions").mode() & 0o7777, 0o600);
        let kept = std::fs::read_to_string(&file).expect("the sessions");
        for secret in [&own, &writer, &closed, &unused, &old, &stand.own] {
            assert!(!kept.contains(secret.split_once('_').expect("a prefix").1), "{kept}");
        }
        assert_eq!([&own, &writer].map(|token| show(&stand, token).json()), before);
        has_ended(&stand, &closed);
        assert_eq!(begin(&stand, &unused).status, 401, "codes do not");
        assert_eq!(show(&stand, &old).status, 401, "the own token is another one");
    }
    // One that was made from a token that is gone has ended, also after a restart.
    stand.folder.write(&stand.text().replace(&stand.write.table, ""));
    stand = stand.restart(Signal::TERM);
    has_ended(&stand, &writer);
    assert_eq!(show(&stand, &own).status, 200);
}

#[test]
fn a_bad_file_of_sessions_is_no_reason_not_to_start() {
    let mut stand = Stand::at_port();
    let file = sessions_file(&stand);
    for broken in ["", "[", "{\"sessions\":[]}", "[{\"hash\":\"x\"}]"] {
        let open = session(&stand, &stand.own);
        std::fs::write(&file, broken).expect("written");
        stand = stand.restart(Signal::TERM);
        has_ended(&stand, &open);
        assert!(stand.gateway.process.err().contains("cannot read the console sessions file"), "{broken}");
    }
    // Nor is one that others could have written believed.
    let open = session(&stand, &stand.own);
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o620)).expect("a mode");
    stand = stand.restart(Signal::TERM);
    has_ended(&stand, &open);
    let open = session(&stand, &stand.own);
    std::fs::remove_file(&file).expect("removed");
    stand = stand.restart(Signal::TERM);
    has_ended(&stand, &open);
    session(&stand, &stand.own);
    assert!(file.exists());
}

#[test]
fn a_session_follows_the_token_that_it_was_made_from() {
    let stand = Stand::start();
    let (reader, writer, own) =
        (session(&stand, &stand.read.text), session(&stand, &stand.write.text), session(&stand, &stand.own));
    let reading = text(&make_code(&stand, &stand.write.text, &json!({ "role": "read" })).json()["code"]);
    let reading = text(&begin(&stand, &reading).json()["token"]);
    let role = |token: &str| text(&show(&stand, token).json()["role"]);
    let before = stand.text();
    let swapped = before.replace("role = \"read\"", "role = \"x\"").replace("role = \"write\"", "role = \"read\"");
    reload(&stand, &swapped.replace("role = \"x\"", "role = \"write\""));
    assert_eq!([role(&reader), role(&writer), role(&own), role(&reading)], ["write", "read", "write", "read"]);
    reload(&stand, &before.replace("name = \"reader\"", "name = \"renamed\""));
    assert_eq!(show(&stand, &reader).json()["name"], "renamed", "the audit log knows the name of now");
    let unused = code(&stand, &stand.write.text);
    reload(&stand, &before.replace(&stand.write.table, ""));
    has_ended(&stand, &writer);
    has_ended(&stand, &reading);
    assert_eq!(begin(&stand, &unused).status, 401, "its maker is gone");
    assert_eq!([role(&reader), role(&own)], ["read", "write"]);
}

#[test]
fn guessing_codes_is_slowed_down() {
    let stand = Stand::start();
    let session = session(&stand, &stand.write.text);
    let good = code(&stand, &stand.own);
    let (guesser, other) = (Ipv4Addr::new(127, 0, 0, 7), Ipv4Addr::new(127, 0, 0, 8));
    let guess = |code: &str, from| stand.send(&Call::new("POST", SESSION).json(&json!({ "code": code })).from(from));
    let guesses: Vec<_> = (0..40).map(|index| guess(&format!("fngc_{index}"), guesser).status).collect();
    let first = guesses.iter().position(|status| *status == 429).expect("guesses without an end");
    assert!((5..=15).contains(&first), "{guesses:?}");
    assert!(guesses[..first].iter().all(|status| *status == 401), "{guesses:?}");
    // Failed tokens of the same address count, and the other way round.
    let token = (0..3).map(|_| stand.send(&Call::get("/v1/status").token("fng_x").from(guesser)).status);
    assert!(token.collect::<Vec<_>>().contains(&429));
    let open = |token: &str| stand.send(&Call::get("/v1/status").token(token).from(guesser)).status;
    assert_eq!([open(&session), open(&stand.own)], [200, 200], "who has it need not guess");
    assert_eq!(guess(&good, other).status, 201);
}

#[test]
fn no_page_of_others_begins_or_ends_a_session() {
    let stand = Stand::start();
    let (session, code) = (session(&stand, &stand.own), code(&stand, &stand.own));
    let own = format!("http://{}", stand.gateway.admin);
    let calls = [
        Call::new("POST", SESSION).body(&json!({ "code": code }).to_string()),
        Call::new("POST", "/v1/console").token(&session).body("{}"),
        Call::new("DELETE", SESSION).token(&session).body("{}"),
    ];
    for call in &calls {
        let with = |name: &str, value: &str| {
            let json = call.clone().field("Content-Type", "application/json");
            stand.send(&json.field(name, value)).status
        };
        assert_eq!(with("Origin", "https://evil.example"), 403, "{call:?}");
        assert_eq!(with("Origin", &format!("{own}.evil.example")), 403, "{call:?}");
        assert_eq!(with("Sec-Fetch-Site", "cross-site"), 403, "{call:?}");
        assert_eq!(with("Sec-Fetch-Site", "same-site"), 403, "{call:?}");
        let json = call.clone().field("Content-Type", "application/json").host("evil.example");
        assert_eq!(stand.send(&json).status, 403, "{call:?}");
        let link = [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")];
        assert_eq!(stand.send(&call.clone().field("Content-Type", "application/json").fields(&link)).status, 403);
        for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"] {
            assert_eq!(stand.send(&call.clone().field("Content-Type", kind)).status, 415, "{call:?} {kind}");
        }
        assert_eq!(stand.send(call).status, 415, "{call:?}");
    }
    let page = |call: &Call| {
        let call = call.clone().field("Content-Type", "application/json");
        stand.send(&call.field("Origin", &own).field("Sec-Fetch-Site", "same-origin")).status
    };
    assert_eq!(calls.each_ref().map(page), [201, 201, 204], "pages of the listener do, and the code is still good");
}

#[test]
fn whoever_has_no_token_sends_little() {
    let stand = Stand::start();
    let long = json!({ "code": "x".repeat(2000) });
    let refused = stand.send(&Call::new("POST", SESSION).json(&long));
    assert_eq!((refused.status, refused.reason().as_str()), (413, "too_large"), "{refused:?}");
    // Nor is a body waited for that does not come.
    let mut stream = TcpStream::connect(stand.gateway.admin).expect("it listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("an option");
    let head =
        "POST /v1/session HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{";
    stream.write_all(head.as_bytes()).expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer, and the end");
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
}

#[test]
fn without_a_console_there_are_no_sessions() {
    let stand = Stand::start();
    let (open, unused) = (session(&stand, &stand.own), code(&stand, &stand.own));
    let before = stand.text();
    reload(&stand, &before.replace("[admin]", "[admin]\nconsole = false"));
    let refused = [make_code(&stand, &stand.own, &json!({})), begin(&stand, &unused)];
    for answer in refused {
        assert_eq!((answer.status, answer.reason().as_str()), (404, "not_found"), "{answer:?}");
        assert!(answer.body.contains("admin.console"), "{answer:?}");
    }
    has_ended(&stand, &open);
    assert_eq!(show(&stand, &stand.own).status, 200);
    reload(&stand, &before);
    assert_eq!(show(&stand, &open).status, 200);
}

/// A restart would bring it back.
#[test]
fn a_logout_that_is_not_kept_says_so() {
    let stand = Stand::at_port();
    let open = session(&stand, &stand.own);
    let file = sessions_file(&stand);
    std::fs::remove_file(&file).expect("it is there");
    std::fs::create_dir(&file).expect("a directory in its place");
    let ended = end(&stand, &open);
    assert_eq!((ended.status, ended.reason().as_str()), (507, "not_written"), "{ended:?}");
    has_ended(&stand, &open);
}
