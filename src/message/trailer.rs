//! Which trailers may pass, and what a head says of them.

use http::{HeaderName, HeaderValue};

use crate::header::{Class, ReservedPrefix, classify, is_same};

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

/// Whether a client may send a trailer of this name: it is not reserved, owned, framing or hop-by-hop, and none that is configured.
#[must_use]
pub fn passes(name: &HeaderName, prefix: &ReservedPrefix, custom: &[HeaderName]) -> bool {
    classify(name, prefix) == Class::EndToEnd && !custom.iter().any(|custom| is_same(custom, name))
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
        ] {
            let prefix = ReservedPrefix::default();
            let found = announced(&HeaderValue::from_static(line), |name| passes(name, &prefix, &[]));
            assert_eq!(found, left.map(HeaderValue::from_static), "{line}");
        }
    }
}
