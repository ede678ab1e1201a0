//! A request on its way to a function: what it must look like, and the head that the function receives.
//!
//! A head is rebuilt, never edited in place: removing a field from an `http::HeaderMap` reorders the rest.

use http::header::{CONTENT_LENGTH, COOKIE, EXPECT, HOST, TE, TRAILER, TRANSFER_ENCODING, VIA};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, Version};
use uuid::Uuid;

use super::expectation;
use super::forwarded;
use super::hop::{self, Listed};
use super::host::is_valid;
use super::http2;
use super::lines::Lines;
use super::problem::{Problem, Reason};
use super::rules::{Rules, reserved};
use super::trace_fields::TraceFields;
use super::trailer;
use crate::config::ReservedPolicy;
use crate::header::{Class, classify, is_same};

/// What a client's own fields meet on their way.
#[derive(Clone, Copy, Debug)]
pub struct Filter<'a> {
    pub rules: &'a Rules,
    /// Fields that are configured and replace the client's, in whatever spelling.
    pub custom: &'a [HeaderName],
    /// Whether the peer is a trusted proxy, whose further `X-Forwarded-*` fields pass.
    pub trusted: bool,
    pub trace: TraceFields,
    /// Whether the request has a body.
    pub has_body: bool,
}

impl Filter<'_> {
    /// What is left of a line of `Trailer`.
    fn announced(&self, line: &HeaderValue) -> Option<HeaderValue> {
        trailer::announced(line, |name| trailer::passes_to_function(name, self.rules, self.custom))
    }
}

/// Checks the target and `Host` of a request and returns the host that it is for, as it will be forwarded. Empty for an
/// HTTP/1.0 request without one.
///
/// The authority of an absolute target wins over `Host` (RFC 9112 section 3.2.2).
///
/// # Errors
/// A `bad_request` that names the rule.
pub fn host(head: &Parts) -> Result<HeaderValue, Problem> {
    let bad = |detail: &str| Problem::new(Reason::BadRequest, detail);
    if head.method == Method::CONNECT {
        return Err(bad("CONNECT is not served"));
    }
    let mut hosts = head.headers.get_all(HOST).iter();
    let host = hosts.next();
    if hosts.next().is_some() {
        return Err(bad("more than one Host field"));
    }
    if host.is_some_and(|host| !is_valid(host.as_bytes())) {
        return Err(bad("invalid Host field"));
    }
    if host.is_none() && head.version == Version::HTTP_11 {
        return Err(bad("no Host field"));
    }
    if head.version == Version::HTTP_2 {
        http2::check(head).map_err(bad)?;
    }
    if !head.uri.path_and_query().is_none_or(|target| target.as_str().is_ascii()) {
        return Err(bad("the request target has bytes beyond ASCII, which have to be percent-encoded"));
    }
    // Of a URL without a path it is `/`. In HTTP/2, `*` comes together with an authority.
    if !head.uri.path().starts_with('/') {
        return Err(bad("the request target is neither a path nor an http URL"));
    }
    if let Some(authority) = head.uri.authority() {
        let http = head.uri.scheme_str().is_some_and(|scheme| scheme == "http" || scheme == "https");
        let value = HeaderValue::from_str(authority.as_str()).ok().filter(|value| http && is_valid(value.as_bytes()));
        return value.ok_or_else(|| bad("invalid request target"));
    }
    match host {
        // HTTP/2 has http URLs only, which have a host.
        Some(host) if host.is_empty() && head.version == Version::HTTP_2 => Err(bad("no host")),
        Some(host) => Ok(host.clone()),
        None if head.version == Version::HTTP_10 => Ok(HeaderValue::from_static("")),
        None => Err(bad("no Host field")),
    }
}

