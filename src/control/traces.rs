//! Sends traced requests to a collector, by OTLP over HTTP.
//!
//! It is one task, which sends one batch after the other. Whatever goes wrong costs spans, which are counted, and no request waits for it.

mod collector;
mod span;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::{sleep, timeout};

use self::collector::{Collector, Refusal};
use crate::snapshot::Shared;
use crate::telemetry::metrics::Metrics;
use crate::telemetry::trace::{Batch, Finished, Queue, queue};

/// Requests that are sent at once, more or less.
const MOST: usize = 512;
/// How long the first of them waits for others.
const LINGER: Duration = Duration::from_secs(1);
/// How long to wait before each further attempt, unless the collector says it.
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(3)];
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
    batches: mpsc::Receiver<Batch>,
    running: watch::Receiver<bool>,
    shared: Arc<Shared>,
    metrics: Arc<Metrics>,
    collector: Option<Arc<Collector>>,
    /// Why the last spans were lost, until some arrive again.
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
                () = gather(&mut self.batches, &mut requests) => {}
                () = ended(&mut self.running) => {}
            }
            self.send(requests).await;
        }
        self.batches.close();
        let mut last = Vec::new();
        while let Some(batch) = self.batches.recv().await {
            last.extend(batch);
        }
        self.send(last).await;
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
        match self.deliver(&collector, requests).await {
            Ok(rejected) => {
                let rejected = rejected.min(count);
                self.metrics.exported_spans.inc_by(count - rejected);
                self.metrics.lost_spans.inc_by(rejected);
                if self.said.take().is_some() {
                    tracing::info!(endpoint = %collector.endpoint(), "the collector takes traces again");
                }
            }
            Err(error) => {
                self.metrics.lost_spans.inc_by(count);
                if self.said.as_ref() != Some(&error) {
                    tracing::warn!(endpoint = %collector.endpoint(), error, "the collector takes no traces; they are lost");
                    self.said = Some(error);
                }
            }
        }
    }

    /// Sends requests until they are taken, or there is no point in it, and returns how many spans the collector did not want.
    async fn deliver(&mut self, collector: &Collector, requests: Vec<Finished>) -> Result<u64, String> {
        let body = span::encode(&collector.traces().service_name, &requests);
        let mut pauses = PAUSES.iter();
        loop {
            match collector.send(body.clone()).await {
                Ok(rejected) => return Ok(rejected),
                Err(Refusal { error, again: Some(wanted) }) => {
                    let Some(pause) = pauses.next().filter(|_| *self.running.borrow()) else { return Err(error) };
                    tokio::select! {
                        () = sleep(wanted.unwrap_or(*pause).min(LONGEST_PAUSE)) => {}
                        // One more attempt, now or never.
                        () = ended(&mut self.running) => {}
                    }
                }
                Err(Refusal { error, again: None }) => return Err(error),
            }
        }
    }

    /// The collector of the configuration in use.
    fn collector(&mut self) -> Option<Arc<Collector>> {
        let snapshot = self.shared.load();
        let traces = snapshot.config.traces.as_ref();
        if self.collector.as_ref().map(|collector| collector.traces()) != traces {
            self.collector = traces.map(|traces| Arc::new(Collector::new(traces.clone())));
        }
        self.collector.clone()
    }
}

/// Waits for more, for a while and up to a number.
async fn gather(batches: &mut mpsc::Receiver<Batch>, requests: &mut Vec<Finished>) {
    let more = async {
        while requests.len() < MOST
            && let Some(batch) = batches.recv().await
        {
            requests.extend(batch);
        }
    };
    // What has come by then is enough.
    let _ = timeout(LINGER, more).await;
}

/// Returns when nothing runs any more.
async fn ended(running: &mut watch::Receiver<bool>) {
    // A sender that is gone says the same.
    let _ = running.wait_for(|running| !running).await;
}
