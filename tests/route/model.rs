//! The routing rules once more, slow and plain: every rule is tried, and the best is taken by comparing pairs.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use fngate::config::path::{PathRule, Segment};
use fngate::config::{Environment, HostPattern, MethodRule};
use fngate::route::MOST_READINGS;
use http::Method;

use super::spec::{Api, Domain, Spec};

pub(crate) const SERVICES: [&str; 2] = ["one", "two"];

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Found { api: usize, prefix: usize },
    NoService,
    NoApi(String, Environment),
    MethodNotAllowed(String, Environment, BTreeSet<String>),
    Ambiguous,
    BadPath,
}

/// A byte of a path, and whether it was escaped.
type Token = (u8, bool);

/// What one reading selects: places in the specification.
#[derive(Clone, Copy, PartialEq)]
struct Selection {
    domain: Option<usize>,
    /// Any API on the winning shape.
    shape: Option<usize>,
    api: Option<usize>,
}

pub(crate) fn answer(spec: &Spec, host: &str, path: &str, method: &Method) -> Answer {
    let Some(tokens) = tokens(path) else { return Answer::BadPath };
    let Some(pattern) = owner(spec, host) else { return Answer::NoService };
    let plain = select(spec, &pattern, &canonical(&tokens), method);
    let checked = plain.api.is_none_or(|api| !spec.apis[api].raw_path);
    if checked {
        let Some(readings) = readings(&tokens) else { return Answer::Ambiguous };
        let selected = |reading: &Vec<Token>| serving(spec, select(spec, &pattern, reading, method));
        if !readings.iter().all(|reading| selected(reading) == serving(spec, plain)) {
            return Answer::Ambiguous;
        }
    }
    if let (true, Some((domain, api))) = (checked, serving(spec, plain)) {
        let rest: Vec<Token> = tokens[prefix(&tokens, &spec.domains[domain])..].to_vec();
        let Some(readings) = readings(&rest) else { return Answer::Ambiguous };
        for reading in readings {
            let shape = best_shape(spec, &spec.domains[domain], &reading);
            let other = shape.and_then(|shape| by_method(spec, shape, method));
            if other != Some(api) {
                return Answer::Ambiguous;
            }
        }
    }
    conclude(spec, plain, &tokens)
}

/// The parameters of an API in the path that its function sees.
pub(crate) fn parameters<'s, 'p>(spec: &'s Spec, api: usize, path: &'p str) -> Vec<(&'s str, &'p str)> {
    let values: Vec<&str> = path[1..].split('/').collect();
    let segments = spec.apis[api].rule.segments().iter().enumerate();
    let found = segments.filter_map(|(index, segment)| match segment {
        Segment::Literal(_) => None,
        Segment::Parameter(name) => Some((name.as_str(), values[index])),
        Segment::Rest(name) => {
            let before: usize = values[..index].iter().map(|value| value.len() + 1).sum();
            Some((name.as_str(), &path[before + 1..]))
        }
    });
    found.collect()
}

fn conclude(spec: &Spec, plain: Selection, tokens: &[Token]) -> Answer {
    let Some(domain) = plain.domain.map(|domain| &spec.domains[domain]) else { return Answer::NoService };
    let (service, environment) = (SERVICES[domain.service].to_owned(), domain.environment);
    match (plain.shape, plain.api) {
        (_, Some(api)) if spec.apis[api].enabled => {
            let kept = &tokens[..prefix(tokens, domain)];
            Answer::Found { api, prefix: kept.iter().map(|(_, escaped)| if *escaped { 3 } else { 1 }).sum() }
        }
        (Some(shape), None) if siblings(spec, shape).any(|api| spec.apis[api].enabled) => {
            let names = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT"];
            let served = names.iter().filter(|name| {
                let method = name.parse().expect("a method");
                by_method(spec, shape, &method).is_some_and(|api| spec.apis[api].enabled)
            });
            Answer::MethodNotAllowed(service, environment, served.map(|name| (*name).to_owned()).collect())
        }
        _ => Answer::NoApi(service, environment),
    }
}

/// The most specific host pattern that covers a host.
fn owner(spec: &Spec, host: &str) -> Option<HostPattern> {
    let host = host.to_lowercase();
    let host = host.trim_end_matches(|c: char| c.is_ascii_digit());
    // Every host of the requests that ends in a digit has a port.
    let host = host.trim_end_matches(':').trim_end_matches('.').trim_matches(['[', ']']);
    let covers = |pattern: &HostPattern| match pattern {
        HostPattern::Exact(exact) => host == exact,
        HostPattern::Suffix(suffix) => host.len() > suffix.len() && host.ends_with(suffix.as_str()),
        HostPattern::Any => true,
    };
    let weight = |pattern: &HostPattern| match pattern {
        HostPattern::Exact(_) => usize::MAX,
        HostPattern::Suffix(suffix) => suffix.len(),
        HostPattern::Any => 0,
    };
    spec.domains.iter().map(|domain| domain.host.clone()).filter(covers).max_by_key(weight)
}

