//! What the parts of a request that are fngate's own take by themselves, with their allocations: `cargo bench --bench micro`.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use divan::counter::ItemsCount;
use divan::{AllocProfiler, Bencher, black_box};
use fngate::config::path::{BasePath, PathRule, canonical_segment};
use fngate::config::{Environment, HostPattern, MethodRule, ReservedPolicy};
use fngate::header::ReservedPrefix;
use fngate::http1::{
    BodyReader, Buffer, Framing, HeadLimits, MessageWriter, Piece, Progress, Target, head, with_slots,
};
use fngate::message::head::{self as message, FieldList, RequestHead, add_http1};
use fngate::message::lines::Lines;
use fngate::message::request::{self, Filter};
use fngate::message::rules::Rules;
use fngate::message::trace_fields::TraceFields;
use fngate::route::{ApiEntry, Builder, RouteTable};
use fngate::telemetry::metrics::Metrics;
use http::{Method, Version};
use uuid::Uuid;

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

/// How many APIs there are.
const SIZES: [usize; 4] = [10, 1_000, 10_000, 100_000];
const SERVICES: usize = 100;

fn main() {
    divan::main();
}

/// A table of so many APIs in up to a hundred services, each with a host of its own.
fn table(count: usize) -> RouteTable<usize> {
    let mut builder = Builder::new();
    for number in 0..count.min(SERVICES) {
        let service = builder.service(&format!("s{number}"));
        let host = HostPattern::Exact(format!("s{number}.test"));
        let base = BasePath::parse("/").expect("a base path");
        builder.domain(service, &host, &base, Environment::Release).expect("a new domain");
        for payload in (number..count).step_by(SERVICES) {
            let rule = PathRule::parse(&format!("/shop/item{payload}/{{part}}")).expect("a rule");
            let method = MethodRule::One(Method::GET);
            let entry = ApiEntry { rule: &rule, method: &method, enabled: true, raw_path: false, payload };
            builder.api(service, Environment::Release, entry).expect("a new API");
        }
    }
    builder.build()
}

/// Finds APIs all over the table, so that not all of them are in the cache.
fn find(bencher: Bencher<'_, '_>, count: usize, part: &str) {
    const ASKED: usize = 4096;
    let table = table(count);
    let asked: Vec<(usize, String, String)> = (0..ASKED)
        .map(|number| {
            let payload = number * 7919 % count;
            (payload, format!("s{}.test", payload % SERVICES), format!("/shop/item{payload}/{part}"))
        })
        .collect();
    bencher.counter(ItemsCount::new(ASKED)).bench_local(|| {
        for (payload, host, path) in &asked {
            let found = table.find(black_box(host), black_box(path), &Method::GET).expect("it is there");
            assert_eq!(found.payload(), payload);
        }
    });
}

#[divan::bench(args = SIZES, min_time = 0.5)]
fn look_up(bencher: Bencher<'_, '_>, apis: usize) {
    find(bencher, apis, "part");
}

/// A path that could be read in several ways, each of which is looked up.
#[divan::bench(args = SIZES, min_time = 0.5)]
fn look_up_of_an_odd_path(bencher: Bencher<'_, '_>, apis: usize) {
    find(bencher, apis, "a%20b;c=d");
}

/// The fields that a function gets, from a head with so many.
#[divan::bench(args = [4, 16, 64], min_time = 0.5)]
fn header_policy(bencher: Bencher<'_, '_>, fields: usize) {
    let rules = Rules {
        prefix: ReservedPrefix::parse("X-Scf-").expect("a prefix"),
        reserved: ReservedPolicy::Strip,
        via: false,
        remove: Vec::new(),
        request_id: "X-Scf-Request-Id".to_owned(),
        path_parameters: "X-Scf-Path-Parameters".to_owned(),
        client_subject: "X-Scf-Client-Subject".to_owned(),
    };
    let more: Vec<String> = (3..fields).map(|number| format!("x-field-{number}")).collect();
    let fields: Vec<_> = [("host", "s1.test"), ("connection", "keep-alive"), ("x-scf-timeout", "1")]
        .into_iter()
        .chain(more.iter().map(|name| (name.as_str(), "a value of some length")))
        .map(|(name, value)| httparse::Header { name, value: value.as_bytes() })
        .collect();
    let id = Uuid::from_u128(7);
    bencher.bench_local(|| {
        let mut classified = FieldList::new();
        add_http1(&mut classified, black_box(&fields), &rules.prefix);
        let target = message::Target::origin("/");
        let head = RequestHead { method: &Method::GET, target, version: Version::HTTP_11, fields: &classified };
        let host = request::host(&head).expect("a good head");
        let trace = TraceFields::Untouched;
        let filter = Filter { rules: &rules, custom: &[], trusted: false, trace, framing: Framing::None, host };
        let mut lines = Lines::with_capacity(512);
        request::add_fields(&mut lines, &head, &filter).expect("a good head");
        request::add_own(&mut lines, &head, &rules, id, None);
        lines
    });
}

