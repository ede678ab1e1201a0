//! Reserved and owned names: a client can neither send nor remove them, in whatever spelling and wherever they stand.

mod answers;
mod forwarded;

use std::collections::BTreeSet;

use fngate::conformance::grammar::Message;
use fngate::conformance::wire::End;

use super::http2;
use super::peer::WHOLE;
use super::stand::{Outcome, Stand};

/// What stands behind `X-Scf-`; the gateway has no value for all of them.
const RESERVED: [&str; 17] = [
    "Request-Id",
    "Name",
    "Namespace",
    "Version",
    "Timeout",
    "Memory",
    "Region",
    "Appid",
    "Uin",
    "Service",
    "Api",
    "Environment",
    "Path",
    "Path-Parameters",
    "Anything-Else",
    "x",
    "",
];
const OWNED: [&str; 11] = [
    "X-Api-RequestId",
    "X-Real-Ip",
    "X-Client-Proto",
    "X-Client-Proto-Ver",
    "X-Forwarded-For",
    "X-Forwarded-Proto",
    "X-Forwarded-Host",
    "X-Forwarded-Port",
    "X-Forwarded-Server",
    "X-Forwarded-",
    "Forwarded",
];
/// Names that no client may send: servers that make variables of fields obey them.
const VARIABLES: [&str; 3] = ["Proxy", "Script-Name", "Path-Info"];
/// Names that look like these and are nobody's.
const NEAR: [&str; 19] = [
    "X-Scf",
    "X_Scf",
    "X-Scfname",
    "XScf-Name",
    "X-Sc-f-Name",
    "X.Scf",
    "X.Own",
    "X..Scf.Name",
    "X--Scf-Name",
    "My-X-Scf-Name",
    "X-Api-Request-Id",
    "X-Real-Ip-",
    "X-Forwarded",
    "X.Real.Ip.",
    "Forwarded-For",
    "ScriptName",
    "X-Script-Name",
    "Path-Information",
    "Content__Length",
];

/// Every way to write a name that a CGI server takes for the same.
fn spellings(name: &str) -> BTreeSet<String> {
    let mixed = |odd: usize| {
        let mut hyphens = 0;
        let swap = |byte: char| match byte {
            '-' => {
                hyphens += 1;
                if hyphens % 2 == odd { '_' } else { '-' }
            }
            other => other,
        };
        name.chars().map(swap).collect::<String>()
    };
    let alternating = name
        .char_indices()
        .map(|(index, letter)| if index % 2 == 0 { letter.to_ascii_uppercase() } else { letter.to_ascii_lowercase() });
    [
        name.to_owned(),
        name.to_lowercase(),
        name.to_uppercase(),
        name.replace('-', "_"),
        name.to_uppercase().replace('-', "_"),
        mixed(0),
        mixed(1),
        name.replace('-', "."),
        odd(name),
        alternating.collect(),
    ]
    .into()
}

/// With another separator at each place.
fn odd(name: &str) -> String {
    let mut separators = "~!#$%&'*+^`|.".chars().cycle();
    name.chars().map(|c| if c == '-' { separators.next().expect("a cycle") } else { c }).collect()
}

fn names() -> Vec<String> {
    let reserved = RESERVED.iter().map(|name| format!("X-Scf-{name}"));
    reserved.chain(OWNED.into_iter().chain(VARIABLES).map(str::to_owned)).collect()
}

fn folded(name: &[u8]) -> String {
    String::from_utf8_lossy(name).to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "-")
}

/// The values of a name, as a CGI server would find them.
fn values(request: &Message, name: &str) -> Vec<String> {
    let fields = request.head.fields.iter().chain(&request.trailers);
    let same = fields.filter(|field| folded(&field.name) == folded(name.as_bytes()));
    same.map(|field| String::from_utf8_lossy(&field.value).into_owned()).collect()
}

/// The names for which the gateway has a value of its own.
fn own(stand: &Stand) -> BTreeSet<String> {
    let outcome = stand.send(b"GET /plain HTTP/1.1\r\nHost: h.example\r\n\r\n", &[]);
    let [request] = &outcome.requests[..] else { panic!("{outcome:?}") };
    let names = names().into_iter().filter(|name| !values(request, name).is_empty()).collect();
    assert!(outcome.violations.is_empty(), "{outcome:?}");
    names
}

