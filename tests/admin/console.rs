//! The pages of the console: what is served, to whom, and with which headers. Names of files are read from the page.

use std::io::Read;

use flate2::read::GzDecoder;
use serde_json::json;

use super::client::{Answer, Call};
use super::stand::Stand;

const ROOT: &str = "/console/";
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The files that the page names.
fn assets(page: &str) -> Vec<String> {
    let named = page.split('"').filter(|text| text.starts_with("/console/assets/")).map(str::to_owned);
    let assets: Vec<_> = named.collect();
    assert!(!assets.is_empty(), "the page has no script: {page}");
    assets
}

#[track_caller]
fn page(stand: &Stand, target: &str) -> Answer {
    let page = stand.send(&Call::get(target));
    assert_eq!(page.status, 200, "{target}: {page:?}");
    assert_eq!(page.field("Content-Type"), Some("text/html; charset=utf-8"), "{target}");
    page
}

#[test]
fn every_path_of_the_console_is_the_page() {
    let stand = Stand::start();
    let index = page(&stand, ROOT);
    for target in [
        "/console/index.html",
        "/console/services",
        "/console/services/shop.test",
        "/console/services/shop/apis/GET%20%2Fcarts%2F%7Bid%7D",
        "/console/functions/default/orders:v1.2",
        "/console/requests?status=5xx",
    ] {
        assert_eq!(page(&stand, target).body, index.body, "{target}");
    }
    let moved = stand.send(&Call::get("/console"));
    assert_eq!((moved.status, moved.field("Location")), (308, Some(ROOT)));
    for target in
        ["/console/assets/none.js", "/console/assets/", "/console/favicon.none.ico", "/consoles", "/console/a.js"]
    {
        assert_eq!(stand.send(&Call::get(target)).status, 404, "{target}");
    }
}

#[test]
fn pages_are_read_and_nothing_else() {
    let stand = Stand::start();
    let asset = assets(&page(&stand, ROOT).body).remove(0);
    for target in ["/console", ROOT, "/console/services", &asset] {
        for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"] {
            let answer = stand.send(&Call::new(method, target).token(&stand.own).json(&json!({})));
            assert_eq!(answer.status, 405, "{method} {target}: {answer:?}");
            assert_eq!(answer.field("Allow"), Some("GET,HEAD"), "{method} {target}");
        }
    }
    let (get, head) = (stand.send(&Call::get(&asset)), stand.send(&Call::new("HEAD", &asset)));
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert_eq!(head.field("Content-Length"), Some(get.bytes.len().to_string().as_str()));
}

#[test]
fn a_page_runs_no_script_but_its_own_and_is_in_no_frame() {
    let stand = Stand::start();
    let index = page(&stand, ROOT);
    for line in index.body.split('<').filter(|element| element.starts_with("script")) {
        assert!(line.contains(" src="), "the policy forbids a script in the page: {line}");
    }
    assert!(!index.body.contains("<style") && !index.body.contains(" style="), "the policy forbids it: {}", index.body);
    for target in [&[ROOT.to_owned(), "/console/services".to_owned()][..], &assets(&index.body)].concat() {
        let answer = stand.send(&Call::get(&target));
        for (name, value) in [
            ("Content-Security-Policy", POLICY),
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "no-referrer"),
            ("Cross-Origin-Opener-Policy", "same-origin"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
        ] {
            assert_eq!(answer.field(name), Some(value), "{target}");
        }
        for name in ["Set-Cookie", "Access-Control-Allow-Origin"] {
            assert_eq!(answer.field(name), None, "{target}");
        }
    }
}

#[test]
fn files_are_kept_and_the_page_is_asked_for_again() {
    let stand = Stand::start();
    let index = page(&stand, ROOT);
    assert_eq!(index.field("Cache-Control"), Some("no-cache"));
    for asset in assets(&index.body) {
        let cached = stand.send(&Call::get(&asset));
        assert_eq!(cached.field("Cache-Control"), Some("public, max-age=31536000, immutable"), "{asset}");
    }
    let tag = index.etag();
    for (known, status) in [
        (tag.clone(), 304),
        (format!("W/{tag}"), 304),
        (format!("\"other\", {tag}"), 304),
        ("*".to_owned(), 304),
        ("\"other\"".to_owned(), 200),
        (tag.trim_matches('"').to_owned(), 200),
    ] {
        let answer = stand.send(&Call::get(ROOT).field("If-None-Match", &known));
        assert_eq!(answer.status, status, "{known}: {answer:?}");
        assert_eq!(answer.etag(), tag);
        assert_eq!(answer.body.is_empty(), status == 304);
        assert_eq!(answer.field("Cache-Control"), Some("no-cache"));
        assert_eq!(answer.field("Content-Security-Policy"), Some(POLICY));
    }
}

