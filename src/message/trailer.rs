//! Which trailers may pass, and what a head says of them.

use http::{HeaderMap, HeaderName, HeaderValue};

use super::http2;
use super::problem::{Problem, Reason};
use super::rules::{Rules, reserved};
use crate::config::ReservedPolicy;
use crate::header::{Class, ReservedPrefix, classify, is_of_heads, is_same};

/// A line of `Trailer` with the names that may pass, if any may. A line of which nothing is taken stays as it was written.
#[must_use]
pub fn announced(line: &HeaderValue, passes: impl Fn(&HeaderName) -> bool) -> Option<HeaderValue> {
    // What is no name announces nothing.
    let is_kept = |token: &&[u8]| HeaderName::from_bytes(token).map_or(true, |name| passes(&name));
    let tokens = || line.as_bytes().split(|&byte| byte == b',').map(<[u8]>::trim_ascii);
    if tokens().all(|token| is_kept(&token)) {
        return Some(line.clone());
    }
    let kept: Vec<_> = tokens().filter(|token| !token.is_empty()).filter(is_kept).collect();
    HeaderValue::from_bytes(&kept.join(&b", "[..])).ok().filter(|line| !line.is_empty())
}

/// Whether a trailer of a request may pass: it may be a trailer at all, and none that is configured, either way.
#[must_use]
pub fn passes_to_function(name: &HeaderName, rules: &Rules, custom: &[HeaderName]) -> bool {
    passes(name, &rules.prefix) && !rules.removes(name) && !custom.iter().any(|custom| is_same(custom, name))
}

/// Whether a trailer of this name may pass: it is not reserved, owned, framing, hop-by-hop or of heads.
#[must_use]
pub fn passes(name: &HeaderName, prefix: &ReservedPrefix) -> bool {
    classify(name, prefix) == Class::EndToEnd && !is_of_heads(name)
}

/// Removes from a trailer section what no peer may send there.
///
/// # Errors
/// `bad_request` for a value that HTTP/1.1 cannot have; `reserved_field` when the policy rejects reserved names.
pub fn of_request(trailers: HeaderMap, rules: &Rules, custom: &[HeaderName]) -> Result<HeaderMap, Problem> {
    http2::check_fields(&trailers).map_err(|invalid| Problem::new(Reason::BadRequest, invalid.as_str()))?;
    let mut kept = HeaderMap::with_capacity(trailers.keys_len());
    let mut current = None;
    for (name, value) in trailers {
        current = name.or(current);
        let name = current.as_ref().expect("the first item of a header map has a name");
        if passes_to_function(name, rules, custom) {
            kept.append(name.clone(), value);
        } else if rules.reserved == ReservedPolicy::Reject && classify(name, &rules.prefix) == Class::Reserved {
            return Err(reserved(name));
        }
    }
    Ok(kept)
}

/// Removes from a function's trailers what belongs to the gateway, to one hop, or to a head. None if they are malformed.
#[must_use]
pub fn of_response(trailers: HeaderMap, prefix: &ReservedPrefix) -> Option<HeaderMap> {
    http2::check_fields(&trailers).ok()?;
    let mut kept = HeaderMap::with_capacity(trailers.keys_len());
    let mut current = None;
    for (name, value) in trailers {
        current = name.or(current);
        let name = current.as_ref().expect("the first item of a header map has a name");
        if passes(name, prefix) {
            kept.append(name.clone(), value);
        }
    }
    Some(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_pass_is_announced() {
        for (line, left) in [
            ("X-T", Some("X-T")),
            ("X-T ,x-u,", Some("X-T ,x-u,")),
            ("", Some("")),
            ("X-T, X-Scf-Name,X-U", Some("X-T, X-U")),
            ("X_Scf_Name, Connection, Content-Length, x.real.ip", None),
            ("X-Scf-Name, no name", Some("no name")),
            ("Authorization, cache-control, Content-Encoding, Content-Range, X-T", Some("X-T")),
            ("Content-Type, Max-Forwards, Set-Cookie, Trailer", None),
        ] {
            let prefix = ReservedPrefix::default();
            let found = announced(&HeaderValue::from_static(line), |name| passes(name, &prefix));
            assert_eq!(found, left.map(HeaderValue::from_static), "{line}");
        }
    }

    fn rules() -> Rules {
        Rules {
            prefix: ReservedPrefix::default(),
            reserved: ReservedPolicy::Strip,
            via: false,
            remove: vec![HeaderName::from_static("x-removed")],
            request_id: String::new(),
            path_parameters: String::new(),
            client_subject: String::new(),
        }
    }

    #[test]
    fn a_padded_value_is_refused_in_trailers_as_well() {
        for (value, fits) in [("a", true), (" a", false), ("a\t", false)] {
            let trailers = HeaderMap::from_iter([(HeaderName::from_static("x"), HeaderValue::from_static(value))]);
            let prepared = of_request(trailers, &rules(), &[]);
            assert_eq!(prepared.is_ok(), fits, "{value:?}");
        }
    }

    #[test]
    fn configured_names_are_no_trailers_of_requests() {
        let names = "x-kept x-custom x_custom x-removed x.removed x-removed-not";
        let sent = names.split(' ').map(|name| (HeaderName::from_static(name), HeaderValue::from_static("a")));
        let custom = [HeaderName::from_static("x-custom")];
        let kept = of_request(sent.collect(), &rules(), &custom).expect("well-formed");
        assert_eq!(kept.keys().map(HeaderName::as_str).collect::<Vec<_>>(), ["x-kept", "x-removed-not"]);
    }

    #[test]
    fn malformed_trailers_of_a_function_are_none() {
        for (name, value, fits) in [("x", "a", true), ("x", " a", false), ("x\"y", "a", false)] {
            let name = HeaderName::from_lowercase(name.as_bytes()).expect("HTTP/2 takes it");
            let trailers = HeaderMap::from_iter([(name, HeaderValue::from_static(value))]);
            assert_eq!(of_response(trailers, &ReservedPrefix::default()).is_some(), fits, "{value:?}");
        }
    }

    /// In HTTP/2 there is no library that would do it.
    #[test]
    fn trailers_are_without_fields_of_heads() {
        let names =
            "x-kept grpc-status set-cookie content-type cache-control trailer content-length te host x-scf-name";
        let sent = names.split(' ').map(|name| (HeaderName::from_static(name), HeaderValue::from_static("a")));
        let kept = of_response(sent.collect(), &ReservedPrefix::default()).expect("well-formed");
        assert_eq!(kept.keys().map(HeaderName::as_str).collect::<Vec<_>>(), ["x-kept", "grpc-status"]);
    }
}
