//! Classes of header field names: which fields belong to the connection, which are reserved, which the gateway owns.
//!
//! Names are compared as CGI and WSGI servers see them: letter case does not matter, and whatever is no letter or digit is equal to
//! `-`. All servers map `-` to `_` in the names of variables, and some do so with every such character. This file decides what a name
//! *is*; what happens to it is the business of `message`, and of `config` for custom fields.

/// What a field name is to the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// End-to-end and of no interest: passes untouched.
    EndToEnd,
    Cookie,
    Expect,
    Trailer,
    Via,
    /// Hop-by-hop and reserved at once.
    Connection,
    Te,
    Upgrade,
    /// Another field that belongs to one connection only (RFC 9110 section 7.6.1), or to a proxy.
    HopByHop,
    Host,
    ContentLength,
    TransferEncoding,
    /// Another spelling of a framing name, such as `Content_Length`: some servers read it as that field.
    FramingAlias,
    /// `SCRIPT_NAME` and `PATH_INFO` in any spelling: WSGI servers believe them, and move the application's path by them.
    PathVariable,
    /// Starts with the reserved prefix; only the gateway sends it.
    Reserved,
    /// Sent by the gateway beside the reserved ones (`X-Real-Ip`, `X-Forwarded-*`, …).
    Owned,
}

impl Class {
    /// Whether a field of this class is end-to-end: `Connection` can list it away.
    #[must_use]
    pub fn is_end_to_end(self) -> bool {
        matches!(self, Self::EndToEnd | Self::Cookie | Self::Expect | Self::Trailer | Self::Via)
    }
}

/// The prefix of the reserved names, `X-Scf-` unless configured otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReservedPrefix {
    written: Box<str>,
    folded: Box<str>,
}

/// Why a string cannot be the reserved prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a prefix is a letter, then letters, digits and `-`, with `-` at the end, 3 to 32 characters, and not one that covers standard fields"
)]
pub struct InvalidPrefix;

impl ReservedPrefix {
    /// Takes a prefix as configured, such as `X-Scf-`.
    ///
    /// # Errors
    /// [`InvalidPrefix`] when it could not start a field name or would cover names that every request needs.
    pub fn parse(written: &str) -> Result<Self, InvalidPrefix> {
        let folded = written.to_ascii_lowercase();
        let good = (3..=32).contains(&folded.len())
            && folded.starts_with(|c: char| c.is_ascii_alphabetic())
            && folded.ends_with('-')
            && folded.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && folded != "x-"
            && !STANDARD.split_whitespace().any(|name| name.starts_with(&folded));
        if good { Ok(Self { written: written.into(), folded: folded.into() }) } else { Err(InvalidPrefix) }
    }

    /// The prefix as it was written, for names shown to people.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// Whether a name starts with the prefix, every separator being equal to `-`.
    #[must_use]
    pub fn covers(&self, name: &[u8]) -> bool {
        starts_with_folded(name, self.folded.as_bytes())
    }
}

/// Field names that messages need, so that no prefix may cover them: those of RFC 9110 to 9112, of cookies, CORS, WebSockets and
/// other wide-spread standards, and what the gateway owns.
const STANDARD: &str = "
    accept accept-charset accept-encoding accept-language accept-ranges access-control-allow-origin age allow alt-svc
    authorization cache-control clear-site-data connection content-length content-security-policy content-type cookie
    cross-origin-opener-policy date dnt etag expect expires forwarded from grpc-status host http2-settings idempotency-key
    if-match keep-alive last-event-id last-modified link location max-forwards nel origin origin-agent-cluster permissions-policy
    pragma prefer priority proxy-authenticate proxy-connection proxy-status range ratelimit-limit referer referrer-policy
    report-to reporting-endpoints retry-after sec-fetch-mode sec-websocket-key server server-timing set-cookie sourcemap
    strict-transport-security te timing-allow-origin traceparent tracestate trailer transfer-encoding upgrade
    upgrade-insecure-requests user-agent vary via want-digest warning www-authenticate x-api-requestid x-client-proto
    x-content-type-options x-forwarded-for x-frame-options x-real-ip x-request-id x-requested-with x-xss-protection";