/// The client's own fields that the function gets. The head stays as it is, so that the same request can be prepared again.
///
/// # Errors
/// `bad_request` for framing that another server could read differently; `reserved_field` when the policy rejects those.
pub fn prepare(head: &Parts, host: HeaderValue, filter: Filter<'_>) -> Result<HeaderMap, Problem> {
    let received = &head.headers;
    let prefix = &filter.rules.prefix;
    let listed = Listed::read(received, prefix);
    let mut headers = HeaderMap::with_capacity(received.keys_len() + 1);
    let mut host = Some(host);
    let mut previous = None;
    for (name, value) in received {
        let first = previous.replace(name) != Some(name);
        let kept = match classify(name, prefix) {
            Class::EndToEnd if filter.rules.removes(name) => false,
            Class::EndToEnd if *name == EXPECT && expectation::is_idle(value, received, filter.has_body) => false,
            Class::EndToEnd if *name == VIA && filter.rules.via => false,
            Class::EndToEnd if *name == COOKIE && head.version == Version::HTTP_2 => {
                if first {
                    headers.append(COOKIE, http2::joined_cookies(received));
                }
                false
            }
            Class::EndToEnd if *name == TRAILER && !listed.contains(name) => {
                if let Some(value) = filter.announced(value) {
                    headers.append(TRAILER, value);
                }
                false
            }
            Class::EndToEnd => {
                filter.trace.pass(name)
                    && !listed.contains(name)
                    && !filter.custom.iter().any(|custom| is_same(custom, name))
            }
            Class::Reserved => match filter.rules.reserved {
                ReservedPolicy::Strip => false,
                ReservedPolicy::Reject => return Err(reserved(name)),
            },
            Class::Connection | Class::HopByHop | Class::FramingAlias | Class::PathVariable => false,
            Class::Owned => filter.trusted && forwarded::passes_from_proxy(name),
            Class::Framing if *name == HOST => {
                if let Some(host) = host.take() {
                    headers.append(HOST, host);
                }
                false
            }
            Class::Framing => {
                if let Some(value) = framing(name, value, received.get(name).filter(|_| !first))? {
                    headers.append(name.clone(), value);
                }
                false
            }
        };
        if kept {
            headers.append(name.clone(), value.clone());
        }
    }
    if let Some(host) = host {
        headers.append(HOST, host);
    }
    Ok(headers)
}

/// Adds the lines that are the gateway's own in every request: ids, protocol, and what concerns the next hop.
pub fn add_lines(lines: &mut Lines, head: &Parts, rules: &Rules, id: Uuid, upgrade: Option<&HeaderValue>) {
    let mut buffer = Uuid::encode_buffer();
    lines.push(&rules.request_id, id.hyphenated().encode_lower(&mut buffer).as_bytes());
    lines.push("X-Api-RequestId", id.simple().encode_lower(&mut buffer).as_bytes());
    let (version, via) = match head.version {
        Version::HTTP_10 => (&b"X-Client-Proto-Ver: HTTP/1.0\r\n"[..], &b"1.0 fngate"[..]),
        Version::HTTP_2 => (&b"X-Client-Proto-Ver: HTTP/2\r\n"[..], &b"2 fngate"[..]),
        _ => (&b"X-Client-Proto-Ver: HTTP/1.1\r\n"[..], &b"1.1 fngate"[..]),
    };
    lines.extend(version);
    if rules.via {
        let kept = (!rules.removes(&VIA)).then(|| head.headers.get_all(VIA));
        // In the order of the hops: the client's own stand before ours, so they go this way as well.
        kept.into_iter().flatten().for_each(|via| lines.push("Via", via.as_bytes()));
        // The version is the one of the hop in front (RFC 9110 section 7.6.3).
        lines.push("Via", via);
    }
    let trailers = head.headers.contains_key(TE) && hop::takes_trailers(&head.headers);
    if trailers {
        lines.push("TE", b"trailers");
    }
    match (upgrade, trailers) {
        (Some(_), true) => lines.push("Connection", b"Upgrade, TE"),
        (Some(_), false) => lines.push("Connection", b"Upgrade"),
        (None, true) => lines.push("Connection", b"TE"),
        (None, false) => {}
    }
    if let Some(upgrade) = upgrade {
        lines.push("Upgrade", upgrade.as_bytes());
    }
}

/// The target in origin form, with `removed` bytes of the path taken off.
///
/// # Errors
/// `bad_request` when what is left is not a target, which no removed base path leads to.
pub fn target(uri: &Uri, removed: usize) -> Result<Uri, Problem> {
    // The target `http://host#x` has a path that is there and empty.
    let Some(whole) = uri.path_and_query().filter(|whole| whole.as_str() != "/") else {
        return Ok(Uri::from_static("/"));
    };
    if removed == 0 {
        return Ok(Uri::from(whole.clone()));
    }
    let rest = &whole.as_str()[removed..];
    let rest = if rest.starts_with('/') { rest.parse() } else { format!("/{rest}").parse() };
    rest.map_err(|error: http::uri::InvalidUri| Problem::new(Reason::BadRequest, error.to_string()))
}

