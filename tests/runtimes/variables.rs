//! CGI and WSGI servers make one variable of all spellings of a name. What a client forges must not be in it.

use std::collections::{BTreeMap, BTreeSet};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::Address;
use crate::clock;
use crate::function::Runtime;
use crate::stand::{HOST, Stand};

/// Names that the gateway sends, those that it sends only when they are configured, and those that nobody may send.
const SENT: [&str; 15] = [
    "X-Scf-Name",
    "X-Scf-Namespace",
    "X-Scf-Version",
    "X-Scf-Timeout",
    "X-Scf-Memory",
    "X-Scf-Service",
    "X-Scf-Api",
    "X-Scf-Environment",
    "X-Scf-Path",
    "X-Real-Ip",
    "X-Forwarded-For",
    "X-Forwarded-Proto",
    "X-Forwarded-Host",
    "X-Client-Proto",
    "X-Client-Proto-Ver",
];
const FRESH: [&str; 2] = ["X-Scf-Request-Id", "X-Api-RequestId"];
const ABSENT: [&str; 9] = [
    "X-Scf-Uin",
    "X-Scf-Region",
    "X-Scf-Anything",
    "X-Forwarded-Server",
    "X-Forwarded-Prefix",
    "Forwarded",
    "Proxy",
    "Script-Name",
    "Path-Info",
];
const EVIL: &str = "evil";

/// The variables of a request, by name.
type Variables = BTreeMap<String, String>;

/// Forges each name in all spellings at once. The server behind has exactly the variables that it has without that.
pub(crate) async fn are_the_gateways(runtime: Runtime) {
    let stand = Stand::start(runtime).await;
    let _busy = clock::busy().await;

    // What is forged would be seen if it came through.
    let direct = ask(&stand.function.address, &forged("X-Scf-Name")).await;
    assert!(direct["HTTP_X_SCF_NAME"].contains(EVIL), "{direct:?}");

    let gateway = &stand.gateway.address;
    let plain = ask(gateway, "").await;
    for name in SENT.iter().chain(&FRESH).chain(&ABSENT) {
        for lines in [forged(name), listed(name)] {
            compare(name, &ask(gateway, &lines).await, &plain);
        }
    }
}

/// What the server has of a request with a forged name is what it has of a plain one.
fn compare(name: &str, variables: &Variables, plain: &Variables) {
    assert_eq!(names(variables), names(plain), "{name}");
    for (variable, value) in variables {
        let is_fresh = FRESH.iter().any(|name| *variable == variable_of(name));
        assert!(!value.contains(EVIL), "{name}: {variable} is {value}");
        assert!(is_fresh || *value == plain[variable], "{name}: {variable} is {value}, not {}", plain[variable]);
    }
    if ABSENT.contains(&name) {
        assert!(!variables.contains_key(&variable_of(name)), "{name}: {variables:?}");
    } else {
        assert!(!variables[&variable_of(name)].contains(','), "{name}: {variables:?}");
    }
}

fn variable_of(name: &str) -> String {
    format!("HTTP_{}", name.to_uppercase().replace('-', "_"))
}

fn names(variables: &Variables) -> Vec<&String> {
    variables.keys().collect()
}

/// Every spelling of a name.
fn spellings(name: &str) -> BTreeSet<String> {
    let last = name.rfind('-').unwrap_or(0);
    [
        name.to_owned(),
        name.to_uppercase(),
        name.to_lowercase(),
        name.replace('-', "_"),
        name.to_uppercase().replace('-', "_"),
        name.to_lowercase().replacen('-', "_", 1),
        format!("{}{}", &name[..last], name[last..].replace('-', "_")),
    ]
    .into()
}

/// Lines with every spelling of a name.
fn forged(name: &str) -> String {
    spellings(name).iter().map(|spelling| format!("{spelling}: {EVIL}\r\n")).collect()
}

/// The same, and each also in `Connection`, as if it could be listed away.
fn listed(name: &str) -> String {
    let all: Vec<_> = spellings(name).into_iter().collect();
    format!("Connection: {}\r\n{}", all.join(", "), forged(name))
}

/// The variables that the function has of a request with these lines. Written by hand: HTTP libraries have their own idea of
/// letter case.
async fn ask(address: &Address, lines: &str) -> Variables {
    let request = format!("GET /headers/x HTTP/1.0\r\nHost: {HOST}\r\n{lines}\r\n");
    let mut answer = Vec::new();
    match address {
        Address::Tcp(address) => exchange(TcpStream::connect(address).await, &request, &mut answer).await,
        Address::Unix(path) => exchange(tokio::net::UnixStream::connect(path).await, &request, &mut answer).await,
    }
    let text = String::from_utf8(answer).expect("text");
    let (head, body) = text.split_once("\r\n\r\n").expect("an answer");
    let pairs: Vec<(String, String)> =
        serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {head}\n{body}"));
    pairs.into_iter().collect()
}

async fn exchange<S: AsyncReadExt + AsyncWriteExt + Unpin>(
    stream: std::io::Result<S>,
    request: &str,
    answer: &mut Vec<u8>,
) {
    let mut stream = stream.expect("a connection");
    stream.write_all(request.as_bytes()).await.expect("sent");
    stream.read_to_end(answer).await.expect("an answer");
}