fn select(spec: &Spec, pattern: &HostPattern, path: &[Token], method: &Method) -> Selection {
    let candidates = (0..spec.domains.len()).filter(|&index| {
        let domain = &spec.domains[index];
        domain.host == *pattern && starts_with_base(path, domain)
    });
    let domain = candidates.max_by_key(|&index| spec.domains[index].base.segments().len());
    let shape = domain.and_then(|index| {
        let domain = &spec.domains[index];
        best_shape(spec, domain, &path[prefix(path, domain)..])
    });
    Selection { domain, shape, api: shape.and_then(|shape| by_method(spec, shape, method)) }
}

fn serving(spec: &Spec, selection: Selection) -> Option<(usize, usize)> {
    selection.domain.zip(selection.api.filter(|&api| spec.apis[api].enabled))
}

fn starts_with_base(path: &[Token], domain: &Domain) -> bool {
    let (segments, base) = (segments(path), domain.base.segments());
    segments.len() >= base.len() && base.iter().zip(&segments).all(|(literal, segment)| is_literal(segment, literal))
}

/// How many tokens the base path of a domain takes.
fn prefix(path: &[Token], domain: &Domain) -> usize {
    segments(path).iter().take(domain.base.segments().len()).map(|segment| segment.len() + 1).sum()
}

/// One of the APIs on the most specific shape that a path matches.
fn best_shape(spec: &Spec, domain: &Domain, path: &[Token]) -> Option<usize> {
    let segments = segments(path);
    let published = (0..spec.apis.len()).filter(|&index| {
        let api = &spec.apis[index];
        api.service == domain.service && api.environment == domain.environment && matches(&api.rule, &segments)
    });
    published.max_by(|&one, &other| compare(&spec.apis[one].rule, &spec.apis[other].rule))
}

fn matches(rule: &PathRule, path: &[Vec<Token>]) -> bool {
    for (index, segment) in rule.segments().iter().enumerate() {
        let Some(given) = path.get(index) else { return false };
        let good = match segment {
            Segment::Literal(literal) => is_literal(given, literal),
            Segment::Parameter(_) => !given.is_empty(),
            // The rest is text: empty only if it is one empty segment.
            Segment::Rest(_) => return path.len() > index + 1 || !given.is_empty(),
        };
        if !good {
            return false;
        }
    }
    path.len() == rule.segments().len() || !rule.is_exact()
}

/// Greater is more specific.
fn compare(one: &PathRule, other: &PathRule) -> Ordering {
    let rank = |rule: &PathRule, index: usize| match rule.segments().get(index) {
        Some(Segment::Literal(_)) => 5,
        Some(Segment::Parameter(_)) => 4,
        Some(Segment::Rest(_)) => 3,
        None if rule.is_exact() => 2,
        None => 1,
    };
    let parts = (0..=one.segments().len()).map(|index| rank(one, index).cmp(&rank(other, index)));
    parts.fold(Ordering::Equal, Ordering::then)
}

fn siblings(spec: &Spec, shape: usize) -> impl Iterator<Item = usize> {
    let same = |one: &Api, other: &Api| {
        (one.service, one.environment, one.rule.shape()) == (other.service, other.environment, other.rule.shape())
    };
    (0..spec.apis.len()).filter(move |&index| same(&spec.apis[index], &spec.apis[shape]))
}

fn by_method(spec: &Spec, shape: usize, method: &Method) -> Option<usize> {
    let with = |rule: MethodRule| siblings(spec, shape).find(|&api| spec.apis[api].method == rule);
    if let Some(own) = with(MethodRule::One(method.clone())) {
        return Some(own);
    }
    if *method == Method::TRACE || *method == Method::CONNECT {
        return None;
    }
    let any = with(MethodRule::Any);
    if any.is_none() && *method == Method::HEAD { with(MethodRule::One(Method::GET)) } else { any }
}

fn tokens(path: &str) -> Option<Vec<Token>> {
    let bytes = path.as_bytes();
    let mut tokens = Vec::new();
    let mut index = 0;
    while index < bytes.len() {
        if bytes[index] == b'%' {
            let digits = std::str::from_utf8(bytes.get(index + 1..index + 3)?).ok()?;
            tokens.push((u8::from_str_radix(digits, 16).ok()?, true));
            index += 3;
        } else {
            tokens.push((bytes[index], false));
            index += 1;
        }
    }
    (bytes.first() == Some(&b'/')).then_some(tokens)
}

/// Makes equal what means the same: `%61` and `a`, a raw space and `%20`; but not `%2F` and `/`.
fn canonical(tokens: &[Token]) -> Vec<Token> {
    let form = |&(byte, escaped): &Token| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => (byte, false),
        b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=' | b':' | b'@' | b'/' => {
            (byte, escaped)
        }
        _ => (byte, true),
    };
    tokens.iter().map(form).collect()
}

