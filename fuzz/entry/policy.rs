//! Field lines of a client against the rules for them, said once more and slowly.
//!
//! The first byte switches what can be configured; the rest are field lines.

use fngate::config::ReservedPolicy;
use fngate::header::ReservedPrefix;
use fngate::http1::{self, Framing};
use fngate::message::head::{FieldList, RequestHead, ResponseHead, Target, add_http1, add_http2};
use fngate::message::lines::Lines;
use fngate::message::problem::Reason;
use fngate::message::request::{self, Filter};
use fngate::message::response::{Delivery, Rewrite};
use fngate::message::rules::Rules;
use fngate::message::trace_fields::TraceFields;
use fngate::message::trailer;
use http::header::{CONTENT_LENGTH, EXPECT, HOST, TRAILER, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Version};

const CUSTOM: HeaderName = HeaderName::from_static("x-stage");
const REMOVED: HeaderName = HeaderName::from_static("x-http-method-override");
const OWNED: [&str; 5] = ["x-api-requestid", "x-real-ip", "x-client-proto", "x-client-proto-ver", "forwarded"];
const HOP: [&str; 8] = [
    "connection",
    "keep-alive",
    "proxy",
    "proxy-connection",
    "te",
    "upgrade",
    "proxy-authenticate",
    "proxy-authorization",
];
const FRAMING: [&str; 3] = ["host", "content-length", "transfer-encoding"];
const PATH_VARIABLES: [&str; 2] = ["script-name", "path-info"];
/// What means something in a head only.
const OF_HEADS: [&str; 8] = [
    "authorization",
    "cache-control",
    "content-encoding",
    "content-range",
    "content-type",
    "max-forwards",
    "set-cookie",
    "trailer",
];
/// What is taken over by value.
const FROM_PROXY: [&str; 5] =
    ["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-port", "x-forwarded-prefix"];

pub(crate) fn run(data: &[u8]) {
    let Some((&switches, lines)) = data.split_first() else { return };
    let headers = fields(lines);
    let switch = |bit: u8| switches & (1 << bit) != 0;
    let prefix = if switch(0) { "X-Fc-" } else { "X-Scf-" };
    let rules = Rules {
        prefix: ReservedPrefix::parse(prefix).expect("a prefix"),
        reserved: if switch(1) { ReservedPolicy::Reject } else { ReservedPolicy::Strip },
        via: switch(2),
        remove: if switch(7) { vec![REMOVED] } else { Vec::new() },
        request_id: format!("{prefix}Request-Id"),
        path_parameters: format!("{prefix}Path-Parameters"),
        client_subject: format!("{prefix}Client-Subject"),
    };
    let custom = [CUSTOM];
    let trace = match (switch(5), switch(6)) {
        (false, _) => TraceFields::Untouched,
        (true, false) => TraceFields::Continued,
        (true, true) => TraceFields::Begun,
    };
    let filter = Filter {
        rules: &rules,
        custom: if switch(3) { &custom } else { &[] },
        trusted: switch(4),
        trace,
        framing: Framing::None,
        host: b"gateway.example",
    };
    request(&headers, filter);
    trailers(&headers, &rules);
    answer(&headers, &rules.prefix);
}

/// The lines that are field lines at all, in a map as hyper makes one.
fn fields(lines: &[u8]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in lines.split(|&byte| byte == b'\n').take(100) {
        let Some(colon) = line.iter().position(|&byte| byte == b':') else { continue };
        let name = HeaderName::from_bytes(&line[..colon]);
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(line[colon + 1..].trim_ascii())) {
            headers.append(name, value);
        }
    }
    headers
}

