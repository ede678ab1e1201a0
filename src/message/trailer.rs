//! Which trailers may pass, and what a head says of them.

use std::borrow::Cow;

use super::problem::Problem;
use super::rules::{Rules, reserved};
use crate::config::ReservedPolicy;
use crate::header::{Class, ReservedPrefix, classify, is_of_heads, is_same};

/// A line of `Trailer` with the names that may pass, if any may. A line of which nothing is taken stays as it was written.
#[must_use]
pub fn announced<'a>(line: &'a [u8], passes: impl Fn(&str) -> bool) -> Option<Cow<'a, [u8]>> {
    // What is no name announces nothing.
    let is_name = |member: &[u8]| http::HeaderName::from_bytes(member).is_ok();
    let is_kept = |member: &&[u8]| !is_name(member) || str::from_utf8(member).is_ok_and(&passes);
    let members = || line.split(|&byte| byte == b',').map(<[u8]>::trim_ascii);
    if members().all(|member| is_kept(&member)) {
        return Some(Cow::Borrowed(line));
    }
    let kept: Vec<_> = members().filter(|member| !member.is_empty()).filter(is_kept).collect();
    (!kept.is_empty()).then(|| Cow::Owned(kept.join(&b", "[..])))
}

/// Whether a trailer of a request may pass: it may be a trailer at all, and none that is configured, either way.
#[must_use]
pub fn passes_to_function(name: &str, rules: &Rules, custom: &[http::HeaderName]) -> bool {
    passes(name, &rules.prefix)
        && !rules.removes(name)
        && !custom.iter().any(|custom| is_same(custom.as_ref(), name.as_bytes()))
}

/// Whether a trailer of this name may pass: it is not reserved, owned, framing, hop-by-hop or of heads.
#[must_use]
pub fn passes(name: &str, prefix: &ReservedPrefix) -> bool {
    classify(name.as_bytes(), prefix).is_end_to_end() && !is_of_heads(name.as_bytes())
}

/// Whether a trailer of a request is kept.
///
/// # Errors
/// `reserved_field` when the policy rejects reserved names.
pub fn is_kept_of_request(name: &str, rules: &Rules, custom: &[http::HeaderName]) -> Result<bool, Problem> {
    let rejects = rules.reserved == ReservedPolicy::Reject;
    if rejects && classify(name.as_bytes(), &rules.prefix) == Class::Reserved {
        return Err(reserved(name));
    }
    Ok(passes_to_function(name, rules, custom))
}

#[cfg(test)]
mod tests {
    use http::HeaderName;

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
            let found = announced(line.as_bytes(), |name| passes(name, &prefix));
            assert_eq!(found.as_deref(), left.map(str::as_bytes), "{line}");
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
    fn configured_names_are_no_trailers_of_requests() {
        let custom = [HeaderName::from_static("x-custom")];
        let kept = |name: &&str| is_kept_of_request(name, &rules(), &custom).expect("not rejected");
        let names = "X-Kept x-custom X_Custom x-removed X.Removed x-removed-not X-Scf-Name";
        assert_eq!(names.split(' ').filter(kept).collect::<Vec<_>>(), ["X-Kept", "x-removed-not"]);
    }

    #[test]
    fn a_reserved_trailer_is_rejected_when_configured() {
        let rules = Rules { reserved: ReservedPolicy::Reject, ..rules() };
        assert!(is_kept_of_request("X_Scf_Name", &rules, &[]).is_err());
        assert_eq!(is_kept_of_request("X-Kept", &rules, &[]), Ok(true));
    }

    #[test]
    fn fields_of_heads_are_no_trailers() {
        let prefix = ReservedPrefix::default();
        let names =
            "X-Kept grpc-status Set-Cookie Content-Type cache-control Trailer content-length TE host x-scf-name";
        let kept: Vec<_> = names.split(' ').filter(|name| passes(name, &prefix)).collect();
        assert_eq!(kept, ["X-Kept", "grpc-status"]);
    }
}
