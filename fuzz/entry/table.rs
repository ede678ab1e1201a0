//! A route table and requests, against the slow model of the route tests.
//!
//! Each byte picks from a small alphabet that is made to collide; when there are no more bytes, the first of each is picked.

#[path = "../../tests/route/agree.rs"]
mod agree;
#[path = "../../tests/route/model.rs"]
mod model;
#[path = "../../tests/route/spec.rs"]
mod spec;

use fngate::config::path::{BasePath, PathRule};
use fngate::config::{Environment, HostPattern, MethodRule};
use http::Method;

use spec::{Api, Domain, Request, Spec};

const METHODS: [&str; 5] = ["GET", "HEAD", "POST", "PUT", "TRACE"];
const ENVIRONMENTS: [Environment; 3] = [Environment::Release, Environment::Release, Environment::Test];
const SEGMENTS: [&str; 12] = ["a", "b", "{}", "a", "%61", "a%2Fb", "a;b", "a%5Cb", "...", "{}", "c", "%00"];
const PIECES: [&str; 32] = [
    "/", "a", "b", "/a", "/b", "/", "//", "/.", "/..", ".", "..", "%2e", "%2E", "%2F", "%2f", "%5C", "%5c", "\\", ";",
    "%3B", ";x", "%00", "%25", "%2561", "%61", "%62", "/../", "/./", " ", "c", "%", "é",
];

pub(crate) fn run(data: &[u8]) {
    let mut bytes = Bytes(data.iter());
    let spec = Spec {
        domains: bytes.several(4, domain).chain([anywhere()]).collect(),
        apis: bytes.several(12, api).flatten().collect(),
    };
    let (spec, table) = agree::compile(spec);
    loop {
        agree::check(&spec, &table, &request(&mut bytes));
        if bytes.0.len() == 0 {
            break;
        }
    }
}

struct Bytes<'a>(std::slice::Iter<'a, u8>);

impl Bytes<'_> {
    fn below(&mut self, end: usize) -> usize {
        usize::from(self.0.next().copied().unwrap_or_default()) % end
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())].clone()
    }

    /// Up to `most` of what `make` makes.
    fn several<T>(&mut self, most: usize, make: impl Fn(&mut Self) -> T) -> std::vec::IntoIter<T> {
        let count = self.below(most + 1);
        (0..count).map(|_| make(self)).collect::<Vec<_>>().into_iter()
    }
}

fn anywhere() -> Domain {
    let host = HostPattern::Exact("h.test".to_owned());
    Domain { service: 0, host, base: BasePath::root(), environment: Environment::Release }
}

fn domain(bytes: &mut Bytes<'_>) -> Domain {
    let hosts = [
        HostPattern::Exact("h.test".to_owned()),
        HostPattern::Exact("::1".to_owned()),
        HostPattern::Suffix(".test".to_owned()),
        HostPattern::Suffix(".h.test".to_owned()),
        HostPattern::Any,
    ];
    let base = bytes.pick(&["/a", "/", "/a/b", "/b", "/a%2Fb", "/a;b"]);
    let base = BasePath::parse(base).expect(base);
    Domain { service: bytes.below(2), host: bytes.pick(&hosts), base, environment: bytes.pick(&ENVIRONMENTS) }
}

fn api(bytes: &mut Bytes<'_>) -> Option<Api> {
    let end = bytes.pick(&["", "", "/{rest+}", "="]);
    let mut path = String::new();
    for index in 0..bytes.below(4) {
        path.push('/');
        path.push_str(&bytes.pick(&SEGMENTS).replace("{}", &format!("{{p{index}}}")));
    }
    let path = if path.is_empty() && end != "/{rest+}" { "/".to_owned() } else { path };
    let rule = match end {
        "=" if path.len() % 2 == 0 => format!("={path}/"),
        "=" => format!("={path}"),
        end => format!("{path}{end}"),
    };
    let method = match bytes.below(METHODS.len() + 3) {
        index if index < METHODS.len() => MethodRule::One(METHODS[index].parse().expect("a method")),
        _ => MethodRule::Any,
    };
    let (service, switches) = (bytes.below(2), bytes.below(16));
    let environment = bytes.pick(&ENVIRONMENTS);
    let (enabled, raw_path) = (switches & 3 != 3, switches & 12 == 12);
    PathRule::parse(&rule).ok().map(|rule| Api { service, environment, rule, method, enabled, raw_path })
}

fn request(bytes: &mut Bytes<'_>) -> Request {
    let hosts = ["h.test", "h.test", "H.Test.:80", "x.h.test", "y.x.h.test:1", "test", "[::1]:8080", ".test"];
    let host = bytes.pick(&hosts).to_owned();
    let method: Method = bytes.pick(&METHODS).parse().expect("a method");
    let pieces: String = bytes.several(10, |bytes| bytes.pick(&PIECES)).collect();
    let path = if bytes.below(16) == 15 { pieces } else { format!("/{pieces}") };
    Request { host, path, method }
}
