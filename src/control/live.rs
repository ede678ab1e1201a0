//! Live figures: what the gateway does, second by second, while somebody looks.

pub mod figures;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use self::figures::{Figures, Moment};
use crate::snapshot::Shared;
use crate::telemetry::metrics::Metrics;
use crate::telemetry::tap::{Listening, Taps, Topic};

/// The time between two figures.
const TICK: Duration = Duration::from_secs(1);

/// Where the figures can be listened to. Clones lead to the same ones.
#[derive(Clone, Debug)]
pub struct Live {
    taps: Arc<Taps>,
    latest: watch::Receiver<Arc<Figures>>,
}

/// What figures are made of.
#[derive(Clone, Debug)]
pub struct Sources {
    pub taps: Arc<Taps>,
    pub metrics: Arc<Metrics>,
    pub shared: Arc<Shared>,
}

/// The figures, and the task that makes them.
pub fn start(sources: Sources) -> (Live, impl Future<Output = ()> + Send + 'static) {
    let (sender, latest) = watch::channel(Arc::default());
    (Live { taps: sources.taps.clone(), latest }, sources.run(sender))
}

impl Live {
    /// Listens to the figures from the next tick on, which all listeners share.
    #[must_use]
    pub fn subscribe(&self) -> Subscription {
        let mut figures = self.latest.clone();
        // Those of the last second that somebody looked at may be old.
        figures.mark_unchanged();
        Subscription { figures, _listening: self.taps.listen(Topic::Live) }
    }
}

impl Sources {
    async fn run(self, latest: watch::Sender<Arc<Figures>>) {
        loop {
            self.taps.opened(Topic::Live).await;
            while let Some(since) = self.taps.open_since(Topic::Live) {
                self.tick(since, &latest).await;
            }
        }
    }

    /// Makes figures as long as somebody has looked without a break since then.
    async fn tick(&self, since: Instant, latest: &watch::Sender<Arc<Figures>>) {
        let mut ticks = interval_at(since + TICK, TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut began = since;
        loop {
            ticks.tick().await;
            // After a break, what was counted before it is gone.
            if self.taps.open_since(Topic::Live) != Some(since) {
                return;
            }
            let elapsed = began.elapsed();
            began += elapsed;
            latest.send_replace(Arc::new(self.figures(elapsed)));
        }
    }

    fn figures(&self, elapsed: Duration) -> Figures {
        let moment = Moment {
            time: SystemTime::now(),
            elapsed,
            revision: self.shared.load().revision,
            client_connections: self.metrics.client_connections.get(),
            apis_in_flight: self.metrics.in_flight_by_api(),
            functions: self.metrics.busy_functions(),
        };
        Figures::new(moment, &self.taps.take_counts())
    }
}

/// Somebody who looks at the figures. The workers go on counting until the last of them is dropped.
#[derive(Debug)]
pub struct Subscription {
    figures: watch::Receiver<Arc<Figures>>,
    _listening: Listening,
}

impl Subscription {
    /// The figures of the next tick; of those that were missed, the last. `None` when the gateway has stopped.
    pub async fn next(&mut self) -> Option<Arc<Figures>> {
        self.figures.changed().await.ok()?;
        Some(self.figures.borrow_and_update().clone())
    }
}

#[cfg(test)]
mod tests;