#[test]
fn whoever_takes_gzip_gets_it() {
    let stand = Stand::start();
    let index = page(&stand, ROOT);
    let mut smaller = 0;
    for target in assets(&index.body) {
        let plain = stand.send(&Call::get(&target));
        let ask = |accepted: &str| stand.send(&Call::get(&target).field("Accept-Encoding", accepted));
        let zipped = ask("br, gzip;q=0.8");
        assert_eq!((plain.field("Vary"), plain.field("Content-Encoding")), (zipped.field("Vary"), None), "{target}");
        assert_eq!(ask("gzip;q=0, identity").field("Content-Encoding"), None, "{target}");
        if zipped.field("Content-Encoding").is_none() {
            continue;
        }
        smaller += 1;
        assert_eq!(zipped.field("Content-Encoding"), Some("gzip"), "{target}");
        assert_eq!(zipped.field("Vary"), Some("Accept-Encoding"), "{target}");
        assert_ne!(zipped.etag(), plain.etag(), "{target}");
        let mut text = Vec::new();
        GzDecoder::new(&*zipped.bytes).read_to_end(&mut text).expect("gzip");
        assert!(text == plain.bytes && zipped.bytes.len() < plain.bytes.len(), "{target}");
        let again = Call::get(&target).field("Accept-Encoding", "gzip").field("If-None-Match", &zipped.etag());
        let again = stand.send(&again);
        assert_eq!((again.status, again.field("Content-Encoding")), (304, None), "{target}");
    }
    assert!(smaller > 0, "no file is sent in gzip");
}

/// A link in a wiki may lead to the console. Nothing else of a page elsewhere may ask for it.
#[test]
fn links_lead_to_the_console_and_other_pages_do_not_embed_it() {
    let stand = Stand::start();
    let asset = assets(&page(&stand, ROOT).body).remove(0);
    for (site, mode, destination, status) in [
        ("cross-site", "navigate", "document", 200),
        ("same-site", "navigate", "document", 200),
        ("none", "navigate", "document", 200),
        ("same-origin", "cors", "script", 200),
        ("same-origin", "no-cors", "style", 200),
        ("cross-site", "navigate", "iframe", 403),
        ("cross-site", "navigate", "frame", 403),
        ("cross-site", "navigate", "embed", 403),
        ("cross-site", "no-cors", "script", 403),
        ("cross-site", "no-cors", "image", 403),
        ("cross-site", "no-cors", "document", 403),
        ("cross-site", "cors", "empty", 403),
        ("same-site", "cors", "empty", 403),
        ("nonsense", "cors", "empty", 403),
    ] {
        let fields = [("Sec-Fetch-Site", site), ("Sec-Fetch-Mode", mode), ("Sec-Fetch-Dest", destination)];
        for target in [ROOT, "/console/services", &asset] {
            let answer = stand.send(&Call::get(target).fields(&fields));
            assert_eq!(answer.status, status, "{target} {fields:?}: {answer:?}");
        }
    }
    // A link may not lead to the API, nor to anything else of the listener.
    let link = [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")];
    for target in ["/v1/status", "/v1/openapi.json", "/metrics"] {
        assert_eq!(stand.send(&Call::get(target).token(&stand.own).fields(&link)).status, 403, "{target}");
    }
    let twice = Call::get(ROOT).fields(&link).field("Sec-Fetch-Dest", "iframe");
    assert_eq!(stand.send(&twice).status, 403, "two destinations");
}

#[test]
fn the_console_answers_under_known_names_only() {
    let stand = Stand::start();
    for (host, status) in
        [("127.0.0.1", 200), ("localhost:9901", 200), ("evil.example", 403), ("127.0.0.1.evil.example", 403)]
    {
        let link = [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")];
        for call in [Call::get(ROOT), Call::get("/console"), Call::get(ROOT).fields(&link)] {
            let answer = stand.send(&call.clone().host(host));
            let is_right = answer.status == status || status == 200 && answer.status == 308;
            assert!(is_right, "{call:?} {host}: {answer:?}");
        }
    }
}

#[test]
fn the_console_can_be_switched_off() {
    let stand = Stand::start();
    let asset = assets(&page(&stand, ROOT).body).remove(0);
    let switch = |console: bool| {
        let text = stand.text().lines().filter(|line| !line.starts_with("console")).collect::<Vec<_>>().join("\n");
        stand.folder.write(&text.replace("[admin]", &format!("[admin]\nconsole = {console}")));
        assert_eq!(stand.send(&Call::new("POST", "/v1/reload")).status, 200);
    };
    switch(false);
    for target in ["/console", ROOT, "/console/services", &asset] {
        assert_eq!(stand.send(&Call::get(target)).status, 404, "{target}");
    }
    assert_eq!(stand.get("/v1/status").status, 200);
    switch(true);
    page(&stand, ROOT);
}
