//! Fields: which are missing, which are new, which say something else, and in which order they stand.

use std::collections::BTreeSet;

use super::found::{Direction, Found, Protocol, shown};
use crate::conformance::grammar::{Field, Head};

/// Fields that belong to one connection (RFC 9110 section 7.6.1).
const HOP_BY_HOP: [&str; 7] =
    ["connection", "keep-alive", "proxy-connection", "te", "upgrade", "proxy-authenticate", "proxy-authorization"];
/// Fields that this gateway sends beside the reserved ones.
const OWNED: [&str; 6] =
    ["x-api-requestid", "x-real-ip", "x-client-proto", "x-client-proto-ver", "forwarded", "x-forwarded-"];
/// Fields that are sent in no trailer section.
const NEVER_TRAILERS: [&str; 3] = ["set-cookie", "authorization", "content-type"];
/// What HTTP/2 has for `Host`.
pub const AUTHORITY: &str = ":authority";
/// Compared as framing, not as fields.
const FRAMING: [&str; 2] = ["content-length", "transfer-encoding"];

impl Found {
    pub(super) fn fields(&mut self, sent: &Head, got: &Head) {
        let names = |head: &Head| head.fields.iter().map(Field::folded).collect::<BTreeSet<_>>();
        let mut all: BTreeSet<_> = names(sent).union(&names(got)).cloned().collect();
        if all.remove(AUTHORITY) {
            all.remove("host");
            self.authority(sent, got);
        }
        for name in all.iter().filter(|name| !FRAMING.contains(&name.as_str())) {
            let of = |head: &Head| head.fields.iter().filter(|field| field.is(name)).cloned().collect::<Vec<_>>();
            match (&of(sent)[..], &of(got)[..]) {
                (was, []) => self.missing(sent, name, was),
                ([], is) => self.added(name, is),
                (was, is) => self.changed(sent, name, was, is),
            }
        }
        self.order(&sent.fields, &got.fields);
    }

    /// What HTTP/2 has for `Host`.
    fn authority(&mut self, sent: &Head, got: &Head) {
        let of = |head: &Head, name: &str| head.values(name).map(<[u8]>::to_vec).collect::<Vec<_>>();
        let (was, is) = (of(sent, AUTHORITY), of(got, "host"));
        let text = |values: &[Vec<u8>]| shown(&values.join(&b", "[..]));
        let detail = format!("{} arrived as {}", text(&was), text(&is));
        self.note(if was == is { "authority-to-host" } else { "host-changed" }, detail);
    }

    /// Compares trailer sections, whose names a gateway may well send in lower case.
    pub(super) fn trailers(&mut self, head: &Head, sent: &[Field], got: &[Field]) {
        // There are no lines in HTTP/2, only names and values.
        let protocol = self.protocol;
        let spelling = |field: &Field| match protocol {
            Protocol::Http1 => field.line.clone(),
            Protocol::Http2 => field.name.clone(),
        };
        let spelled = |fields: &[Field]| fields.iter().map(spelling).collect::<Vec<_>>();
        let folded = |field: &Field| (field.folded(), field.value.clone());
        let arrived: Vec<_> = got.iter().map(folded).collect();
        let (kept, missing): (Vec<_>, Vec<_>) =
            sent.iter().cloned().partition(|field| arrived.contains(&folded(field)));
        for field in &missing {
            self.note(self.dropped_trailer(head, field), shown(&field.line));
        }
        if kept.len() < got.len() {
            self.note("trailer-added", list(got));
        } else if kept.iter().map(folded).collect::<Vec<_>>() != arrived {
            self.note("trailer-order-changed", format!("{} arrived as {}", list(&kept), list(got)));
        } else if spelled(&kept) != spelled(got) {
            self.note("trailer-spelling-changed", format!("{} arrived as {}", list(&kept), list(got)));
        }
    }