/// A segment of a path: as it should be, and with escapes that need not be there.
#[divan::bench(args = ["item12345", "a%2Fb%20c", "%69tem%31%32345"], min_time = 0.5)]
fn canonicalisation(segment: &str) -> usize {
    canonical_segment(black_box(segment)).expect("good escapes").len()
}

/// What a request writes down in the metrics of a function, by one or two threads at a time. A million times: with so few that the threads are
/// through before all of them have begun, they would never meet.
fn count(bencher: Bencher<'_, '_>, place: impl Fn(usize) -> usize + Sync) {
    const COUNTED: usize = 1_000_000;
    static THREADS: AtomicUsize = AtomicUsize::new(0);
    thread_local!(static THREAD: usize = THREADS.fetch_add(1, Ordering::Relaxed));
    let function = Metrics::new().function("f");
    let shards: Vec<_> = (0..64).map(|worker| function.shards.of(worker)).collect();
    bencher.counter(ItemsCount::new(COUNTED)).bench(|| {
        let shard = &shards[place(THREAD.with(|thread| *thread)) % shards.len()];
        for _ in 0..COUNTED {
            shard.in_flight.inc();
            shard.duration.observe(black_box(Duration::from_micros(700)));
            shard.in_flight.dec();
        }
    });
}

/// Each worker has a place of its own.
#[divan::bench(threads = [1, 2], min_time = 0.5, max_time = 2)]
fn metrics(bencher: Bencher<'_, '_>) {
    count(bencher, |thread| thread);
}

/// What it would be if they had one place.
#[divan::bench(threads = [1, 2], min_time = 0.5, max_time = 2)]
fn metrics_in_one_place(bencher: Bencher<'_, '_>) {
    count(bencher, |_| 0);
}

/// A request of a browser, with twelve fields.
const HEAD: &[u8] = b"GET /shop/items/12345?page=2&sort=price HTTP/1.1\r\n\
Host: shop.example.com\r\n\
User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n\
Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n\
Accept-Language: en-US,en;q=0.5\r\n\
Accept-Encoding: gzip, deflate, br, zstd\r\n\
Referer: https://shop.example.com/shop/items\r\n\
Connection: keep-alive\r\n\
Cookie: session=0123456789abcdef0123456789abcdef; theme=dark\r\n\
Upgrade-Insecure-Requests: 1\r\n\
Sec-Fetch-Dest: document\r\n\
Sec-Fetch-Mode: navigate\r\n\
Sec-Fetch-Site: same-origin\r\n\r\n";

/// Head, target and framing of a request.
#[divan::bench(min_time = 0.5)]
fn request_head() -> u64 {
    let limits = HeadLimits { bytes: 64 << 10, fields: 100 };
    with_slots(limits.fields, |slots| {
        let head = head::request(black_box(HEAD), limits, &mut Progress::default(), slots);
        let head = head.expect("well-formed").expect("whole");
        let target = Target::parse(head.target).expect("a path");
        let framing = Framing::of_request(head.version, head.fields).expect("no body");
        black_box((target, framing)).1.overrides_length.into()
    })
}

/// A hundred chunks of a thousand bytes: their framing is read, and written again.
#[divan::bench(min_time = 0.5)]
fn chunks(bencher: Bencher<'_, '_>) {
    let chunk = [&b"3E8\r\n"[..], &[b'x'; 1000], b"\r\n"].concat();
    let body = [chunk.repeat(100), b"0\r\n\r\n".to_vec()].concat();
    bencher.counter(ItemsCount::new(100_usize)).bench_local(|| {
        let (mut reader, mut writer) = (BodyReader::new(Framing::Chunked), MessageWriter::new());
        writer.begin(Framing::Chunked).end();
        let mut rest = black_box(&body[..]);
        loop {
            let (count, piece) = reader.next(rest).expect("chunks");
            let Piece::Data(data) = piece else { break };
            let length = writer.pieces(data).iter().map(|piece| piece.len()).sum();
            assert_eq!(writer.wrote(length), data.len());
            reader.used(data.len());
            rest = &rest[count + data.len()..];
        }
    });
}

/// A few bytes into a large buffer, whose room must not be cleared for them.
#[divan::bench(min_time = 0.5)]
fn few_bytes_into_a_large_buffer() -> usize {
    let mut buffer = Buffer::take_large();
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    let filled = buffer.poll_fill(&mut black_box(&b"0123456789abcdef"[..]), &mut cx, usize::MAX);
    assert!(filled.is_ready());
    buffer.len()
}
