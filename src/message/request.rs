//! A request on its way to a function: what it must look like, and the head that the function receives.

use std::borrow::Cow;

use http::{HeaderName, Method, Version};
use uuid::Uuid;

use super::expectation;
use super::forwarded;
use super::head::{Field, RequestHead, Target, values};
use super::hop::{self, Listed};
use super::host::is_valid;
use super::http2;
use super::lines::Lines;
use super::problem::{Problem, Reason};
use super::rules::{Rules, Verdict, reserved};
use super::trace_fields::TraceFields;
use super::trailer;
use crate::config::ReservedPolicy;
use crate::header::{Class, is_same};
use crate::http1::Framing;

/// What a client's own fields meet on their way.
#[derive(Clone, Copy, Debug)]
pub struct Filter<'a> {
    pub rules: &'a Rules,
    /// Fields that are configured and replace the client's, in whatever spelling.
    pub custom: &'a [HeaderName],
    /// Whether the peer is a trusted proxy, whose further `X-Forwarded-*` fields pass.
    pub trusted: bool,
    pub trace: TraceFields,
    /// Of the request's body.
    pub framing: Framing,
    /// The host that the request is for, which the function gets as `Host`.
    pub host: &'a [u8],
}

/// Checks the target and `Host` of a request and returns the host that it is for, as it will be forwarded. Empty for an
/// HTTP/1.0 request without one.
///
/// The authority of an absolute target wins over `Host` (RFC 9112 section 3.2.2).
///
/// # Errors
/// A `bad_request` that names the rule.
pub fn host<'a>(head: &RequestHead<'a>) -> Result<&'a [u8], Problem> {
    let bad = |detail: &str| Problem::new(Reason::BadRequest, detail);
    if *head.method == Method::CONNECT {
        return Err(bad("CONNECT is not served"));
    }
    let mut hosts = values(head.fields, Class::Host);
    let host = hosts.next();
    if hosts.next().is_some() {
        return Err(bad("more than one Host field"));
    }
    if host.is_some_and(|host| !is_valid(host)) {
        return Err(bad("invalid Host field"));
    }
    if host.is_none() && head.version == Version::HTTP_11 {
        return Err(bad("no Host field"));
    }
    if head.version == Version::HTTP_2 {
        http2::check(head).map_err(bad)?;
    }
    // In HTTP/2, `*` comes together with an authority.
    if !head.target.path_and_query.starts_with('/') {
        return Err(bad("the request target is neither a path nor an http URL"));
    }
    if let Some(authority) = head.target.authority {
        let is_http2 = head.version == Version::HTTP_2;
        let is = |scheme: &str, known: &str| scheme == known || !is_http2 && scheme.eq_ignore_ascii_case(known);
        let is_http = head.target.scheme.is_some_and(|scheme| is(scheme, "http") || is(scheme, "https"));
        let fits = is_http && is_valid(authority.as_bytes());
        return if fits { Ok(authority.as_bytes()) } else { Err(bad("invalid request target")) };
    }
    match host {
        // HTTP/2 has http URLs only, which have a host.
        Some(b"") if head.version == Version::HTTP_2 => Err(bad("no host")),
        Some(host) => Ok(host),
        None if head.version == Version::HTTP_10 => Ok(b""),
        None => Err(bad("no Host field")),
    }
}

/// Adds the client's own fields that the function gets, in their order.
///
/// # Errors
/// `reserved_field` when the policy rejects those.
pub fn add_fields(lines: &mut Lines, head: &RequestHead<'_>, filter: &Filter<'_>) -> Result<(), Problem> {
    let listed = Listed::read(head.fields, &filter.rules.prefix);
    let mut seen = Seen::default();
    for field in head.fields {
        match filter.judge(head, &listed, field, seen.is_first(field.class))? {
            Verdict::Keep => lines.push(field.name, field.value),
            Verdict::Replace(value) => lines.push(field.name, &value),
            Verdict::Drop => {}
        }
    }
    // As the other names of HTTP/2 are written.
    let is_http2 = head.version == Version::HTTP_2;
    if seen.is_first(Class::Host) {
        lines.push(if is_http2 { "host" } else { "Host" }, filter.host);
    }
    // The end of a body is an event in HTTP/2.
    if is_http2 && filter.framing == Framing::Chunked {
        lines.push("transfer-encoding", b"chunked");
    }
    Ok(())
}

/// Which fields have come of which several lines are one.
#[derive(Debug, Default)]
struct Seen {
    host: bool,
    length: bool,
    cookie: bool,
}

impl Seen {
    fn is_first(&mut self, class: Class) -> bool {
        let seen = match class {
            Class::Host => &mut self.host,
            Class::ContentLength => &mut self.length,
            Class::Cookie => &mut self.cookie,
            _ => return true,
        };
        !std::mem::replace(seen, true)
    }
}