    fn dropped_trailer(&self, head: &Head, field: &Field) -> &'static str {
        let announced = head
            .values("trailer")
            .flat_map(|value| value.split(|&byte| byte == b','))
            .any(|name| name.trim_ascii().eq_ignore_ascii_case(&field.name));
        if class(&field.folded()) == Class::Reserved {
            "reserved-trailer-dropped"
        } else if !announced {
            "unannounced-trailer-dropped"
        } else if !self.takes_trailers {
            "unasked-trailer-dropped"
        } else if NEVER_TRAILERS.iter().any(|name| field.is(name)) {
            "head-field-trailer-dropped"
        } else {
            "trailer-dropped"
        }
    }

    fn missing(&mut self, sent: &Head, name: &str, was: &[Field]) {
        let rule = match class(name) {
            _ if self.direction == Direction::Answer && name == "x-api-requestid" => "own-request-id-removed",
            Class::HopByHop => "hop-by-hop-removed",
            Class::Reserved => "reserved-removed",
            Class::Owned => "owned-removed",
            Class::Other if is_listed(sent, name) => "listed-removed",
            Class::Other if name == "trailer" && announced(was).all(|name| !may_be_trailer(&name)) => {
                let of_heads = announced(was).any(|name| NEVER_TRAILERS.contains(&name.as_str()));
                if of_heads { "head-field-trailer-dropped" } else { "reserved-trailer-dropped" }
            }
            Class::Other if name == "proxy" => "proxy-removed",
            Class::Other if name == "expect" && !announces_content(sent) => "idle-expectation-removed",
            Class::Other if name.contains('_') => "underscore-name-dropped",
            Class::Other => "field-dropped",
        };
        self.note(rule, list(was));
    }

    fn added(&mut self, name: &str, is: &[Field]) {
        let rule = match (self.direction, class(name)) {
            (Direction::Request, Class::Reserved | Class::Owned) => "gateway-fields-added",
            (Direction::Answer, _) if name == "x-api-requestid" => "request-id-added",
            (Direction::Answer, _) if name == "date" => "date-added",
            (_, Class::HopByHop) => "connection-added",
            _ if name == "host" => "host-added",
            _ => "field-added",
        };
        self.note(rule, list(is));
    }

    fn changed(&mut self, sent: &Head, name: &str, was: &[Field], is: &[Field]) {
        let values = |fields: &[Field]| fields.iter().map(|field| field.value.clone()).collect::<Vec<_>>();
        let (before, after) = (values(was), values(is));
        let detail = format!("{} arrived as {}", list(was), list(is));
        let ours = match self.direction {
            Direction::Request => matches!(class(name), Class::Reserved | Class::Owned),
            Direction::Answer => name == "x-api-requestid",
        };
        if ours && !before.iter().any(|value| after.contains(value)) {
            self.missing(sent, name, was);
            self.added(name, is);
        } else if ours {
            self.note("forged-field-passed", detail);
        } else if before == after {
            let names = |fields: &[Field]| fields.iter().map(|field| field.name.clone()).collect::<Vec<_>>();
            if names(was) != names(is) {
                self.note("name-case-changed", detail);
            }
        } else if class(name) == Class::HopByHop {
            self.note("hop-by-hop-rewritten", detail);
        } else if name == "host" {
            let from_target = !sent.target().starts_with(b"/");
            self.note(if from_target { "host-from-target" } else { "host-changed" }, detail);
        } else if after.len() == 1 && after[0] == before.join(&b", "[..]) {
            self.note(if name == "trailer" { "trailer-lines-joined" } else { "lines-joined" }, detail);
        } else if name == "cookie" && after.len() == 1 && after[0] == before.join(&b"; "[..]) {
            self.note("cookies-joined", detail);
        } else if sorted(&before) == sorted(&after) {
            // Only the order is another one, which is noted for all fields together.
        } else if before.iter().all(|value| after.contains(value)) {
            self.note("field-added", detail);
        } else if after.iter().all(|value| before.contains(value)) {
            self.note("field-dropped", detail);
        } else {
            self.note("value-changed", detail);
        }
    }

    /// Of the lines that arrived as they were sent: their order, and the white space in them.
    fn order(&mut self, sent: &[Field], got: &[Field]) {
        let kept = |fields: &[Field], others: &[Field]| {
            let mut others: Vec<_> = others.iter().map(|field| (field.folded(), field.value.clone())).collect();
            let mut kept = Vec::new();
            for field in fields.iter().filter(|field| !has_its_own_place(field)) {
                let key = (field.folded(), field.value.clone());
                if let Some(place) = others.iter().position(|other| *other == key) {
                    others.remove(place);
                    kept.push(field.clone());
                }
            }
            kept
        };
        let (was, is) = (kept(sent, got), kept(got, sent));
        let keys =
            |fields: &[Field]| fields.iter().map(|field| (field.folded(), field.value.clone())).collect::<Vec<_>>();
        if keys(&was) != keys(&is) {
            let rule = if keys(&grouped(&was)) == keys(&is) { "names-grouped" } else { "order-changed" };
            self.note(rule, format!("{} arrived as {}", list(&was), list(&is)));
        }
        // In HTTP/2 there is none.
        let padded = |field: &&Field| {
            let value = &field.line[field.name.len() + 1..];
            value != [b" ", field.value.as_slice()].concat()
        };
        if self.protocol == Protocol::Http1
            && let Some(field) = was.iter().find(padded)
            && !is.iter().any(|other| other.line == field.line)
        {
            self.note("whitespace-normalized", shown(&field.line));
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    HopByHop,
    Reserved,
    Owned,
    Other,
}

fn class(name: &str) -> Class {
    let name = name.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
    if HOP_BY_HOP.contains(&name.as_str()) {
        Class::HopByHop
    } else if name.starts_with("x-scf-") {
        Class::Reserved
    } else if OWNED.iter().any(|owned| name == *owned || (owned.ends_with('-') && name.starts_with(owned))) {
        Class::Owned
    } else {
        Class::Other
    }
}

/// Whether the place of a field among others means nothing: it is about this hop or about the framing.
fn has_its_own_place(field: &Field) -> bool {
    FRAMING.iter().any(|name| field.is(name)) || class(&field.folded()) == Class::HopByHop
}

/// The names in lines of `Trailer`.
fn announced(lines: &[Field]) -> impl Iterator<Item = String> {
    let tokens = lines.iter().flat_map(|line| line.value.split(|&byte| byte == b','));
    let names = tokens.map(|token| String::from_utf8_lossy(token.trim_ascii()).to_lowercase());
    names.filter(|name| !name.is_empty())
}

/// Whether a gateway may pass a trailer of this name.
fn may_be_trailer(name: &str) -> bool {
    class(name) == Class::Other && !NEVER_TRAILERS.contains(&name)
}

/// Whether content follows a head of a request.
fn announces_content(head: &Head) -> bool {
    let is_zero = |length: &[u8]| length.iter().all(|&digit| digit == b'0');
    head.values("transfer-encoding").next().is_some() || head.values("content-length").any(|length| !is_zero(length))
}

/// Whether `Connection` names the field.
fn is_listed(head: &Head, name: &str) -> bool {
    head.values("connection")
        .flat_map(|value| value.split(|&byte| byte == b','))
        .any(|token| token.trim_ascii().eq_ignore_ascii_case(name.as_bytes()))
}

/// Fields of one name together, at the place of the first.
fn grouped(fields: &[Field]) -> Vec<Field> {
    let mut names: Vec<String> = Vec::new();
    for field in fields {
        if !names.contains(&field.folded()) {
            names.push(field.folded());
        }
    }
    names.iter().flat_map(|name| fields.iter().filter(move |field| field.is(name)).cloned()).collect()
}

fn sorted(values: &[Vec<u8>]) -> Vec<&Vec<u8>> {
    let mut sorted: Vec<_> = values.iter().collect();
    sorted.sort();
    sorted
}

fn list(fields: &[Field]) -> String {
    if fields.is_empty() {
        return "nothing".to_owned();
    }
    fields.iter().map(|field| shown(&field.line)).collect::<Vec<_>>().join(", ")
}