fn request(headers: &HeaderMap, filter: Filter<'_>) {
    let reserved = headers.keys().any(|name| is_reserved(name, &filter.rules.prefix));
    let lines: Vec<_> =
        headers.iter().map(|(name, value)| httparse::Header { name: name.as_str(), value: value.as_bytes() }).collect();
    let Ok(read) = Framing::of_request(http1::Version::Http11, &lines) else {
        return assert!(has_odd_framing(headers), "{headers:?} is refused without a reason");
    };
    // A body of which the function is told, however long it is.
    let filter =
        Filter { framing: if read.framing == Framing::None { Framing::Length(1) } else { read.framing }, ..filter };
    let mut fields = FieldList::new();
    add_http1(&mut fields, &lines, &filter.rules.prefix);
    let (method, target) = (&Method::POST, Target::origin("/"));
    let head = RequestHead { method, target, version: Version::HTTP_11, fields: &fields };
    let mut lines = Lines::default();
    if let Err(problem) = request::add_fields(&mut lines, &head, &filter) {
        assert_eq!(problem.reason, Reason::ReservedField);
        return assert!(reserved && filter.rules.reserved == ReservedPolicy::Reject);
    }
    let prepared = map(&lines);
    assert!(!reserved || filter.rules.reserved == ReservedPolicy::Strip, "a reserved name is rejected");
    let listed = listed(headers);
    let passes = |name: &HeaderName| {
        let text = name.as_str();
        let custom = filter.custom.iter().any(|custom| folded(custom) == folded(name));
        let plain = !is_owned(name) && !listed.contains(&text.to_owned()) && !custom;
        let told =
            filter.trusted && text.starts_with("x-forwarded-") && folded(name) == text && !FROM_PROXY.contains(&text);
        let via = text == "via" && filter.rules.via;
        let traced = match text {
            "traceparent" => filter.trace != TraceFields::Untouched,
            "tracestate" => filter.trace == TraceFields::Begun,
            _ => false,
        };
        let removed = is_removed(name, filter.rules) || is_alias(name) || is_path_variable(name);
        !is_reserved(name, &filter.rules.prefix) && !is_hop(name) && !via && !traced && !removed && (plain || told)
    };
    assert_same(&without_idle_expectations(headers), &prepared, passes);
    assert_announced(&prepared, &filter.rules.prefix);
    assert_eq!(prepared.get_all(HOST).iter().collect::<Vec<_>>(), ["gateway.example"]);
    let lengths = prepared.get_all(CONTENT_LENGTH);
    assert!(
        lengths.iter().count() <= 1 && lengths.iter().all(|length| length.as_bytes().iter().all(u8::is_ascii_digit))
    );
    assert!(prepared.get_all(TRANSFER_ENCODING).iter().all(|coding| coding == "chunked"));
}

/// `Expect: 100-continue` is for content.
fn without_idle_expectations(headers: &HeaderMap) -> HeaderMap {
    let is_zero = |length: &HeaderValue| length.as_bytes().iter().all(|&digit| digit == b'0');
    let is_empty = headers.get(CONTENT_LENGTH).is_some_and(is_zero);
    let is_idle = |name: &HeaderName, value: &HeaderValue| {
        is_empty && name == EXPECT && value.as_bytes().eq_ignore_ascii_case(b"100-continue")
    };
    let mut kept = HeaderMap::new();
    for (name, value) in headers.iter().filter(|(name, value)| !is_idle(name, value)) {
        kept.append(name.clone(), value.clone());
    }
    kept
}

/// Whether a head is to be refused for its framing.
fn has_odd_framing(headers: &HeaderMap) -> bool {
    let odd =
        |length: &HeaderValue| !(1..=18).contains(&length.len()) || !length.as_bytes().iter().all(u8::is_ascii_digit);
    let codings: Vec<_> = headers.get_all(TRANSFER_ENCODING).iter().collect();
    let chunked = codings.iter().all(|coding| coding.as_bytes().eq_ignore_ascii_case(b"chunked"));
    let mut lines = headers.get_all(CONTENT_LENGTH).iter();
    let first = lines.next();
    let lengths = first.is_some_and(odd) || lines.any(|length| odd(length) || Some(length) != first);
    lengths || codings.len() > 1 || !chunked
}

/// Finished lines as a map.
fn map(lines: &Lines) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in lines.iter() {
        let name = HeaderName::from_bytes(name).expect("a name");
        headers.append(name, HeaderValue::from_bytes(value).expect("a value"));
    }
    headers
}