impl Filter<'_> {
    /// What becomes of a field. The framing of the body has been checked.
    fn judge<'a>(
        &'a self,
        head: &RequestHead<'a>,
        listed: &Listed<'_>,
        field: &Field<'a>,
        first: bool,
    ) -> Result<Verdict<'a>, Problem> {
        let Field { name, value, class } = *field;
        if class.is_end_to_end() && self.rules.removes(name) {
            return Ok(Verdict::Drop);
        }
        Ok(match class {
            Class::Expect if expectation::is_idle(value, self.framing.has_content()) => Verdict::Drop,
            // It goes with the lines of the gateway, in the order of the hops.
            Class::Via if self.rules.via => Verdict::Drop,
            Class::Cookie if head.version == Version::HTTP_2 => {
                if first {
                    Verdict::Replace(http2::joined_cookies(head.fields))
                } else {
                    Verdict::Drop
                }
            }
            Class::Trailer if !listed.contains(name) => {
                match trailer::announced(value, |name| trailer::passes_to_function(name, self.rules, self.custom)) {
                    Some(Cow::Borrowed(_)) => Verdict::Keep,
                    Some(Cow::Owned(value)) => Verdict::Replace(value.into()),
                    None => Verdict::Drop,
                }
            }
            Class::EndToEnd | Class::Expect | Class::Via | Class::Cookie | Class::Trailer => {
                let is_custom = || self.custom.iter().any(|custom| is_same(custom.as_ref(), name.as_bytes()));
                Verdict::keep_if(self.trace.pass(name) && !listed.contains(name) && !is_custom())
            }
            Class::Reserved if self.rules.reserved == ReservedPolicy::Reject => return Err(reserved(name)),
            Class::Owned => Verdict::keep_if(self.trusted && forwarded::passes_from_proxy(name)),
            Class::Host if first => Verdict::Replace(self.host.into()),
            // Beside a coding it does not count.
            Class::ContentLength => Verdict::keep_if(first && self.framing != Framing::Chunked),
            // There are servers that know it in lower case only, and take the body for the next request otherwise.
            Class::TransferEncoding => Verdict::Replace(b"chunked"[..].into()),
            Class::Host
            | Class::Connection
            | Class::Te
            | Class::Upgrade
            | Class::HopByHop
            | Class::FramingAlias
            | Class::PathVariable
            | Class::Reserved => Verdict::Drop,
        })
    }
}

/// Adds the lines that are the gateway's own in every request: ids, protocol, and what concerns the next hop.
pub fn add_own(lines: &mut Lines, head: &RequestHead<'_>, rules: &Rules, id: Uuid, upgrade: Option<&[u8]>) {
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
        if !rules.removes("via") {
            // In the order of the hops: the client's own stand before ours, so they go this way as well.
            values(head.fields, Class::Via).for_each(|via| lines.push("Via", via));
        }
        // The version is the one of the hop in front (RFC 9110 section 7.6.3).
        lines.push("Via", via);
    }
    let trailers = hop::takes_trailers(head.fields);
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
        lines.push("Upgrade", upgrade);
    }
}

