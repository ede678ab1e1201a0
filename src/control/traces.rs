//! Sends traced requests to a collector, by OTLP over HTTP.
//!
//! It is one task, which sends one batch after the other. Whatever goes wrong costs spans, which are counted, and no request waits for it.

mod collector;
mod span;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use self::collector::{Collector, Rejected};
use crate::snapshot::Shared;
use crate::telemetry::metrics::Metrics;
use crate::telemetry::trace::{Batches, Finished, Queue, queue};

/// Requests that are sent at once, more or less.
const MOST: usize = 512;
/// How long the first of them waits for others.
const LINGER: Duration = Duration::from_secs(1);
/// How long to wait before each further attempt, unless the collector says it.
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(3)];
/// How long an answer is waited for at the end.
const LAST_ANSWER: Duration = Duration::from_secs(1);
/// However long the collector wants it to wait.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Where the workers leave traced requests, and the task that sends them until `running` is false; then, what is left.
pub fn start(
    shared: Arc<Shared>,
    metrics: Arc<Metrics>,
    running: watch::Receiver<bool>,
) -> (Queue, impl Future<Output = ()> + Send + 'static) {
    let (queue, batches) = queue(metrics.lost_spans.clone());
    let exporter = Exporter { batches, running, shared, metrics, collector: None, said: None };
    (queue, exporter.run())
}

struct Exporter {
    batches: Batches,
    running: watch::Receiver<bool>,
    shared: Arc<Shared>,
    metrics: Arc<Metrics>,
    collector: Option<Arc<Collector>>,
    /// What was last said of spans that are lost, until all arrive again.
    said: Option<String>,
}

impl Exporter {
    async fn run(mut self) {
        while *self.running.borrow() {
            let mut requests = Vec::new();
            tokio::select! {
                batch = self.batches.recv() => match batch {
                    Some(batch) => requests.extend(batch),
                    None => return,
                },
                () = ended(&mut self.running) => break,
            }
            tokio::select! {
                () = gather(&mut self.batches, &mut requests, LINGER) => {}
                () = ended(&mut self.running) => {}
            }
            self.send(requests).await;
        }
        self.batches.close();
        loop {
            let mut last = Vec::new();
            gather(&mut self.batches, &mut last, Duration::ZERO).await;
            if last.is_empty() {
                return;
            }
            self.send(last).await;
        }
    }

    async fn send(&mut self, requests: Vec<Finished>) {
        let count = requests.iter().map(Finished::spans).sum::<u64>();
        if count == 0 {
            return;
        }
        let Some(collector) = self.collector() else {
            // A reload has ended it.
            return self.metrics.lost_spans.inc_by(count);
        };
        let (lost, why) = match self.deliver(&collector, requests).await {
            Ok(rejected) => (rejected.spans.min(count), rejected.why),
            Err(error) => (count, error),
        };
        self.metrics.exported_spans.inc_by(count - lost);
        self.metrics.lost_spans.inc_by(lost);
        self.report(&collector.place(), lost, why);
    }

    /// Says what becomes of spans when it is not what was said before.
    fn report(&mut self, collector: &str, lost: u64, why: String) {
        if lost == 0 && why.is_empty() {
            if self.said.take().is_some() {
                tracing::info!(collector, "the collector takes all traces again");
            }
        } else if self.said.as_ref() != Some(&why) {
            tracing::warn!(collector, lost, why, "the collector does not take all traces; what it refuses is lost");
            self.said = Some(why);
        }
    }

    /// Sends requests until they are taken, or there is no point in it.
    async fn deliver(&mut self, collector: &Collector, requests: Vec<Finished>) -> Result<Rejected, String> {
        let body = span::encode(&collector.traces().service_name, &requests);
        drop(requests);
        let mut pauses = PAUSES.iter();
        loop {
            let refusal = tokio::select! {
                outcome = collector.send(body.clone()) => match outcome {
                    Ok(rejected) => return Ok(rejected),
                    Err(refusal) => refusal,
                },
                () = too_late(&mut self.running) => return Err("no answer before the end".to_owned()),
            };
            let pause = pauses.next().filter(|_| *self.running.borrow());
            let (Some(wanted), Some(pause)) = (refusal.again, pause) else { return Err(refusal.error) };
            tokio::select! {
                () = sleep(wanted.unwrap_or(*pause).min(LONGEST_PAUSE)) => {}
                // One more attempt, now or never.
                () = ended(&mut self.running) => {}
            }
        }
    }

    /// The collector of the configuration in use.
    fn collector(&mut self) -> Option<Arc<Collector>> {
        let snapshot = self.shared.load();
        let traces = snapshot.config.traces.as_ref();
        if self.collector.as_ref().map(|collector| collector.traces()) != traces {
            self.collector = traces.map(|traces| Arc::new(Collector::new(traces.clone())));
            self.said = None;
        }
        self.collector.clone()
    }
}

/// Waits for more, for a while and up to a number.
async fn gather(batches: &mut Batches, requests: &mut Vec<Finished>, patience: Duration) {
    let more = async {
        while requests.len() < MOST
            && let Some(batch) = batches.recv().await
        {
            requests.extend(batch);
        }
    };
    // What has come by then is enough.
    let _ = timeout(patience, more).await;
}

/// Returns when an answer that has not come yet is not worth the time that is left.
async fn too_late(running: &mut watch::Receiver<bool>) {
    ended(running).await;
    sleep(LAST_ANSWER).await;
}

/// Returns when nothing runs any more.
async fn ended(running: &mut watch::Receiver<bool>) {
    // A sender that is gone says the same.
    let _ = running.wait_for(|running| !running).await;
}
