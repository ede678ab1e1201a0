//! Ranges that several tables share.

use std::ops::RangeInclusive;
use std::time::Duration;

/// The shortest time that anything waits; shorter is never meant.
pub(super) const SHORTEST: Duration = Duration::from_millis(1);
/// A year. Timers that reach much further overflow somewhere.
pub(super) const LONGEST: Duration = Duration::from_secs(8760 * 3600);
/// The largest number of connections, requests or waiting requests that can be configured.
pub(super) const MANY: usize = 10_000_000;

/// What the bytes and the fields of a head can be limited to.
pub(super) const HEADER_BYTES: RangeInclusive<u64> = 8 * KIB..=1024 * KIB;
pub(super) const HEADERS: RangeInclusive<usize> = 1..=1000;

pub(super) const KIB: u64 = 1024;