impl Default for ReservedPrefix {
    fn default() -> Self {
        Self { written: "X-Scf-".into(), folded: "x-scf-".into() }
    }
}

/// The class of a field name. Costs a few byte comparisons for nearly every name.
#[must_use]
pub fn classify(name: &[u8], prefix: &ReservedPrefix) -> Class {
    let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
    // The first letter and the length rule most classes out. `Host`, `Connection`, `Trailer`, `TE` and `Expect` have no separators, so
    // no aliases.
    let class = match (name.first().map(u8::to_ascii_lowercase), name.len()) {
        (Some(b'c'), 6) if is("cookie") => Class::Cookie,
        (Some(b'c'), 10) if is("connection") => Class::Connection,
        (Some(b'c'), 14) if is("content-length") => Class::ContentLength,
        (Some(b'c'), 14) if is_folded(name, "content-length") => Class::FramingAlias,
        (Some(b'e'), 6) if is("expect") => Class::Expect,
        (Some(b'h'), 4) if is("host") => Class::Host,
        (Some(b'k'), 10) if is_folded(name, "keep-alive") => Class::HopByHop,
        (Some(b'p'), 9) if is_folded(name, "path-info") => Class::PathVariable,
        (Some(b'p'), _) if is_of_proxies(name) => Class::HopByHop,
        (Some(b's'), 11) if is_folded(name, "script-name") => Class::PathVariable,
        (Some(b't'), 2) if is("te") => Class::Te,
        (Some(b't'), 7) if is("trailer") => Class::Trailer,
        (Some(b't'), 17) if is("transfer-encoding") => Class::TransferEncoding,
        (Some(b't'), 17) if is_folded(name, "transfer-encoding") => Class::FramingAlias,
        (Some(b'u'), 7) if is("upgrade") => Class::Upgrade,
        (Some(b'v'), 3) if is("via") => Class::Via,
        (Some(b'f' | b'x'), _) if is_owned(name) => Class::Owned,
        _ => Class::EndToEnd,
    };
    if class == Class::EndToEnd && prefix.covers(name) { Class::Reserved } else { class }
}

/// Whether HTTP/1.1 could carry a field of this name. One that came in HTTP/2 may have quotes in it, which no token has (RFC 9110
/// section 5.6.2).
#[must_use]
pub fn is_token(name: &str) -> bool {
    !name.contains('"')
}

/// Whether a name belongs to the fields that the gateway itself sends.
#[must_use]
pub fn is_owned(name: &[u8]) -> bool {
    match name.first().map(u8::to_ascii_lowercase) {
        Some(b'f') => name.eq_ignore_ascii_case(b"forwarded"),
        Some(b'x') => {
            starts_with_folded(name, b"x-forwarded-")
                || ["x-api-requestid", "x-real-ip", "x-client-proto", "x-client-proto-ver"]
                    .iter()
                    .any(|owned| is_folded(name, owned))
        }
        _ => false,
    }
}

/// Whether a name is for a proxy. No message has a use for `Proxy` itself, but a CGI server makes `HTTP_PROXY` of it, which HTTP clients
/// obey ("httpoxy").
fn is_of_proxies(name: &[u8]) -> bool {
    ["proxy", "proxy-connection", "proxy-authenticate", "proxy-authorization"]
        .iter()
        .any(|folded| is_folded(name, folded))
}

/// Whether a field means something in a head only, so that it is kept out of trailer sections (RFC 9110 section 6.5.1).
#[must_use]
pub fn is_of_heads(name: &[u8]) -> bool {
    const NAMES: [&str; 8] = [
        "authorization",
        "cache-control",
        "content-encoding",
        "content-range",
        "content-type",
        "max-forwards",
        "set-cookie",
        "trailer",
    ];
    NAMES.iter().any(|known| name.eq_ignore_ascii_case(known.as_bytes()))
}

/// Whether two names are the same to a CGI or WSGI server, where every separator is equal to `-`.
#[must_use]
pub fn is_same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(&one, &other)| one == other || fold(one) == fold(other))
}