fn trailers(headers: &HeaderMap, rules: &Rules) {
    let reserved = headers.keys().any(|name| is_reserved(name, &rules.prefix));
    let mut kept = HeaderMap::new();
    for (name, value) in headers {
        match trailer::is_kept_of_request(name.as_str(), rules, &[]) {
            Ok(true) => drop(kept.append(name, value.clone())),
            Ok(false) => {}
            Err(problem) => {
                assert_eq!(problem.reason, Reason::ReservedField);
                return assert!(reserved && rules.reserved == ReservedPolicy::Reject);
            }
        }
    }
    assert!(!reserved || rules.reserved == ReservedPolicy::Strip);
    let text = |name: &HeaderName| {
        !is_hop(name)
            && !FRAMING.contains(&folded(name).as_str())
            && !is_path_variable(name)
            && !OF_HEADS.contains(&name.as_str())
    };
    let own = |name: &HeaderName| is_reserved(name, &rules.prefix) || is_owned(name) || is_removed(name, rules);
    assert_same(headers, &kept, |name| text(name) && !own(name));
    assert!(kept.keys().all(text), "framing in trailers");
}

fn answer(headers: &HeaderMap, prefix: &ReservedPrefix) {
    let mut fields = FieldList::new();
    add_http2(&mut fields, headers, prefix);
    let head = ResponseHead { status: 200, reason: b"", version: Version::HTTP_11, fields: &fields };
    let mut lines = Lines::default();
    let rewrite = Rewrite::new(&head, prefix, Delivery::ToTheEnd, None).expect("it switches no protocols");
    rewrite.write(&fields, &mut lines);
    let kept = map(&lines);
    assert!(!kept.contains_key("x-api-requestid"));
    assert_announced(&kept, prefix);
    let listed = listed(headers);
    assert_same(headers, &kept, |name| {
        let text = name.as_str();
        !is_reserved(name, prefix)
            && !is_hop(name)
            && !is_alias(name)
            && folded(name) != "x-api-requestid"
            && (is_owned(name) || !listed.contains(&text.to_owned()))
    });
}

/// What came out is what went in and passes, in its order. Framing and `Trailer` have rules of their own.
fn assert_same(received: &HeaderMap, kept: &HeaderMap, passes: impl Fn(&HeaderName) -> bool) {
    let is_framing = |name: &HeaderName| FRAMING.contains(&name.as_str()) || name == TRAILER;
    let expected: Vec<_> = received.iter().filter(|(name, _)| !is_framing(name) && passes(name)).collect();
    let found: Vec<_> = kept.iter().filter(|(name, _)| !is_framing(name)).collect();
    assert_eq!(found, expected);
}

/// `Trailer` names nothing that trailers may not be.
fn assert_announced(headers: &HeaderMap, prefix: &ReservedPrefix) {
    let tokens = headers.get_all(TRAILER).iter().flat_map(|line| line.as_bytes().split(|&byte| byte == b','));
    for name in tokens.filter_map(|token| HeaderName::from_bytes(token.trim_ascii()).ok()) {
        let framing = FRAMING.contains(&folded(&name).as_str());
        assert!(!framing && !is_hop(&name) && !is_owned(&name) && !is_reserved(&name, prefix), "{name} is announced");
    }
}

/// The members of `Connection`, but for those that cannot be listed away.
fn listed(headers: &HeaderMap) -> Vec<String> {
    let lines = headers.get_all("connection").iter();
    let tokens = lines.flat_map(|line| line.as_bytes().split(|&byte| byte == b','));
    let names = tokens.map(|token| String::from_utf8_lossy(token.trim_ascii()).to_ascii_lowercase());
    names.filter(|name| !FRAMING.contains(&name.as_str()) && name != "authorization").collect()
}

fn folded(name: &HeaderName) -> String {
    name.as_str().replace(|c: char| !c.is_ascii_alphanumeric(), "-")
}

fn is_hop(name: &HeaderName) -> bool {
    HOP.contains(&folded(name).as_str())
}

/// Another spelling of a framing name.
fn is_alias(name: &HeaderName) -> bool {
    FRAMING.contains(&folded(name).as_str()) && !FRAMING.contains(&name.as_str())
}

fn is_path_variable(name: &HeaderName) -> bool {
    PATH_VARIABLES.contains(&folded(name).as_str())
}

fn is_removed(name: &HeaderName, rules: &Rules) -> bool {
    rules.remove.iter().any(|removed| folded(removed) == folded(name))
}

fn is_reserved(name: &HeaderName, prefix: &ReservedPrefix) -> bool {
    folded(name).starts_with(&prefix.as_str().to_ascii_lowercase())
}

fn is_owned(name: &HeaderName) -> bool {
    OWNED.contains(&folded(name).as_str()) || folded(name).starts_with("x-forwarded-")
}