fn segments(path: &[Token]) -> Vec<Vec<Token>> {
    if path.len() < 2 {
        return Vec::new();
    }
    path[1..].split(|token| *token == (b'/', false)).map(<[Token]>::to_vec).collect()
}

/// The same for file names: what ends in dots is not a folder's name with a slash.
fn file_dots(path: Vec<Token>) -> Vec<Token> {
    let bytes: Vec<u8> =
        path.iter().map(|(byte, escaped)| if *escaped && *byte != b'.' { b'x' } else { *byte }).collect();
    if !bytes.ends_with(b"/.") && !bytes.ends_with(b"/..") {
        return path;
    }
    let mut kept = dots(path);
    if kept.len() > 1 {
        kept.pop();
    }
    kept
}

fn is_literal(segment: &[Token], literal: &str) -> bool {
    let literal = tokens(&format!("/{literal}")).expect("a canonical literal");
    canonical(segment) == canonical(&literal[1..])
}

fn join(segments: &[Vec<Token>]) -> Vec<Token> {
    segments.iter().flat_map(|segment| [&[(b'/', false)], &segment[..]].concat()).collect()
}

type Step = fn(Vec<Token>) -> Vec<Token>;

/// Every reading of a path, in canonical form: all that can be made of it by these steps, however often and in whatever
/// order. None if there are too many.
fn readings(raw: &[Token]) -> Option<Vec<Vec<Token>>> {
    const STEPS: [Step; 10] = [
        decode,
        decode_segments,
        backslashes,
        cut,
        parameters_dropped,
        merge,
        merge_leading,
        dots,
        file_dots,
        authority_dropped,
    ];
    let mut found = BTreeSet::new();
    let mut next = vec![settled(raw)];
    while let Some(path) = next.pop() {
        if found.len() > MOST_READINGS {
            return None;
        }
        if found.insert(path.clone()) {
            next.extend(STEPS.iter().map(|step| settled(&step(path.clone()))));
        }
    }
    (found.len() <= MOST_READINGS).then(|| found.iter().map(|reading| canonical(reading)).collect())
}

/// The canonical form in which a backslash is not an escape yet.
fn settled(path: &[Token]) -> Vec<Token> {
    let backslash = (b'\\', false);
    canonical(path).into_iter().zip(path).map(|(form, raw)| if *raw == backslash { backslash } else { form }).collect()
}

fn decode(path: Vec<Token>) -> Vec<Token> {
    path.into_iter().map(|(byte, _)| (byte, false)).collect()
}

fn decode_segments(path: Vec<Token>) -> Vec<Token> {
    path.into_iter().map(|(byte, escaped)| (byte, escaped && byte == b'/')).collect()
}

fn backslashes(path: Vec<Token>) -> Vec<Token> {
    path.into_iter().map(|token| if token == (b'\\', false) { (b'/', false) } else { token }).collect()
}

fn cut(path: Vec<Token>) -> Vec<Token> {
    path.into_iter().take_while(|(byte, _)| *byte != 0).collect()
}

fn parameters_dropped(path: Vec<Token>) -> Vec<Token> {
    let mut dropping = false;
    let mut kept = path;
    kept.retain(|token| {
        dropping = (dropping || *token == (b';', false)) && *token != (b'/', false);
        !dropping
    });
    kept
}

fn authority_dropped(path: Vec<Token>) -> Vec<Token> {
    let slash = |token: &Token| *token == (b'/', false);
    let slashes = path.iter().take_while(|token| slash(token)).count();
    if slashes < 2 {
        return path;
    }
    let behind = path.iter().skip(slashes).skip_while(|token| !slash(token)).copied().collect::<Vec<_>>();
    if behind.is_empty() { vec![(b'/', false)] } else { behind }
}

fn merge_leading(mut path: Vec<Token>) -> Vec<Token> {
    while path.starts_with(&[(b'/', false), (b'/', false)]) {
        path.remove(0);
    }
    path
}

fn merge(path: Vec<Token>) -> Vec<Token> {
    let mut merged = path;
    merged.dedup_by(|one, other| one == other && *one == (b'/', false));
    merged
}

/// RFC 3986 section 5.2.4, on segments.
fn dots(path: Vec<Token>) -> Vec<Token> {
    if path.is_empty() {
        return path;
    }
    let all: Vec<Vec<Token>> = path[1..].split(|token| *token == (b'/', false)).map(<[Token]>::to_vec).collect();
    let count = all.len();
    let mut kept = Vec::new();
    for (index, segment) in all.into_iter().enumerate() {
        let is_dots = matches!(segment[..], [(b'.', _)] | [(b'.', _), (b'.', _)]);
        if is_dots && segment.len() == 2 {
            kept.pop();
        }
        if !is_dots {
            kept.push(segment);
        } else if index + 1 == count {
            kept.push(Vec::new());
        }
    }
    join(&kept)
}
