//! Pages in the browser of an operator, who can reach the listener: they send what a browser lets them send.

use serde_json::json;

use super::client::{Answer, Call};
use super::stand::{ALL, Stand, stage};

/// A form that a page may send to any address without being asked.
const FORMS: [(&str, &str); 4] = [
    ("text/plain", r#"{"path":"/evil","function":"echo","x":"="}"#),
    ("application/x-www-form-urlencoded", "path=/evil&function=echo"),
    (
        "multipart/form-data; boundary=x",
        "--x\r\nContent-Disposition: form-data; name=\"path\"\r\n\r\n/evil\r\n--x--\r\n",
    ),
    ("text/plain; charset=application/json", r#"{"path":"/evil","function":"echo"}"#),
];

fn targets() -> [(&'static str, &'static str); 4] {
    [
        ("PUT", "/v1/services/shop/apis/evil"),
        ("PUT", ALL),
        ("DELETE", ALL),
        ("POST", "/v1/functions/default/echo/triggers"),
    ]
}

#[track_caller]
fn is_refused(answer: &Answer, status: u16) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert_eq!(answer.field("Access-Control-Allow-Origin"), None, "{answer:?}");
}

#[test]
fn a_form_is_refused_even_with_a_token() {
    let stand = Stand::start();
    let before = stand.text();
    for (kind, body) in FORMS {
        for (method, target) in targets() {
            let form = Call::new(method, target).field("Content-Type", kind).field("If-Match", "*").body(body);
            is_refused(&stand.send(&form), 401);
            is_refused(&stand.send(&form.token(&stand.write.text)), 415);
        }
    }
    // Without a type, as `fetch` sends a body of no type.
    for (method, target) in targets() {
        let call = Call::new(method, target).field("If-Match", "*").body("{}").token(&stand.write.text);
        is_refused(&stand.send(&call), 415);
        let call = Call::new(method, target).field("If-Match", "*").token(&stand.write.text);
        is_refused(&stand.send(&call), 415);
    }
    assert_eq!(stand.text(), before);
}

#[test]
fn other_origins_are_refused() {
    let stand = Stand::start();
    let (before, admin) = (stand.text(), stand.gateway.admin);
    let own = format!("http://{admin}");
    let foreign = [
        "https://evil.example".to_owned(),
        "null".to_owned(),
        // Cookies and the address are shared with functions on other ports, tokens are not.
        format!("http://127.0.0.1:{}", stand.gateway.address.port()),
        "http://127.0.0.1".to_owned(),
        format!("https://{admin}"),
        format!("http://localhost:{}", admin.port()),
        format!("{own}.evil.example"),
        format!("{own}/"),
        String::new(),
    ];
    let new = json!({ "path": "/evil", "function": "echo" });
    for origin in &foreign {
        for call in [
            Call::get("/v1/status"),
            Call::new("PUT", "/v1/services/shop/apis/evil").json(&new),
            Call::new("PUT", ALL).json(&stage("evil")).field("If-Match", "*"),
            Call::new("DELETE", ALL).json(&json!({})).field("If-Match", "*"),
            Call::new("POST", "/v1/reload"),
        ] {
            is_refused(&stand.send(&call.token(&stand.write.text).field("Origin", origin)), 403);
        }
        let preflight = Call::new("OPTIONS", ALL)
            .fields(&[("Origin", origin), ("Access-Control-Request-Method", "PUT")])
            .field("Access-Control-Request-Headers", "authorization, content-type");
        let answer = stand.send(&preflight);
        assert!(answer.status >= 400, "{origin}: {answer:?}");
        assert_eq!(answer.field("Access-Control-Allow-Methods"), None, "{answer:?}");
    }
    assert_eq!(stand.text(), before);
    // Two of them are no way around it.
    let two = Call::get("/v1/status").token(&stand.own).field("Origin", &own).field("Origin", "https://evil.example");
    is_refused(&stand.send(&two), 403);
    let page = Call::get("/v1/status").token(&stand.own).field("Origin", &own).field("Sec-Fetch-Site", "same-origin");
    assert_eq!(stand.send(&page).status, 200, "a page of the listener itself");
}

#[test]
fn what_a_browser_says_of_the_site_is_believed() {
    let stand = Stand::start();
    for (site, status) in
        [("cross-site", 403), ("same-site", 403), ("nonsense", 403), ("", 403), ("same-origin", 200), ("none", 200)]
    {
        for target in ["/v1/status", "/v1/openapi.json", "/metrics"] {
            let call = Call::get(target).token(&stand.own).field("Sec-Fetch-Site", site);
            assert_eq!(stand.send(&call).status, status, "{site} {target}");
        }
        let reload = Call::new("POST", "/v1/reload").field("Sec-Fetch-Site", site);
        assert_eq!(stand.send(&reload).status, status, "{site} reload");
    }
}

#[test]
fn a_name_that_was_made_to_lead_here_is_refused() {
    let stand = Stand::start();
    let before = stand.text();
    let port = stand.gateway.admin.port();
    for host in ["evil.example".to_owned(), format!("evil.example:{port}"), "127.0.0.1.evil.example".to_owned()] {
        let origin = format!("http://{host}");
        for call in [
            Call::get("/v1/status"),
            Call::get("/metrics"),
            Call::new("POST", "/v1/reload"),
            Call::new("PUT", ALL).json(&stage("evil")).field("If-Match", "*").field("Origin", &origin),
        ] {
            is_refused(&stand.send(&call.clone().host(&host)), 403);
            is_refused(&stand.send(&call.token(&stand.own).host(&host)), 403);
        }
        let absolute = Call::get(&format!("http://{host}/v1/status")).token(&stand.own);
        is_refused(&stand.send(&absolute), 403);
    }
    assert_eq!(stand.text(), before);
}

#[test]
fn no_answer_may_be_framed_sniffed_or_kept() {
    let stand = Stand::start();
    for call in [Call::get("/v1/status"), Call::get("/v1/status").token(&stand.own), Call::get("/nothing")] {
        let answer = stand.send(&call);
        assert_eq!(answer.field("X-Content-Type-Options"), Some("nosniff"));
        assert_eq!(answer.field("Cache-Control"), Some("no-store"));
        assert!(
            answer.field("Content-Security-Policy").is_some_and(|policy| policy.contains("frame-ancestors 'none'"))
        );
        assert_eq!(answer.field("Access-Control-Allow-Origin"), None);
        assert_eq!(answer.field("Set-Cookie"), None);
    }
}
