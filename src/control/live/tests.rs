use std::path::Path;
use std::rc::Rc;

use uuid::Uuid;

use super::*;
use crate::clock::Clock;
use crate::config;
use crate::snapshot::Snapshot;
use crate::telemetry::access::sink::{Outlets, Sink};
use crate::telemetry::access::{Record, Tally};
use crate::telemetry::route::Route;

/// One API in two environments, which have one function version.
const CONFIG: &str = r#"
[[listener]]
address = "127.0.0.1:0"
[[function]]
name = "orders"
instances = ["builtin:echo"]
[[service]]
name = "shop"
[[service.domain]]
host = "shop.example.com"
[[service.domain]]
host = "test.example.com"
environment = "test"
[[service.api]]
name = "all"
path = "/"
method = "GET"
function = "orders"
environments = ["release", "test"]
"#;

struct Stand {
    sources: Sources,
    sinks: [Rc<Sink>; 2],
    clock: Clock,
}

impl Stand {
    fn new() -> Self {
        let config = config::parse(Path::new("test.toml"), CONFIG).unwrap_or_else(|report| panic!("{report}"));
        let (metrics, taps) = (Metrics::new(), Arc::new(Taps::default()));
        let shared = Arc::new(Shared::new(Snapshot::compile(config, None, &metrics).expect("a table")));
        let sinks = std::array::from_fn(|_| Sink::new(Outlets { taps: taps.clone(), ..Outlets::default() }));
        Self { sources: Sources { taps, metrics, shared }, sinks, clock: Clock::new() }
    }

    fn route(&self, environment: &str) -> Arc<Route> {
        let snapshot = self.sources.shared.load();
        let api = snapshot.apis.iter().find(|api| api.route.environment == environment).expect("an API");
        api.route.clone()
    }

    /// Begins a request at a worker.
    fn begin(&self, worker: usize, route: &Arc<Route>) -> Record {
        let nowhere = Tally::new(&self.sources.shared.load().nowhere, worker);
        let (sink, clock) = (self.sinks[worker].clone(), self.clock.clone());
        let mut record = Record::begin(sink, clock, "127.0.0.1".into(), nowhere, Uuid::nil());
        record.route(Tally::new(route, worker));
        record
    }

    /// Ends a request after so many milliseconds.
    async fn end(&self, mut record: Record, status: u16, reason: Option<&'static str>, milliseconds: u64) {
        tokio::time::advance(Duration::from_millis(milliseconds)).await;
        self.clock.tick();
        (record.status, record.aborted, record.reason) = (status, None, reason);
    }
}

#[tokio::test(start_paused = true)]
async fn a_second_is_told_by_function_and_by_api() {
    let stand = Stand::new();
    let (live, run) = start(stand.sources.clone());
    tokio::spawn(run);
    let (release, test) = (stand.route("release"), stand.route("test"));
    let nowhere = stand.sources.shared.load().nowhere.clone();
    // Before anybody looks.
    stand.end(stand.begin(0, &release), 200, None, 1).await;
    let running = stand.begin(1, &test);
    let mut figures = live.subscribe();
    tokio::task::yield_now().await;
    for (worker, route, status, reason, milliseconds) in [
        (0, &release, 200, None, 10),
        (1, &release, 502, Some("function_closed"), 20),
        (1, &test, 429, Some("concurrency_limited"), 30),
        (0, &nowhere, 404, Some("no_service"), 1),
    ] {
        let record = stand.begin(worker, route);
        stand.end(record, status, reason, milliseconds).await;
    }
    drop(stand.begin(0, &release));
    let figures = figures.next().await.expect("figures");
    let near = |found: f64, wanted: f64| (found - wanted).abs() < wanted * 0.04 + 1e-9;
    assert_eq!(figures.revision, 1);
    let total = &figures.total;
    assert!(near(total.requests, 5.0) && near(total.classes.success, 1.0) && near(total.classes.client_left, 1.0));
    assert!(near(total.classes.server_error, 1.0) && near(total.classes.too_many_requests, 1.0));
    assert!(near(total.refusals["no_service"], 1.0) && near(total.p99_ms.expect("some"), 30.0), "{total:?}");
    assert_eq!(total.in_flight, 1);
    let rows: Vec<_> = figures
        .apis
        .iter()
        .map(|row| {
            let traffic = &row.traffic;
            let refusals: Vec<_> = traffic.refusals.keys().map(String::as_str).collect();
            (&*row.service, &*row.api, row.environment.as_deref(), traffic.in_flight, refusals)
        })
        .collect();
    assert_eq!(
        rows,
        [
            ("", "", None, 0, vec!["no_service"]),
            ("shop", "all", Some("release"), 0, vec!["function_closed"]),
            ("shop", "all", Some("test"), 1, vec!["concurrency_limited"]),
        ]
    );
    assert!(near(figures.apis[1].traffic.requests, 3.0), "{:?}", figures.apis);
    let [function] = &figures.functions[..] else { panic!("{:?}", figures.functions) };
    assert_eq!((&*function.function, &*function.version), ("default/orders", "$LATEST"));
    assert!(near(function.traffic.requests, 4.0) && near(function.traffic.p50_ms.expect("some"), 10.0));
    let text = serde_json::to_string(&*figures).expect("JSON");
    assert_eq!(serde_json::from_str::<Figures>(&text).expect("the same"), *figures, "{text}");
    drop(running);
}

#[tokio::test(start_paused = true)]
async fn what_has_nothing_to_do_is_left_out_and_nobody_counts_for_nobody() {
    let stand = Stand::new();
    let (live, run) = start(stand.sources.clone());
    tokio::spawn(run);
    let (mut first, mut second) = (live.subscribe(), live.subscribe());
    let idle = first.next().await.expect("figures");
    assert!(idle.apis.is_empty() && idle.functions.is_empty(), "{idle:?}");
    assert!(Arc::ptr_eq(&idle, &second.next().await.expect("figures")), "one tick for all");
    drop((first, second));
    let release = stand.route("release");
    stand.end(stand.begin(0, &release), 200, None, 1).await;
    assert!(stand.sources.taps.take_counts().iter().all(|counts| counts.routes().count() == 0));
    // A function that has only to queue something is shown, too.
    stand.sources.shared.load().functions[0].metrics.shards.of(0).waiting.inc();
    let figures = live.subscribe().next().await.expect("figures");
    assert_eq!((figures.functions[0].queued, figures.apis.len()), (1, 0), "{figures:?}");
}

#[tokio::test(start_paused = true)]
async fn who_comes_after_a_break_gets_a_whole_second() {
    let stand = Stand::new();
    let (live, run) = start(stand.sources.clone());
    tokio::spawn(run);
    let first = live.subscribe();
    let release = stand.route("release");
    stand.end(stand.begin(0, &release), 200, None, 600).await;
    drop(first);
    let mut second = live.subscribe();
    for _ in 0..4 {
        stand.end(stand.begin(0, &release), 200, None, 100).await;
    }
    // The tick of the first one was due now.
    let began = Instant::now();
    let figures = second.next().await.expect("figures");
    assert_eq!(began.elapsed(), Duration::from_millis(600));
    assert!((figures.total.requests - 4.0).abs() < 0.01, "{figures:?}");
}

#[tokio::test(start_paused = true)]
async fn it_ends_with_the_gateway() {
    let (live, run) = start(Stand::new().sources);
    let running = tokio::spawn(run);
    let mut figures = live.subscribe();
    running.abort();
    assert_eq!(figures.next().await, None);
}
