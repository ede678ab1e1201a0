//! Connections of HTTP/2 that were ended because their client asked too much for nothing: counted, and logged at most once a second.

use std::sync::atomic::{AtomicU64, Ordering};

use prometheus::proto::MetricFamily;

use super::family::Family;
use crate::throttle::Throttle;

/// What a client has used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Budget {
    /// `gateway.http2.control_frames`.
    ControlFrames,
    /// DATA in small frames that nobody has read yet.
    UnreadData,
    /// The limits of the HTTP/2 library: `gateway.http2.max_resets`, and heads in too many frames.
    Streams,
}

impl Budget {
    const ALL: [Self; 3] = [Self::ControlFrames, Self::UnreadData, Self::Streams];

    fn as_str(self) -> &'static str {
        match self {
            Self::ControlFrames => "control_frames",
            Self::UnreadData => "unread_data",
            Self::Streams => "streams",
        }
    }
}

/// How many there were, of all workers.
#[derive(Debug, Default)]
pub struct Floods {
    ended: [AtomicU64; Budget::ALL.len()],
    lines: Throttle,
}

impl Floods {
    /// Counts and logs a connection that was ended.
    pub fn ended(&self, budget: Budget, client: &str) {
        self.ended[budget as usize].fetch_add(1, Ordering::Relaxed);
        let Some(others) = self.lines.permit() else { return };
        let reason = budget.as_str();
        tracing::warn!(
            client,
            reason,
            others,
            "HTTP/2 connection closed with ENHANCE_YOUR_CALM: the client exceeded a limit of gateway.http2"
        );
    }

    pub(super) fn families(&self) -> impl Iterator<Item = MetricFamily> {
        let mut ended = Family::counter(
            "fngate_http2_connections_ended_total",
            "HTTP/2 connections closed with ENHANCE_YOUR_CALM, by the budget that was used up.",
        );
        for budget in Budget::ALL {
            ended.count(&[("reason", budget.as_str())], self.ended[budget as usize].load(Ordering::Relaxed));
        }
        ended.finish().into_iter()
    }
}
