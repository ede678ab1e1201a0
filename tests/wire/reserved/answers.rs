//! What a function was told is not for its clients.

use fngate::conformance::wire::Step;
use fngate::conformance::wire::origin::{Answer, When};

use super::{RESERVED, Stand, assert_none, spellings};

fn answer(bytes: String) -> Answer {
    Answer { when: When::Whole, steps: vec![Step::Send(bytes.into_bytes())] }
}

#[test]
fn no_spelling_of_a_reserved_name_reaches_the_client() {
    let stand = Stand::start("");
    let request = b"GET /x HTTP/1.1\r\nHost: h.example\r\nTE: trailers\r\n\r\n";
    let mut violations = Vec::new();
    let names = RESERVED.iter().map(|name| format!("X-Scf-{name}")).chain(["X-Api-RequestId".to_owned()]);
    for spelling in names.flat_map(|name| spellings(&name)) {
        let lower = spelling.to_lowercase();
        for bytes in [
            format!("HTTP/1.1 200 OK\r\n{spelling}: evil\r\nContent-Length: 2\r\n\r\nok"),
            format!("HTTP/1.1 200 OK\r\n{spelling}: evil\r\nX-A: 1\r\n{lower}: evil\r\nContent-Length: 2\r\n\r\nok"),
            format!("HTTP/1.1 404 No\r\nConnection: {spelling}\r\n{spelling}: evil\r\nContent-Length: 2\r\n\r\nok"),
            format!(
                "HTTP/1.1 200 OK\r\nTrailer: {lower}\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n{spelling}: evil\r\n\r\n"
            ),
        ] {
            let outcome = stand.send(request, &[answer(bytes.clone())]);
            let text = String::from_utf8_lossy(&outcome.received.bytes).to_lowercase().replace('_', "-");
            let ids = text.matches("x-api-requestid: ").count();
            let clean = !outcome.received.contains(b"evil") && !outcome.broken && outcome.violations.is_empty();
            if !clean || outcome.statuses.len() != 1 || ids != 1 {
                violations.push(format!("{bytes:?}: {ids} ids: {outcome:?}"));
            }
        }
    }
    assert_none(&violations);
}

/// Owned names other than the id mean nothing in an answer, and pass.
#[test]
fn other_owned_names_pass_in_answers() {
    let stand = Stand::start("");
    for name in ["X-Real-Ip", "X-Forwarded-For", "X_Forwarded_Proto", "Forwarded", "X-Client-Proto"] {
        let bytes = format!("HTTP/1.1 200 OK\r\n{name}: mine\r\nContent-Length: 2\r\n\r\nok");
        let outcome = stand.send(b"GET /x HTTP/1.1\r\nHost: h.example\r\n\r\n", &[answer(bytes)]);
        assert!(outcome.received.contains(format!("\r\n{name}: mine\r\n").as_bytes()), "{name}: {outcome:?}");
    }
}

/// Another spelling of a framing name could be read as that field by whoever stands between the gateway and the client.
#[test]
fn no_alias_of_a_framing_name_reaches_the_client() {
    let stand = Stand::start("");
    let request = b"GET /x HTTP/1.1\r\nHost: h.example\r\nTE: trailers\r\n\r\n";
    let mut violations = Vec::new();
    for name in ["Content-Length", "Transfer-Encoding"] {
        for spelling in spellings(name).into_iter().filter(|spelling| !spelling.eq_ignore_ascii_case(name)) {
            for bytes in [
                format!("HTTP/1.1 200 OK\r\n{spelling}: evil\r\nContent-Length: 2\r\n\r\nok"),
                format!("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: 1\r\n{spelling}: evil\r\n\r\nok"),
                format!(
                    "HTTP/1.1 200 OK\r\nTrailer: {spelling}\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n{spelling}: evil\r\n\r\n"
                ),
            ] {
                let outcome = stand.send(request, &[answer(bytes.clone())]);
                let clean = !outcome.received.contains(b"evil") && !outcome.broken && outcome.violations.is_empty();
                if !clean || outcome.statuses != [200] {
                    violations.push(format!("{bytes:?}: {outcome:?}"));
                }
            }
        }
    }
    assert_none(&violations);
}