/// Sends a request that forges `name`, and looks at what arrived.
fn check(stand: &Stand, own: &BTreeSet<String>, name: &str, bytes: &str) -> Result<(), String> {
    let outcome = stand.send(bytes.as_bytes(), &[]);
    let [request] = &outcome.requests[..] else { return Err(format!("{bytes:?}: {outcome:?}")) };
    let found = values(request, name);
    let expected = usize::from(own.iter().any(|own| own.eq_ignore_ascii_case(name)));
    let everywhere = [request.head.fields.as_slice(), request.trailers.as_slice()].concat();
    let forged = everywhere.iter().any(|field| field.line.windows(4).any(|window| window == b"evil"));
    if found.len() != expected || found.contains(&String::new()) || forged || !outcome.violations.is_empty() {
        return Err(format!("{bytes:?}: {found:?} instead of {expected}: {outcome:?}"));
    }
    Ok(())
}

#[track_caller]
fn assert_none(violations: &[String]) {
    assert!(violations.is_empty(), "{} violations:\n{}", violations.len(), violations.join("\n"));
}

/// Each spelling alone, twice, empty, beside the proper one, listed in `Connection`, in an upgrade request, in HTTP/1.0, and in
/// a trailer section.
#[test]
fn no_spelling_reaches_the_function_wherever_it_stands() {
    let stand = Stand::start("");
    let own = own(&stand);
    assert!(own.len() > 14, "{own:?}");
    let (mut violations, mut cases) = (Vec::new(), 0);
    for name in names() {
        for spelling in spellings(&name) {
            let lower = spelling.to_lowercase();
            let head = "GET /x HTTP/1.1\r\nHost: h.example\r\n";
            for bytes in [
                format!("{head}{spelling}: evil\r\n\r\n"),
                format!("{head}{spelling}: evil\r\nX-A: 1\r\n{lower}: evil\r\n\r\n"),
                format!("{head}{spelling}:\r\n\r\n"),
                format!("{head}{name}: evil\r\n{spelling}: evil\r\n\r\n"),
                format!("{head}Connection: {spelling}\r\n{spelling}: evil\r\n\r\n"),
                format!("{head}Connection: close, {spelling}\r\n\r\n"),
                format!("{head}Connection: upgrade, {spelling}\r\nUpgrade: websocket\r\n{spelling}: evil\r\n\r\n"),
                format!("GET /x HTTP/1.0\r\nHost: h.example\r\n{spelling}: evil\r\n\r\n"),
                format!(
                    "POST /x HTTP/1.1\r\nHost: h.example\r\nTrailer: {lower}\r\nTransfer-Encoding: chunked\r\n\r\n\
                     1\r\na\r\n0\r\n{spelling}: evil\r\n\r\n"
                ),
            ] {
                cases += 1;
                violations.extend(check(&stand, &own, &name, &bytes).err());
            }
        }
    }
    assert_none(&violations);
    assert!(cases > 1000, "{cases}");
}

/// Names that frame a message, in spellings that some servers take for them.
#[test]
fn no_alias_of_a_framing_name_reaches_the_function() {
    let stand = Stand::start("");
    let mut violations = Vec::new();
    for name in ["Content-Length", "Transfer-Encoding"] {
        for spelling in spellings(name).into_iter().filter(|spelling| !spelling.eq_ignore_ascii_case(name)) {
            let head = "POST /x HTTP/1.1\r\nHost: h.example\r\n";
            let chunks = "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n";
            for bytes in [
                format!("{head}{spelling}: evil\r\nContent-Length: 3\r\n\r\nabc"),
                format!("{head}{spelling}: evil\r\n{chunks}\r\n"),
                format!("{head}Connection: {spelling}\r\n{spelling}: evil\r\n\r\n"),
                format!("{head}Connection: upgrade\r\nUpgrade: websocket\r\n{spelling}: evil\r\n\r\n"),
                format!("{head}Trailer: {spelling}\r\n{chunks}{spelling}: evil\r\n\r\n"),
            ] {
                violations.extend(check(&stand, &BTreeSet::new(), "No-Such-Field", &bytes).err());
            }
        }
    }
    assert_none(&violations);
}

