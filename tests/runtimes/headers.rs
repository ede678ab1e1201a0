//! The fields that a function sees, in the way its runtime shows them.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::Empty;
use uuid::Uuid;

use crate::client::{self, Address, Reply};
use crate::clock;
use crate::function::Runtime;
use crate::stand::{HOST, Stand};

/// What a client sends that must not arrive: reserved and owned names in several spellings, with and without a value of the
/// gateway's own.
const FORGED: [&str; 14] = [
    "X-SCF-Name",
    "X_SCF_Name",
    "X-Scf_Name",
    "X-Scf-Request-Id",
    "X-Scf-Uin",
    "X_SCF_UIN",
    "X-Scf-Anything",
    "X-Api-RequestId",
    "X_Api_RequestId",
    "X-Real-Ip",
    "X_Real_Ip",
    "X-Forwarded-For",
    "X-Forwarded-Proto",
    "Forwarded",
];
const EVIL: &str = "evil";

/// Values by name in lower case with `-`, however a runtime writes names.
type Fields = BTreeMap<String, Vec<String>>;

pub(crate) async fn injected(runtime: Runtime) {
    let stand = Stand::start(runtime).await;
    let _busy = clock::busy().await;

    // What is forged would be seen if it came through.
    if runtime.scheme().is_none() {
        let (_, seen) = ask(&stand.function.address, "/headers/x").await;
        assert!(seen["x-scf-name"].concat().contains(EVIL), "{seen:?}");
    }

    let gateway = &stand.gateway.address;
    let (reply, seen) = ask(gateway, "/test/headers/4%202/a/b?q=1").await;
    let request_id = &seen["x-scf-request-id"][0];
    let id = Uuid::parse_str(request_id).expect("a UUID");
    assert_eq!(*request_id, id.hyphenated().to_string());
    let id = id.simple().to_string();
    assert_eq!(reply.field("x-api-requestid"), id);

    let port = stand.gateway.port.to_string();
    let expected = [
        ("host", HOST),
        ("x-api-requestid", &id),
        ("x-scf-request-id", request_id),
        ("x-scf-name", runtime.name()),
        ("x-scf-namespace", "shop"),
        ("x-scf-version", "7"),
        ("x-scf-timeout", "12000"),
        ("x-scf-memory", "512"),
        ("x-scf-service", "shop"),
        ("x-scf-api", "headers"),
        ("x-scf-environment", "test"),
        ("x-scf-path", "/headers/{id}/{rest+}"),
        ("x-scf-path-parameters", "id=4+2&rest=a%2Fb"),
        ("x-real-ip", "127.0.0.1"),
        ("x-forwarded-for", "127.0.0.1"),
        ("x-forwarded-proto", "http"),
        ("x-forwarded-host", HOST),
        ("x-forwarded-port", &port),
        ("x-forwarded-prefix", "/test"),
        ("x-client-proto", "http"),
        ("x-client-proto-ver", "HTTP/1.1"),
        ("x-api-key", "the client's own"),
    ];
    for (name, value) in expected {
        assert_eq!(seen.get(name).map(Vec::as_slice), Some(&[value.to_owned()][..]), "{name} in {seen:#?}");
    }
    let gateways = |name: &str| name.starts_with("x-scf-") || name.starts_with("x-forwarded-");
    let others = seen.keys().filter(|name| gateways(name) && expected.iter().all(|(expected, _)| name != expected));
    assert_eq!(others.collect::<Vec<_>>(), Vec::<&String>::new());
    assert!(!seen.values().flatten().any(|value| value.contains(EVIL)), "{seen:#?}");
}

/// The fields that the function saw of a request that forges some.
async fn ask(address: &Address, target: &str) -> (Reply, Fields) {
    let mut request = Request::get(target).header("host", HOST).header("x-api-key", "the client's own");
    for name in FORGED {
        request = request.header(name, EVIL);
    }
    let request = request.body(Empty::<Bytes>::new()).expect("a request");
    let reply = client::send(address, request).await.expect("an answer");
    assert_eq!(reply.status, StatusCode::OK, "{reply:?}");
    let pairs: Vec<(String, String)> = serde_json::from_slice(&reply.body).expect("pairs");
    let mut fields = Fields::new();
    for (name, value) in pairs {
        let name = name.strip_prefix("HTTP_").unwrap_or(&name).to_ascii_lowercase().replace('_', "-");
        fields.entry(name).or_default().push(value);
    }
    (reply, fields)
}