/// Adds the request line: the target in origin form, with `removed` bytes of the path taken off.
pub fn add_line(lines: &mut Lines, method: &Method, target: &Target<'_>, removed: usize) {
    let rest = &target.path_and_query[removed..];
    let slash = if rest.starts_with('/') { "" } else { "/" };
    for part in [method.as_str(), " ", slash, rest, " HTTP/1.1\r\n"] {
        lines.extend(part.as_bytes());
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
            remove: vec![HeaderName::from_static("x-removed"), http::header::COOKIE],
            request_id: "X-Scf-Request-Id".to_owned(),
            path_parameters: "X-Scf-Path-Parameters".to_owned(),
            client_subject: "X-Scf-Client-Subject".to_owned(),
        }
    }

    fn fields<'a>(lines: &[(&'a str, &'a str)]) -> Vec<Field<'a>> {
        let prefix = ReservedPrefix::default();
        lines.iter().map(|(name, value)| Field::new(name, value.as_bytes(), &prefix)).collect()
    }

    fn head<'a>(target: Target<'a>, fields: &'a [Field<'a>]) -> RequestHead<'a> {
        RequestHead { method: &Method::GET, target, version: Version::HTTP_11, fields }
    }

    fn text(lines: &Lines) -> Vec<String> {
        let text = String::from_utf8_lossy(lines.as_bytes());
        text.split_terminator("\r\n").map(str::to_owned).collect()
    }

    fn prepared_with(reserved: ReservedPolicy, sent: &[(&str, &str)]) -> Result<Vec<String>, Problem> {
        let custom = [HeaderName::from_static("x-custom")];
        let trace = TraceFields::Untouched;
        let filter = Filter {
            rules: &rules(reserved),
            custom: &custom,
            trusted: false,
            trace,
            framing: Framing::Length(0),
            host: b"h",
        };
        let mut lines = Lines::default();
        add_fields(&mut lines, &head(Target::origin("/"), &fields(sent)), &filter)?;
        Ok(text(&lines))
    }

    #[test]
    fn what_is_kept_keeps_its_order_and_spelling() {
        let lines = prepared_with(
            ReservedPolicy::Strip,
            &[
                ("Host", "other"),
                ("b", "1"),
                ("x-scf-name", "evil"),
                ("A", "2"),
                ("Connection", "x-gone, content-length"),
                ("B", "3"),
                ("X-Gone", "4"),
                ("x_real_ip", "6.6.6.6"),
                ("x-forwarded-weird", "5"),
                ("Content-Length", "0"),
                ("content-length", "0"),
                ("c_d", "6"),
                ("te", "gzip, trailers"),
                ("Trailer", "x-t, X_Custom, Set-Cookie"),
                ("x-custom", "7"),
                ("x_custom", "8"),
                ("x-removed", "9"),
                ("X_REMOVED", "9"),
                ("cookie", "9"),
                ("script_name", "/b"),
                ("PATH-INFO", "/b"),
                ("content_length", "5"),
                ("via", "1.0 a"),
            ],
        );
        let expected = ["Host: h", "b: 1", "A: 2", "B: 3", "Content-Length: 0", "c_d: 6", "Trailer: x-t"];
        assert_eq!(lines.expect("accepted"), expected);
    }

    #[test]
    fn a_coding_is_spelled_in_one_way() {
        let lines = prepared_with(ReservedPolicy::Strip, &[("transfer-encoding", "Chunked")]);
        assert_eq!(lines.expect("accepted"), ["transfer-encoding: chunked", "Host: h"]);
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
            let fields = fields(&[("te", te), ("via", "1.0 a")]);
            let mut head = head(Target::origin("/"), &fields);
            head.version = match version {
                "1.0" => Version::HTTP_10,
                "2" => Version::HTTP_2,
                _ => Version::HTTP_11,
            };
            let mut lines = Lines::default();
            let upgrade = upgrade.map(str::as_bytes);
            add_own(&mut lines, &head, &rules(ReservedPolicy::Strip), Uuid::from_u128(1), upgrade);
            let own = "X-Scf-Request-Id: 00000000-0000-0000-0000-000000000001\r\n\
                       X-Api-RequestId: 00000000000000000000000000000001\r\n";
            let own = format!("{own}X-Client-Proto-Ver: HTTP/{version}\r\nVia: 1.0 a\r\nVia: {version} fngate\r\n");
            assert_eq!(String::from_utf8_lossy(lines.as_bytes()), format!("{own}{expected}"));
        }
    }

    #[test]
    fn an_absolute_target_decides_the_host() {
        let absolute =
            |scheme, authority| Target { scheme: Some(scheme), authority: Some(authority), path_and_query: "/x?y" };
        let fields_of_two = fields(&[("host", "two.example")]);
        assert_eq!(host(&head(absolute("HTTP", "one.example"), &fields_of_two)), Ok(&b"one.example"[..]));
        for (target, lines) in [
            (Target::origin("/"), vec![]),
            (Target::origin("/"), vec![("host", "a"), ("host", "a")]),
            (Target::origin("/"), vec![("host", "a b")]),
            (absolute("ftp", "a"), vec![("host", "a")]),
            (absolute("http", "a@b"), vec![("host", "a")]),
            (absolute("http", "a"), vec![]),
            (Target::origin("*"), vec![("host", "a")]),
        ] {
            assert!(host(&head(target, &fields(&lines))).is_err(), "{target:?} {lines:?}");
        }
        // As HTTP/2 has it.
        let asterisk = Target { path_and_query: "*", ..absolute("http", "a") };
        let problem = host(&RequestHead { version: Version::HTTP_2, ..head(asterisk, &[]) }).expect_err("refused");
        assert_eq!(problem.detail, "the request target is neither a path nor an http URL");
    }

    #[test]
    fn a_removed_base_path_leaves_a_target() {
        for (target, removed, left) in
            [("/test/a?b", 5, "/a?b"), ("/test", 5, "/"), ("/test?q", 5, "/?q"), ("/test/", 5, "/"), ("/a", 0, "/a")]
        {
            let mut lines = Lines::default();
            add_line(&mut lines, &Method::GET, &Target::origin(target), removed);
            assert_eq!(text(&lines), [format!("GET {left} HTTP/1.1")], "{target}");
        }
    }
}