/// A name in lower case with every separator as `-`.
#[must_use]
pub fn folded(name: &[u8]) -> String {
    name.iter().map(|&byte| char::from(fold(byte))).collect()
}

fn fold(byte: u8) -> u8 {
    if byte.is_ascii_alphanumeric() { byte.to_ascii_lowercase() } else { b'-' }
}

fn is_folded(name: &[u8], folded: &str) -> bool {
    name.len() == folded.len() && starts_with_folded(name, folded.as_bytes())
}

/// `folded` is in lower case and has no separators but `-`.
fn starts_with_folded(name: &[u8], folded: &[u8]) -> bool {
    name.len() >= folded.len() && name.iter().zip(folded).all(|(&have, &want)| have == want || fold(have) == want)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_name_has_the_same_class() {
        let prefix = ReservedPrefix::default();
        for (class, names) in [
            (Class::Reserved, vec!["X-Scf-Name", "x_scf_name", "X-SCF_anything", "x-scf-", "X.Scf.Name", "x~scf!"]),
            (Class::Owned, vec!["X-Real-Ip", "x_real_ip", "X-Forwarded-Foo", "x_forwarded_for", "Forwarded"]),
            (Class::Owned, vec!["X-Api-RequestId", "X_Api_RequestId", "X-Client-Proto", "X_CLIENT_PROTO_VER"]),
            (Class::Owned, vec!["X.Real.Ip", "X~Real!Ip", "X-Forwarded.For", "X*Forwarded*Foo", "X-Client'Proto^Ver"]),
            (Class::HopByHop, vec!["Keep-Alive", "Proxy-Connection", "Proxy", "KEEP-ALIVE", "Proxy-Authorization"]),
            (Class::HopByHop, vec!["Keep_Alive", "Proxy.Connection", "Proxy_Authorization", "Proxy|Authenticate"]),
            (Class::Te, vec!["TE", "te"]),
            (Class::Upgrade, vec!["Upgrade", "UPGRADE"]),
            (Class::Host, vec!["Host", "host"]),
            (Class::ContentLength, vec!["Content-Length", "CONTENT-length"]),
            (Class::TransferEncoding, vec!["Transfer-Encoding"]),
            (Class::Trailer, vec!["Trailer"]),
            (Class::Expect, vec!["expect"]),
            (Class::Via, vec!["VIA"]),
            (Class::Cookie, vec!["Cookie"]),
            (Class::FramingAlias, vec!["Content_Length", "CONTENT.LENGTH", "Transfer_Encoding", "transfer~encoding"]),
            (
                Class::PathVariable,
                vec!["SCRIPT_NAME", "Script-Name", "script.name", "PATH_INFO", "path-info", "Path!Info"],
            ),
            (Class::Connection, vec!["connection"]),
            (
                Class::EndToEnd,
                vec![
                    "X-Scf",
                    "X-Scfname",
                    "X-Api-Key",
                    "X-Real-Ipx",
                    "Content__Length",
                    "ContentLength",
                    "Content_Type",
                    "_Content_Length",
                    "X-Script-Name",
                    "ScriptName",
                    "Path_Information",
                    "Trailers",
                    "my_name",
                    "X.Own",
                    "X.Scf",
                    "X--Scf-Name",
                    "X.Real.Ip.",
                    "Forwarded.",
                    "Proxy.",
                    "Proxy-Status",
                ],
            ),
        ] {
            for name in names {
                assert_eq!(classify(name.as_bytes(), &prefix), class, "{name}");
            }
        }
    }

    #[test]
    fn a_prefix_must_leave_the_standard_fields_alone() {
        for good in ["X-Scf-", "X-Fc-", "Knative-"] {
            assert!(ReservedPrefix::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "X",
            "X-",
            "Xscf",
            "Content-",
            "C-o_",
            "-X-",
            "X-Forwarded-",
            "X-Sc f-",
            "Set-",
            "User-",
            "WWW-",
            "X-Api-",
        ] {
            assert!(ReservedPrefix::parse(bad).is_err(), "{bad}");
        }
    }
}
