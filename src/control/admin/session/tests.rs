//! Codes and sessions, without a gateway around them.

use std::path::Path;

use super::*;
use crate::config;

const NO_TOKENS: [AdminToken; 0] = [];

fn sessions() -> Sessions {
    // No such file is ever written.
    Sessions::open("admin-test.sessions".to_owned())
}

fn grant(role: Role) -> Grant {
    Grant { name: "local".to_owned(), role, token: None }
}

#[track_caller]
fn code(sessions: &Sessions) -> Token {
    sessions.make_code(grant(Role::Write), None, CODE_LIFE).expect("random").0
}

#[track_caller]
fn redeem(sessions: &Sessions, code: &Token) -> Option<(Token, OpenSession)> {
    sessions.redeem(code.as_str(), &NO_TOKENS).expect("random")
}

#[track_caller]
fn is_open(sessions: &Sessions, token: &Token) -> bool {
    sessions.find(&token::hash(token.as_str()), &NO_TOKENS).is_some()
}

/// A token of the configuration, with its hash.
fn token(name: &str, role: &str) -> (AdminToken, Digest) {
    let hash = token::hash("secret");
    let text = format!(
        "[[listener]]\naddress = \"127.0.0.1:0\"\n[[admin.token]]\nname = \"{name}\"\nrole = \"{role}\"\nhash = \"sha256:{hash}\""
    );
    (config::parse(Path::new("test"), &text).expect("good").admin.tokens.remove(0), hash)
}

#[tokio::test(start_paused = true)]
async fn a_code_opens_one_session_in_five_minutes() {
    let sessions = sessions();
    let (used, late) = (code(&sessions), code(&sessions));
    let (session, live) = redeem(&sessions, &used).expect("a session");
    assert_eq!((live.name.as_str(), live.role), ("local", AdminRole::Write));
    assert!(is_open(&sessions, &session) && redeem(&sessions, &used).is_none(), "it was used");
    tokio::time::advance(CODE_LIFE).await;
    assert!(redeem(&sessions, &late).is_none(), "it has expired");
    assert!(is_open(&sessions, &session), "a session has a time of its own");
    // A code is no token, a token is no code.
    let unused = code(&sessions);
    assert!(!is_open(&sessions, &unused) && redeem(&sessions, &session).is_none());
}

#[test]
fn codes_and_sessions_are_not_kept_without_end() {
    let sessions = sessions();
    let codes: Vec<_> = (0..=CODES).map(|_| code(&sessions)).collect();
    assert!(redeem(&sessions, &codes[0]).is_none(), "the oldest is forgotten");
    assert!(redeem(&sessions, &codes[1]).is_some());
    let opened: Vec<_> = (0..=SESSIONS).map(|_| redeem(&sessions, &code(&sessions)).expect("a session").0).collect();
    assert!(!is_open(&sessions, &opened[0]) && opened[1..].iter().all(|token| is_open(&sessions, token)));
    assert_eq!(sessions.lock().sessions.len(), SESSIONS);
}

#[test]
fn nobody_ends_the_sessions_of_others() {
    let sessions = sessions();
    let (open, waiting) = (redeem(&sessions, &code(&sessions)).expect("a session").0, code(&sessions));
    let (reader, hash) = token("ops", "read");
    let tokens = [reader];
    for _ in 0..2 * SESSIONS {
        let grant = Grant { name: "ops".to_owned(), role: Role::Write, token: Some(hash) };
        let (code, _) = sessions.make_code(grant.clone(), None, CODE_LIFE).expect("random");
        sessions.redeem(code.as_str(), &tokens).expect("random").expect("a session");
        sessions.make_code(grant, None, CODE_LIFE).expect("random");
    }
    assert!(is_open(&sessions, &open) && redeem(&sessions, &waiting).is_some());
    let kept = sessions.lock();
    assert_eq!((kept.sessions.len(), kept.codes.len()), (SESSIONS + 2, CODES));
}

#[test]
fn a_session_ends_when_it_is_over() {
    let sessions = sessions();
    let (one, other) = (redeem(&sessions, &code(&sessions)), redeem(&sessions, &code(&sessions)));
    let (one, other) = (one.expect("a session").0, other.expect("a session").0);
    sessions.end(&token::hash(one.as_str()));
    assert!(!is_open(&sessions, &one) && is_open(&sessions, &other));
    sessions.lock().sessions[0].expires = unix_time();
    assert!(!is_open(&sessions, &other));
}

#[test]
fn a_session_does_what_its_token_may_and_no_more_than_it_was_made_for() {
    let (reader, hash) = token("ops", "read");
    let (writer, _) = token("deploy", "write");
    for (most, tokens, expected) in [
        (Role::Write, &[writer.clone()][..], Some(("deploy", AdminRole::Write))),
        (Role::Read, &[writer], Some(("deploy", AdminRole::Read))),
        (Role::Write, &[reader], Some(("ops", AdminRole::Read))),
        (Role::Write, &[], None),
    ] {
        let sessions = sessions();
        let grant = Grant { name: "before".to_owned(), role: most, token: Some(hash) };
        let (code, _) = sessions.make_code(grant, None, CODE_LIFE).expect("random");
        let opened = sessions.redeem(code.as_str(), tokens).expect("random");
        let found = opened.as_ref().map(|(_, live)| (live.name.as_str(), live.role));
        assert_eq!(found, expected, "{most:?} {tokens:?}");
        if let Some((token, live)) = &opened {
            let hash = token::hash(token.as_str());
            assert_eq!(sessions.find(&hash, tokens).as_ref(), Some(live));
            assert_eq!(sessions.find(&hash, &NO_TOKENS), None, "its token was removed");
        }
    }
}

#[test]
fn a_session_opens_none_that_lasts_longer() {
    let sessions = sessions();
    let until = unix_time() + 60;
    let (code, _) = sessions.make_code(grant(Role::Write), Some(until), CODE_LIFE).expect("random");
    assert_eq!(redeem(&sessions, &code).expect("a session").1.expires, until);
}

#[test]
fn a_file_gives_back_what_has_not_ended() {
    let session = |index: u8, expires| Session { hash: Digest::of(&[index]), grant: grant(Role::Read), expires };
    let now = unix_time();
    let text = |sessions: &[Session]| serde_json::to_vec(sessions).expect("JSON");
    let read = parse(&text(&[session(1, now - 1), session(2, now + 60)])).expect("good");
    assert_eq!(read.iter().map(|session| session.hash).collect::<Vec<_>>(), [Digest::of(&[2])]);
    let many: Vec<_> = (0..=u8::MAX).map(|index| session(index, now + 60)).collect();
    let read = parse(&text(&many)).expect("good");
    assert_eq!((read.len(), read[SESSIONS - 1].hash), (SESSIONS, Digest::of(&[u8::MAX])));
    for broken in ["", "{}", "[{}]", "[{\"hash\":\"\"}]", "\u{0}"] {
        assert!(parse(broken.as_bytes()).is_err(), "{broken:?}");
    }
    assert!(parse(b"[]").expect("good").is_empty());
}