/// What is forwarded of a line of `Content-Length` or `Transfer-Encoding`: the first, if it can be read in one way only. Other lines
/// are told which was `first`.
fn framing(
    name: &HeaderName,
    value: &HeaderValue,
    first: Option<&HeaderValue>,
) -> Result<Option<HeaderValue>, Problem> {
    if *name == TRANSFER_ENCODING {
        if first.is_none() && value.as_bytes().eq_ignore_ascii_case(b"chunked") {
            // There are servers that know it in lower case only, and take the body for the next request otherwise.
            return Ok(Some(HeaderValue::from_static("chunked")));
        }
        return Err(Problem::new(Reason::BadRequest, "the only Transfer-Encoding that is served is `chunked`"));
    }
    if *name == CONTENT_LENGTH && (!(1..=18).contains(&value.len()) || !value.as_bytes().iter().all(u8::is_ascii_digit))
    {
        return Err(Problem::new(Reason::BadRequest, "invalid Content-Length"));
    }
    match first {
        None => Ok(Some(value.clone())),
        // Also `5` and `05`: whoever reads the latter as octal, or not at all, sees another length.
        Some(first) if first != value => Err(Problem::new(Reason::BadRequest, "Content-Length fields that differ")),
        Some(_) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::header::ReservedPrefix;

    fn rules(reserved: ReservedPolicy) -> Rules {
        Rules {
            prefix: ReservedPrefix::default(),
            reserved,
            via: true,
            remove: vec![HeaderName::from_static("x-removed"), COOKIE],
            request_id: "X-Scf-Request-Id".to_owned(),
            path_parameters: "X-Scf-Path-Parameters".to_owned(),
            client_subject: "X-Scf-Client-Subject".to_owned(),
        }
    }

    fn head(uri: &str, lines: &[(&str, &str)]) -> Parts {
        let mut builder = http::Request::builder().uri(uri);
        for (name, value) in lines {
            builder = builder.header(*name, *value);
        }
        builder.body(()).expect("a request").into_parts().0
    }

    fn prepared_with(reserved: ReservedPolicy, lines: &[(&str, &str)]) -> Result<Vec<String>, Problem> {
        let custom = [HeaderName::from_static("x-custom")];
        let trace = TraceFields::Untouched;
        let filter = Filter { rules: &rules(reserved), custom: &custom, trusted: false, trace, has_body: true };
        let headers = prepare(&head("/", lines), HeaderValue::from_static("h"), filter)?;
        Ok(headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().expect("text"))).collect())
    }

    fn prepared(lines: &[(&str, &str)]) -> Result<Vec<String>, Problem> {
        prepared_with(ReservedPolicy::Strip, lines)
    }

    #[test]
    fn what_is_kept_keeps_its_order() {
        let lines = prepared(&[
            ("host", "other"),
            ("b", "1"),
            ("x-scf-name", "evil"),
            ("a", "2"),
            ("connection", "x-gone, content-length"),
            ("b", "3"),
            ("x-gone", "4"),
            ("x_real_ip", "6.6.6.6"),
            ("x-forwarded-weird", "5"),
            ("content-length", "0"),
            ("c_d", "6"),
            ("te", "gzip, trailers"),
            ("trailer", "x-t, X_Custom, Set-Cookie"),
            ("x-custom", "7"),
            ("x_custom", "8"),
            ("x-removed", "9"),
            ("X_REMOVED", "9"),
            ("cookie", "9"),
            ("script_name", "/b"),
            ("PATH-INFO", "/b"),
            ("content_length", "5"),
            ("via", "1.0 a"),
        ]);
        let expected = ["host: h", "b: 1", "b: 3", "a: 2", "content-length: 0", "c_d: 6", "trailer: x-t"];
        assert_eq!(lines.expect("accepted"), expected);
    }

    #[test]
    fn a_coding_is_spelled_in_one_way() {
        assert_eq!(
            prepared(&[("transfer-encoding", "Chunked")]).expect("accepted"),
            ["transfer-encoding: chunked", "host: h"]
        );
    }

    #[test]
    fn odd_framing_is_refused() {
        for lines in [
            vec![("transfer-encoding", "gzip, chunked")],
            vec![("transfer-encoding", "chunked"), ("transfer-encoding", "chunked")],
            vec![("transfer-encoding", "xchunked")],
            vec![("content-length", "+5")],
            vec![("content-length", "")],
            vec![("content-length", "5"), ("content-length", "05")],
            vec![("content-length", "1234567890123456789")],
        ] {
            assert_eq!(prepared(&lines).expect_err("refused").reason, Reason::BadRequest, "{lines:?}");
        }
    }

    #[test]
    fn reserved_names_are_rejected_in_any_spelling_when_configured() {
        for name in ["x-scf-name", "x_scf_name", "x-scf_zzz"] {
            let refused = prepared_with(ReservedPolicy::Reject, &[(name, "1")]);
            assert_eq!(refused.expect_err("refused").reason, Reason::ReservedField, "{name}");
        }
    }

    #[test]
    fn what_concerns_the_next_hop_is_said_anew() {
        for (version, te, upgrade, expected) in [
            ("1.0", "gzip", None, ""),
            ("2", "gzip, trailers", None, "TE: trailers\r\nConnection: TE\r\n"),
            ("1.1", "gzip", Some("websocket"), "Connection: Upgrade\r\nUpgrade: websocket\r\n"),
            ("1.1", "trailers", Some("a"), "TE: trailers\r\nConnection: Upgrade, TE\r\nUpgrade: a\r\n"),
        ] {
            let mut head = head("/", &[("te", te), ("via", "1.0 a")]);
            head.version = match version {
                "1.0" => Version::HTTP_10,
                "2" => Version::HTTP_2,
                _ => Version::HTTP_11,
            };
            let upgrade = upgrade.map(HeaderValue::from_static);
            let mut lines = Lines::default();
            add_lines(&mut lines, &head, &rules(ReservedPolicy::Strip), Uuid::from_u128(1), upgrade.as_ref());
            let own = "X-Scf-Request-Id: 00000000-0000-0000-0000-000000000001\r\n\
                       X-Api-RequestId: 00000000000000000000000000000001\r\n";
            let own = format!("{own}X-Client-Proto-Ver: HTTP/{version}\r\nVia: 1.0 a\r\nVia: {version} fngate\r\n");
            assert_eq!(String::from_utf8_lossy(lines.as_bytes()), format!("{own}{expected}"));
        }
    }

    #[test]
    fn an_absolute_target_decides_the_host() {
        let absolute = head("http://one.example/x?y", &[("host", "two.example")]);
        assert_eq!(host(&absolute).expect("a host"), "one.example");
        assert_eq!(target(&absolute.uri, 0).expect("a target"), "/x?y");
        for (uri, lines) in [
            ("/", vec![]),
            ("/", vec![("host", "a"), ("host", "a")]),
            ("/", vec![("host", "a b")]),
            ("ftp://a/", vec![("host", "a")]),
            ("http://a/", vec![]),
            ("*", vec![("host", "a")]),
            ("/caf\u{e9}", vec![("host", "a")]),
            ("/?\u{20ac}", vec![("host", "a")]),
        ] {
            assert!(host(&head(uri, &lines)).is_err(), "{uri} {lines:?}");
        }
        // As HTTP/2 has it.
        let mut asterisk = head("http://a/", &[]);
        let parts = Uri::builder().scheme("http").authority("a").path_and_query("*");
        (asterisk.uri, asterisk.version) = (parts.build().expect("a URI"), Version::HTTP_2);
        let problem = host(&asterisk).expect_err("refused");
        assert_eq!(problem.detail, "the request target is neither a path nor an http URL");
    }

    #[test]
    fn a_removed_base_path_leaves_a_target() {
        for (uri, removed, left) in [
            ("/test/a?b", 5, "/a?b"),
            ("/test", 5, "/"),
            ("/test?q", 5, "/?q"),
            ("/test/", 5, "/"),
            ("http://h", 0, "/"),
            ("http://h#x", 0, "/"),
            ("http://h?#x", 0, "/?"),
        ] {
            let target = target(&uri.parse().expect("a URI"), removed).expect("a target");
            assert_eq!(target.to_string(), left, "{uri}");
        }
    }
}
