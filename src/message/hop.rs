//! What `Connection`, `TE` and `Upgrade` say about one hop (RFC 9110 section 7.6.1).

use http::Version;
use smallvec::SmallVec;

use super::head::{Field, RequestHead, list, members, values};
use crate::header::{Class, ReservedPrefix, classify};

/// The fields that a message's `Connection` declares to be hop-by-hop.
///
/// Framing, `Host` and authorization fields cannot be listed away: dropping them would change what the message means, and a
/// sender that lists them is confused or hostile.
#[derive(Debug, Default)]
pub struct Listed<'a> {
    names: SmallVec<[&'a [u8]; 4]>,
}

impl<'a> Listed<'a> {
    /// Reads every `Connection` line of a message.
    #[must_use]
    pub fn read(fields: &[Field<'a>], prefix: &ReservedPrefix) -> Self {
        const COMMON: [&[u8]; 4] = [b"close", b"keep-alive", b"upgrade", b"te"];
        let is_common = |name: &&[u8]| COMMON.iter().any(|common| name.eq_ignore_ascii_case(common));
        let counts = |name: &&[u8]| {
            !is_common(name) && classify(name, prefix).is_end_to_end() && !name.eq_ignore_ascii_case(b"authorization")
        };
        let mut names = SmallVec::new();
        values(fields, Class::Connection).for_each(|value| names.extend(list(value).filter(counts)));
        Self { names }
    }

    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.names.iter().any(|listed| listed.eq_ignore_ascii_case(name.as_bytes()))
    }
}

/// Whether the sender takes trailers.
#[must_use]
pub fn takes_trailers(fields: &[Field<'_>]) -> bool {
    members(fields, Class::Te).any(|member| {
        let coding = member.split(|&byte| byte == b';').next().unwrap_or_default();
        coding.trim_ascii().eq_ignore_ascii_case(b"trailers")
    })
}

/// Whether `Connection` has this option.
#[must_use]
pub fn has_option(fields: &[Field<'_>], option: &str) -> bool {
    let is_option = |member: &[u8]| member.eq_ignore_ascii_case(option.as_bytes());
    values(fields, Class::Connection).any(|value| list(value).any(is_option))
}

/// The protocol that a message wants to switch to: `Upgrade` together with `Connection: upgrade`.
///
/// `h2c` and other names of HTTP are left out: to forward it would let HTTP/2 frames pass unseen. HTTP/1.0 has no upgrades.
#[must_use]
pub fn upgrade<'a>(head: &RequestHead<'a>) -> Option<&'a [u8]> {
    if head.version == Version::HTTP_10 {
        return None;
    }
    let mut lines = values(head.fields, Class::Upgrade);
    let (protocol, None) = (lines.next()?, lines.next()) else { return None };
    let is_http = |member: &[u8]| {
        let name = member.split(|&byte| byte == b'/').next().unwrap_or_default().trim_ascii();
        [&b"h2c"[..], b"h2", b"http"].iter().any(|http| name.eq_ignore_ascii_case(http))
    };
    let plain = !members(head.fields, Class::Upgrade).any(is_http);
    (plain && has_option(head.fields, "upgrade")).then_some(protocol)
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::super::head::Target;
    use super::*;

    fn fields<'a>(lines: &[(&'a str, &'a str)]) -> Vec<Field<'a>> {
        let prefix = ReservedPrefix::default();
        lines.iter().map(|(name, value)| Field::new(name, value.as_bytes(), &prefix)).collect()
    }

    #[test]
    fn connection_lists_end_to_end_fields_only() {
        let fields = fields(&[
            ("connection", "close, X-A"),
            ("connection", "host,content-length, authorization,x-scf-name,, x-b"),
        ]);
        let listed = Listed::read(&fields, &ReservedPrefix::default());
        assert_eq!(listed.names.as_slice(), [&b"X-A"[..], b"x-b"]);
        assert!(listed.contains("x-a") && !listed.contains("Authorization"));
    }

    #[test]
    fn an_upgrade_needs_both_fields_and_is_never_h2c() {
        for (lines, wanted) in [
            (vec![("connection", "Upgrade"), ("upgrade", "websocket")], Some("websocket")),
            (vec![("connection", "keep-alive, upgrade"), ("upgrade", "foo/2")], Some("foo/2")),
            (vec![("upgrade", "websocket")], None),
            (vec![("connection", "upgrade")], None),
            (vec![("connection", "upgrade, http2-settings"), ("upgrade", "h2c")], None),
            (vec![("connection", "upgrade"), ("upgrade", "websocket, H2C")], None),
            (vec![("connection", "upgrade"), ("upgrade", "websocket"), ("upgrade", "h2c")], None),
            (vec![("connection", "upgrade"), ("upgrade", "H2C/1")], None),
            (vec![("connection", "upgrade"), ("upgrade", "HTTP/2.0")], None),
        ] {
            let fields = fields(&lines);
            let (method, target) = (&Method::GET, Target::origin("/"));
            let head = RequestHead { method, target, version: Version::HTTP_11, fields: &fields };
            assert_eq!(upgrade(&head), wanted.map(str::as_bytes), "{lines:?}");
            assert_eq!(upgrade(&RequestHead { version: Version::HTTP_10, ..head }), None);
        }
    }

    #[test]
    fn trailers_are_taken_with_or_without_company() {
        for (value, wanted) in [
            ("trailers", true),
            ("gzip, Trailers", true),
            ("trailers;q=1", true),
            ("gzip", false),
            ("xtrailers", false),
        ] {
            assert_eq!(takes_trailers(&fields(&[("te", value)])), wanted, "{value}");
        }
    }
}
