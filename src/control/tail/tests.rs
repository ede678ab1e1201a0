use std::rc::Rc;

use uuid::Uuid;

use super::*;
use crate::clock::Clock;
use crate::telemetry::access::sink::{Outlets, Sink};
use crate::telemetry::access::{Record, Tally};
use crate::telemetry::metrics::{ApiLabels, Metrics};
use crate::telemetry::route::Route;
use crate::telemetry::tail::ROOM;

/// A worker that serves nobody.
struct Worker {
    sink: Rc<Sink>,
    tally: Rc<Tally>,
}

impl Worker {
    fn new(taps: &Arc<Taps>) -> Self {
        let labels = ApiLabels { service: "shop".into(), ..ApiLabels::default() };
        let route = Route {
            service: labels.service.clone(),
            api: Arc::default(),
            path: Arc::default(),
            environment: "",
            function: Arc::default(),
            version: Arc::default(),
            metrics: Metrics::new().api(labels),
        };
        let sink = Sink::new(Outlets { taps: taps.clone(), ..Outlets::default() });
        Self { sink, tally: Tally::new(&Arc::new(route), 0) }
    }

    /// Ends a request with this status.
    fn serve(&self, status: u16) {
        let (sink, tally) = (self.sink.clone(), self.tally.clone());
        let mut record = Record::begin(sink, Clock::new(), "127.0.0.1".into(), tally, Uuid::nil());
        (record.status, record.aborted) = (status, None);
    }
}

/// The status of an event, or how many were lost as a negative number.
fn told(item: Option<TailItem>) -> Option<i64> {
    Some(match item? {
        TailItem::Event(event) => event.status.into(),
        TailItem::Lost(count) => -i64::try_from(count).expect("a small number"),
    })
}

#[tokio::test(start_paused = true)]
async fn each_listener_has_a_view_of_its_own() {
    let taps = Arc::new(Taps::default());
    let worker = Worker::new(&taps);
    let (tail, run) = start(taps.clone());
    tokio::spawn(run);
    worker.serve(200);
    let mut all = tail.subscribe(TailFilter::default());
    let mut failed = tail.subscribe(TailFilter::parse([("status", "5xx")]).expect("a filter"));
    for status in [201, 502, 202] {
        worker.serve(status);
    }
    for status in [201, 502, 202] {
        assert_eq!(told(all.next().await), Some(status), "only what ended since");
    }
    assert_eq!(told(failed.next().await), Some(502));
    drop(failed);
    worker.serve(203);
    assert_eq!(told(all.next().await), Some(203));
    drop(all);
    assert!(!taps.is_open(Topic::Tail));
    worker.serve(500);
    let mut again = tail.subscribe(TailFilter::default());
    worker.serve(204);
    assert_eq!(told(again.next().await), Some(204));
}

#[tokio::test(start_paused = true)]
async fn what_a_ring_did_not_take_is_told_to_everybody() {
    let taps = Arc::new(Taps::default());
    let worker = Worker::new(&taps);
    let (tail, run) = start(taps.clone());
    tokio::spawn(run);
    let mut all = tail.subscribe(TailFilter::default());
    let mut none = tail.subscribe(TailFilter::parse([("status", "404")]).expect("a filter"));
    (0..ROOM + 10).for_each(|_| worker.serve(200));
    assert_eq!(told(all.next().await), Some(-10));
    for _ in 0..ROOM {
        assert_eq!(told(all.next().await), Some(200));
    }
    assert_eq!(told(none.next().await), Some(-10));
    worker.serve(404);
    assert_eq!(told(none.next().await), Some(404));
}

#[tokio::test(start_paused = true)]
async fn a_listener_that_is_slow_is_told_how_many_it_missed() {
    let taps = Arc::new(Taps::default());
    let worker = Worker::new(&taps);
    let (tail, run) = start(taps.clone());
    tokio::spawn(run);
    let mut slow = tail.subscribe(TailFilter::default());
    let mut quick = tail.subscribe(TailFilter::default());
    let batches = u16::try_from(BATCHES).expect("few");
    for number in 0..batches + 5 {
        worker.serve(200 + number);
        worker.serve(200 + number);
        for _ in 0..2 {
            assert_eq!(told(quick.next().await), Some(i64::from(200 + number)));
        }
    }
    assert_eq!(told(slow.next().await), Some(-10), "two in each of five");
    for number in 5..batches + 5 {
        for _ in 0..2 {
            assert_eq!(told(slow.next().await), Some(i64::from(200 + number)));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn it_ends_with_the_gateway() {
    let taps = Arc::new(Taps::default());
    let (tail, run) = start(taps);
    let running = tokio::spawn(run);
    let mut listening = tail.subscribe(TailFilter::default());
    running.abort();
    assert_eq!(listening.next().await, None);
    assert_eq!(tail.subscribe(TailFilter::default()).next().await, None);
}