/// Names of `gateway.remove`: in every spelling, wherever they stand, and nothing else.
#[test]
fn configured_names_are_removed_in_every_spelling() {
    let stand = Stand::start("remove = [\"X-HTTP-Method-Override\", \"cookie\", \"X_Own\"]");
    let mut violations = Vec::new();
    for name in ["X-HTTP-Method-Override", "Cookie", "X-Own"] {
        for spelling in spellings(name) {
            let head = "POST /x HTTP/1.1\r\nHost: h.example\r\n";
            for bytes in [
                format!("{head}{spelling}: evil\r\n\r\n"),
                format!("{head}Connection: upgrade\r\nUpgrade: websocket\r\n{spelling}: evil\r\n\r\n"),
                format!(
                    "{head}Trailer: {spelling}\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n{spelling}: evil\r\n\r\n"
                ),
            ] {
                violations.extend(check(&stand, &BTreeSet::new(), name, &bytes).err());
            }
        }
        let lower = name.to_lowercase();
        let outcome = http2::send(&stand, &http2::attack(WHOLE, "GET", &[(&lower, "evil"), (&lower, "evil")]), &[]);
        let kept = outcome.requests.iter().any(|request| !values(request, name).is_empty());
        if kept || outcome.requests.len() != 1 {
            violations.push(format!("{name} in HTTP/2: {outcome:?}"));
        }
    }
    assert_none(&violations);
    let bytes = "GET /x HTTP/1.1\r\nHost: h.example\r\nX-HTTP-Method: mine\r\nX-Owner: mine\r\n\r\n";
    let outcome = stand.send(bytes.as_bytes(), &[]);
    assert_eq!(values(&outcome.requests[0], "X-HTTP-Method"), ["mine"]);
    assert_eq!(values(&outcome.requests[0], "X-Owner"), ["mine"]);
}

#[test]
fn names_that_only_look_alike_pass() {
    let stand = Stand::start("");
    for name in NEAR {
        let outcome = stand.send(format!("GET /x HTTP/1.1\r\nHost: h.example\r\n{name}: mine\r\n\r\n").as_bytes(), &[]);
        let [request] = &outcome.requests[..] else { panic!("{name}: {outcome:?}") };
        let line = format!("{name}: mine");
        assert!(request.head.fields.iter().any(|field| field.line == line.as_bytes()), "{name}: {request:?}");
    }
}

/// With `reserved = "reject"`, a reserved name in any spelling is an error; owned names are removed all the same.
#[test]
fn reserved_names_can_be_refused() {
    let stand = Stand::start("reserved = \"reject\"");
    let own = own(&stand);
    let refused = |outcome: &Outcome| {
        outcome.statuses == [400]
            && outcome.received.contains(b"reserved_field")
            && outcome.requests.is_empty()
            && outcome.violations.is_empty()
    };
    let mut violations = Vec::new();
    let all: Vec<_> = RESERVED.iter().flat_map(|name| spellings(&format!("X-Scf-{name}"))).collect();
    for spelling in &all {
        let bytes = format!("GET /x HTTP/1.1\r\nHost: h.example\r\n{spelling}: evil\r\n\r\n");
        let outcome = stand.send(bytes.as_bytes(), &[]);
        if !refused(&outcome) || outcome.cut {
            violations.push(format!("{spelling}: {outcome:?}"));
        }
    }
    // Last, because the function may learn of the start of such a request while the next one is being judged.
    let in_trailers = |spelling: &String| {
        let bytes = format!(
            "POST /x HTTP/1.1\r\nHost: h.example\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n{spelling}: evil\r\n\r\n"
        );
        let outcome = stand.send(bytes.as_bytes(), &[]);
        let kept = refused(&outcome) && outcome.received.end != Some(End::Reset);
        (!kept).then(|| format!("{spelling} as trailer: {outcome:?}"))
    };
    for name in OWNED.into_iter().chain(VARIABLES) {
        let bytes = format!("GET /x HTTP/1.1\r\nHost: h.example\r\n{name}: evil\r\n\r\n");
        violations.extend(check(&stand, &own, name, &bytes).err());
    }
    violations.extend(all.iter().filter_map(in_trailers));
    assert_none(&violations);
}

#[test]
fn another_prefix_is_guarded_in_the_same_way() {
    let stand = Stand::start("reserved_prefix = \"X-Fc-\"");
    for spelling in spellings("X-Fc-Name").into_iter().chain(spellings("X-Fc-Unknown")) {
        let bytes = format!("GET /x HTTP/1.1\r\nHost: h.example\r\n{spelling}: evil\r\nX-Scf-Name: mine\r\n\r\n");
        let outcome = stand.send(bytes.as_bytes(), &[]);
        let [request] = &outcome.requests[..] else { panic!("{spelling}: {outcome:?}") };
        assert_eq!(values(request, "X-Fc-Name"), ["f"], "{spelling}");
        assert_eq!(values(request, "X-Fc-Unknown"), Vec::<String>::new(), "{spelling}");
        assert_eq!(values(request, "X-Scf-Name"), ["mine"], "{spelling}");
    }
}
